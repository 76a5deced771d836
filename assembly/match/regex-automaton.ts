/**
 * A lazy deterministic automaton that tells whether a subject can hold a match at all, at one table look-up a byte.
 *
 * Its states are sets of program places; they are made when first reached, in a bounded region, and all are thrown away when
 * that is full. It takes every look-around to hold, a back reference to be any text and counts above 16 to be open, so its
 * "no" is certain for every program and its "yes" only a "perhaps". Nothing is kept from one search to the next: the cost of
 * a search depends on nothing but its program and subject.
 *
 * A state holds the places where the next byte is awaited *before* jumps and assertions are followed. They are followed
 * when the next symbol is known, so that `$` and `\b` need no look-ahead. Symbols are classes of bytes that no place
 * tells apart, then the end of the subject, then a newline that is its last byte.
 */
import { RegexAssert, RegexField, RegexHeader, RegexOp } from "../abi/regex";
import { isWord } from "./regex-assert";
import { classCount, classOf, memberOf, prepareClasses } from "./regex-classes";
import { automatonBase, automatonBytes } from "./regex-memory";
import { codeOf, headerField, modeOf, operandOf, opOf, setHas, setOf, setsOf, xOf, yOf } from "./regex-program";

export const enum Verdict {
  No,
  Perhaps,
  /** The automaton would have grown too large. */
  Unknown,
}

/** Cost of the last `mayMatch`, in steps. */
export let automatonCost: u32 = 0;

const MAX_INSTRUCTIONS: u32 = 1024;
const MAX_PLACES: u32 = 2048;
const COUNT_CAP: u32 = 16;
/** New transitions a search may make. */
const MAX_TRANSITIONS: u32 = 3_000;
const HASH_SLOTS: u32 = 1024;

/** Transition targets that are no states. */
const UNKNOWN: u32 = 0xffff;
const DEAD: u32 = 0xfffe;
const MATCH: u32 = 0xfffd;

/** What a state remembers of the byte before it. */
const enum Before {
  Nothing = 1,
  Newline = 2,
  Word = 4,
  SearchStart = 8,
}

// Fixed part of the region: place of each instruction, instruction of each place, work list, marks, hash slots.
let firstPlace: usize = 0;
let ownerOf: usize = 0;
let workList: usize = 0;
let marks: usize = 0;
let kernel: usize = 0;
let slots: usize = 0;
let states: usize = 0;
let stateLimit: u32 = 0;

let places: u32 = 0;
let setWords: u32 = 0;
let stride: usize = 0;
let stateCount: u32 = 0;
let transitions: u32 = 0;
let beforeMask: u32 = 0;
let workCount: u32 = 0;

let currentProgram: usize = 0;
let currentAnchored: bool = false;

/** Layout of a state: what came before, the set of places, then one u16 target a symbol. */
const STATE_SET: usize = 4;

/** Whether a match may begin at or after `from` (anchored: at `from`). */
export function mayMatch(
  program: usize,
  data: usize,
  length: u32,
  from: u32,
  searchStart: u32,
  anchored: bool,
): Verdict {
  automatonCost = 0;
  if (!prepare(program, anchored)) return Verdict.Unknown;
  const targets = STATE_SET + ((<usize>setWords) << 2);
  clearKernel();
  addToKernel(0);
  let before: u32 = from == 0 ? Before.Nothing : beforeOf(load<u8>(data + from - 1));
  if (from == searchStart) before |= Before.SearchStart;
  let state = stateFor(before & beforeMask);
  const lastIsNewline = length > from && load<u8>(data + length - 1) == 10;
  const end = lastIsNewline ? length - 1 : length;
  let at = from;
  let verdict = Verdict.No;
  while (at <= length) {
    const symbol = at < end ? classOf(load<u8>(data + at)) : at < length ? classCount + 1 : classCount;
    const slot = states + <usize>state * stride + targets + ((<usize>symbol) << 1);
    let next = <u32>load<u16>(slot);
    if (next == UNKNOWN) {
      if (++transitions > MAX_TRANSITIONS) {
        verdict = Verdict.Unknown;
        break;
      }
      const known = stateCount;
      next = advance(state, symbol);
      if (next == UNKNOWN) {
        verdict = Verdict.Unknown;
        break;
      }
      // The slot is gone when the states were thrown away.
      if (stateCount >= known) store<u16>(slot, <u16>next);
    }
    if (next >= MATCH) {
      if (next == MATCH) verdict = Verdict.Perhaps;
      break;
    }
    state = next;
    at++;
  }
  automatonCost = ((at - from) >> 2) + transitions * 16 + places;
  return verdict;
}

/** Numbers the places of the program and clears the region. False when they do not fit. */
function prepare(program: usize, anchored: bool): bool {
  const instructions = headerField(program, RegexHeader.Instructions);
  if (instructions > MAX_INSTRUCTIONS || !prepareClasses(program)) return false;
  currentProgram = program;
  currentAnchored = anchored;
  firstPlace = automatonBase;
  ownerOf = firstPlace + ((<usize>MAX_INSTRUCTIONS) << 1);
  workList = ownerOf + ((<usize>MAX_PLACES) << 1);
  marks = workList + ((<usize>MAX_PLACES) << 1);
  kernel = marks + (MAX_PLACES >> 3);
  slots = kernel + (MAX_PLACES >> 3);
  states = slots + ((<usize>HASH_SLOTS) << 1);
  const code = codeOf(program);
  places = 0;
  beforeMask = Before.Nothing | Before.SearchStart;
  for (let i: u32 = 0; i < instructions; i++) {
    const at = code + <usize>i * RegexField.Size;
    const count = placesOf(at);
    if (places + count > MAX_PLACES) return false;
    store<u16>(firstPlace + ((<usize>i) << 1), <u16>places);
    for (let k: u32 = 0; k < count; k++) store<u16>(ownerOf + ((<usize>(places + k)) << 1), <u16>i);
    places += count;
    if (opOf(at) == RegexOp.Assert) {
      const kind = modeOf(at);
      if (kind == RegexAssert.LineStart) beforeMask |= Before.Newline;
      if (kind == RegexAssert.WordBoundary || kind == RegexAssert.NotWordBoundary) beforeMask |= Before.Word;
    }
  }
  setWords = (places + 31) >> 5;
  stride = (STATE_SET + ((<usize>setWords) << 2) + ((<usize>classCount + 2) << 1) + 3) & ~3;
  stateLimit = (automatonBytes - <u32>(states - automatonBase)) / <u32>stride;
  if (stateLimit > HASH_SLOTS / 2) stateLimit = HASH_SLOTS / 2;
  if (stateLimit < 8) return false;
  transitions = 0;
  forgetStates();
  return true;
}

/** How many places an instruction has: one a byte of a string, one a turn of a counted repeat. */
function placesOf(at: usize): u32 {
  const op = opOf(at);
  if (op == RegexOp.String) return xOf(at);
  return op == RegexOp.Repeat ? 1 + countCap(at) : 1;
}

/** Turns of a repeat that are counted. */
function countCap(at: usize): u32 {
  const max = operandOf(at);
  return isCounted(at) ? max : min(xOf(at), COUNT_CAP);
}

/** Whether the upper bound of a repeat is kept. */
function isCounted(at: usize): bool {
  return operandOf(at) <= COUNT_CAP;
}

function forgetStates(): void {
  stateCount = 0;
  memory.fill(slots, 0xff, (<usize>HASH_SLOTS) << 1);
}

function clearKernel(): void {
  memory.fill(kernel, 0, (<usize>setWords) << 2);
}

function addToKernel(place: u32): void {
  const word = kernel + ((<usize>(place >> 5)) << 2);
  store<u32>(word, load<u32>(word) | ((<u32>1) << (place & 31)));
}

function beforeOf(byte: u32): u32 {
  return (byte == 10 ? <u32>Before.Newline : 0) | (isWord(byte) ? <u32>Before.Word : 0);
}

/** The state with the kernel set and `before`; made when new. All states are forgotten when there is no room. */
function stateFor(before: u32): u32 {
  let hash: u32 = before * 0x9e37_79b1;
  const bytes = (<usize>setWords) << 2;
  for (let i: usize = 0; i < bytes; i += 4) hash = rotl(hash ^ load<u32>(kernel + i), 5) * 0x9e37_79b1;
  let slot = (hash >> 16) & (HASH_SLOTS - 1);
  while (true) {
    const state = <u32>load<u16>(slots + ((<usize>slot) << 1));
    if (state == UNKNOWN) break;
    const at = states + <usize>state * stride;
    if (load<u32>(at) == before && memory.compare(at + STATE_SET, kernel, bytes) == 0) return state;
    slot = (slot + 1) & (HASH_SLOTS - 1);
  }
  if (stateCount == stateLimit) {
    forgetStates();
    slot = (hash >> 16) & (HASH_SLOTS - 1);
  }
  const state = stateCount++;
  store<u16>(slots + ((<usize>slot) << 1), <u16>state);
  const at = states + <usize>state * stride;
  store<u32>(at, before);
  memory.copy(at + STATE_SET, kernel, bytes);
  memory.fill(at + STATE_SET + bytes, 0xff, (<usize>classCount + 2) << 1);
  return state;
}

/** Where a state goes on a symbol: a state, `MATCH` or `DEAD`. */
function advance(state: u32, symbol: u32): u32 {
  const at = states + <usize>state * stride;
  const before = load<u32>(at);
  const set = at + STATE_SET;
  memory.fill(marks, 0, (<usize>setWords) << 2);
  workCount = 0;
  for (let word: u32 = 0; word < setWords; word++) {
    let bits = load<u32>(set + ((<usize>word) << 2));
    while (bits) {
      mark((word << 5) + ctz(bits));
      bits &= bits - 1;
    }
  }
  const atEnd = symbol == classCount;
  const byte: u32 = symbol > classCount ? 10 : memberOf(symbol);
  clearKernel();
  let alive = false;
  for (let i: u32 = 0; i < workCount; i++) {
    const place = <u32>load<u16>(workList + ((<usize>i) << 1));
    const reached = follow(place, before, symbol, byte, atEnd);
    if (reached == MATCH) return MATCH;
    if (reached != UNKNOWN) {
      addToKernel(reached);
      alive = true;
    }
  }
  if (atEnd) return DEAD;
  if (!currentAnchored) addToKernel(0);
  else if (!alive) return DEAD;
  return stateFor(beforeOf(byte) & beforeMask);
}

/** Puts a place on the work list once. */
function mark(place: u32): void {
  const word = marks + ((<usize>(place >> 5)) << 2);
  const bit = (<u32>1) << (place & 31);
  const old = load<u32>(word);
  if (old & bit) return;
  store<u32>(word, old | bit);
  store<u16>(workList + ((<usize>workCount) << 1), <u16>place);
  workCount++;
}

function markInstruction(instruction: u32): void {
  mark(load<u16>(firstPlace + ((<usize>instruction) << 1)));
}

/** Follows one place: marks what it leads to without a byte; gives the place it leads to with this one, or `UNKNOWN`. */
function follow(place: u32, before: u32, symbol: u32, byte: u32, atEnd: bool): u32 {
  const instruction = <u32>load<u16>(ownerOf + ((<usize>place) << 1));
  const at = codeOf(currentProgram) + <usize>instruction * RegexField.Size;
  switch (opOf(at)) {
    case RegexOp.Match:
      return MATCH;
    case RegexOp.Set:
      return !atEnd && inSet(at, byte) ? placeAfter(instruction) : UNKNOWN;
    case RegexOp.String: {
      if (atEnd) return UNKNOWN;
      const offset = place - load<u16>(firstPlace + ((<usize>instruction) << 1));
      const literal = currentProgram + operandOf(at) + offset;
      if ((byte | load<u8>(literal + xOf(at))) != load<u8>(literal)) return UNKNOWN;
      return offset + 1 < xOf(at) ? place + 1 : placeAfter(instruction);
    }
    case RegexOp.Repeat: {
      const turns = place - load<u16>(firstPlace + ((<usize>instruction) << 1));
      if (turns >= min(xOf(at), COUNT_CAP)) markInstruction(instruction + 1);
      if (atEnd || !inSet(at, byte)) return UNKNOWN;
      if (turns < countCap(at)) return place + 1;
      return isCounted(at) ? UNKNOWN : place;
    }
    case RegexOp.Jump:
      markInstruction(xOf(at));
      return UNKNOWN;
    case RegexOp.Split:
      markInstruction(xOf(at));
      markInstruction(yOf(at));
      return UNKNOWN;
    case RegexOp.Assert:
      if (holds(modeOf(at), before, symbol, byte, atEnd)) markInstruction(instruction + 1);
      return UNKNOWN;
    case RegexOp.EmptyCheck:
    case RegexOp.IfGroup:
      markInstruction(yOf(at));
      markInstruction(instruction + 1);
      return UNKNOWN;
    case RegexOp.BackReference:
      markInstruction(instruction + 1);
      return atEnd ? UNKNOWN : place;
    case RegexOp.LookEnter:
      markInstruction(operandOf(at));
      return UNKNOWN;
    case RegexOp.NegativeEnter:
      markInstruction(operandOf(at));
      markInstruction(yOf(at));
      return UNKNOWN;
    case RegexOp.NegativeEnd:
    case RegexOp.Fail:
      return UNKNOWN;
    default:
      markInstruction(instruction + 1);
      return UNKNOWN;
  }
}

function inSet(at: usize, byte: u32): bool {
  return setHas(setsOf(currentProgram), setOf(at), byte);
}

function placeAfter(instruction: u32): u32 {
  return load<u16>(firstPlace + ((<usize>(instruction + 1)) << 1));
}

function holds(kind: u32, before: u32, symbol: u32, byte: u32, atEnd: bool): bool {
  switch (kind) {
    case RegexAssert.SubjectStart:
      return (before & Before.Nothing) != 0;
    case RegexAssert.LineStart:
      return (before & Before.Nothing) != 0 || ((before & Before.Newline) != 0 && !atEnd);
    case RegexAssert.SubjectEnd:
      return atEnd;
    case RegexAssert.SubjectEndNewline:
      return symbol >= classCount;
    case RegexAssert.LineEnd:
      return atEnd || byte == 10;
    case RegexAssert.SearchStart:
      return (before & Before.SearchStart) != 0;
    default: {
      const boundary = ((before & Before.Word) != 0) != (!atEnd && isWord(byte));
      return boundary == (kind == RegexAssert.WordBoundary);
    }
  }
}
