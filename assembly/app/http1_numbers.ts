/** Numbers and versions of HTTP/1 as libhtp reads them: with junk around them where servers accept it. */
import { hexValue } from "../codec/percent";
import { isBlank, isDigit, isSpace, startsWithWord } from "./ascii";
import { NO_LENGTH, Version } from "./http1_state";

/** Content-Length: the first digits of the value, whatever stands around them; NO_LENGTH without digits or beyond 64 bits. */
export function contentLengthOf(data: usize, length: u32): i64 {
  let i: u32 = 0;
  while (i < length && !isDigit(load<u8>(data + i))) i++;
  if (i == length) return NO_LENGTH;
  let value: u64 = 0;
  for (; i < length; i++) {
    const digit = <u64>load<u8>(data + i) - 48;
    if (digit > 9) break;
    if (value > 922_337_203_685_477_579) return NO_LENGTH;
    value = value * 10 + digit;
  }
  return <i64>value;
}

/** A chunk header has an extension. */
export let chunkExtension: bool = false;
/** Not a chunk length at all: no hexadecimal digit where one must be, or too many. */
export const BAD_CHUNK: i64 = -2;
const MAX_CHUNK: u64 = 0x7fff_ffff;

/** White space and line ends that may surround a chunk length. */
export function isChunkControl(c: u32): bool {
  return isSpace(c);
}

/** Chunk length of a line: NO_LENGTH for an empty line or a length beyond 31 bits, BAD_CHUNK for none. */
export function chunkLengthOf(data: usize, length: u32): i64 {
  chunkExtension = false;
  let i: u32 = 0;
  while (i < length && isChunkControl(load<u8>(data + i))) i++;
  const first = i;
  let value: u64 = 0;
  let overflow = false;
  while (i < length && hexValue(load<u8>(data + i)) >= 0) {
    if (value >> 60 != 0) overflow = true;
    value = (value << 4) | <u64>hexValue(load<u8>(data + i));
    i++;
  }
  const digits = i - first;
  while (i < length && isBlank(load<u8>(data + i))) i++;
  if (digits == 0) return i == length ? NO_LENGTH : BAD_CHUNK;
  if (overflow) return BAD_CHUNK;
  if (value > MAX_CHUNK) return NO_LENGTH;
  for (; i < length; i++) if (load<u8>(data + i) == 0x3b) chunkExtension = true;
  return <i64>value;
}

/** The data may be the start of a chunk length line: blanks, then a hexadecimal digit or nothing. */
export function mayBeChunkLength(data: usize, length: u32): bool {
  let i: u32 = 0;
  while (i < length && isChunkControl(load<u8>(data + i))) i++;
  return i == length || hexValue(load<u8>(data + i)) >= 0;
}

/** Status code 100..999 with nothing but blanks around it, else 0. */
export function statusOf(data: usize, length: u32): u32 {
  let i: u32 = 0;
  while (i < length && isBlank(load<u8>(data + i))) i++;
  const first = i;
  let value: u32 = 0;
  for (; i < length && isDigit(load<u8>(data + i)); i++)
    value = min<u32>(value * 10 + load<u8>(data + i) - 48, 100_000);
  if (i == first) return 0;
  while (i < length && isBlank(load<u8>(data + i))) i++;
  return i == length && value >= 100 && value <= 999 ? value : 0;
}

/** "HTTP/1.1" and what servers take for it: blanks around the slash, leading zeros. */
export function versionOf(data: usize, length: u32): Version {
  let i: u32 = 0;
  while (i < length && isAsciiSpace(load<u8>(data + i))) i++;
  if (!startsWithWord(data + i, length - i, "http")) return Version.Invalid;
  i += 4;
  while (i < length && isAsciiSpace(load<u8>(data + i))) i++;
  if (i == length || load<u8>(data + i) != 0x2f) return Version.Invalid;
  i++;
  while (i < length && (isAsciiSpace(load<u8>(data + i)) || load<u8>(data + i) == 0x30)) i++;
  let version: Version = Version.Invalid;
  if (startsWithWord(data + i, length - i, ".9")) {
    version = Version.V09;
    i += 2;
  } else if (startsWithWord(data + i, length - i, "1.0")) {
    version = Version.V10;
    i += 3;
  } else if (startsWithWord(data + i, length - i, "1.1")) {
    version = Version.V11;
    i += 3;
  }
  while (i < length && isAsciiSpace(load<u8>(data + i))) i++;
  return i == length ? version : Version.Invalid;
}

/** Rust's ASCII white space: C's without the vertical tab. */
function isAsciiSpace(c: u32): bool {
  return isSpace(c) && c != 11;
}

/** Only line ends and blanks. */
export function isControlLine(data: usize, length: u32): bool {
  for (let i: u32 = 0; i < length; i++) if (!isChunkControl(load<u8>(data + i))) return false;
  return true;
}
