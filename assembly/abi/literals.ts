/**
 * Layout of a literal table: what `compiler/prefilter` writes and `assembly/match/literal` scans with.
 * Little-endian, position-independent; every number below is a byte offset into the record it belongs to, every offset stored in a
 * table counts from the start of the table. See assembly/match/README.md.
 */

/** Codes and limits of the format. */
export const enum LiteralFormat {
  /** "VLIT", read as a little-endian u32. */
  MAGIC = 0x54494c56,
  VERSION = 2,
  MAX_LITERALS = 65535,
  MAX_LITERAL_BYTES = 255,
  MAX_SECTIONS = 5,
  /** Also the number of buckets. */
  NO_BUCKET = 24,
  /** Bytes of the tables of eight nibble buckets. */
  GROUP_BYTES = 96,
  /** Gram hash: upper bits of (bytes & mask) * multiplier, in 32 bits. */
  GRAM_MULTIPLIER = 0x5bd1e995,
  /** Mask of a letter regardless of case: only its two cases share the other seven bits. */
  NOCASE_MASK = 0xdf,
  /** Where the byte number in a table starts in the hash. */
  TABLE_SHIFT = 14,
  /** The eight bytes of an entry start this far behind its gram at most, so that they are within what may be read. */
  MAX_VALUE_FROM_GRAM = 24,
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
  /** Nibble buckets in use, a bit each (u32), and the number of literals of each (24 u8). */
  BUCKETS = 28,
  BUCKET_LITERALS = 32,
  /** Offset of the index of whole buffers and ends of buffers, 0: none. */
  EXACT = 56,
  SIZE = 64,
}

/** A section: a set of literals, the filter that finds candidates of them and the lists that verify a candidate. */
export const enum LiteralSection {
  /** See {@link LiteralFilter}. */
  FILTER = 0,
  /** Positions looked at: every 1, 2, 4. */
  STRIDE = 4,
  /** Bytes of the gram that are hashed, and how: 0xff a byte that counts, 0xdf regardless of case, 0 not. */
  GRAM_MASK = 8,
  /** Offset of the filter's table; its bytes less one (a mask of byte numbers), or for nibbles the bytes looked at: 1 or 3. */
  TABLE = 12,
  TABLE_LIMIT = 16,
  /** Offset of the heads, one u32 a gram hash: byte offset of a list in the entries; log2 of their number. */
  HEADS = 20,
  HEAD_BITS = 24,
  /** Offset and number of the entries; the first of them matches nothing: it is the list of grams that have none. */
  ENTRIES = 28,
  ENTRY_COUNT = 32,
  /**
   * Nibble filter: number of its first bucket (0; 16 for single bytes), 1 if its first group is scanned together with the gram section
   * that follows (stride 2 or 4), and its groups of eight buckets (1 or 2).
   */
  FIRST_BUCKET = 36,
  JOINED = 40,
  GROUPS = 44,
  SIZE = 48,
}

/** How a section finds candidates. */
export const enum LiteralFilter {
  /** A byte a gram hash: 0 or 4. */
  BYTE_TABLE = 0,
  /**
   * Two bits a gram hash: bit (hash mod 32) and bit (hash / 32 mod 32), both counted from the byte its upper bits name; eight bytes longer
   * than TABLE_LIMIT says.
   */
  BIT_TABLE = 1,
  /** Two 16-byte nibble tables for each of three bytes, a group of eight buckets after the other. */
  NIBBLES = 2,
}

/** An entry: one literal, seen from one of its grams. */
export const enum LiteralEntry {
  /** Eight bytes of the literal, compared as (text & mask) == value. */
  VALUE = 0,
  MASK = 8,
  /** Index of the literal. */
  LITERAL = 16,
  /** Where the eight bytes are, counted from the gram: i16, at most MAX_VALUE_FROM_GRAM. */
  VALUE_FROM_GRAM = 20,
  /** Where in the literal the gram starts, and the literal's length. */
  GRAM_AT = 22,
  LENGTH = 23,
  /** Offset in the text area of its vectors: 16 bytes of value, 16 of mask, and so on. */
  TEXT = 24,
  /** 1: the next entry belongs to this list, too. The first of a list of several has what they have in common, and no literal. */
  FOLLOWED = 28,
  /** 1: the eight bytes are not the whole literal, compare the text. */
  MORE = 29,
  /** Bucket of a nibble filter, NO_BUCKET: none. */
  BUCKET = 30,
  SIZE = 32,
}

/** The index of literals that are a whole buffer or its end. */
export const enum LiteralExact {
  /** Offset of the heads, one u32 a hash: 1 + first entry, 0: none; log2 of their number. */
  HEADS = 0,
  HEAD_BITS = 4,
  /** Offset and number of the entries. */
  ENTRIES = 8,
  ENTRY_COUNT = 12,
  /** Length of the longest literal. */
  LONGEST = 16,
  /** A bit for each length from 0 to 255 that a literal has. */
  LENGTHS = 24,
  SIZE = 56,
}

/** A literal in that index. */
export const enum LiteralExactEntry {
  /** Offset in the text area of its vectors. */
  TEXT = 0,
  LITERAL = 4,
  LENGTH = 8,
  /** 1: it must be the whole buffer. */
  WHOLE = 9,
  /** 1: the next entry belongs to this list, too. */
  FOLLOWED = 10,
  SIZE = 16,
}
