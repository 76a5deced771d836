/** Alpine version comparison (apk-package(5), "Package version": digits{.digits}{letter}{_suffix{number}}{-r number}). */
import { compareDigits, compareText, type Order, orderOf } from "./order.ts";

const preSuffixes = ["alpha", "beta", "pre", "rc"];
const postSuffixes = ["cvs", "svn", "git", "hg", "p"];

interface ApkVersion {
  numbers: string[];
  letter: string;
  /** Weight (negative before a release, positive after) and number of each suffix. */
  suffixes: [number, string][];
  revision: string;
  /** What does not fit the grammar; compared as text, last. */
  rest: string;
}

function parse(version: string): ApkVersion {
  const match = /^(\d+(?:\.\d+)*)([a-z]?)((?:_[a-z]+\d*)*)(?:~[0-9a-f]+)?(?:-r(\d+))?/.exec(version.trim());
  if (!match) return { numbers: [], letter: "", suffixes: [], revision: "", rest: version.trim() };
  const suffixes = [...(match[3] ?? "").matchAll(/_([a-z]+)(\d*)/g)].map(([, name = "", number = ""]) => {
    const before = preSuffixes.indexOf(name);
    const weight = before >= 0 ? before - preSuffixes.length : postSuffixes.indexOf(name) + 1;
    return [weight, number] satisfies [number, string];
  });
  return {
    numbers: (match[1] ?? "").split("."),
    letter: match[2] ?? "",
    suffixes,
    revision: match[4] ?? "",
    rest: version.trim().slice(match[0].length),
  };
}

/** After the first number a component with a leading zero is a fraction: 1.01 < 1.1. */
function compareNumbers(a: readonly string[], b: readonly string[]): Order {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const x = a[i];
    const y = b[i];
    if (x === undefined) return -1;
    if (y === undefined) return 1;
    const fraction = i > 0 && (x.startsWith("0") || y.startsWith("0"));
    const order = fraction ? compareText(x, y) : compareDigits(x, y);
    if (order !== 0) return order;
  }
  return 0;
}

function compareSuffixes(a: ApkVersion["suffixes"], b: ApkVersion["suffixes"]): Order {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const [weightA, numberA] = a[i] ?? [0, ""];
    const [weightB, numberB] = b[i] ?? [0, ""];
    const order = orderOf(weightA - weightB) || compareDigits(numberA, numberB);
    if (order !== 0) return order;
  }
  return 0;
}

export function compareApk(a: string, b: string): Order {
  const x = parse(a);
  const y = parse(b);
  return (
    compareNumbers(x.numbers, y.numbers) ||
    compareText(x.letter, y.letter) ||
    compareSuffixes(x.suffixes, y.suffixes) ||
    compareDigits(x.revision, y.revision) ||
    compareText(x.rest, y.rest)
  );
}
