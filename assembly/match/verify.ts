/**
 * Candidates of one block: verified against the lists of their section, each literal reported once a scan.
 *
 * Contract: as in literal.ts. A candidate is an address within the buffer's block or up to 32 bytes beyond its end, as the filters write it.
 */
import { LiteralEntry, LiteralFlag, LiteralFormat, LiteralHeader, LiteralSection } from "../abi/literals";

/** Positions a filter writes beyond a block at most: it works in groups. */
const OVERRUN: u32 = 64;

/** Where filters write candidates. */
export let candidates: usize = 0;

let seen: usize = 0;
let seenCount: u32 = 0;
let stamp: u32 = 0;
let out: usize = 0;
let outLeft: u32 = 0;
let outMax: u32 = 0;

export function reportScratchBytes(literals: u32, block: u32): u32 {
  return ((literals * 4 + 7) & ~7) + (block + OVERRUN) * 4;
}

export function setReportScratch(ptr: usize, bytes: u32, block: u32): bool {
  const positions = (block + OVERRUN) * 4;
  if (bytes < positions + 4) return false;
  candidates = ptr;
  seen = ptr + positions;
  seenCount = (bytes - positions) >>> 2;
  stamp = 0;
  return true;
}

/** How many literals a table may have with the scratch given. */
export function reported(): u32 {
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

/** Verifies the candidates (addresses, u32 each) from `candidates` up to `last`. */
export function verify(table: usize, section: usize, data: usize, end: usize, last: usize): void {
  const mask = load<u32>(section, LiteralSection.GRAM_MASK);
  const shift = 32 - load<u32>(section, LiteralSection.HEAD_BITS);
  const heads = table + load<u32>(section, LiteralSection.HEADS);
  const entries = table + load<u32>(section, LiteralSection.ENTRIES);
  const text = table + load<u32>(table, LiteralHeader.TEXT);
  for (let cursor = candidates; cursor < last; cursor += 4) {
    const at: usize = load<u32>(cursor);
    const hash = (load<u32>(at) & mask) * <u32>LiteralFormat.GRAM_MULTIPLIER;
    const head = load<u32>(heads + <usize>((hash >>> shift) << 2));
    if (head == 0) continue;
    let entry = entries + <usize>(head - 1) * LiteralEntry.SIZE;
    for (; ; entry += LiteralEntry.SIZE) {
      if (holds(entry, at, data, end, text) && !report(load<u32>(entry, LiteralEntry.LITERAL))) return;
      if ((load<u8>(entry, LiteralEntry.FLAGS) & LiteralFlag.LAST) != 0) break;
    }
  }
}

/** Whether the literal of `entry` lies around its gram at `at`. */
function holds(entry: usize, at: usize, data: usize, end: usize, text: usize): bool {
  const before: usize = load<u8>(entry, LiteralEntry.GRAM_AT);
  const length: usize = load<u8>(entry, LiteralEntry.LENGTH);
  if (at - data < before || at - before + length > end) return false;
  const start = at - before;
  const word = load<u64>(start + load<u8>(entry, LiteralEntry.VALUE_AT));
  if ((word & load<u64>(entry, LiteralEntry.MASK)) != load<u64>(entry, LiteralEntry.VALUE)) return false;
  return (
    (load<u8>(entry, LiteralEntry.FLAGS) & LiteralFlag.MORE) == 0 ||
    same(start, text + load<u32>(entry, LiteralEntry.TEXT), length)
  );
}

/** Writes a literal unless this scan has it already. False: `max` literals are written. */
function report(literal: u32): bool {
  const mark = seen + ((<usize>literal) << 2);
  if (load<u32>(mark) == stamp) return true;
  if (outLeft == 0) return false;
  --outLeft;
  store<u32>(mark, stamp);
  store<u32>(out, literal);
  out += 4;
  return true;
}

/** Whether the text at `at` is the literal whose (value, mask) vectors lie at `vectors`. */
function same(at: usize, vectors: usize, length: usize): bool {
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
