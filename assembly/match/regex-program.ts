/**
 * View of a regex program (layout: `assembly/abi/regex.ts`).
 *
 * Contract: after `checkRegex` is true, every target, set, literal, register and row that an instruction names lies inside
 * the program or the registers, and no path runs past the last instruction. What registers hold while it runs (heights,
 * positions) is checked by the engine where it matters, so a forged program may fail to match but never reads elsewhere.
 */
import {
  REGEX_FORM,
  REGEX_INLINE,
  REGEX_MAGIC,
  REGEX_NO_ROW,
  REGEX_SET_SIZE,
  REGEX_UNBOUNDED,
  RegexAssert,
  RegexField,
  RegexForm,
  RegexHeader,
  RegexOp,
} from "../abi/regex";

/** More registers than this no program may use: 255 groups, and twice as many for look-arounds and loops. */
export const REGEX_MAX_REGISTERS: u32 = 4096;

export function headerField(program: usize, field: RegexHeader): u32 {
  return load<u32>(program + <usize>field);
}

/** Address of the first instruction. */
export function codeOf(program: usize): usize {
  return program + RegexHeader.Size;
}

/** Address of set 0. */
export function setsOf(program: usize): usize {
  return codeOf(program) + <usize>headerField(program, RegexHeader.Instructions) * RegexField.Size;
}

export function opOf(at: usize): u32 {
  return load<u8>(at, RegexField.Op);
}

export function modeOf(at: usize): u32 {
  return load<u8>(at, RegexField.Mode);
}

export function setOf(at: usize): u32 {
  return load<u16>(at, RegexField.Set);
}

export function xOf(at: usize): u32 {
  return load<u16>(at, RegexField.X);
}

export function yOf(at: usize): u32 {
  return load<u16>(at, RegexField.Y);
}

export function operandOf(at: usize): u32 {
  return load<u32>(at, RegexField.Value);
}

export function followOf(at: usize): u32 {
  return load<u16>(at, RegexField.Follow);
}

export function rowOf(at: usize): u32 {
  return load<u16>(at, RegexField.Row);
}

/** Whether a set has the byte. `sets` is the address of the bit maps. */
export function setHas(sets: usize, set: u32, byte: u32): bool {
  if ((set & REGEX_INLINE) == 0) {
    return <bool>((load<u8>(sets + <usize>set * REGEX_SET_SIZE + (byte >> 3)) >> (byte & 7)) & 1);
  }
  const form = set & REGEX_FORM;
  if (form < <u32>RegexForm.AllBut) return (byte | (form >> 3)) == (set & 0xff);
  return form == RegexForm.Any || byte != (set & 0xff);
}

/** The first address in [from, limit) whose byte is not in the set, or `limit`. */
export function runOf(sets: usize, set: u32, from: usize, limit: usize): usize {
  if ((set & REGEX_INLINE) != 0) {
    const form = set & REGEX_FORM;
    if (form == RegexForm.Any) return limit;
    if (form == RegexForm.AllBut) return findByte(set & 0xff, 0, from, limit);
    while (from < limit && (load<u8>(from) | (form >> 3)) == (set & 0xff)) from++;
    return from;
  }
  const map = sets + <usize>set * REGEX_SET_SIZE;
  while (from < limit) {
    const byte = <u32>load<u8>(from);
    if (((load<u8>(map + (byte >> 3)) >> (byte & 7)) & 1) == 0) break;
    from++;
  }
  return from;
}

/** The first address in [from, limit) whose byte is in the set, or `limit`. */
export function findSet(sets: usize, set: u32, from: usize, limit: usize): usize {
  if ((set & REGEX_INLINE) != 0 && (set & REGEX_FORM) < <u32>RegexForm.AllBut) {
    return findByte(set & 0xff, (set & REGEX_FORM) >> 3, from, limit);
  }
  while (from < limit && !setHas(sets, set, load<u8>(from))) from++;
  return from;
}

/** First address in [from, limit) that holds the byte when or-ed with the mask, or `limit`. */
export function findByte(byte: u32, mask: u32, from: usize, limit: usize): usize {
  if (ASC_FEATURE_SIMD) {
    const wanted = i8x16.splat(<i8>byte);
    const masks = i8x16.splat(<i8>mask);
    while (from + 16 <= limit) {
      const found = i8x16.bitmask(i8x16.eq(v128.or(v128.load(from), masks), wanted));
      if (found) return from + ctz(found);
      from += 16;
    }
  }
  while (from < limit && (load<u8>(from) | mask) != byte) from++;
  return from;
}

/** First address in [from, limit - length] where the literal (bytes, then masks) stands, or 0. */
export function findLiteral(literal: usize, length: u32, from: usize, limit: usize): usize {
  if (from + length > limit) return 0;
  const last = limit - length;
  if (ASC_FEATURE_SIMD) {
    const tail: usize = length - 1;
    const firstByte = i8x16.splat(load<u8>(literal));
    const firstMask = i8x16.splat(load<u8>(literal + length));
    const lastByte = i8x16.splat(load<u8>(literal + tail));
    const lastMask = i8x16.splat(load<u8>(literal + length + tail));
    while (from + 15 <= last) {
      const heads = i8x16.eq(v128.or(v128.load(from), firstMask), firstByte);
      const tails = i8x16.eq(v128.or(v128.load(from + tail), lastMask), lastByte);
      let mask = i8x16.bitmask(v128.and(heads, tails));
      while (mask) {
        const at = from + ctz(mask);
        if (literalAt(literal, length, at)) return at;
        mask &= mask - 1;
      }
      from += 16;
    }
  }
  const byte = <u32>load<u8>(literal);
  const mask = <u32>load<u8>(literal + length);
  while (from <= last) {
    from = findByte(byte, mask, from, last + 1);
    if (from > last) return 0;
    if (literalAt(literal, length, from)) return from;
    from++;
  }
  return 0;
}

/** Whether the literal stands at this address; all its bytes must be readable. */
export function literalAt(literal: usize, length: u32, at: usize): bool {
  let i: usize = 0;
  while (i + 8 <= length) {
    if ((load<u64>(at + i) | load<u64>(literal + length + i)) != load<u64>(literal + i)) return false;
    i += 8;
  }
  while (i < length) {
    if ((load<u8>(at + i) | load<u8>(literal + length + i)) != load<u8>(literal + i)) return false;
    i++;
  }
  return true;
}

/** Checks a program of which `length` bytes are readable at `program`. */
export function checkRegex(program: usize, length: u32): bool {
  if ((program & 7) != 0 || length < <u32>RegexHeader.Size) return false;
  if (headerField(program, RegexHeader.Magic) != REGEX_MAGIC) return false;
  const total = headerField(program, RegexHeader.Length);
  if (total > length || (total & 7) != 0) return false;
  const instructions = headerField(program, RegexHeader.Instructions);
  const sets = headerField(program, RegexHeader.Sets);
  const literalBytes = headerField(program, RegexHeader.LiteralBytes);
  if (instructions == 0 || instructions > 0xffff || sets > <u32>REGEX_INLINE) return false;
  const literals: u64 = RegexHeader.Size + <u64>instructions * RegexField.Size + <u64>sets * REGEX_SET_SIZE;
  if (literals + literalBytes > total) return false;
  const captures = headerField(program, RegexHeader.Captures);
  const registers = headerField(program, RegexHeader.Registers);
  if (registers > REGEX_MAX_REGISTERS || captures >= REGEX_MAX_REGISTERS || registers < 2 * (captures + 1))
    return false;
  const first = headerField(program, RegexHeader.FirstSet);
  if (first > 0xffff || !isSet(first, sets)) return false;
  const rows = headerField(program, RegexHeader.MemoRows);
  if (rows > 0xffff) return false;
  const required = headerField(program, RegexHeader.RequiredLength);
  if (
    required > 0 &&
    !literalInside(headerField(program, RegexHeader.RequiredOffset), required, literals, literalBytes)
  ) {
    return false;
  }
  const code = codeOf(program);
  let states: u64 = 0;
  for (let i: u32 = 0; i < instructions; i++) {
    const at = code + <usize>i * RegexField.Size;
    if (!checkInstruction(at, instructions, sets, registers, captures, rows)) return false;
    if (opOf(at) == RegexOp.String && !literalInside(operandOf(at), xOf(at), literals, literalBytes)) return false;
    states += statesOf(at);
  }
  if (states != <u64>headerField(program, RegexHeader.States)) return false;
  const lastOp = opOf(code + <usize>(instructions - 1) * RegexField.Size);
  return lastOp == RegexOp.Match || lastOp == RegexOp.Jump || lastOp == RegexOp.Fail;
}

/** States of the simulated automaton that an instruction stands for. */
export function statesOf(at: usize): u32 {
  const op = opOf(at);
  if (op == RegexOp.String) return xOf(at);
  if (op != RegexOp.Repeat) return 1;
  const max = operandOf(at);
  return 1 + (max == REGEX_UNBOUNDED ? xOf(at) : max);
}

function isSet(set: u32, sets: u32): bool {
  return (set & REGEX_INLINE) != 0 || set < sets;
}

function literalInside(offset: u32, length: u32, literals: u64, bytes: u32): bool {
  return length > 0 && <u64>offset >= literals && <u64>offset + 2 * <u64>length <= literals + bytes;
}

function checkInstruction(at: usize, instructions: u32, sets: u32, registers: u32, captures: u32, rows: u32): bool {
  const x = xOf(at);
  const y = yOf(at);
  const set = setOf(at);
  const follow = followOf(at);
  const row = rowOf(at);
  if (row != REGEX_NO_ROW && row >= rows) return false;
  if (!isSet(set, sets) || !isSet(follow, sets)) return false;
  switch (opOf(at)) {
    case RegexOp.Match:
    case RegexOp.String:
    case RegexOp.Fail:
    case RegexOp.Back:
    case RegexOp.Set:
      return true;
    case RegexOp.Repeat:
      return (modeOf(at) & 3) < 3 && x <= operandOf(at) && operandOf(at) <= <u32>REGEX_UNBOUNDED;
    case RegexOp.Jump:
      return x < instructions;
    case RegexOp.Split:
      return x < instructions && y < instructions;
    case RegexOp.Save:
    case RegexOp.AtomicEnter:
    case RegexOp.AtomicEnd:
      return x < registers;
    case RegexOp.Close:
      return x + 1 < registers && y < registers;
    case RegexOp.Assert:
      return modeOf(at) < <u32>RegexAssert.Count;
    case RegexOp.EmptyCheck:
      return x < registers && y < instructions;
    case RegexOp.BackReference:
      return x <= captures;
    case RegexOp.LookEnter:
      return x + 1 < registers && operandOf(at) < instructions;
    case RegexOp.LookEnd:
    case RegexOp.NegativeEnd:
      return x + 1 < registers;
    case RegexOp.NegativeEnter:
      return x + 1 < registers && y < instructions && operandOf(at) < instructions;
    case RegexOp.IfGroup:
      return x <= captures && y < instructions;
    default:
      return false;
  }
}
