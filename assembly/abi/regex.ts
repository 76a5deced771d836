/**
 * The regex program: what `compiler/regex` writes and `assembly/match/regex*` runs. Portable: plain enums and numbers.
 *
 *     +--------+--------------+-------------+-------------------+
 *     | header | instructions | byte sets   | literal bytes     |   all little-endian, the whole 8-byte aligned
 *     | 64     | 16 each      | 32 each     | value and mask    |
 *     +--------+--------------+-------------+-------------------+
 *
 * Every position inside is relative to the start of the program, so that a program may lie anywhere.
 */

/** "RX" and the version of the layout. */
export const REGEX_MAGIC = 0x0004_5852;

/** Byte offsets in the header. All fields are u32. */
export const enum RegexHeader {
  Magic = 0,
  /** Bytes of the whole program, a multiple of 8. */
  Length = 4,
  Flags = 8,
  /** Capturing groups, the whole match not counted. */
  Captures = 12,
  /** Registers: two a capture and two for the whole match, then loop and look-around registers. */
  Registers = 16,
  /** Instructions; they follow the header at once. */
  Instructions = 20,
  /** Byte sets; they follow the instructions at once. */
  Sets = 24,
  /** Bytes of the literal area that follows the sets, before padding. */
  LiteralBytes = 28,
  /** No match is shorter than this many bytes. */
  MinLength = 32,
  /** Set of the bytes a match may begin with; `REGEX_ANY` when it may be empty or begin with any. */
  FirstSet = 36,
  /** Rows of the visited table: instructions where a failed position is remembered. */
  MemoRows = 40,
  /** Literal that every match contains: offset in the program (bytes, then masks) and length; length 0 for none. */
  RequiredOffset = 44,
  RequiredLength = 48,
  /** The required literal begins at most this many bytes after the match does; `REGEX_UNBOUNDED` when unknown. */
  RequiredMaxOffset = 52,
  /** States of the simulated automaton: one an instruction, more for counted repeats and strings. */
  States = 56,
  /** The required literal begins at least this many bytes after the match does. */
  RequiredMinOffset = 60,
  Size = 64,
}

/** Bits of `RegexHeader.Flags`. */
export const enum RegexFlag {
  /** A match can only begin where the search begins (`A` modifier or `\G`). */
  AnchoredStart = 1,
  /** A match can only begin at the first byte of the subject. */
  AnchoredSubject = 2,
  /** A match can only begin at a line start. */
  AnchoredLine = 4,
  /** Whether a path fails depends on instruction and position alone: positions may be remembered (linear time). */
  Memoizable = 8,
  /** No look-around, atomic group, back reference: the simulated automata can run it. */
  Regular = 16,
}

/**
 * A set is named by 16 bits: the number of a bit map in the program (32 bytes, bit `byte & 7` of byte `byte >> 3`), or,
 * with `REGEX_INLINE`, one byte and in `REGEX_FORM` what is meant by it.
 */
export const REGEX_INLINE = 0x8000;
export const REGEX_FORM = 0x0300;
export const REGEX_SET_SIZE = 32;
/** Every byte; as a filter: none. */
export const REGEX_ANY = 0xffff;

export const enum RegexForm {
  /** That byte. */
  One = 0,
  /** That lower-case letter in either case. */
  Letter = 0x0100,
  /** Every byte but that. */
  AllBut = 0x0200,
  Any = 0x0300,
}

/** No upper bound. */
export const REGEX_UNBOUNDED = 0x7fff_ffff;
/** Visited-table row of an instruction that remembers nothing. */
export const REGEX_NO_ROW = 0xffff;

/** Byte offsets in an instruction. `X` and `Y` are instruction numbers; what each operation uses stands with it. */
export const enum RegexField {
  /** u8, `RegexOp`. */
  Op = 0,
  /** u8. */
  Mode = 1,
  /** u16, set. */
  Set = 2,
  /** u16. */
  X = 4,
  /** u16. */
  Y = 6,
  /** u32. */
  Value = 8,
  /** u16, set. */
  Follow = 12,
  /** u16, row of the visited table. */
  Row = 14,
  Size = 16,
}

export const enum RegexOp {
  /** The end: a match. */
  Match = 0,
  /** One byte of `Set`. */
  Set = 1,
  /** `X` bytes at literal offset `Value`; each subject byte is or-ed with its mask (mode 1: masks follow the bytes). */
  String = 2,
  /** Repeat of `Set`, at least `X` times, at most `Value`; `RegexMode`; `Follow` is the set the rest begins with. */
  Repeat = 3,
  /** Go to `X`. */
  Jump = 4,
  /** Try `X` first, then `Y`. `Set`/`Follow`: bytes the branch to `X`/`Y` may begin with. */
  Split = 5,
  /** Register `X` := position. */
  Save = 6,
  /** Registers `X` := register `Y`, `X + 1` := position: a group that refers to itself is set when it closes. */
  Close = 7,
  /** Assertion about the position: `RegexAssert` in mode. */
  Assert = 8,
  /** If register `X` equals the position (an empty iteration) go to `Y`. */
  EmptyCheck = 9,
  /** The text of group `X` again; mode 1 ignores case. Fails when the group is not set. */
  BackReference = 10,
  /** Positive look-around begins: registers `X`, `X + 1` := stack height, position. `Value` is the instruction after its end. */
  LookEnter = 11,
  /** It holds: drop its alternatives, return to the position. */
  LookEnd = 12,
  /** Negative look-around begins: as above; continue at `Y` when its body fails. `Value` as above. */
  NegativeEnter = 13,
  /** Its body matched: fail. */
  NegativeEnd = 14,
  /** Atomic group begins: register `X` := stack height. */
  AtomicEnter = 15,
  /** Drop the alternatives since register `X`. */
  AtomicEnd = 16,
  /** Step back `Value` bytes, or fail. */
  Back = 17,
  /** If group `X` is not set go to `Y`. */
  IfGroup = 18,
  Fail = 19,
  /** One above the last. */
  Count = 20,
}

/** Mode of `RegexOp.Repeat`. */
export const enum RegexMode {
  Greedy = 0,
  Lazy = 1,
  Possessive = 2,
  /** Bit: what follows may succeed at the end of the subject. Also a mode bit of `Split` for `X`. */
  FollowEnd = 4,
  /** Bit of `Split`: the branch to `Y` may succeed at the end of the subject. */
  SecondEnd = 8,
}

/** Mode of `RegexOp.Assert`. */
export const enum RegexAssert {
  /** `^` and `\A`: first byte of the subject. */
  SubjectStart = 0,
  /** `^` with m: also after a newline that is not the last byte. */
  LineStart = 1,
  /** `\z`, `$` with E. */
  SubjectEnd = 2,
  /** `$`, `\Z`: also before a newline that is the last byte. */
  SubjectEndNewline = 3,
  /** `$` with m: also before any newline. */
  LineEnd = 4,
  /** `\b`. */
  WordBoundary = 5,
  /** `\B`. */
  NotWordBoundary = 6,
  /** `\G`: where the search began. */
  SearchStart = 7,
  Count = 8,
}
