/**
 * The conditions of one buffer, checked in order; a condition that can match in several places is tried again when a later, relative one
 * fails (Suricata manual, payload keywords; its recursion limit bounds the tries).
 */

import { CONDITION_LAST, CONDITION_NEGATED, CompareField, Condition, Op } from "../../abi/conditions";
import {
  Base64Field,
  Base64Flag,
  ContentFlag,
  IsDataAtField,
  IsDataAtFlag,
  PcreField,
  PcreFlag,
} from "../../abi/content_conditions";
import { Cost } from "../../abi/cost";
import { Counter } from "../../abi/counters";
import { regexCost, regexEnd, regexSearch, regexStart, setRegexBudget } from "../../match/regex";
import { Account, acquire, release } from "../../memory/heap";
import { database } from "../../rules/database";
import { spend, unitsLeft } from "../../verdict/cost";
import { countAdd } from "../../verdict/counters";
import { traceBuffer, traceHeld, traceTry, tracing } from "../../verdict/trace";
import { compareNumber } from "../compare";
import { keepCaptures } from "../state/variables";
import { inspectAsn1 } from "./asn1";
import { decodeBase64 } from "./base64";
import { byteExtract, byteJump, byteMath, byteTest } from "./bytes";
import { inspectDataset } from "./dataset";
import { entropyMatches } from "./entropy";
import { endsBounds, Found, findContent, isAbsent, matchEnd } from "./literal";
import { noteReplacement } from "./replace";
import {
  byteVariable,
  countSearch,
  cursor,
  data,
  flags,
  InspectFlag,
  length,
  moveCursor,
  moveRegexCursor,
  openBuffer,
  regexCursor,
  searchAllowance,
  step,
  stepsTaken,
  streamOffset,
  swapBuffer,
} from "./state";

/** Answers of one step. */
const MATCH: i32 = 1;
const NO_MATCH: i32 = 0;
/** No earlier occurrence of anything can help: give up. */
const STOP: i32 = -1;

/** Does the chain at database offset `chain` hold for this buffer? */
export function inspectBuffer(chain: u32, at: usize, bytes: u32, offset: u64, inspectFlags: u32): bool {
  openBuffer(at, bytes, offset, inspectFlags);
  if (tracing) traceBuffer(chain, at, bytes, offset);
  return run(database + chain) == MATCH;
}

/** A chain that holds for a buffer that does not exist: `absent`, or `bsize:0`-like negations are no match. */
export function inspectAbsent(chain: u32): bool {
  return load<u16>(database + chain, Condition.op) == Op.Absent;
}

function next(c: usize): i32 {
  if ((load<u32>(c, Condition.flags) & CONDITION_LAST) != 0) {
    if (tracing) traceHeld(cursor);
    return MATCH;
  }
  return run(c + load<u16>(c, Condition.length));
}

function answer(held: bool, c: usize): i32 {
  return held ? next(c) : NO_MATCH;
}

function run(c: usize): i32 {
  if (!step()) return STOP;
  if (tracing) traceTry(<u32>(c - database), cursor);
  switch (<u32>load<u16>(c, Condition.op)) {
    case Op.Content:
      return content(c);
    case Op.Pcre:
      return pcre(c);
    case Op.IsDataAt:
      return isDataAt(c);
    case Op.ByteTest:
      return answer(byteTest(c), c);
    case Op.ByteJump:
      return answer(byteJump(c), c);
    case Op.ByteExtract:
      return answer(byteExtract(c), c);
    case Op.ByteMath:
      return answer(byteMath(c), c);
    case Op.Bsize:
      return bsize(c);
    case Op.Urilen:
      return compareNumber(min<u32>(length, 0xffff), c) ? next(c) : STOP;
    case Op.Absent:
      // A buffer is here: only `absent: or_else` goes on.
      return (load<u32>(c, Condition.flags) & CONDITION_NEGATED) != 0 ? next(c) : NO_MATCH;
    case Op.Base64Decode:
      return base64(c);
    case Op.Asn1:
      return answer(inspectAsn1(c), c);
    case Op.Dataset:
      return inspectDataset(c, data, length) ? next(c) : STOP;
    case Op.Entropy:
      return answer(entropyMatches(c, data, length), c);
    default:
      return NO_MATCH;
  }
}

/** Every so many steps a content that failed is sought in the whole buffer: where it is nowhere, no other try can help. */
const ABSENCE_STEPS: u32 = 63;

function content(c: usize): i32 {
  const f = load<u32>(c, Condition.flags);
  const base = cursor;
  let after: u32 = 0;
  while (true) {
    const found = findContent(c, base, after);
    if (found == Found.Before) return NO_MATCH;
    const negated = (f & ContentFlag.Negated) != 0;
    if (found == Found.Empty) return negated ? next(c) : NO_MATCH;
    if (found == Found.No) {
      if (negated) return next(c);
      if ((stepsTaken() & ABSENCE_STEPS) == 0 && isAbsent(c)) return STOP;
      return (f & (ContentFlag.Distance | ContentFlag.Within)) == 0 ? STOP : NO_MATCH;
    }
    const end = matchEnd;
    if (negated) {
      if ((f & ContentFlag.EndsWith) != 0 && !endsBounds()) return next(c);
      const single =
        (f &
          (ContentFlag.Distance |
            ContentFlag.Within |
            ContentFlag.WithinNext |
            ContentFlag.DistanceNext |
            ContentFlag.Depth |
            ContentFlag.Offset)) ==
        0;
      return single ? STOP : NO_MATCH;
    }
    if ((f & ContentFlag.EndsWith) == 0 || end == length) {
      moveCursor(end);
      if ((f & ContentFlag.Replace) != 0) noteReplacement(c, end);
      const r = next(c);
      if (r != NO_MATCH) return r;
      if ((f & ContentFlag.WithinNext) == 0) return STOP;
    }
    if (!step()) return STOP;
    after = end - <u32>load<u16>(c, 12) + 1;
  }
}

function pcre(c: usize): i32 {
  const f = load<u32>(c, Condition.flags);
  const program = database + load<u32>(c, PcreField.program);
  const base = cursor;
  let resume: u32 = 0;
  moveRegexCursor(0);
  while (true) {
    const from: u32 = (f & PcreFlag.Relative) != 0 ? cursor : 0;
    if (from > length) return NO_MATCH;
    const start: u32 = regexCursor > from ? regexCursor - from : 0;
    if (start > length - from) return NO_MATCH;
    const allowed = searchAllowance();
    if (allowed == 0) return STOP;
    countAdd(Counter.detect__regex_searches, 1);
    setRegexBudget(<u32>min<u64>(allowed, unitsLeft() / Cost.RegexStep));
    const r = regexSearch(program, data + from, length - from, start, false);
    spend(<u64>regexCost * Cost.RegexStep);
    countSearch(regexCost);
    const negated = (f & PcreFlag.Negated) != 0;
    if (r != 1) return r == 0 && negated ? next(c) : NO_MATCH;
    if (negated) return NO_MATCH;
    keepCaptures(c, data + from);
    moveCursor(from + regexEnd);
    moveRegexCursor(from + regexStart + 1);
    resume = regexCursor;
    const answered = next(c);
    if (answered != NO_MATCH || (f & PcreFlag.RelativeNext) == 0) return answered;
    if (!step()) return STOP;
    moveCursor(base);
    moveRegexCursor(resume);
  }
}

function isDataAt(c: usize): i32 {
  const f = load<u32>(c, Condition.flags);
  const negated = (f & IsDataAtFlag.Negated) != 0;
  let amount = <u64>load<u32>(c, IsDataAtField.amount);
  const variable = (f & IsDataAtFlag.Variable) != 0;
  if (variable) {
    amount = byteVariable(<u32>amount);
    if (amount >= 100000000) return negated ? next(c) : NO_MATCH;
  }
  const there = (f & IsDataAtFlag.Relative) != 0 ? cursor + amount <= <u64>length : amount < <u64>length;
  if (there != negated) return next(c);
  // A relative negation may hold for another occurrence of what came before.
  if ((f & IsDataAtFlag.Relative) != 0 && negated) return NO_MATCH;
  return variable ? NO_MATCH : STOP;
}

function bsize(c: usize): i32 {
  const size = streamOffset + length;
  if (compareNumber(size, c)) {
    // A size that may still grow is certain only for "greater".
    const mode = load<u8>(c, CompareField.mode);
    if ((flags & InspectFlag.End) != 0 || mode == 4 || mode == 5) return next(c);
    return NO_MATCH;
  }
  return (flags & InspectFlag.End) != 0 ? STOP : NO_MATCH;
}

/** base64_decode, and the conditions of base64_data on what it gives. */
function base64(c: usize): i32 {
  const chain = load<u32>(c, Base64Field.chain);
  const room = acquire(Account.Detect, length + 64);
  if (room == 0) return NO_MATCH;
  spend(length);
  const relative = (load<u32>(c, Condition.flags) & Base64Flag.Relative) != 0;
  const from = <u64>load<u32>(c, Base64Field.offset) + (relative ? <u64>cursor : 0);
  const decoded: u32 =
    from < <u64>length
      ? decodeBase64(data + <usize>from, length - <u32>from, load<u32>(c, Base64Field.bytes), room)
      : 0;
  let r: i32 = NO_MATCH;
  if (decoded > 0) {
    if (chain == 0) r = next(c);
    else {
      const at = data;
      const bytes = length;
      const offset = streamOffset;
      const was = flags;
      const mark = cursor;
      swapBuffer(room, decoded, 0, InspectFlag.Start | InspectFlag.End, 0);
      if (tracing) traceBuffer(chain, room, decoded, 0);
      r = run(database + chain);
      swapBuffer(at, bytes, offset, was, mark);
    }
  }
  release(room);
  return r;
}
