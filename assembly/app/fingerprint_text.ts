/** The text a fingerprint is built in, one at a time. */
export const fingerprintText: usize = memory.data(8192);
export const FINGERPRINT_ROOM: u32 = 8192;
let length: u32 = 0;

export function beginText(): void {
  length = 0;
}

export function textLength(): u32 {
  return length;
}

/** Cuts the text after `to` bytes. */
export function cutText(to: u32): void {
  length = to;
}

export function putByte(byte: u32): void {
  if (length < FINGERPRINT_ROOM) store<u8>(fingerprintText + length++, <u8>byte);
}

export function putDecimal(value: u32): void {
  if (value >= 10) putDecimal(value / 10);
  putByte(0x30 + (value % 10));
}

function nibble(value: u32): u32 {
  return value < 10 ? 0x30 + value : 0x57 + value;
}

/** Four lower-case hex digits. */
export function putHex16(value: u32): void {
  putByte(nibble((value >> 12) & 15));
  putByte(nibble((value >> 8) & 15));
  putByte(nibble((value >> 4) & 15));
  putByte(nibble(value & 15));
}

/** Two decimal digits, 99 at most. */
export function putTwo(value: u32): void {
  const n = min<u32>(value, 99);
  putByte(0x30 + n / 10);
  putByte(0x30 + (n % 10));
}
