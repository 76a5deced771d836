/** Classes of bytes that a program does not tell apart: the alphabet of its automaton. */
import { REGEX_FORM, REGEX_INLINE, RegexAssert, RegexField, RegexForm, RegexHeader, RegexOp } from "../abi/regex";
import { isWord } from "./regex-assert";
import { codeOf, headerField, modeOf, operandOf, opOf, setHas, setOf, setsOf, xOf } from "./regex-program";

/** More sets than this are not worth an automaton. */
const MAX_SETS: u32 = 96;

/** Class of each byte. */
const classes: usize = memory.data(256);
/** One member of each class. */
const members: usize = memory.data(256);
const sizes: usize = memory.data(512);
const inside: usize = memory.data(512);
const renamed: usize = memory.data(256);
/** Which sets are done. */
const refined: usize = memory.data(96);
/** Stands for the word characters, beside the sets of a program. */
const WORDS: u32 = 0x1_0000;

export let classCount: u32 = 1;

export function classOf(byte: u32): u32 {
  return load<u8>(classes + byte);
}

export function memberOf(symbol: u32): u32 {
  return load<u8>(members + symbol);
}

/** Finds the classes of a program. False when it has too many sets. */
export function prepareClasses(program: usize): bool {
  if (headerField(program, RegexHeader.Sets) > MAX_SETS) return false;
  memory.fill(classes, 0, 256);
  memory.fill(sizes, 0, 512);
  classCount = 1;
  store<u16>(sizes, 256);
  isolate(10);
  const sets = setsOf(program);
  memory.fill(refined, 0, MAX_SETS);
  const instructions = headerField(program, RegexHeader.Instructions);
  const code = codeOf(program);
  let words = false;
  for (let i: u32 = 0; i < instructions; i++) {
    const at = code + <usize>i * RegexField.Size;
    const op = opOf(at);
    if (op == RegexOp.Set || op == RegexOp.Repeat) divide(sets, setOf(at));
    else if (op == RegexOp.String) {
      const literal = program + operandOf(at);
      const count = xOf(at);
      for (let k: usize = 0; k < count; k++) {
        const byte = <u32>load<u8>(literal + k);
        isolate(byte);
        if (load<u8>(literal + count + k) != 0) isolate(byte ^ 32);
      }
    } else if (op == RegexOp.Assert) {
      words = words || modeOf(at) == RegexAssert.WordBoundary || modeOf(at) == RegexAssert.NotWordBoundary;
    }
  }
  if (words) refine(0, WORDS);
  for (let byte: u32 = 0; byte < 256; byte++) store<u8>(members + classOf(byte), <u8>byte);
  return true;
}

/** Gives a byte a class of its own. */
function isolate(byte: u32): void {
  const old = classOf(byte);
  const size = <u32>load<u16>(sizes + (old << 1));
  if (size == 1) return;
  store<u16>(sizes + (old << 1), <u16>(size - 1));
  store<u16>(sizes + (classCount << 1), 1);
  store<u8>(classes + byte, <u8>classCount);
  classCount++;
}

/** Splits the classes that a set of the program divides. */
function divide(sets: usize, set: u32): void {
  if ((set & REGEX_INLINE) != 0) {
    const form = set & REGEX_FORM;
    if (form != RegexForm.Any) isolate(set & 0xff);
    if (form == RegexForm.Letter) isolate((set & 0xff) ^ 32);
    return;
  }
  if (load<u8>(refined + set) != 0) return;
  store<u8>(refined + set, 1);
  refine(sets, set);
}

function belongs(sets: usize, set: u32, byte: u32): bool {
  return set == WORDS ? isWord(byte) : setHas(sets, set, byte);
}

/** Splits every class that the set (or `WORDS`) divides. */
function refine(sets: usize, set: u32): void {
  memory.fill(inside, 0, 512);
  for (let byte: u32 = 0; byte < 256; byte++) {
    if (!belongs(sets, set, byte)) continue;
    const at = inside + (classOf(byte) << 1);
    store<u16>(at, load<u16>(at) + 1);
  }
  const before = classCount;
  for (let old: u32 = 0; old < before; old++) {
    const size = load<u16>(sizes + (old << 1));
    const part = load<u16>(inside + (old << 1));
    if (part == 0 || part == size) {
      store<u8>(renamed + old, <u8>old);
      continue;
    }
    store<u16>(sizes + (old << 1), size - part);
    store<u16>(sizes + (classCount << 1), part);
    store<u8>(renamed + old, <u8>classCount);
    classCount++;
  }
  if (classCount == before) return;
  for (let byte: u32 = 0; byte < 256; byte++) {
    if (belongs(sets, set, byte)) store<u8>(classes + byte, load<u8>(renamed + classOf(byte)));
  }
}
