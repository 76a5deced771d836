/** Writes the conditions that read numbers from a buffer: byte_test, byte_jump, byte_extract, byte_math. */
import { Op } from "../../assembly/abi/conditions.ts";
import {
  ByteExtractField,
  ByteFlag,
  ByteJumpField,
  ByteMathField,
  ByteTestField,
} from "../../assembly/abi/content_conditions.ts";
import type {
  ByteExtractCondition,
  ByteJumpCondition,
  ByteMathCondition,
  ByteTestCondition,
} from "../signature/conditions.ts";
import type { Growing } from "./bytes.ts";
import { bits, isVariable, raw } from "./operand.ts";

type ByteCondition = ByteTestCondition | ByteJumpCondition | ByteExtractCondition | ByteMathCondition;

/** Writes the body at `at` and gives the flags. */
export function writeByteCondition(out: Growing, c: ByteCondition, at: number): number {
  switch (c.op) {
    case Op.ByteTest:
      return byteTest(out, c, at);
    case Op.ByteJump:
      return byteJump(out, c, at);
    case Op.ByteExtract:
      return byteExtract(out, c, at);
    case Op.ByteMath:
      return byteMath(out, c, at);
  }
}

function byteTest(out: Growing, c: ByteTestCondition, at: number): number {
  out.reserve(ByteTestField.size);
  out.i32(at + ByteTestField.bytes, raw(c.bytes));
  out.i32(at + ByteTestField.offset, raw(c.offset));
  out.u64(at + ByteTestField.value, typeof c.value === "bigint" ? c.value : BigInt(c.value.variable));
  out.u32(at + ByteTestField.bitmask, c.bitmask ?? 0);
  out.u8(at + ByteTestField.mode, c.mode);
  out.u8(at + ByteTestField.base, c.base ?? 0);
  out.u8(at + ByteTestField.shift, shiftOf(c.bitmask));
  return (
    extractionFlags(c) |
    bits(
      [c.negated, ByteFlag.Negated],
      [isVariable(c.bytes), ByteFlag.BytesVariable],
      [typeof c.value !== "bigint", ByteFlag.ValueVariable],
    )
  );
}

function byteJump(out: Growing, c: ByteJumpCondition, at: number): number {
  out.reserve(ByteJumpField.size);
  out.i32(at + ByteJumpField.bytes, raw(c.bytes));
  out.i32(at + ByteJumpField.offset, raw(c.offset));
  out.i32(at + ByteJumpField.postOffset, c.postOffset);
  out.u32(at + ByteJumpField.multiplier, c.multiplier);
  out.u32(at + ByteJumpField.bitmask, c.bitmask ?? 0);
  out.u8(at + ByteJumpField.base, c.base ?? 0);
  out.u8(at + ByteJumpField.shift, shiftOf(c.bitmask));
  return (
    extractionFlags(c) |
    bits(
      [isVariable(c.bytes), ByteFlag.BytesVariable],
      [c.multiplier !== 1, ByteFlag.Multiplier],
      [c.align, ByteFlag.Align],
      [c.from === "beginning", ByteFlag.FromBeginning],
      [c.from === "end", ByteFlag.FromEnd],
    )
  );
}

function byteExtract(out: Growing, c: ByteExtractCondition, at: number): number {
  out.reserve(ByteExtractField.size);
  out.i32(at + ByteExtractField.bytes, c.bytes);
  out.i32(at + ByteExtractField.offset, raw(c.offset));
  out.u32(at + ByteExtractField.variable, c.variable);
  out.u32(at + ByteExtractField.multiplier, c.multiplier);
  out.u8(at + ByteExtractField.align, c.align);
  out.u8(at + ByteExtractField.base, c.base ?? 0);
  return extractionFlags(c) | bits([c.multiplier !== 1, ByteFlag.Multiplier], [c.align !== 0, ByteFlag.Align]);
}

function byteMath(out: Growing, c: ByteMathCondition, at: number): number {
  out.reserve(ByteMathField.size);
  out.i32(at + ByteMathField.bytes, raw(c.bytes));
  out.i32(at + ByteMathField.offset, raw(c.offset));
  out.u32(at + ByteMathField.variable, c.variable);
  out.u32(at + ByteMathField.right, raw(c.right));
  out.u32(at + ByteMathField.bitmask, c.bitmask ?? 0);
  out.u8(at + ByteMathField.operator, c.operator);
  out.u8(at + ByteMathField.base, c.base ?? 0);
  out.u8(at + ByteMathField.shift, shiftOf(c.bitmask));
  return (
    extractionFlags(c) |
    bits([isVariable(c.bytes), ByteFlag.BytesVariable], [isVariable(c.right), ByteFlag.ValueVariable])
  );
}

function extractionFlags(c: ByteCondition): number {
  return bits(
    [c.relative, ByteFlag.Relative],
    [c.endian === "little", ByteFlag.Little],
    [c.endian === "big", ByteFlag.Big],
    [c.endian === "dce", ByteFlag.Dce],
    [c.base !== undefined, ByteFlag.String],
    [c.bitmask !== undefined, ByteFlag.Bitmask],
    [isVariable(c.offset), ByteFlag.OffsetVariable],
  );
}

/** The value under a bitmask is shifted down by the zeros at its end. */
function shiftOf(bitmask: number | undefined): number {
  return bitmask === undefined ? 0 : 31 - Math.clz32(bitmask & -bitmask);
}
