/**
 * The prefilter of a buffer that grows (a body that comes in pieces, shown in windows that overlap): every byte is scanned once, and the
 * literals found before are remembered as long as the window holds them. What rules it brings is exactly what scanning the whole window
 * would: a remembered literal whose place has left the window is looked for by itself.
 *
 *     window  |  scanned before          | overlap | new   |
 *             offset                               scanned  end
 *                                        from: the longest literal may begin before the new bytes
 */
import { PatternRecord, PrefilterRecord } from "../../abi/prefilters";
import { Tx } from "../../app/transaction";
import { ViewFlag, viewData, viewFlags, viewLength, viewOffset } from "../../app/view";
import { findLiteral } from "../../match/search";
import { Account, acquire, release } from "../../memory/heap";
import { database, generation } from "../../rules/database";
import { Candidates } from "../candidates";
import { addRulesOf, hitAt, hitCount, runPrefilter } from "../prefilter";

/** Literals remembered of one buffer; when there are more, windows are scanned whole. */
const MAX_REMEMBERED: u32 = 12;

/** One buffer of a transaction. */
@unmanaged
class Growing {
  next: usize;
  /** Address of the prefilter record, and the database it belongs to. */
  record: usize;
  generation: u32;
  count: u32;
  /** Start of the last window; the buffer is scanned up to here. */
  offset: u64;
  scanned: u64;
}

/** A literal that occurs at or behind `from`. Laid behind Growing. */
@unmanaged
class Remembered {
  from: u64;
  literal: u32;
  unused: u32;
}

function rememberedAt(g: Growing, i: u32): Remembered {
  return changetype<Remembered>(changetype<usize>(g) + offsetof<Growing>() + <usize>i * offsetof<Remembered>());
}

/** Brings the rules whose literals are in the view, which is a window of a growing buffer. */
export function scanGrowing(record: usize, tx: Tx, set: Candidates): void {
  const known = find(tx, record);
  if (known == 0) {
    runPrefilter(record, viewData, viewLength, viewOffset, set);
    // What is complete is not looked at again.
    if ((viewFlags & ViewFlag.End) == 0) begin(tx, record);
    return;
  }
  const g = changetype<Growing>(known);
  const end = viewOffset + <u64>viewLength;
  if (viewOffset < g.offset || end < g.scanned) {
    g.count = 0;
    g.scanned = 0;
  }
  const overlap = <u64>load<u16>(record, PrefilterRecord.longest) - 1;
  const from = max<u64>(viewOffset, g.scanned > overlap ? g.scanned - overlap : 0);
  if (end > g.scanned && end > from)
    runPrefilter(record, viewData + <usize>(from - viewOffset), <u32>(end - from), from, set);
  else runPrefilter(record, viewData, 0, end, set);
  g.offset = viewOffset;
  g.scanned = end;
  recall(g, set);
  remember(g, from);
}

function find(tx: Tx, record: usize): usize {
  for (let at = tx.growing; at != 0; at = changetype<Growing>(at).next) {
    const g = changetype<Growing>(at);
    if (g.record == record && g.generation == generation) return at;
  }
  return 0;
}

/** Remembers the buffer after its first scan; without memory it is scanned whole again. */
function begin(tx: Tx, record: usize): void {
  if (load<u32>(record, PrefilterRecord.patterns) == 0) return;
  const at = acquire(Account.Detect, <u32>offsetof<Growing>() + MAX_REMEMBERED * <u32>offsetof<Remembered>());
  if (at == 0) return;
  const g = changetype<Growing>(at);
  g.next = tx.growing;
  g.record = record;
  g.generation = generation;
  g.count = 0;
  g.offset = viewOffset;
  g.scanned = viewOffset + <u64>viewLength;
  tx.growing = at;
  remember(g, viewOffset);
}

/** Brings the rules of literals found before that the window still holds; the others are forgotten. */
function recall(g: Growing, set: Candidates): void {
  let kept: u32 = 0;
  for (let i: u32 = 0; i < g.count; i++) {
    const r = rememberedAt(g, i);
    let from = r.from;
    if (from < viewOffset) {
      const at = search(g.record, r.literal);
      if (at < 0) continue;
      from = viewOffset + <u64>at;
    }
    addRulesOf(g.record, r.literal, set);
    const k = rememberedAt(g, kept++);
    k.from = from;
    k.literal = r.literal;
  }
  g.count = kept;
}

function search(record: usize, literal: u32): i32 {
  const pattern = database + load<u32>(record, PrefilterRecord.patterns) + <usize>literal * PatternRecord.size;
  return findLiteral(
    viewData,
    viewLength,
    database + load<u32>(pattern, PatternRecord.bytes),
    load<u16>(pattern, PatternRecord.length),
    load<u8>(pattern, PatternRecord.nocase) != 0,
  );
}

/** Remembers what the scan from `from` on found. */
function remember(g: Growing, from: u64): void {
  for (let i: u32 = 0; i < hitCount; i++) {
    const literal = hitAt(i);
    let at: u32 = 0;
    while (at < g.count && rememberedAt(g, at).literal != literal) at++;
    if (at < g.count) continue;
    if (at == MAX_REMEMBERED) {
      g.count = 0;
      g.scanned = 0;
      return;
    }
    const r = rememberedAt(g, at);
    r.from = from;
    r.literal = literal;
    g.count++;
  }
}

/** Forgets the buffers of a transaction. */
export function forgetGrowing(tx: Tx): void {
  let at = tx.growing;
  tx.growing = 0;
  while (at != 0) {
    const next = changetype<Growing>(at).next;
    release(at);
    at = next;
  }
}
