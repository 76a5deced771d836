/** Composer version order: PHP's `version_compare` over the canonical form (php.net/version_compare). */
import { compareDigits, type Order, orderOf } from "./order.ts";

/** Order of the special forms; any other word sorts first, a number after `rc` and before `pl`. */
function weight(part: string): number {
  if (/^\d/.test(part)) return 5;
  if (part.startsWith("dev")) return 1;
  if (part.startsWith("a")) return 2;
  if (part.startsWith("b")) return 3;
  if (part.startsWith("rc") || part === "c") return 4;
  if (part === "#") return 4.5;
  if (part.startsWith("pl") || part === "p" || part.startsWith("patch")) return 6;
  return 0;
}

function parts(version: string): string[] {
  const canonical = version
    .trim()
    .toLowerCase()
    .replace(/^v(?=\d)/, "")
    .replace(/[-_+]/g, ".")
    .replace(/(\d)([^\d.])/g, "$1.$2")
    .replace(/([^\d.])(\d)/g, "$1.$2");
  return canonical.split(".").filter((part) => part !== "");
}

export function comparePackagist(a: string, b: string): Order {
  const x = parts(a);
  const y = parts(b);
  for (let i = 0; i < Math.max(x.length, y.length); i++) {
    // What is missing on one side compares as "#": above a release candidate, below a number.
    const one = x[i] ?? "#";
    const two = y[i] ?? "#";
    const order = orderOf(weight(one) - weight(two));
    if (order !== 0) return order;
    if (weight(one) === 5) {
      const numbers = compareDigits(one, two);
      if (numbers !== 0) return numbers;
    }
  }
  return 0;
}
