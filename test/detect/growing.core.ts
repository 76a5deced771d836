/** The prefilter of a growing buffer beside that of its windows, for a test: a text of which windows are shown. */
import { PrefilterKind, PrefilterRecord } from "../../assembly/abi/prefilters";
import { Tx } from "../../assembly/app/transaction";
import { ViewFlag, viewWindow } from "../../assembly/app/view";
import { Candidates } from "../../assembly/detect/candidates";
import { firstPrefilter, nextPrefilter, prefilterAt, runPrefilter } from "../../assembly/detect/prefilter";
import { forgetGrowing, scanGrowing } from "../../assembly/detect/transaction/growing";
import { Account, usedBy } from "../../assembly/memory/heap";

export * from "../../assembly/index";

const textAt: usize = memory.data(65536 + 64);
const txAt: usize = memory.data(256);
const setAt: usize = memory.data(64);
const words: usize = memory.data(65 * 8);
const summary: usize = memory.data(8);

export function textAddress(): usize {
  return textAt;
}

/** The first rules (at most 64) as a set. */
function rules(): Candidates {
  const set = changetype<Candidates>(setAt);
  set.words = words;
  set.summary = summary;
  set.summaryWords = 1;
  set.clear();
  return set;
}

/** The table of the first buffer that grows. */
function growing(direction: u32): usize {
  let i = firstPrefilter(PrefilterKind.Transaction, direction);
  while (i >= 0 && load<u32>(prefilterAt(i), PrefilterRecord.patterns) == 0) i = nextPrefilter(i);
  return i < 0 ? 0 : prefilterAt(i);
}

/** Rules that the window [from, from + length) brings, the windows before remembered: a bit each. */
export function grown(direction: u32, from: u32, length: u32, end: bool): u64 {
  const set = rules();
  const flags: u32 = ViewFlag.Growing | (from == 0 ? ViewFlag.Start : 0) | (end ? ViewFlag.End : 0);
  viewWindow(textAt + from, length, from, flags);
  scanGrowing(growing(direction), changetype<Tx>(txAt), set);
  return load<u64>(words);
}

/** Rules that the window brings by itself. */
export function whole(direction: u32, from: u32, length: u32): u64 {
  const set = rules();
  runPrefilter(growing(direction), textAt + from, length, from, set);
  return load<u64>(words);
}

/** Forgets the windows; bytes that detection still holds. */
export function forget(): u32 {
  forgetGrowing(changetype<Tx>(txAt));
  return usedBy(Account.Detect);
}
