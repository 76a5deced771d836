/** RubyGems version order (Gem::Version): dotted segments, any letter makes a pre-release, trailing zeros do not count. */
import { compareDigits, compareText, type Order } from "./order.ts";

const isNumber = (segment: string): boolean => /^\d/.test(segment);

function segments(version: string): string[] {
  const all =
    version
      .trim()
      .replaceAll("-", ".pre.")
      .match(/\d+|[a-z]+/gi) ?? [];
  const firstWord = all.findIndex((segment) => !isNumber(segment));
  const split = firstWord < 0 ? all.length : firstWord;
  return [...withoutTrailingZeros(all.slice(0, split)), ...withoutTrailingZeros(all.slice(split))];
}

function withoutTrailingZeros(list: string[]): string[] {
  let end = list.length;
  while (end > 0 && /^0+$/.test(list[end - 1]!)) end--;
  return list.slice(0, end);
}

export function compareGem(a: string, b: string): Order {
  const x = segments(a);
  const y = segments(b);
  for (let i = 0; i < Math.max(x.length, y.length); i++) {
    const one = x[i] ?? "0";
    const two = y[i] ?? "0";
    if (isNumber(one) !== isNumber(two)) return isNumber(one) ? 1 : -1;
    const order = isNumber(one) ? compareDigits(one, two) : compareText(one, two);
    if (order !== 0) return order;
  }
  return 0;
}
