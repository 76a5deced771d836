/** The nibble filter of a section: eight buckets of literals, and for three bytes of them the low and the high nibbles they may have. */
import { LiteralFormat } from "../../assembly/abi/literals.ts";
import type { MaskedLiteral } from "./literal.ts";
import type { GramStatistics } from "./statistics.ts";

/** Bytes the filter looks at. */
export const NIBBLE_BYTES = 3;
/** Buckets of a group. */
const BUCKETS = 8;

/** The filter's table, and the bucket of each literal by index. */
export interface NibbleFilter {
  /** {@link LiteralFormat.GROUP_BYTES} a group: for each of three bytes 16 bytes by low nibble, 16 by high nibble, a bit a bucket. */
  table: Uint8Array;
  buckets: Map<number, number>;
}

/** Nibbles a set of literals has, low and high, a byte: sets of 16 as bits. */
interface Bucket {
  members: number[];
  low: number[];
  high: number[];
  /** Chance that a text passes. */
  chance: number;
  /** What the bucket costs: little if all its literals are so common that they are soon found, which ends it. */
  cost: number;
  common: boolean;
}

/**
 * Whether a window may start at `at`. The filter skips a position whose three bytes and the byte before are one byte repeated. A literal must
 * therefore not have its window in a run that its own earlier bytes continue, unless it is a run as a whole: where that occurs, it also occurs
 * at the start of the run, which is not skipped.
 */
export function windowAllowed(literal: MaskedLiteral, at: number): boolean {
  const end = Math.min(at + NIBBLE_BYTES, literal.length);
  if (!runs(literal, at, end)) return true;
  if (at === 0) return runs(literal, 0, literal.length);
  return !runs(literal, at - 1, end);
}

/** Whether one repeated byte can match the literal from `start` to `end`. */
function runs({ value, mask }: MaskedLiteral, start: number, end: number): boolean {
  for (let i = start + 1; i < end; i++) {
    const both = mask[i - 1]! & mask[i]!;
    if ((value[i - 1]! & both) !== (value[i]! & both)) return false;
  }
  return true;
}

/** Groups the literals (each with the place its window starts) so that the least text passes. */
export function nibbleFilter(
  literals: { literal: MaskedLiteral; gramAt: number }[],
  groups: number,
  statistics: GramStatistics,
): NibbleFilter {
  const chances = Float64Array.from({ length: 256 }, (_, byte) => statistics.byteChance(byte));
  const joined = join(
    literals.map(({ literal, gramAt }) => single(literal, gramAt, chances)),
    groups * BUCKETS,
    chances,
  );
  const table = new Uint8Array(LiteralFormat.GROUP_BYTES * groups);
  const buckets = new Map<number, number>();
  joined.forEach(({ members, low, high }, number) => {
    for (const member of members) buckets.set(member, number);
    const start = Math.floor(number / BUCKETS) * LiteralFormat.GROUP_BYTES;
    const bit = 1 << (number % BUCKETS);
    for (let i = 0; i < NIBBLE_BYTES; i++) {
      for (let nibble = 0; nibble < 16; nibble++) {
        if (low[i]! & (1 << nibble)) table[start + i * 32 + nibble]! |= bit;
        if (high[i]! & (1 << nibble)) table[start + i * 32 + 16 + nibble]! |= bit;
      }
    }
  });
  return { table, buckets };
}

function single(literal: MaskedLiteral, gramAt: number, chances: Float64Array): Bucket {
  const low: number[] = [];
  const high: number[] = [];
  for (let i = 0; i < NIBBLE_BYTES; i++) {
    const byte = literal.value[gramAt + i];
    if (byte === undefined) {
      low.push(0xffff);
      high.push(0xffff);
      continue;
    }
    low.push(1 << (byte & 15));
    high.push(
      (1 << (byte >> 4)) | (literal.mask[gramAt + i] === LiteralFormat.NOCASE_MASK ? 1 << ((byte | 0x20) >> 4) : 0),
    );
  }
  return bucket([literal.index], low, high, chances, true);
}

function bucket(members: number[], low: number[], high: number[], chances: Float64Array, soon: boolean): Bucket {
  let chance = 1;
  for (let i = 0; i < NIBBLE_BYTES; i++) {
    let sum = 0;
    for (let byte = 0; byte < 256; byte++) {
      if (low[i]! & (1 << (byte & 15)) && high[i]! & (1 << (byte >> 4))) sum += chances[byte]!;
    }
    chance *= sum;
  }
  const common = soon && chance > SOON_FOUND;
  return { members, low, high, chance, cost: common ? SOON_FOUND : chance, common };
}

/** A literal this common at a position is found within the first block of most texts. */
const SOON_FOUND = 4e-3;

/** Joins the two whose union lets the least text more through, until `wanted` are left. */
function join(singles: Bucket[], wanted: number, chances: Float64Array): Bucket[] {
  const buckets = [...singles];
  const added = (a: Bucket, b: Bucket) => union(a, b, chances).cost - a.cost - b.cost;
  /** What joining i and j (i > j) adds. */
  const costs = buckets.map((a, i) => buckets.slice(0, i).map((b) => added(a, b)));
  while (buckets.length > wanted) {
    let [left, right, least] = [1, 0, Number.POSITIVE_INFINITY];
    for (const [i, row] of costs.entries()) {
      for (const [j, cost] of row.entries()) if (cost < least) [left, right, least] = [i, j, cost];
    }
    const last = buckets.length - 1;
    buckets[right] = union(buckets[left]!, buckets[right]!, chances);
    if (left !== last) {
      // The last one takes the place that became free.
      buckets[left] = buckets[last]!;
      for (let j = 0; j < left; j++) costs[left]![j] = costs[last]![j]!;
      for (let i = left + 1; i < last; i++) costs[i]![left] = costs[last]![i]!;
    }
    buckets.pop();
    costs.pop();
    for (let j = 0; j < right; j++) costs[right]![j] = added(buckets[right]!, buckets[j]!);
    for (let i = right + 1; i < last; i++) costs[i]![right] = added(buckets[i]!, buckets[right]!);
  }
  return buckets;
}

function union(a: Bucket, b: Bucket, chances: Float64Array): Bucket {
  return bucket(
    [...a.members, ...b.members],
    a.low.map((set, i) => set | b.low[i]!),
    a.high.map((set, i) => set | b.high[i]!),
    chances,
    a.common && b.common,
  );
}
