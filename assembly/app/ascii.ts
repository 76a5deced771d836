/** Character classes and comparisons of the text protocols. Names given as strings are lower-case ASCII. */

/** C's isspace: SP, HT, LF, VT, FF, CR. */
export function isSpace(c: u32): bool {
  return c == 32 || c - 9 < 5;
}

/** SP or HT. */
export function isBlank(c: u32): bool {
  return c == 32 || c == 9;
}

export function isDigit(c: u32): bool {
  return c - 48 < 10;
}

export function isAlphanumeric(c: u32): bool {
  return c - 48 < 10 || (c | 32) - 97 < 26;
}

export function lower(c: u32): u32 {
  return c - 65 < 26 ? c | 32 : c;
}

/** RFC 9110 token characters, read as libhtp does: printable and no separator. */
export function isTokenCharacter(c: u32): bool {
  if (c <= 32 || c > 126) return false;
  switch (c) {
    case 0x22:
    case 0x28:
    case 0x29:
    case 0x2c:
    case 0x2f:
    case 0x3a:
    case 0x3b:
    case 0x3c:
    case 0x3d:
    case 0x3e:
    case 0x3f:
    case 0x40:
    case 0x5b:
    case 0x5c:
    case 0x5d:
    case 0x7b:
    case 0x7d:
      return false;
    default:
      return true;
  }
}

/** Position of `byte` in the first `length` bytes, or `length`. */
export function indexOf(data: usize, length: u32, byte: u32): u32 {
  let i: u32 = 0;
  while (i < length && <u32>load<u8>(data + i) != byte) i++;
  return i;
}

/** Spaces at the start of the data. */
export function leadingSpaces(data: usize, length: u32): u32 {
  let i: u32 = 0;
  while (i < length && isSpace(load<u8>(data + i))) i++;
  return i;
}

/** Length without the spaces at the end. */
export function trimEnd(data: usize, length: u32): u32 {
  while (length > 0 && isSpace(load<u8>(data + length - 1))) length--;
  return length;
}

/** Length without CR and LF at the end. */
export function chomp(data: usize, length: u32): u32 {
  while (length > 0) {
    const c = load<u8>(data + length - 1);
    if (c != 10 && c != 13) break;
    length--;
  }
  return length;
}

/** The data equals `word`, letter case aside. */
export function equalsWord(data: usize, length: u32, word: string): bool {
  return length == <u32>word.length && startsWithWord(data, length, word);
}

/** The data starts with `word`, letter case aside. */
export function startsWithWord(data: usize, length: u32, word: string): bool {
  const n = <u32>word.length;
  if (length < n) return false;
  const chars = changetype<usize>(word);
  for (let i: u32 = 0; i < n; i++) {
    if (lower(load<u8>(data + i)) != <u32>load<u16>(chars + ((<usize>i) << 1))) return false;
  }
  return true;
}

/** The data equals `word` exactly. */
export function equalsExactly(data: usize, length: u32, word: string): bool {
  if (length != <u32>word.length) return false;
  const chars = changetype<usize>(word);
  for (let i: u32 = 0; i < length; i++) {
    if (<u32>load<u8>(data + i) != <u32>load<u16>(chars + ((<usize>i) << 1))) return false;
  }
  return true;
}

/** The data contains `word`, letter case and NUL bytes aside. */
export function containsWord(data: usize, length: u32, word: string): bool {
  const n = <u32>word.length;
  const chars = changetype<usize>(word);
  for (let start: u32 = 0; start < length; start++) {
    let at = start;
    let matched: u32 = 0;
    while (at < length && matched < n) {
      const c = lower(load<u8>(data + at));
      if (c == <u32>load<u16>(chars + ((<usize>matched) << 1))) matched++;
      else if (c != 0 || matched == 0) break;
      at++;
    }
    if (matched == n) return true;
  }
  return false;
}

/** The data equals `word`, letter case and NUL bytes aside. */
export function equalsWordSkippingNul(data: usize, length: u32, word: string): bool {
  const n = <u32>word.length;
  const chars = changetype<usize>(word);
  let matched: u32 = 0;
  for (let i: u32 = 0; i < length; i++) {
    const c = lower(load<u8>(data + i));
    if (c == 0) continue;
    if (matched >= n || c != <u32>load<u16>(chars + ((<usize>matched) << 1))) return false;
    matched++;
  }
  return matched == n;
}

/** Two texts are equal, letter case aside. */
export function equalsNoCase(a: usize, aLength: u32, b: usize, bLength: u32): bool {
  if (aLength != bLength) return false;
  for (let i: u32 = 0; i < aLength; i++) if (lower(load<u8>(a + i)) != lower(load<u8>(b + i))) return false;
  return true;
}

/** First occurrence of `needle` in the data, or -1. */
export function find(data: usize, length: u32, needle: usize, needleLength: u32): i32 {
  if (needleLength == 0 || needleLength > length) return -1;
  const first = load<u8>(needle);
  const last = length - needleLength;
  for (let i: u32 = 0; i <= last; i++) {
    if (load<u8>(data + i) == first && memory.compare(data + i, needle, needleLength) == 0) return <i32>i;
  }
  return -1;
}
