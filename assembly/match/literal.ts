/**
 * The multi-pattern literal matcher: which of up to 65,535 literals occur in a buffer. See README.md in this room.
 *
 * Contract: `table` passed `checkLiteralTable` since it was last written and is 8-byte aligned; `configureLiteralScratch` was called with
 * room for its literals; `data` is 256 or more and has `length` bytes followed by at least 64 that may be read (their content is of no consequence: no
 * match reaches beyond `length`, and none starts before `data`).
 */
import {
  LiteralEntry,
  LiteralExact,
  LiteralFilter,
  LiteralFormat,
  LiteralHeader,
  LiteralSection,
} from "../abi/literals";
import { checkExact, scanExact } from "./exact";
import { filterGrams } from "./gram";
import { filterBoth } from "./joined";
import { bucketsOf, filterNibbles, nibbleEnd, setTextStart } from "./nibble";
import {
  active,
  beginBuckets,
  beginReport,
  candidates,
  endReport,
  nibbleCandidates,
  reportable,
  reportScratchBytes,
  screen,
  setReportScratch,
  settle,
  survivors,
} from "./verify";

/** The largest mask the hash has bits for. */
const MAX_TABLE_LIMIT: u32 = (1 << (32 - LiteralFormat.TABLE_SHIFT)) - 1;

/** Text a filter looks at before its candidates are verified: positions of one block fit the first-level cache. */
const BLOCK: u32 = 1024;

/** Bytes of mutable memory that scans with tables of up to `literals` literals need. */
export function literalScratchBytes(literals: u32): u32 {
  return reportScratchBytes(literals, BLOCK);
}

/** Hands the scans their memory: `bytes` at `ptr`, 8-byte aligned, zeroed. False: not enough for a single literal. */
export function configureLiteralScratch(ptr: usize, bytes: u32): bool {
  return setReportScratch(ptr, bytes, BLOCK);
}

/**
 * Writes the index of every literal that occurs in `data` to `out` (u32 each, any order, each once) and returns their number, at most `max`.
 */
export function scanLiterals(table: usize, data: usize, length: u32, out: usize, max: u32): u32 {
  if (length == 0 || max == 0) return 0;
  const end = data + length;
  beginReport(out, max);
  beginBuckets(table);
  const exact = load<u32>(table, LiteralHeader.EXACT);
  if (exact != 0) scanExact(table, table + exact, data, end);
  setTextStart(data);
  const first = table + LiteralHeader.SIZE;
  const last = first + load<u32>(table, LiteralHeader.SECTIONS) * LiteralSection.SIZE;
  for (let at = data; at < end; at += BLOCK) {
    const stop = min<usize>(at + BLOCK, end);
    let kept = survivors;
    for (let section = first; section < last; section += LiteralSection.SIZE) {
      if (load<u32>(section, LiteralSection.FILTER) != LiteralFilter.NIBBLES) {
        kept = scanGrams(table, section, at, stop, kept);
        continue;
      }
      const wanted = active >>> load<u32>(section, LiteralSection.FIRST_BUCKET);
      if (load<u32>(section, LiteralSection.GROUPS) == 2)
        kept = scanNibbles(table, section, 1, wanted >>> 8, at, stop, kept);
      if (ASC_FEATURE_SIMD) {
        if (load<u32>(section, LiteralSection.JOINED) != 0 && (wanted & 0xff) != 0) {
          const grams = section + LiteralSection.SIZE;
          kept = scanBoth(table, grams, section, wanted, at, stop, kept);
          section = grams;
          continue;
        }
      }
      kept = scanNibbles(table, section, 0, wanted, at, stop, kept);
    }
    if (kept != survivors && !settle(table, data, end, kept)) break;
  }
  return endReport();
}

function scanGrams(table: usize, section: usize, at: usize, stop: usize, kept: usize): usize {
  return screen(table, section, candidates, filterGrams(table, section, at, stop, candidates), kept);
}

/** A group of eight buckets of a nibble section; the lower bits of `wanted` are those still wanted. */
function scanNibbles(
  table: usize,
  section: usize,
  group: u32,
  wanted: u32,
  at: usize,
  stop: usize,
  kept: usize,
): usize {
  if ((wanted & 0xff) == 0) return kept;
  const found = filterNibbles(section, bucketsOf(table, section, group), wanted, at, stop, nibbleCandidates);
  return screen(table, section, nibbleCandidates, found, kept);
}

/** A gram section and the first group of the nibble section before it, in one pass. */
function scanBoth(table: usize, grams: usize, nibbles: usize, wanted: u32, at: usize, stop: usize, kept: usize): usize {
  const found = filterBoth(table, grams, bucketsOf(table, nibbles, 0), wanted, at, stop, candidates, nibbleCandidates);
  const screened = screen(table, grams, candidates, found, kept);
  return screen(table, nibbles, nibbleCandidates, nibbleEnd, screened);
}

/** Whether `length` bytes at `table` are a literal table that every later scan can follow blindly. */
export function checkLiteralTable(table: usize, length: u32): bool {
  if ((table & 7) != 0 || length < <u32>LiteralHeader.SIZE) return false;
  if (
    load<u32>(table, LiteralHeader.MAGIC) != LiteralFormat.MAGIC ||
    load<u32>(table, LiteralHeader.VERSION) != LiteralFormat.VERSION
  )
    return false;
  if (load<u32>(table, LiteralHeader.BYTES) != length) return false;
  const count = load<u32>(table, LiteralHeader.COUNT);
  const sections = load<u32>(table, LiteralHeader.SECTIONS);
  const text = load<u32>(table, LiteralHeader.TEXT);
  const textBytes = load<u32>(table, LiteralHeader.TEXT_BYTES);
  if (count > <u32>LiteralFormat.MAX_LITERALS || count > reportable() || sections > <u32>LiteralFormat.MAX_SECTIONS)
    return false;
  if (!inside(LiteralHeader.SIZE, sections * LiteralSection.SIZE, length) || !inside(text, textBytes, length))
    return false;
  const exact = load<u32>(table, LiteralHeader.EXACT);
  if (exact != 0) {
    if (!inside(exact, LiteralExact.SIZE, length)) return false;
    if (!checkExact(table, table + exact, length, count, textBytes)) return false;
  }
  for (let i: u32 = 0; i < sections; ++i) {
    const section = table + LiteralHeader.SIZE + i * LiteralSection.SIZE;
    if (!checkSection(table, section, length, count, textBytes)) return false;
    if (load<u32>(section, LiteralSection.JOINED) == 0) continue;
    if (load<u32>(section, LiteralSection.FILTER) != LiteralFilter.NIBBLES || i + 1 == sections) return false;
    const next = section + LiteralSection.SIZE;
    if (load<u32>(next, LiteralSection.FILTER) == LiteralFilter.NIBBLES) return false;
    if (load<u32>(next, LiteralSection.STRIDE) == 1) return false;
  }
  return true;
}

function inside(offset: u32, bytes: u32, length: u32): bool {
  return (offset & 7) == 0 && <u64>offset + <u64>bytes <= <u64>length;
}

function checkSection(table: usize, section: usize, length: u32, count: u32, textBytes: u32): bool {
  const filter = load<u32>(section, LiteralSection.FILTER);
  const stride = load<u32>(section, LiteralSection.STRIDE);
  const limit = load<u32>(section, LiteralSection.TABLE_LIMIT);
  const headBits = load<u32>(section, LiteralSection.HEAD_BITS);
  const entryCount = load<u32>(section, LiteralSection.ENTRY_COUNT);
  if (stride != 1 && stride != 2 && stride != 4) return false;
  if (headBits < 1 || headBits > 20 || entryCount == 0 || entryCount > 1 << 20) return false;
  let tableBytes: u32 = 0;
  if (filter == LiteralFilter.NIBBLES) {
    const bucket = load<u32>(section, LiteralSection.FIRST_BUCKET);
    const groups = load<u32>(section, LiteralSection.GROUPS);
    if (stride != 1 || (limit != 1 && limit != 3) || (bucket != 0 && bucket != 16)) return false;
    if (groups != 1 && (groups != 2 || bucket != 0 || limit != 3)) return false;
    tableBytes = groups * LiteralFormat.GROUP_BYTES;
  } else {
    if (filter > <u32>LiteralFilter.BIT_TABLE || limit > MAX_TABLE_LIMIT || (limit & (limit + 1)) != 0) return false;
    tableBytes = limit + 1 + (filter == LiteralFilter.BIT_TABLE ? 8 : 0);
  }
  if (!inside(load<u32>(section, LiteralSection.TABLE), tableBytes, length)) return false;
  if (!inside(load<u32>(section, LiteralSection.HEADS), 4 << headBits, length)) return false;
  if (!inside(load<u32>(section, LiteralSection.ENTRIES), entryCount * LiteralEntry.SIZE, length)) return false;
  if (filter == LiteralFilter.BYTE_TABLE) {
    const bytes = table + load<u32>(section, LiteralSection.TABLE);
    for (let i: u32 = 0; i < tableBytes; ++i) if ((load<u8>(bytes + i) & ~4) != 0) return false;
  }
  const heads = table + load<u32>(section, LiteralSection.HEADS);
  for (let i: u32 = 0; i < (<u32>1) << headBits; ++i) {
    const head = load<u32>(heads + (i << 2));
    if ((head & (<u32>LiteralEntry.SIZE - 1)) != 0 || head >>> 5 >= entryCount) return false;
  }
  const entries = table + load<u32>(section, LiteralSection.ENTRIES);
  for (let i: u32 = 0; i < entryCount; ++i) {
    if (!checkEntry(entries + i * LiteralEntry.SIZE, i == entryCount - 1, count, textBytes)) return false;
  }
  return true;
}

function checkEntry(entry: usize, last: bool, count: u32, textBytes: u32): bool {
  const size: i32 = load<u8>(entry, LiteralEntry.LENGTH);
  const gramAt: i32 = load<u8>(entry, LiteralEntry.GRAM_AT);
  const valueFromGram: i32 = load<i16>(entry, LiteralEntry.VALUE_FROM_GRAM);
  const followed = load<u8>(entry, LiteralEntry.FOLLOWED);
  if (load<u32>(entry, LiteralEntry.LITERAL) >= count || size == 0 || gramAt >= size) return false;
  if (valueFromGram + gramAt < 0 || valueFromGram > LiteralFormat.MAX_VALUE_FROM_GRAM) return false;
  if (followed > 1 || (last && followed != 0)) return false;
  if (load<u8>(entry, LiteralEntry.MORE) == 0) return true;
  const vectors = load<u32>(entry, LiteralEntry.TEXT);
  return (vectors & 7) == 0 && <u64>vectors + <u64>(((size + 15) >> 4) << 5) <= <u64>textBytes;
}
