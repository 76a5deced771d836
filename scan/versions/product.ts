/**
 * Order of the versions that server products write into their own files: `7.13.6`, `9.0.0.M1`, `8.8.15_P30`,
 * `2018 Update 17`, `2023.05.4 (build 129203)`, `12.2.1.4.0`, `14.0.4.3 build 1234`. Also NuGet versions and Windows builds.
 *
 * The text is cut into numbers and words. A missing number is 0; words of a pre-release sort before nothing, any other word after.
 */
import { compareDigits, compareText, type Order, orderOf } from "./order.ts";

const before = [
  "dev",
  "snapshot",
  "nightly",
  "alpha",
  "a",
  "beta",
  "b",
  "milestone",
  "m",
  "pre",
  "preview",
  "rc",
  "cr",
];
/** Same release phase under several names. */
const phases: Record<string, string> = { a: "alpha", b: "beta", m: "milestone", cr: "rc", pre: "preview" };
/** Words that say nothing about order. */
const silent = new Set(["v", "version", "release", "final", "ga", "build", "r", "stable", "lts", "ce", "ee"]);

const phaseOrder = ["dev", "snapshot", "nightly", "alpha", "beta", "milestone", "preview", "rc"];

function tokens(version: string): string[] {
  const words = version
    .trim()
    .toLowerCase()
    .replace(/\+.*$/, "")
    .match(/\d+|[a-z]+/g);
  return (words ?? []).filter((word) => !silent.has(word));
}

const isNumber = (token: string): boolean => /^\d/.test(token);

/** Place of a token against an absent one: pre-release words below (negative), the rest at or above zero. */
function phase(token: string | undefined): number {
  if (token === undefined || isNumber(token)) return 0;
  if (before.includes(token)) return phaseOrder.indexOf(phases[token] ?? token) - phaseOrder.length;
  return 1;
}

export function compareProduct(a: string, b: string): Order {
  const x = tokens(a);
  const y = tokens(b);
  for (let i = 0; i < Math.max(x.length, y.length); i++) {
    const one = x[i];
    const two = y[i];
    const phaseOne = phase(one);
    const phaseTwo = phase(two);
    if (phaseOne < 0 || phaseTwo < 0) {
      if (phaseOne !== phaseTwo) return orderOf(phaseOne - phaseTwo);
      continue;
    }
    const numberOne = one === undefined || isNumber(one);
    const numberTwo = two === undefined || isNumber(two);
    if (numberOne && numberTwo) {
      const order = compareDigits(one ?? "0", two ?? "0");
      if (order !== 0) return order;
    } else if (numberOne !== numberTwo) {
      // 1.0.1 > 1.0-p3 > 1.0: a further number outranks a word, a word outranks nothing.
      if (numberOne) return one === undefined ? -1 : 1;
      return two === undefined ? 1 : -1;
    } else {
      const order = compareText(one!, two!);
      if (order !== 0) return order;
    }
  }
  return 0;
}
