/** What a rule of the database (abi/database.ts) asks of one buffer, and how that buffer comes about. */

/** Conditions on one buffer of one rule. */
export const enum ListRecord {
  /** u16 index of a BufferRecord */
  buffer = 0,
  /** u8 Direction */
  direction = 2,
  /** u8, ListFlag bits */
  flags = 3,
  /** u32 offset of the conditions */
  conditions = 4,
  /** u8 AppProto this list is for, Unknown any */
  appProto = 8,
  /** u8 progress the transaction must have reached */
  progress = 9,
  /** u16, bit number in a transaction's inspection flags (0..27) */
  id = 10,
  /** u32 frame type hash, 0 none */
  frame = 12,
  size = 16,
}

export enum ListFlag {
  /** This list's literal is the rule's prefilter. */
  Prefilter = 1,
  /** Payload of the stream (payload conditions inside a transaction rule). */
  Stream = 2,
  /** Files: may match again for a new file. */
  File = 4,
  /** Matched against every instance (multi-buffer). */
  Multi = 8,
  /** Conditions on transaction numbers and events, no bytes. */
  Generic = 16,
  /** Rule hook: no conditions, only progress. */
  Hook = 32,
}

/** An inspection buffer: a base buffer (abi/buffers.ts) and the transforms applied to it. */
export const enum BufferRecord {
  /** u16, Buffer */
  base = 0,
  /** u16, count of transforms */
  transforms = 2,
  /** u32 offset of TransformRecords, laid one after the other */
  transformList = 4,
  size = 8,
}

export const enum TransformRecord {
  /** u16, Transform */
  op = 0,
  /** u16, bytes of the argument */
  argumentLength = 2,
  /** u32 offset of the argument (xor key, regex program) */
  argument = 4,
  size = 8,
}

export enum Transform {
  StripWhitespace = 1,
  CompressWhitespace = 2,
  ToLowercase = 3,
  ToUppercase = 4,
  ToMd5 = 5,
  ToSha1 = 6,
  ToSha256 = 7,
  UrlDecode = 8,
  DotPrefix = 9,
  Xor = 10,
  Pcrexform = 11,
  HeaderLowercase = 12,
  StripPseudoHeaders = 13,
  CaseChanging = 14,
  Domain = 15,
  Tld = 16,
  FromBase64 = 17,
  Gunzip = 18,
  ZlibDeflate = 19,
  Subslice = 20,
}
