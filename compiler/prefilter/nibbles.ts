/** The tables of a nibble filter: eight buckets of literals, for each of their first bytes the low and the high nibbles it may have. */
import type { MaskedLiteral } from "./literal.ts";

const BUCKETS = 8;

/** Nibbles one bucket allows, low and high, a byte of `depth`: sets of 16 as bits. */
interface Bucket {
  low: number[];
  high: number[];
}

/** 96 bytes: for each byte of `depth` (1 to 3) 16 bytes by low nibble, 16 by high nibble, a bit a bucket. */
export function nibbleTables(literals: MaskedLiteral[], depth: number): Uint8Array {
  const buckets = group(
    literals.map((literal) => bucketOf(literal, depth)),
    depth,
  );
  const table = new Uint8Array(96);
  buckets.forEach((bucket, number) => {
    for (let i = 0; i < depth; i++) {
      for (let nibble = 0; nibble < 16; nibble++) {
        if (bucket.low[i]! & (1 << nibble)) table[i * 32 + nibble]! |= 1 << number;
        if (bucket.high[i]! & (1 << nibble)) table[i * 32 + 16 + nibble]! |= 1 << number;
      }
    }
  });
  return table;
}

function bucketOf(literal: MaskedLiteral, depth: number): Bucket {
  const low: number[] = [];
  const high: number[] = [];
  for (let i = 0; i < depth; i++) {
    const byte = literal.value[i]!;
    low.push(1 << (byte & 15));
    high.push((1 << (byte >> 4)) | (literal.mask[i] === 0xdf ? 1 << ((byte | 0x20) >> 4) : 0));
  }
  return { low, high };
}

/** Joins the two buckets whose union lets the least text through, until eight are left. */
function group(buckets: Bucket[], depth: number): Bucket[] {
  let groups = buckets;
  while (groups.length > BUCKETS) {
    let [left, right, least] = [0, 1, Number.POSITIVE_INFINITY];
    const passes = groups.map((bucket) => pass(bucket, depth));
    for (let i = 0; i < groups.length; i++) {
      for (let j = i + 1; j < groups.length; j++) {
        const added = pass(union(groups[i]!, groups[j]!), depth) - passes[i]! - passes[j]!;
        if (added < least) [left, right, least] = [i, j, added];
      }
    }
    const joined = union(groups[left]!, groups[right]!);
    groups = [...groups.filter((_, i) => i !== left && i !== right), joined];
  }
  return groups;
}

/** Byte strings a bucket lets through. */
function pass(bucket: Bucket, depth: number): number {
  let strings = 1;
  for (let i = 0; i < depth; i++) strings *= (ones(bucket.low[i]!) * ones(bucket.high[i]!)) / 256;
  return strings;
}

function union(a: Bucket, b: Bucket): Bucket {
  return { low: a.low.map((set, i) => set | b.low[i]!), high: a.high.map((set, i) => set | b.high[i]!) };
}

function ones(set: number): number {
  let count = 0;
  for (let rest = set; rest; rest &= rest - 1) count++;
  return count;
}
