/**
 * byte_test, byte_jump, byte_extract, byte_math (Suricata manual, payload keywords): numbers read from the buffer.
 * All positions are computed in 64 bits and compared with the buffer before any byte is read.
 */
import { CompareMode, Condition } from "../../abi/conditions";
import {
  ByteExtractField,
  ByteFlag,
  ByteJumpField,
  ByteMathField,
  ByteTestField,
  MathOperator,
} from "../../abi/content_conditions";
import { byteVariable, cursor, data, flags, InspectFlag, length, moveCursor, setByteVariable } from "./state";

/** The number `readNumber` found and the bytes it took. */
let value: u64 = 0;
let taken: u32 = 0;

function digitOf(byte: u32): u32 {
  if (byte - 0x30 < 10) return byte - 0x30;
  const low = byte | 0x20;
  return low - 0x61 < 26 ? low - 0x57 : 99;
}

/** Text number of at most `bytes` bytes as strtoull reads it: leading blanks, sign, prefix by base. False: no digit. */
function readText(at: usize, bytes: u32, base: u32): bool {
  let i: u32 = 0;
  while (i < bytes && (load<u8>(at + i) == 0x20 || load<u8>(at + i) - 9 < 5)) i++;
  let negative = false;
  if (i < bytes && (load<u8>(at + i) == 0x2d || load<u8>(at + i) == 0x2b)) {
    negative = load<u8>(at + i) == 0x2d;
    i++;
  }
  const hexPrefix =
    i + 2 < bytes &&
    load<u8>(at + i) == 0x30 &&
    (load<u8>(at + i + 1) | 0x20) == 0x78 &&
    digitOf(load<u8>(at + i + 2)) < 16;
  if ((base == 16 || base == 0) && hexPrefix) {
    i += 2;
    base = 16;
  } else if (base == 0) {
    base = i < bytes && load<u8>(at + i) == 0x30 ? 8 : 10;
  }
  let n: u64 = 0;
  const first = i;
  while (i < bytes) {
    const digit = digitOf(load<u8>(at + i));
    if (digit >= base) break;
    const next = n * base + digit;
    n = n > (<u64>0xffffffffffffffff - digit) / base ? 0xffffffffffffffff : next;
    i++;
  }
  value = negative ? 0 - n : n;
  taken = i;
  return i > first;
}

function readBinary(at: usize, bytes: u32, little: bool): bool {
  if (bytes == 0 || bytes > 8) return false;
  let n: u64 = 0;
  for (let i: u32 = 0; i < bytes; i++) {
    const byte = <u64>load<u8>(at + (little ? bytes - 1 - i : i));
    n = (n << 8) | byte;
  }
  value = n;
  taken = bytes;
  return true;
}

function littleEndian(f: u32): bool {
  if ((f & ByteFlag.Dce) != 0) return (flags & InspectFlag.DcerpcLittle) != 0;
  return (f & ByteFlag.Little) != 0;
}

/** Where the number lies: an index into the buffer, or -1 when `bytes` bytes do not fit there. */
function place(f: u32, offset: i64, bytes: i64): i64 {
  let at = offset;
  if ((f & ByteFlag.Relative) != 0) at += cursor;
  if (at < 0 || bytes < 0 || at + bytes > <i64>length) return -1;
  return at;
}

function read(at: i64, bytes: u32, f: u32, base: u32): bool {
  const from = data + <usize>at;
  return (f & ByteFlag.String) != 0 ? readText(from, bytes, base) : readBinary(from, bytes, littleEndian(f));
}

function operand(f: u32, flag: ByteFlag, raw: i32): i64 {
  return (f & flag) != 0 ? <i64>(<i32>byteVariable(raw)) : <i64>raw;
}

/** byte_test:<bytes>, [!]<operator>, <value>, <offset> ... */
export function byteTest(c: usize): bool {
  const f = load<u32>(c, Condition.flags);
  const bytes = operand(f, ByteFlag.BytesVariable, load<i32>(c, ByteTestField.bytes));
  const offset = operand(f, ByteFlag.OffsetVariable, load<i32>(c, ByteTestField.offset));
  const right =
    (f & ByteFlag.ValueVariable) != 0
      ? byteVariable(<u32>load<u64>(c, ByteTestField.value))
      : load<u64>(c, ByteTestField.value);
  const at = place(f, offset, bytes);
  if (at < 0 || !read(at, <u32>bytes, f, load<u8>(c, ByteTestField.base))) return false;
  let left = value;
  if ((f & ByteFlag.Bitmask) != 0) {
    left &= <u64>load<u32>(c, ByteTestField.bitmask);
    if (left != 0) left >>= <u64>load<u8>(c, ByteTestField.shift);
  }
  const held = compare(left, load<u8>(c, ByteTestField.mode), right);
  return held != ((f & ByteFlag.Negated) != 0);
}

function compare(left: u64, mode: u32, right: u64): bool {
  switch (mode) {
    case CompareMode.Equal:
      return left == right;
    case CompareMode.NotEqual:
      return left != right;
    case CompareMode.Less:
      return left < right;
    case CompareMode.LessOrEqual:
      return left <= right;
    case CompareMode.Greater:
      return left > right;
    case CompareMode.GreaterOrEqual:
      return left >= right;
    case CompareMode.And:
      return (left & right) != 0;
    case CompareMode.Xor:
      return (left ^ right) != 0;
    default:
      return false;
  }
}

/** byte_jump:<bytes>, <offset> ...: moves the cursor. Before the buffer means its start; behind its end is no match. */
export function byteJump(c: usize): bool {
  const f = load<u32>(c, Condition.flags);
  const bytes = operand(f, ByteFlag.BytesVariable, load<i32>(c, ByteJumpField.bytes));
  const offset = operand(f, ByteFlag.OffsetVariable, load<i32>(c, ByteJumpField.offset));
  const at = place(f, offset, bytes);
  if (at < 0) return false;
  value = 0;
  taken = 0;
  if (bytes > 0 && !read(at, <u32>bytes, f, load<u8>(c, ByteJumpField.base))) return false;
  let jump = <i64>value;
  if ((f & ByteFlag.Bitmask) != 0) {
    jump &= <i64>load<u32>(c, ByteJumpField.bitmask);
    if (jump != 0) jump >>= <i64>load<u8>(c, ByteJumpField.shift);
  }
  if ((f & ByteFlag.Multiplier) != 0) jump *= <i64>load<u32>(c, ByteJumpField.multiplier);
  if ((f & ByteFlag.Align) != 0 && jump % 4 != 0) jump += 4 - (jump % 4);
  jump += <i64>load<i32>(c, ByteJumpField.postOffset);
  let to: i64;
  if ((f & ByteFlag.FromBeginning) != 0) to = jump;
  else if ((f & ByteFlag.FromEnd) != 0) to = <i64>length + jump;
  else to = at + <i64>taken + jump;
  if (to < 0) to = 0;
  if (to > <i64>length) return false;
  moveCursor(<u32>to);
  return true;
}

/** byte_extract:<bytes>, <offset>, <name> ...: fills a byte variable and moves the cursor behind the number. */
export function byteExtract(c: usize): bool {
  if (length == 0) return false;
  const f = load<u32>(c, Condition.flags);
  const bytes = <i64>load<i32>(c, ByteExtractField.bytes);
  const at = place(f, <i64>load<i32>(c, ByteExtractField.offset), bytes);
  if (at < 0 || !read(at, <u32>bytes, f, load<u8>(c, ByteExtractField.base))) return false;
  let n = value;
  if ((f & ByteFlag.Multiplier) != 0) n *= <u64>load<u32>(c, ByteExtractField.multiplier);
  if ((f & ByteFlag.Align) != 0) {
    const align = <u64>load<u8>(c, ByteExtractField.align);
    if (align != 0 && n % align != 0) n += align - (n % align);
  }
  moveCursor(<u32>(at + <i64>taken));
  setByteVariable(load<u32>(c, ByteExtractField.variable), n);
  return true;
}

/** byte_math: a number of the buffer combined with another, kept in a byte variable. Division by zero is no match. */
export function byteMath(c: usize): bool {
  if (length == 0) return false;
  const f = load<u32>(c, Condition.flags);
  const bytes = operand(f, ByteFlag.BytesVariable, load<i32>(c, ByteMathField.bytes));
  const at = place(f, <i64>load<i32>(c, ByteMathField.offset), bytes);
  if (at < 0 || !read(at, <u32>bytes, f, load<u8>(c, ByteMathField.base))) return false;
  moveCursor(<u32>(at + <i64>taken));
  const right =
    (f & ByteFlag.ValueVariable) != 0
      ? byteVariable(load<u32>(c, ByteMathField.right))
      : <u64>load<u32>(c, ByteMathField.right);
  let n = value;
  switch (<u32>load<u8>(c, ByteMathField.operator)) {
    case MathOperator.Add:
      n += right;
      break;
    case MathOperator.Subtract:
      n -= right;
      break;
    case MathOperator.Multiply:
      n *= right;
      break;
    case MathOperator.Divide:
      if (right == 0) return false;
      n /= right;
      break;
    case MathOperator.ShiftLeft:
      n = right < 64 ? n << right : 0;
      break;
    case MathOperator.ShiftRight:
      n = right < 64 ? n >> right : 0;
      break;
    default:
      return false;
  }
  if ((f & ByteFlag.Bitmask) != 0) {
    n &= <u64>load<u32>(c, ByteMathField.bitmask);
    if (n != 0) n >>= <u64>load<u8>(c, ByteMathField.shift);
  }
  setByteVariable(load<u32>(c, ByteMathField.variable), n);
  return true;
}
