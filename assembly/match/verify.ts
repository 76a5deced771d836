/**
 * Candidates of one block: screened, verified, each literal reported once a scan.
 *
 * `screen` compares eight bytes of the first entry of each candidate's list and keeps what agrees, without a branch: most candidates fail
 * here, and their cache misses overlap. `settle` walks the lists of the few that are left, those of all sections together.
 *
 * Contract: as in literal.ts. A candidate is an address within the block or up to 32 bytes beyond its end, as the filters write it.
 */
import { LiteralEntry, LiteralFormat, LiteralHeader, LiteralSection } from "../abi/literals";

/** Positions a filter writes beyond a block at most: it works in groups. */
const OVERRUN: u32 = 64;
/** Bytes of a survivor: address of the candidate, address of the first entry of its list. */
const SURVIVOR: u32 = 8;

/** Where the filters write candidates: gram sections, and a nibble section scanned together with one. */
export let candidates: usize = 0;
export let nibbleCandidates: usize = 0;
/** Where `screen` starts to write. */
export let survivors: usize = 0;
/** Nibble buckets that have literals not found yet, a bit each. */
export let active: u32 = 0;

/** Literals of each nibble bucket not found yet: u8 each. */
let bucketLeft: usize = 0;
let seen: usize = 0;
let seenCount: u32 = 0;
let stamp: u32 = 0;
let out: usize = 0;
let outLeft: u32 = 0;
let outMax: u32 = 0;

/** Bytes of scratch for tables of up to `literals` literals and blocks of `block` bytes. */
export function reportScratchBytes(literals: u32, block: u32): u32 {
  return fixedBytes(block) + ((literals * 4 + 7) & ~7);
}

function fixedBytes(block: u32): u32 {
  // A position may survive once in each section, and once more in the second group of a nibble section.
  return (block + OVERRUN) * (4 + 4 + (LiteralFormat.MAX_SECTIONS + 1) * SURVIVOR) + LiteralFormat.NO_BUCKET;
}

export function setReportScratch(ptr: usize, bytes: u32, block: u32): bool {
  const fixed = fixedBytes(block);
  if (bytes < fixed + 4) return false;
  const positions = block + OVERRUN;
  bucketLeft = ptr;
  candidates = ptr + LiteralFormat.NO_BUCKET;
  nibbleCandidates = candidates + positions * 4;
  survivors = nibbleCandidates + positions * 4;
  seen = ptr + fixed;
  seenCount = (bytes - fixed) >>> 2;
  stamp = 0;
  return true;
}

/** How many literals a table may have with the scratch given. */
export function reportable(): u32 {
  return seenCount;
}

export function beginReport(to: usize, max: u32): void {
  if (++stamp == 0) {
    memory.fill(seen, 0, (<usize>seenCount) << 2);
    stamp = 1;
  }
  out = to;
  outLeft = max;
  outMax = max;
}

/** Ends a scan: the number of literals written. */
export function endReport(): u32 {
  return outMax - outLeft;
}

/** Wants every bucket of the nibble sections again. */
export function beginBuckets(table: usize): void {
  active = load<u32>(table, LiteralHeader.BUCKETS);
  store<u64>(bucketLeft, load<u64>(table, LiteralHeader.BUCKET_LITERALS));
  store<u64>(bucketLeft, load<u64>(table, LiteralHeader.BUCKET_LITERALS + 8), 8);
  store<u64>(bucketLeft, load<u64>(table, LiteralHeader.BUCKET_LITERALS + 16), 16);
}

/** Screens the candidates (addresses, u32 each) from `from` up to `last`; returns the end of the survivors, appended at `kept`. */
export function screen(table: usize, section: usize, from: usize, last: usize, kept: usize): usize {
  const mask = load<u32>(section, LiteralSection.GRAM_MASK);
  const shift = 32 - load<u32>(section, LiteralSection.HEAD_BITS);
  const heads = table + load<u32>(section, LiteralSection.HEADS);
  const entries = table + load<u32>(section, LiteralSection.ENTRIES);
  for (; from < last; from += 4) {
    const at: usize = load<u32>(from);
    const hash = (load<u32>(at) & mask) * <u32>LiteralFormat.GRAM_MULTIPLIER;
    const entry = entries + load<u32>(heads + <usize>((hash >>> shift) << 2));
    store<u32>(kept, <u32>at);
    store<u32>(kept, <u32>entry, 4);
    kept += keep(entry, at) << 3;
  }
  return kept;
}

/** Verifies the survivors up to `last` and reports what is found. False: no more can be written. */
export function settle(table: usize, data: usize, end: usize, last: usize): bool {
  const text = table + load<u32>(table, LiteralHeader.TEXT);
  for (let survivor = survivors; survivor < last; survivor += SURVIVOR) {
    const at: usize = load<u32>(survivor);
    let entry: usize = load<u32>(survivor, 4);
    // The first of several is what they have in common.
    if (load<u8>(entry, LiteralEntry.FOLLOWED) != 0) entry += LiteralEntry.SIZE;
    for (; ; entry += LiteralEntry.SIZE) {
      if (holds(entry, at, data, end, text)) {
        if (report(load<u32>(entry, LiteralEntry.LITERAL))) countBucket(load<u8>(entry, LiteralEntry.BUCKET));
      }
      if (load<u8>(entry, LiteralEntry.FOLLOWED) == 0) break;
    }
  }
  return outLeft != 0;
}

/** 1 if the eight bytes of the entry agree and its literal is new or it stands for several. */
function keep(entry: usize, at: usize): usize {
  const word = load<u64>(at + load<i16>(entry, LiteralEntry.VALUE_FROM_GRAM)) & load<u64>(entry, LiteralEntry.MASK);
  const fresh = load<u32>(seen + ((<usize>load<u32>(entry, LiteralEntry.LITERAL)) << 2)) != stamp;
  return (
    <usize>(word == load<u64>(entry, LiteralEntry.VALUE)) & (<usize>fresh | load<u8>(entry, LiteralEntry.FOLLOWED))
  );
}

/** Whether the literal of `entry` lies around its gram at `at`. */
function holds(entry: usize, at: usize, data: usize, end: usize, text: usize): bool {
  const before: usize = load<u8>(entry, LiteralEntry.GRAM_AT);
  const length: usize = load<u8>(entry, LiteralEntry.LENGTH);
  if (at - data < before || at - before + length > end) return false;
  const word = load<u64>(at + load<i16>(entry, LiteralEntry.VALUE_FROM_GRAM));
  if ((word & load<u64>(entry, LiteralEntry.MASK)) != load<u64>(entry, LiteralEntry.VALUE)) return false;
  return (
    load<u8>(entry, LiteralEntry.MORE) == 0 || same(at - before, text + load<u32>(entry, LiteralEntry.TEXT), length)
  );
}

/** Writes a literal that this scan has not yet. False: it has it, or `max` literals are written. */
export function report(literal: u32): bool {
  const mark = seen + ((<usize>literal) << 2);
  if (load<u32>(mark) == stamp || outLeft == 0) return false;
  --outLeft;
  store<u32>(mark, stamp);
  store<u32>(out, literal);
  out += 4;
  return true;
}

/** One literal less to be found in a nibble bucket; an empty one is no longer wanted. */
function countBucket(bucket: u32): void {
  if (bucket >= <u32>LiteralFormat.NO_BUCKET) return;
  const left: u32 = load<u8>(bucketLeft + bucket) - 1;
  store<u8>(bucketLeft + bucket, <u8>left);
  if ((left & 0xff) == 0) active &= ~(1 << bucket);
}

/** Whether the text at `at` is the literal whose (value, mask) vectors lie at `vectors`. */
export function same(at: usize, vectors: usize, length: usize): bool {
  const stop = at + length;
  for (; at < stop; at += 16, vectors += 32) {
    if (ASC_FEATURE_SIMD) {
      if (v128.any_true(v128.xor(v128.and(v128.load(at), v128.load(vectors, 16)), v128.load(vectors)))) return false;
    } else {
      if ((load<u64>(at) & load<u64>(vectors, 16)) != load<u64>(vectors)) return false;
      if ((load<u64>(at, 8) & load<u64>(vectors, 24)) != load<u64>(vectors, 8)) return false;
    }
  }
  return true;
}
