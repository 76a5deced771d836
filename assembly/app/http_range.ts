/** Content-Range of a partial response (RFC 9110 section 14.4), as Suricata reads it for the files of HTTP/1 and HTTP/2. */
import { isDigit } from "./ascii";

/** Digits a number may have: it stays below 2^63. */
const MAX_DIGITS: usize = 18;

/** What `readRange` found; -1 for what is not said: "unit *" + "/size", "unit first-last/*". */
let first: i64 = 0;
let last: i64 = 0;
let size: i64 = 0;

let at: usize = 0;
let stop: usize = 0;

/** The number at hand, or -1. */
function readNumber(): i64 {
  const from = at;
  let value: i64 = 0;
  while (at < stop && isDigit(load<u8>(at)) && at - from < MAX_DIGITS) value = value * 10 + (load<u8>(at++) - 0x30);
  return at > from ? value : -1;
}

function skip(byte: u32): bool {
  if (at >= stop || load<u8>(at) != byte) return false;
  at++;
  return true;
}

/** Reads `unit first-last/size`; the unit may be any word, and what follows is not looked at. */
function readRange(data: usize, length: u32): bool {
  at = data;
  stop = data + length;
  while (at < stop && load<u8>(at) == 0x20) at++;
  while (at < stop && load<u8>(at) != 0x20) at++;
  while (at < stop && load<u8>(at) == 0x20) at++;
  first = -1;
  last = -1;
  size = -1;
  if (skip(0x2a)) {
    if (!skip(0x2f)) return false;
    size = readNumber();
    return size >= 0;
  }
  first = readNumber();
  if (first < 0 || !skip(0x2d)) return false;
  last = readNumber();
  if (last < 0 || !skip(0x2f)) return false;
  if (skip(0x2a)) return true;
  size = readNumber();
  return size >= 0;
}

/** HTTP/1: a range with all three numbers that is not the whole of the file lies within the file. */
export function isRangeOfHttp1(data: usize, length: u32): bool {
  if (!readRange(data, length)) return false;
  if (last <= 0 || size <= 0 || (first == 0 && last == size - 1)) return true;
  return first <= last && last < size;
}

/** HTTP/2: the range is in order and within the file, as far as its numbers are said. */
export function isRangeOfHttp2(data: usize, length: u32): bool {
  return readRange(data, length) && first <= last && (last <= 0 || size <= 0 || last < size);
}
