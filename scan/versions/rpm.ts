/** rpm version comparison, `rpmvercmp` with `~` and `^` (rpm-version(7); agrees with rpm, see test/scan/integration). */
import { compareDigits, compareText, type Order } from "./order.ts";

const isDigit = (c: string): boolean => c >= "0" && c <= "9" && c.length === 1;
const isAlpha = (c: string): boolean => /^[A-Za-z]$/.test(c);
const isSeparator = (c: string): boolean => c !== "" && !isDigit(c) && !isAlpha(c) && c !== "~" && c !== "^";

/** Compares one segment string: a version alone, or a release alone. */
export function compareRpmSegment(a: string, b: string): Order {
  if (a === b) return 0;
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    while (isSeparator(a.charAt(i))) i++;
    while (isSeparator(b.charAt(j))) j++;
    const x = a.charAt(i);
    const y = b.charAt(j);
    if (x === "~" || y === "~") {
      if (x !== "~") return 1;
      if (y !== "~") return -1;
      i++;
      j++;
      continue;
    }
    // A caret sorts above the bare version and below any longer one.
    if (x === "^" || y === "^") {
      if (x === "") return -1;
      if (y === "") return 1;
      if (x !== "^") return 1;
      if (y !== "^") return -1;
      i++;
      j++;
      continue;
    }
    if (x === "" || y === "") break;
    const digits = isDigit(x);
    const belongs = digits ? isDigit : isAlpha;
    const startA = i;
    const startB = j;
    while (i < a.length && belongs(a.charAt(i))) i++;
    while (j < b.length && belongs(b.charAt(j))) j++;
    // Segments of different kinds: a number is newer than letters.
    if (startB === j) return digits ? 1 : -1;
    const one = a.slice(startA, i);
    const two = b.slice(startB, j);
    const order = digits ? compareDigits(one, two) : compareText(one, two);
    if (order !== 0) return order;
  }
  if (i >= a.length && j >= b.length) return 0;
  return i >= a.length ? -1 : 1;
}

export interface Evr {
  epoch: string;
  version: string;
  /** Empty when the text names no release; such a text compares by version alone. */
  release: string;
}

export function parseEvr(text: string): Evr {
  const trimmed = text.trim();
  const epoch = /^(\d*):/.exec(trimmed);
  const rest = epoch ? trimmed.slice(epoch[0].length) : trimmed;
  const dash = rest.lastIndexOf("-");
  return {
    epoch: epoch?.[1] || "0",
    version: dash < 0 ? rest : rest.slice(0, dash),
    release: dash < 0 ? "" : rest.slice(dash + 1),
  };
}

export function compareRpm(a: string, b: string): Order {
  const x = parseEvr(a);
  const y = parseEvr(b);
  const order = compareDigits(x.epoch, y.epoch) || compareRpmSegment(x.version, y.version);
  if (order !== 0 || x.release === "" || y.release === "") return order;
  return compareRpmSegment(x.release, y.release);
}
