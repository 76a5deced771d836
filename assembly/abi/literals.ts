/**
 * Layout of a literal table: what `compiler/prefilter` writes and `assembly/match/literal` scans with.
 * Little-endian, position-independent; every number below is a byte offset into the record it belongs to, every offset stored in a
 * table counts from the start of the table. See assembly/match/README.md.
 */

/** Codes and limits of the format. */
export const enum LiteralFormat {
  /** "VLIT", read as a little-endian u32. */
  MAGIC = 0x54494c56,
  VERSION = 1,
  MAX_LITERALS = 65535,
  MAX_LITERAL_BYTES = 255,
  /** Gram hash: upper bits of (bytes & mask) * multiplier, in 32 bits. */
  GRAM_MULTIPLIER = 0x5bd1e995,
}

/** Head of the table. */
export const enum LiteralHeader {
  MAGIC = 0,
  VERSION = 4,
  /** Length of the whole table. */
  BYTES = 8,
  /** Number of literals. */
  COUNT = 12,
  /** Number of sections, which follow the header one after the other. */
  SECTIONS = 16,
  /** Offset and byte length of the text area: (value, mask) vectors of literals longer than eight bytes. */
  TEXT = 20,
  TEXT_BYTES = 24,
  /** Offset of the exact index (whole buffers and suffixes), 0: none. */
  EXACT = 28,
  SIZE = 32,
}

/** A section: a set of literals, the filter that finds candidates of them and the lists that verify a candidate. */
export const enum LiteralSection {
  /** See {@link LiteralFilter}. */
  FILTER = 0,
  /** Positions looked at: every 1, 2, 4. */
  STRIDE = 4,
  /** Bytes of the gram that are hashed, and how: 0xff a byte that counts, 0xdf regardless of case, 0 not. */
  GRAM_MASK = 8,
  /** Offset of the filter's table and log2 of its entries. */
  TABLE = 12,
  TABLE_BITS = 16,
  /** Offset of the heads, one u32 a gram hash: 1 + first entry, 0: none; log2 of their number. */
  HEADS = 20,
  HEAD_BITS = 24,
  /** Offset and number of the entries. */
  ENTRIES = 28,
  ENTRY_COUNT = 32,
  SIZE = 40,
}

/** How a section finds candidates. */
export const enum LiteralFilter {
  /** A byte a gram hash: 0 or 1. */
  BYTE_TABLE = 0,
  /** A bit a gram hash: byte by the upper bits, bit by the lowest three. */
  BIT_TABLE = 1,
  /** Two 16-byte nibble tables a gram byte (up to three), eight buckets: Teddy. */
  NIBBLES = 2,
}

/** An entry: one literal, seen from one of its grams. */
export const enum LiteralEntry {
  /** Eight bytes of the literal, compared as (text & mask) == value. */
  VALUE = 0,
  MASK = 8,
  /** Index of the literal. */
  LITERAL = 16,
  /** Where in the literal the gram starts, where the eight bytes start, and the literal's length: one byte each; then flags. */
  GRAM_AT = 20,
  VALUE_AT = 21,
  LENGTH = 22,
  FLAGS = 23,
  /** Offset in the text area of its vectors: 16 bytes of value, 16 of mask, and so on. */
  TEXT = 24,
  SIZE = 32,
}

/** Flags of an entry. */
export const enum LiteralFlag {
  /** The eight bytes are not the whole literal: compare the text. */
  MORE = 1,
  /** The last entry of its list. */
  LAST = 2,
}
