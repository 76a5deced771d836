/** Result of a comparison, as `Array.prototype.sort` wants it: negative, zero or positive. */
export type Order = -1 | 0 | 1;

/** A total preorder over the version strings of one ecosystem. Never throws; any string is a version. */
export type CompareVersions = (a: string, b: string) => Order;

export function orderOf(difference: number): Order {
  return difference < 0 ? -1 : difference > 0 ? 1 : 0;
}

/** Compares strings of decimal digits by value, whatever their length (a build number may exceed 2^53). */
export function compareDigits(a: string, b: string): Order {
  const x = a.replace(/^0+/, "");
  const y = b.replace(/^0+/, "");
  if (x.length !== y.length) return x.length < y.length ? -1 : 1;
  return x < y ? -1 : x > y ? 1 : 0;
}

export function compareText(a: string, b: string): Order {
  return a < b ? -1 : a > b ? 1 : 0;
}
