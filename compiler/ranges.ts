/**
 * Sets of numbers as sorted, disjoint, non-adjacent inclusive ranges: the canonical form of addresses and ports.
 * One implementation serves `number` (ports, IPv4) and `bigint` (IPv6).
 */

export type Range<N extends number | bigint> = readonly [low: N, high: N];

/** Invariant: ascending, and between two ranges at least one number is missing. */
export type RangeSet<N extends number | bigint> = readonly Range<N>[];

/** Sorts and joins arbitrary ranges (each with `low <= high`). */
export function normalize<N extends number | bigint>(ranges: readonly Range<N>[]): RangeSet<N> {
  const sorted = [...ranges].sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
  const out: [N, N][] = [];
  for (const [low, high] of sorted) {
    const last = out[out.length - 1];
    if (last !== undefined && low <= next(last[1])) {
      if (high > last[1]) last[1] = high;
    } else {
      out.push([low, high]);
    }
  }
  return out;
}

/** What is in `from` and not in `cut`; both canonical. Linear. */
export function subtract<N extends number | bigint>(from: RangeSet<N>, cut: RangeSet<N>): RangeSet<N> {
  const out: Range<N>[] = [];
  let at = 0;
  for (const [start, high] of from) {
    let low = start;
    while (at < cut.length && cut[at]![1] < low) at += 1;
    let probe = at;
    let rest = true;
    for (; probe < cut.length && cut[probe]![0] <= high; probe += 1) {
      const [cutLow, cutHigh] = cut[probe]!;
      if (cutLow > low) out.push([low, previous(cutLow)]);
      if (cutHigh >= high) {
        rest = false;
        break;
      }
      low = next(cutHigh);
    }
    if (rest) out.push([low, high]);
  }
  return out;
}

export function equalSets<N extends number | bigint>(a: RangeSet<N>, b: RangeSet<N>): boolean {
  return a.length === b.length && a.every(([low, high], i) => low === b[i]![0] && high === b[i]![1]);
}

export function contains<N extends number | bigint>(set: RangeSet<N>, value: N): boolean {
  let low = 0;
  let high = set.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (set[middle]![1] < value) low = middle + 1;
    else high = middle;
  }
  return low < set.length && set[low]![0] <= value;
}

function next<N extends number | bigint>(value: N): N {
  return (typeof value === "bigint" ? value + 1n : (value as number) + 1) as N;
}

function previous<N extends number | bigint>(value: N): N {
  return (typeof value === "bigint" ? value - 1n : (value as number) - 1) as N;
}
