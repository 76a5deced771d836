/** A literal as the matcher's builder takes it, and as the matcher compares it. */
import { LiteralFormat } from "../../assembly/abi/literals.ts";

/** One literal to look for. */
export interface Literal {
  /** 1 to 255 bytes. */
  bytes: Uint8Array;
  /** ASCII letters match in either case. */
  nocase: boolean;
  /** Where it has to be: anywhere (default), at the end of the buffer, or it is the whole buffer. The last two need the buffer in one piece. */
  place?: LiteralPlace;
}

export type LiteralPlace = "anywhere" | "suffix" | "whole";

/** A literal with its index and its masks: text matches if (text & mask) == value, byte by byte. */
export interface MaskedLiteral {
  index: number;
  length: number;
  bytes: Uint8Array;
  nocase: boolean;
  place: LiteralPlace;
  value: Uint8Array;
  mask: Uint8Array;
}

/** Derives value and mask. */
export function masked(literal: Literal, index: number): MaskedLiteral {
  const { bytes, nocase } = literal;
  const mask = bytes.map((byte) => (nocase && isLetter(byte) ? LiteralFormat.NOCASE_MASK : 0xff));
  const value = bytes.map((byte, i) => byte & mask[i]!);
  return { index, length: bytes.length, bytes, nocase, place: literal.place ?? "anywhere", value, mask };
}

/** An ASCII letter. */
export function isLetter(byte: number): boolean {
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}
