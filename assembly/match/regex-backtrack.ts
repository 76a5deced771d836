/**
 * The backtracking engine: runs every program, in PCRE's order of preference, with an explicit stack and a step limit.
 *
 * With `remember` it marks each (choice, position) it enters in the visited table and never enters one twice, which makes
 * the cost linear in the subject for every program with the `Memoizable` flag: whatever is tried from a choice at a
 * position depends on nothing else, so a second visit could only fail as the first did, or follow it in preference.
 */
import { REGEX_NO_ROW, REGEX_UNBOUNDED, RegexField, RegexMode, RegexOp } from "../abi/regex";
import { assertHolds, sameText } from "./regex-assert";
import { register, setRegister, stackBase, tableBase } from "./regex-memory";
import {
  codeOf,
  followOf,
  literalAt,
  modeOf,
  operandOf,
  opOf,
  rowOf,
  runOf,
  setHas,
  setOf,
  setsOf,
  xOf,
  yOf,
} from "./regex-program";
import { assign, clearStack, cut, dropTo, height, push, restore, top, Unit, UnitField, unwind } from "./regex-stack";

/** Steps taken since the last `resetSteps`; the engine gives up when they exceed `stepLimit`. */
export let steps: u32 = 0;
export let stepLimit: u32 = 0;
/** Where the match of the last successful `backtrack` ended. */
export let matchEnd: u32 = 0;

/** Bytes that a repeat passes in one go count as a step each 2^RUN_SHIFT. */
const RUN_SHIFT: u32 = 2;

export function resetSteps(limit: u32): void {
  steps = 0;
  stepLimit = limit;
}

/** Bytes of visited table a search needs, or 0 when it has nothing to remember. */
export function tableNeed(rows: u32, length: u32): u64 {
  return ((<u64>rows * (<u64>length + 1) + 63) >> 6) << 3;
}

/** Marks a bit of the visited table; true when it was marked before. */
function visited(bit: u64): bool {
  const at = tableBase + <usize>(bit >> 3);
  const flag = (<u32>1) << (<u32>bit & 7);
  const old = <u32>load<u8>(at);
  if (old & flag) return true;
  store<u8>(at, old | flag);
  return false;
}

/**
 * Tries to match at `start` exactly. 1: matched, captures in the registers; 0: no; -1: out of steps or stack.
 * `searchStart` is where the search began (`\G`). Registers are as before unless it matched or gave up.
 */
export function backtrack(program: usize, data: usize, length: u32, start: u32, searchStart: u32, remember: bool): i32 {
  const code = codeOf(program);
  const sets = setsOf(program);
  const columns = <u64>length + 1;
  clearStack();
  let at = code;
  let position = start;
  while (true) {
    if (++steps > stepLimit) return -1;
    let failed = false;
    switch (opOf(at)) {
      case RegexOp.Match:
        matchEnd = position;
        return 1;
      case RegexOp.Set: {
        if (position < length && setHas(sets, setOf(at), load<u8>(data + position))) {
          position++;
          at += RegexField.Size;
        } else failed = true;
        break;
      }
      case RegexOp.String: {
        const count = xOf(at);
        if (length - position >= count && literalAt(program + operandOf(at), count, data + position)) {
          position += count;
          at += RegexField.Size;
        } else failed = true;
        break;
      }
      case RegexOp.Repeat: {
        const set = setOf(at);
        const min = xOf(at);
        const max = operandOf(at);
        const mode = modeOf(at);
        const row = remember ? rowOf(at) : REGEX_NO_ROW;
        const left = length - position;
        if (left < min) {
          failed = true;
          break;
        }
        const unbounded = max == REGEX_UNBOUNDED;
        if (row != REGEX_NO_ROW && !unbounded && visited(<u64>row * columns + position)) {
          failed = true;
          break;
        }
        const limit = data + (max < left ? position + max : length);
        const least = position + min;
        if ((mode & 3) == RegexMode.Lazy) {
          if (min > 0 && runOf(sets, set, data + position, data + least) < data + least) {
            failed = true;
            break;
          }
          // The unit tries `least` first: step into it through the common way back.
          if (!push(Unit.Bound, <u32>(limit - data)) || !push(Unit.LazyFresh | numberOf(code, at), least)) return -1;
          failed = true;
          break;
        }
        let reached: u32;
        if (row != REGEX_NO_ROW && unbounded) {
          reached = runUnvisited(sets, set, data, position, least, length, <u64>row * columns);
          if (reached == NOTHING_NEW || (stoppedAtVisited && (mode & 3) == RegexMode.Possessive)) {
            failed = true;
            break;
          }
        } else {
          reached = <u32>(runOf(sets, set, data + position, limit) - data);
          steps += (reached - position) >> RUN_SHIFT;
          if (reached < least) {
            failed = true;
            break;
          }
        }
        if ((mode & 3) == RegexMode.Possessive) {
          position = reached;
          at += RegexField.Size;
          break;
        }
        const follow = followOf(at);
        const end = (mode & RegexMode.FollowEnd) != 0;
        while (reached > least && !(reached < length ? setHas(sets, follow, load<u8>(data + reached)) : end)) reached--;
        if (reached > least && !(push(Unit.Bound, least) && push(Unit.Greedy | numberOf(code, at), reached))) return -1;
        position = reached;
        at += RegexField.Size;
        break;
      }
      case RegexOp.Jump:
        at = code + <usize>xOf(at) * RegexField.Size;
        break;
      case RegexOp.Split: {
        if (remember) {
          const row = rowOf(at);
          if (row != REGEX_NO_ROW && visited(<u64>row * columns + position)) {
            failed = true;
            break;
          }
        }
        const mode = modeOf(at);
        let first: bool;
        let second: bool;
        if (position < length) {
          const byte = load<u8>(data + position);
          first = setHas(sets, setOf(at), byte);
          second = setHas(sets, followOf(at), byte);
        } else {
          first = (mode & RegexMode.FollowEnd) != 0;
          second = (mode & RegexMode.SecondEnd) != 0;
        }
        if (first) {
          if (second && !push(Unit.Branch | yOf(at), position)) return -1;
          at = code + <usize>xOf(at) * RegexField.Size;
        } else if (second) at = code + <usize>yOf(at) * RegexField.Size;
        else failed = true;
        break;
      }
      case RegexOp.Save:
        if (!assign(xOf(at), position)) return -1;
        at += RegexField.Size;
        break;
      case RegexOp.Close:
        if (!assign(xOf(at), register(yOf(at))) || !assign(xOf(at) + 1, position)) return -1;
        at += RegexField.Size;
        break;
      case RegexOp.Assert:
        if (assertHolds(modeOf(at), data, length, position, searchStart)) at += RegexField.Size;
        else failed = true;
        break;
      case RegexOp.EmptyCheck:
        at = register(xOf(at)) == position ? code + <usize>yOf(at) * RegexField.Size : at + RegexField.Size;
        break;
      case RegexOp.BackReference: {
        const from = register(2 * xOf(at));
        const to = register(2 * xOf(at) + 1);
        if (from > to || to > length || to - from > length - position) failed = true;
        else {
          const count = to - from;
          steps += count >> RUN_SHIFT;
          if (sameText(data + from, data + position, count, modeOf(at) != 0)) {
            position += count;
            at += RegexField.Size;
          } else failed = true;
        }
        break;
      }
      case RegexOp.LookEnter:
      case RegexOp.NegativeEnter: {
        const x = xOf(at);
        const negative = opOf(at) == RegexOp.NegativeEnter;
        const level = height();
        if (!assign(x, level) || !assign(x + 1, position)) return -1;
        if (negative && !push(Unit.Negative | yOf(at), position)) return -1;
        at += RegexField.Size;
        break;
      }
      case RegexOp.LookEnd: {
        const level = register(xOf(at));
        const back = register(xOf(at) + 1);
        if (level > height() || back > length) failed = true;
        else {
          cut(level, xOf(at), 2);
          position = back;
          at += RegexField.Size;
        }
        break;
      }
      case RegexOp.NegativeEnd: {
        const level = register(xOf(at));
        if (level <= height()) unwind(level);
        failed = true;
        break;
      }
      case RegexOp.AtomicEnter:
        if (!assign(xOf(at), height())) return -1;
        at += RegexField.Size;
        break;
      case RegexOp.AtomicEnd: {
        const level = register(xOf(at));
        if (level > height()) failed = true;
        else {
          cut(level, xOf(at), 1);
          at += RegexField.Size;
        }
        break;
      }
      case RegexOp.Back:
        if (position < operandOf(at)) failed = true;
        else {
          position -= operandOf(at);
          at += RegexField.Size;
        }
        break;
      case RegexOp.IfGroup:
        at = register(2 * xOf(at) + 1) > length ? code + <usize>yOf(at) * RegexField.Size : at + RegexField.Size;
        break;
      default:
        failed = true;
        break;
    }
    while (failed) {
      if (top == stackBase) return 0;
      if (++steps > stepLimit) return -1;
      const unit = top - UnitField.Size;
      const target = load<u32>(unit, UnitField.Target);
      const kind = target & Unit.Kinds;
      position = load<u32>(unit, UnitField.Value);
      if (kind == Unit.Register) {
        dropTo(unit);
        setRegister(target & ~Unit.Kinds, position);
        continue;
      }
      at = code + <usize>(target & ~Unit.Kinds) * RegexField.Size;
      if (kind == Unit.Branch) {
        dropTo(unit);
        failed = false;
      } else if (kind == Unit.Negative) {
        dropTo(unit - 2 * UnitField.Size);
        restore(top + UnitField.Size);
        restore(top);
        failed = false;
      } else if (kind == Unit.Greedy) {
        const least = load<u32>(unit - UnitField.Size, UnitField.Value);
        const follow = followOf(at);
        const former = position;
        do position--;
        while (position > least && !setHas(sets, follow, load<u8>(data + position)));
        steps += (former - position) >> RUN_SHIFT;
        if (position <= least) dropTo(unit - UnitField.Size);
        else store<u32>(unit, position, UnitField.Value);
        at += RegexField.Size;
        failed = false;
      } else if (retryLazy(unit, at, kind, data, length, sets, remember ? columns : 0)) {
        position = lazyPosition;
        at += RegexField.Size;
        failed = false;
      }
    }
  }
}

function numberOf(code: usize, at: usize): u32 {
  return <u32>((at - code) / RegexField.Size);
}

const NOTHING_NEW: u32 = 0xffff_ffff;
let stoppedAtVisited: bool = false;

/**
 * The last position of an unbounded run from `position` on, with at least `least` reached, that was not entered before;
 * marks what it passes. What lies behind a visited position was, or will be, tried from there.
 */
function runUnvisited(sets: usize, set: u32, data: usize, position: u32, least: u32, length: u32, row: u64): u32 {
  if (runOf(sets, set, data + position, data + least) < data + least) return NOTHING_NEW;
  let at = least;
  while (true) {
    stoppedAtVisited = visited(row + at);
    if (stoppedAtVisited) break;
    if (at >= length || !setHas(sets, set, load<u8>(data + at))) {
      at++;
      break;
    }
    at++;
  }
  steps += (at - position) >> RUN_SHIFT;
  return at == least ? NOTHING_NEW : at - 1;
}

let lazyPosition: u32 = 0;

/** Takes bytes of a lazy repeat up to the next position where what follows may begin. False when there is none. */
function retryLazy(unit: usize, at: usize, kind: u32, data: usize, length: u32, sets: usize, columns: u64): bool {
  const most = load<u32>(unit - UnitField.Size, UnitField.Value);
  const set = setOf(at);
  const follow = followOf(at);
  const end = (modeOf(at) & RegexMode.FollowEnd) != 0;
  const row = columns != 0 && operandOf(at) == REGEX_UNBOUNDED ? rowOf(at) : REGEX_NO_ROW;
  const from = load<u32>(unit, UnitField.Value);
  let position = from;
  let fresh = kind == Unit.LazyFresh;
  let found = false;
  while (true) {
    if (!fresh) {
      if (position >= most || !setHas(sets, set, load<u8>(data + position))) break;
      position++;
    }
    fresh = false;
    if (row != REGEX_NO_ROW && visited(<u64>row * columns + position)) break;
    if (position < length ? setHas(sets, follow, load<u8>(data + position)) : end) {
      found = true;
      break;
    }
  }
  steps += (position - from) >> RUN_SHIFT;
  if (!found) {
    dropTo(unit - UnitField.Size);
    return false;
  }
  store<u32>(unit, Unit.Lazy | (load<u32>(unit, UnitField.Target) & ~Unit.Kinds), UnitField.Target);
  store<u32>(unit, position, UnitField.Value);
  lazyPosition = position;
  return true;
}
