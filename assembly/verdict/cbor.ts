/**
 * CBOR writer (RFC 8949) for event bodies: protocols and detection describe what they saw with it, hosts read it without protocol knowledge.
 *
 *   map("http"); text("hostname", at, length); number("length", 12); end();
 *
 * Keys are static strings. Packet data goes out as byte strings (the host escapes it), our own words as text strings.
 * Contract: bounded by `openBody`; what does not fit sets `bodyOverflow` and is left out whole, so the body is always well formed.
 */

let start: usize = 0;
let at: usize = 0;
let limit: usize = 0;
let depth: u32 = 0;
export let bodyOverflow: bool = false;

const BREAK: u8 = 0xff;
const OPEN_MAP: u8 = 0xbf;
const OPEN_ARRAY: u8 = 0x9f;

/** Starts a body (an open map) at `address`, never writing beyond `capacity` bytes (>= 64). */
export function openBody(address: usize, capacity: u32): void {
  start = address;
  at = address;
  depth = 1;
  // Room for the breaks that close every open level is kept free.
  limit = address + capacity - 32;
  bodyOverflow = false;
  store<u8>(at++, OPEN_MAP);
}

/** Closes every open level. Bytes of the body. */
export function closeBody(): u32 {
  while (depth > 0) end();
  return <u32>(at - start);
}

/** Bytes written so far, to see whether a level stayed empty. */
export function bodyLength(): u32 {
  return <u32>(at - start);
}

/** Takes everything back that was written after `length` (from `bodyLength`), at the same depth. */
export function rewindBody(length: u32): void {
  at = start + length;
}

function room(bytes: usize): bool {
  if (at + bytes <= limit && depth < 24) return true;
  bodyOverflow = true;
  return false;
}

function head(major: u8, value: u64): void {
  if (value < 24) {
    store<u8>(at, major | <u8>value);
    at += 1;
  } else if (value < 0x100) {
    store<u8>(at, major | 24);
    store<u8>(at + 1, <u8>value);
    at += 2;
  } else if (value < 0x10000) {
    store<u8>(at, major | 25);
    store<u16>(at + 1, bswap<u16>(<u16>value));
    at += 3;
  } else if (value < 0x100000000) {
    store<u8>(at, major | 26);
    store<u32>(at + 1, bswap<u32>(<u32>value));
    at += 5;
  } else {
    store<u8>(at, major | 27);
    store<u64>(at + 1, bswap<u64>(value));
    at += 9;
  }
}

function literal(s: string): void {
  const n = s.length;
  head(0x60, n);
  const chars = changetype<usize>(s);
  for (let i = 0; i < n; i++) store<u8>(at + i, <u8>load<u16>(chars + ((<usize>i) << 1)));
  at += n;
}

function keyRoom(key: string, bytes: usize): bool {
  if (!room(<usize>key.length + 5 + bytes)) return false;
  if (key.length > 0) literal(key);
  return true;
}

/** Opens a map under `key`; "" inside an array. False: no room, and then `end` must not be called for it. */
export function map(key: string): bool {
  if (!keyRoom(key, 1)) return false;
  store<u8>(at++, OPEN_MAP);
  depth++;
  return true;
}

/** Opens an array under `key`; "" inside an array. False: no room. */
export function array(key: string): bool {
  if (!keyRoom(key, 1)) return false;
  store<u8>(at++, OPEN_ARRAY);
  depth++;
  return true;
}

/** Ends the innermost map or array. */
export function end(): void {
  store<u8>(at++, BREAK);
  depth--;
}

/** Packet data, as bytes. */
export function text(key: string, data: usize, length: u32): void {
  if (!keyRoom(key, <usize>length + 5)) return;
  head(0x40, length);
  memory.copy(at, data, length);
  at += length;
}

/** One of our own words. */
export function word(key: string, value: string): void {
  if (!keyRoom(key, <usize>value.length + 5)) return;
  literal(value);
}

export function number(key: string, value: u64): void {
  if (!keyRoom(key, 9)) return;
  head(0, value);
}

export function signed(key: string, value: i64): void {
  if (!keyRoom(key, 9)) return;
  if (value < 0) head(0x20, <u64>(-1 - value));
  else head(0, <u64>value);
}

export function flag(key: string, value: bool): void {
  if (!keyRoom(key, 1)) return;
  store<u8>(at++, value ? 0xf5 : 0xf4);
}

/** Bytes as lower-case hex text, `separator` (0 for none) between them. */
export function hex(key: string, data: usize, length: u32, separator: u8 = 0): void {
  const step: u32 = separator != 0 ? 3 : 2;
  const total = length == 0 ? 0 : length * step - (separator != 0 ? 1 : 0);
  if (!keyRoom(key, <usize>total + 5)) return;
  head(0x60, total);
  for (let i: u32 = 0; i < length; i++) {
    if (separator != 0 && i > 0) store<u8>(at++, separator);
    const byte = load<u8>(data + i);
    store<u8>(at++, digit(byte >> 4));
    store<u8>(at++, digit(byte & 15));
  }
}

function digit(nibble: u8): u8 {
  return nibble < 10 ? 0x30 + nibble : 0x57 + nibble;
}

/** A text string assembled from pieces: `openText(key, total)`, then `piece`s of exactly `total` bytes together. False: no room. */
export function openText(key: string, total: u32): bool {
  if (!keyRoom(key, <usize>total + 5)) return false;
  head(0x60, total);
  return true;
}

export function piece(data: usize, length: u32): void {
  memory.copy(at, data, length);
  at += length;
}

function twoDigits(value: u32): void {
  store<u8>(at, <u8>(0x30 + ((value / 10) % 10)));
  store<u8>(at + 1, <u8>(0x30 + (value % 10)));
  at += 2;
}

function mark(c: u8): void {
  store<u8>(at++, c);
}

/** A point in time (microseconds since 1970) as EVE writes it: `2026-11-23T10:00:00.000000+0000`. */
export function time(key: string, microseconds: u64): void {
  if (!openText(key, 31)) return;
  const seconds = microseconds / 1000000;
  const days = seconds / 86400;
  const second = <u32>(seconds % 86400);
  // Civil date from days (Howard Hinnant, "chrono-compatible low-level date algorithms").
  const shifted = days + 719468;
  const era = shifted / 146097;
  const dayOfEra = <u32>(shifted - era * 146097);
  const yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365;
  const dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
  const month = (5 * dayOfYear + 2) / 153;
  const year = <u32>era * 400 + yearOfEra + (month >= 10 ? 1 : 0);
  twoDigits(year / 100);
  twoDigits(year % 100);
  mark(0x2d);
  twoDigits(month < 10 ? month + 3 : month - 9);
  mark(0x2d);
  twoDigits(dayOfYear - (153 * month + 2) / 5 + 1);
  mark(0x54);
  twoDigits(second / 3600);
  mark(0x3a);
  twoDigits((second / 60) % 60);
  mark(0x3a);
  twoDigits(second % 60);
  mark(0x2e);
  const micro = <u32>(microseconds % 1000000);
  twoDigits(micro / 10000);
  twoDigits((micro / 100) % 100);
  twoDigits(micro % 100);
  mark(0x2b);
  twoDigits(0);
  twoDigits(0);
}
