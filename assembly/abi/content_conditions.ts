/**
 * Conditions on the bytes of a buffer (detect/content/): what stands behind the head of abi/conditions.ts, op by op.
 * Offsets (`u32 offset`) count from the first byte of the database.
 */
/** `content` (Suricata manual, payload keywords). */
export const enum ContentField {
  /** u32 offset of the pattern; lower-cased when nocase */
  pattern = 8,
  /** u16 */
  length = 12,
  /** u16, length of the replacement, 0 none */
  replaceLength = 14,
  /** i32, or index of a byte variable when the flag says so */
  offset = 16,
  depth = 20,
  distance = 24,
  within = 28,
  /** u32 offset of the replacement */
  replace = 32,
  size = 40,
}

export enum ContentFlag {
  Negated = 1,
  Nocase = 2,
  Offset = 4,
  Depth = 8,
  Distance = 16,
  Within = 32,
  StartsWith = 64,
  EndsWith = 128,
  OffsetVariable = 256,
  DepthVariable = 512,
  DistanceVariable = 1024,
  WithinVariable = 2048,
  /** A following relative condition may match with a later occurrence of this one (`within`, `pcre/R`, relative byte_* and isdataat). */
  WithinNext = 4096,
  Replace = 8192,
  /** A following `distance` hangs on this one: a later occurrence cannot help. */
  DistanceNext = 16384,
}

/** `pcre` */
export const enum PcreField {
  /** u32 offset of the program (compiler/regex) */
  program = 8,
  /** u32 bytes */
  programLength = 12,
  /** u16 count of stored captures, CaptureField records follow */
  captures = 16,
  size = 24,
}

export const enum CaptureField {
  /** u32 name hash */
  name = 0,
  /** u16 capture group, 1-based */
  group = 4,
  /** u8, VariableScope */
  scope = 6,
  size = 8,
}

export enum VariableScope {
  Flow = 1,
  Packet = 2,
  Alert = 3,
}

export enum PcreFlag {
  Negated = 1,
  Relative = 2,
  RelativeNext = 4,
}

/** Flags of byte_test, byte_jump, byte_extract, byte_math. */
export enum ByteFlag {
  Negated = 1,
  Relative = 2,
  Little = 4,
  Big = 8,
  String = 16,
  Dce = 32,
  Bitmask = 64,
  ValueVariable = 128,
  OffsetVariable = 256,
  BytesVariable = 512,
  Align = 1024,
  FromBeginning = 2048,
  FromEnd = 4096,
  Multiplier = 8192,
}

export const enum ByteTestField {
  /** i32, or variable index */
  bytes = 8,
  /** i32, or variable index */
  offset = 12,
  /** u64, or variable index */
  value = 16,
  /** u32 */
  bitmask = 24,
  /** u8 CompareMode; u8 base 0, 8, 10, 16; u8 shift of the bitmask */
  mode = 28,
  base = 29,
  shift = 30,
  size = 32,
}

export const enum ByteJumpField {
  bytes = 8,
  offset = 12,
  postOffset = 16,
  multiplier = 20,
  bitmask = 24,
  base = 28,
  shift = 29,
  size = 32,
}

export const enum ByteExtractField {
  bytes = 8,
  offset = 12,
  /** u32, byte variable written */
  variable = 16,
  multiplier = 20,
  /** u8 */
  align = 24,
  base = 25,
  size = 32,
}

export const enum ByteMathField {
  bytes = 8,
  offset = 12,
  variable = 16,
  /** u32, or variable index with ValueVariable */
  right = 20,
  bitmask = 24,
  /** u8 MathOperator */
  operator = 28,
  base = 29,
  shift = 30,
  size = 32,
}

export enum MathOperator {
  Add = 1,
  Subtract = 2,
  Divide = 3,
  Multiply = 4,
  ShiftLeft = 5,
  ShiftRight = 6,
}

export const enum IsDataAtField {
  /** u32, or variable index */
  amount = 8,
  size = 16,
}

export enum IsDataAtFlag {
  Negated = 1,
  Relative = 2,
  Variable = 4,
}

/** Base64Decode; the chain that inspects the decoded bytes lies at `chain`. */
export const enum Base64Field {
  /** u32 bytes to decode, 0 all; u32 offset; u32 offset of the base64_data chain, 0 none */
  bytes = 8,
  offset = 12,
  chain = 16,
  size = 24,
}

export enum Base64Flag {
  Relative = 2,
}

export const enum Asn1Field {
  /** u32 Asn1Flag bits; u32 oversize_length; i32 offset */
  checks = 8,
  oversize = 12,
  offset = 16,
  size = 24,
}

export enum Asn1Flag {
  BitstringOverflow = 1,
  DoubleOverflow = 2,
  OversizeLength = 4,
  AbsoluteOffset = 8,
  RelativeOffset = 16,
}

export const enum DatasetField {
  /** u32 index of a DatasetRecord; u8 DatasetCommand */
  dataset = 8,
  command = 12,
  size = 16,
}

export enum DatasetCommand {
  IsSet = 1,
  IsNotSet = 2,
  Set = 3,
  Unset = 4,
}
