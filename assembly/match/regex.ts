/**
 * Regex matcher: searches a subject with a compiled pattern (PCRE2 semantics, leftmost match, first alternative first).
 *
 * A search first looks for the literal every match contains, then tries the starts that the first byte allows. It begins
 * as a plain backtracker. When that has taken more steps than a small multiple of the subject, the automaton is asked once
 * whether a match is possible at all; if so, the search goes on with the visited table, whose cost is linear. Patterns
 * with back references have no such table: they end at a small multiple of the subject.
 *
 * Contract: programs have passed `checkRegex`; `configureRegex` was called; `data` has `length` readable bytes.
 */
import { REGEX_ANY, RegexFlag, RegexHeader } from "../abi/regex";
import { automatonCost, mayMatch, Verdict } from "./regex-automaton";
import { backtrack, matchEnd, resetSteps, steps, tableNeed } from "./regex-backtrack";
import { clearRegisters, register, tableBase, tableBytes } from "./regex-memory";
import { findByte, findLiteral, findSet, headerField, setsOf } from "./regex-program";

export { configureRegex, REGEX_SCRATCH_BEST, REGEX_SCRATCH_MINIMUM } from "./regex-memory";
export { checkRegex } from "./regex-program";

/** Start and end of the last match, offsets in its subject. */
export let regexStart: u32 = 0;
export let regexEnd: u32 = 0;
/** Cost of the last search in steps: the same for the same program and subject, on every machine. */
export let regexCost: u32 = 0;

/** What a search may cost before it gives up with -1. */
export const REGEX_DEFAULT_BUDGET: u32 = 1_000_000;
let budget: u32 = REGEX_DEFAULT_BUDGET;

/** Steps that the plain backtracker may take before the visited table is brought in: at all, and a subject byte. */
let plainSteps: u32 = 2_000;
let plainStepsAByte: u32 = 2;

/** Steps that a search may take when nothing bounds what it tries (back references, subjects too long for the table): at all, and a byte. */
const UNBOUND_STEPS: u32 = 3_000;
const UNBOUND_STEPS_A_BYTE: u32 = 3;

let captureCount: u32 = 0;

/** Where the required literal was last found. */
let requiredAt: u32 = 0;
const NOT_SEARCHED: u32 = 0xffff_ffff;

export function setRegexBudget(steps: u32): void {
  budget = steps;
}

/** When the visited table is brought in: 0, 0 for at once. */
export function setRegexPlainSteps(steps: u32, aByte: u32): void {
  plainSteps = steps;
  plainStepsAByte = aByte;
}

/** Start of group `index` in the last match (0: the whole), or -1 when it took no part. */
export function captureStart(index: u32): i32 {
  if (index == 0) return <i32>regexStart;
  if (index > captureCount || <i32>register(2 * index + 1) < 0) return -1;
  return <i32>register(2 * index);
}

/** End of group `index` in the last match, or -1 when it took no part. */
export function captureEnd(index: u32): i32 {
  if (index == 0) return <i32>regexEnd;
  return index > captureCount ? -1 : <i32>register(2 * index + 1);
}

/**
 * Searches `length` bytes at `data` from offset `start` on; with `anchored` only there. What lies before `start` is seen by
 * look-behind and `\b`, and `^` holds at offset 0 alone. Gives 1: matched (regexStart, regexEnd, captures), 0: no match,
 * -1: the budget or the stack did not suffice.
 */
export function regexSearch(program: usize, data: usize, length: u32, start: u32, anchored: bool): i32 {
  regexCost = 0;
  captureCount = 0;
  if (start > length || length - start < headerField(program, RegexHeader.MinLength)) return 0;
  const flags = headerField(program, RegexHeader.Flags);
  if ((flags & RegexFlag.AnchoredSubject) != 0) {
    if (start != 0) return 0;
    anchored = true;
  }
  if ((flags & RegexFlag.AnchoredStart) != 0) anchored = true;
  const rows = headerField(program, RegexHeader.MemoRows);
  const need = tableNeed(rows, length);
  const canRemember = (flags & RegexFlag.Memoizable) != 0 && need <= tableBytes;
  const plain = plainSteps + plainStepsAByte * (length - start);
  const unbound = UNBOUND_STEPS + UNBOUND_STEPS_A_BYTE * min<u32>(length - start, 1 << 24);
  const most = canRemember ? budget : min(budget, unbound);
  resetSteps(min(plain, most));
  clearRegisters(headerField(program, RegexHeader.Registers));
  requiredAt = NOT_SEARCHED;
  let from = nextStart(program, data, length, start, anchored);
  let result: i32 = 0;
  let remember = false;
  let filtered = false;
  while (from <= length) {
    result = backtrack(program, data, length, from, start, remember);
    if (result == 1) break;
    if (result < 0) {
      regexCost += steps;
      if (filtered || regexCost >= most) {
        resetSteps(0);
        break;
      }
      filtered = true;
      const verdict = mayMatch(program, data, length, from, start, anchored);
      regexCost += automatonCost;
      resetSteps(most - min(most, regexCost));
      if (verdict == Verdict.No) {
        result = 0;
        break;
      }
      remember = canRemember;
      if (remember) memory.fill(tableBase, 0, <usize>need);
      clearRegisters(headerField(program, RegexHeader.Registers));
      continue;
    }
    if (anchored) break;
    from = nextStart(program, data, length, from + 1, false);
  }
  regexCost += steps + ((length - start) >> 6);
  if (result != 1) return result;
  captureCount = headerField(program, RegexHeader.Captures);
  const kept = register(0);
  regexStart = <i32>kept < 0 ? from : kept;
  regexEnd = matchEnd;
  return 1;
}

/** The first offset from `from` on where a match may begin, or `length + 1`. */
function nextStart(program: usize, data: usize, length: u32, from: u32, anchored: bool): u32 {
  const none = length + 1;
  const minLength = headerField(program, RegexHeader.MinLength);
  if (from > length || length - from < minLength) return none;
  const requiredLength = headerField(program, RegexHeader.RequiredLength);
  if (requiredLength > 0) {
    const nearest = from + headerField(program, RegexHeader.RequiredMinOffset);
    if (requiredAt == NOT_SEARCHED || requiredAt < nearest) {
      const literal = program + headerField(program, RegexHeader.RequiredOffset);
      const found = findLiteral(literal, requiredLength, data + nearest, data + length);
      if (found == 0) return none;
      requiredAt = <u32>(found - data);
    }
    const furthest = headerField(program, RegexHeader.RequiredMaxOffset);
    const at = requiredAt;
    if (at > furthest && at - furthest > from) {
      if (anchored) return none;
      from = at - furthest;
    }
  }
  if (anchored) return from;
  if ((headerField(program, RegexHeader.Flags) & RegexFlag.AnchoredLine) != 0 && from > 0) {
    const newline = findByte(10, 0, data + from - 1, data + length);
    return newline < data + length ? <u32>(newline - data) + 1 : none;
  }
  const first = headerField(program, RegexHeader.FirstSet);
  if (first == REGEX_ANY) return from;
  const end = data + length;
  const at = findSet(setsOf(program), first, data + from, end);
  return at < end ? <u32>(at - data) : none;
}
