/** Tests about a position, alike for every regex engine. */
import { RegexAssert } from "../abi/regex";

const NEWLINE: u8 = 10;

/** Whether an assertion holds at `position` of the `length` bytes at `data`. */
export function assertHolds(kind: u32, data: usize, length: u32, position: u32, searchStart: u32): bool {
  switch (kind) {
    case RegexAssert.SubjectStart:
      return position == 0;
    case RegexAssert.LineStart:
      return position == 0 || (position < length && load<u8>(data + position - 1) == NEWLINE);
    case RegexAssert.SubjectEnd:
      return position == length;
    case RegexAssert.SubjectEndNewline:
      return position == length || (position + 1 == length && load<u8>(data + position) == NEWLINE);
    case RegexAssert.LineEnd:
      return position == length || load<u8>(data + position) == NEWLINE;
    case RegexAssert.WordBoundary:
      return atBoundary(data, length, position);
    case RegexAssert.NotWordBoundary:
      return !atBoundary(data, length, position);
    default:
      return position == searchStart;
  }
}

function atBoundary(data: usize, length: u32, position: u32): bool {
  const before = position > 0 && isWord(load<u8>(data + position - 1));
  const after = position < length && isWord(load<u8>(data + position));
  return before != after;
}

/** A letter, digit or underscore, as `\w`. */
export function isWord(byte: u32): bool {
  return byte - 48 < 10 || (byte | 32) - 97 < 26 || byte == 95;
}

/** Whether `count` bytes are the same, or the same but for the case of ASCII letters. */
export function sameText(a: usize, b: usize, count: u32, fold: bool): bool {
  if (!fold) return memory.compare(a, b, count) == 0;
  for (let i: usize = 0; i < count; i++) {
    if (lower(load<u8>(a + i)) != lower(load<u8>(b + i))) return false;
  }
  return true;
}

function lower(byte: u32): u32 {
  return byte - 65 < 26 ? byte | 32 : byte;
}
