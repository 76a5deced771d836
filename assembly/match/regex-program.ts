/**
 * View of a regex program (layout: `assembly/abi/regex.ts`).
 *
 * Contract: after `checkRegex` is true, every target, set, literal, register and row that an instruction names lies inside
 * the program or the registers, and no path runs past the last instruction. What registers hold while it runs (heights,
 * positions) is checked by the engine where it matters, so a forged program may fail to match but never reads elsewhere.
 */
import {
  REGEX_MAGIC,
  REGEX_NO_ROW,
  REGEX_NONE,
  REGEX_UNBOUNDED,
  RegexAssert,
  RegexField,
  RegexHeader,
  RegexOp,
  RegexSet,
  RegexSetKind,
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

/** Whether the set at this address has the byte. */
export function setHas(set: usize, byte: u32): bool {
  return <bool>((load<u8>(set + (byte >> 3), RegexSet.Bits) >> (byte & 7)) & 1);
}

/** Whether set number `set` (or none: any byte) allows the byte. */
export function allows(sets: usize, set: u32, byte: u32): bool {
  return set == REGEX_NONE || setHas(sets + <usize>set * RegexSet.Size, byte);
}

/** How many bytes from `from` on, at most up to `limit`, are in the set. Gives the address of the first that is not. */
export function runOf(set: usize, from: usize, limit: usize): usize {
  const kind = load<u8>(set, RegexSet.Kind);
  if (kind == RegexSetKind.Any) return limit;
  if (kind == RegexSetKind.AllBut) return findByte(load<u8>(set, RegexSet.First), from, limit);
  while (from < limit && setHas(set, load<u8>(from))) from++;
  return from;
}

/** First address in [from, limit) that holds the byte, or `limit`. */
export function findByte(byte: u8, from: usize, limit: usize): usize {
  const wanted = i8x16.splat(byte);
  while (from + 16 <= limit) {
    const mask = i8x16.bitmask(i8x16.eq(v128.load(from), wanted));
    if (mask) return from + ctz(mask);
    from += 16;
  }
  while (from < limit && load<u8>(from) != byte) from++;
  return from;
}

/** First address in [from, limit - length] where the literal (bytes, then masks) stands, or 0. */
export function findLiteral(literal: usize, length: u32, from: usize, limit: usize): usize {
  if (from + length > limit) return 0;
  const last = limit - length;
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
  while (from <= last) {
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
  if (instructions == 0 || instructions > 0xffff || sets > 0xfffe) return false;
  const literals: u64 = RegexHeader.Size + <u64>instructions * RegexField.Size + <u64>sets * RegexSet.Size;
  if (literals + literalBytes > total) return false;
  const captures = headerField(program, RegexHeader.Captures);
  const registers = headerField(program, RegexHeader.Registers);
  if (registers > REGEX_MAX_REGISTERS || captures >= REGEX_MAX_REGISTERS || registers < 2 * (captures + 1))
    return false;
  const first = headerField(program, RegexHeader.FirstSet);
  if (first != REGEX_NONE && first >= sets) return false;
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
  if (set != REGEX_NONE && set >= sets) return false;
  if (follow != REGEX_NONE && follow >= sets) return false;
  switch (opOf(at)) {
    case RegexOp.Match:
    case RegexOp.String:
    case RegexOp.Fail:
    case RegexOp.Back:
      return true;
    case RegexOp.Set:
      return set < sets;
    case RegexOp.Repeat:
      return set < sets && (modeOf(at) & 3) < 3 && x <= operandOf(at) && operandOf(at) <= <u32>REGEX_UNBOUNDED;
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
