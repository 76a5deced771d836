/** BER elements (ITU-T X.690) with definite lengths as messages on a wire: how long, and is it all there. */
import { contentAt, contentLength, elementTag, readElement } from "./der";

/** Bytes of the element that begins at `data`; 0: the data ends inside, below 0: no element of at most `limit` bytes. */
export function elementSize(data: usize, length: u32, limit: u32): i32 {
  if (length < 2) return 0;
  const first = <u32>load<u8>(data, 1);
  let size: u64 = 2 + <u64>first;
  if (first >= 0x80) {
    const n = first & 0x7f;
    if (n == 0 || n > 4) return -1;
    if (length < 2 + n) return 0;
    let value: u64 = 0;
    for (let i: u32 = 0; i < n; i++) value = (value << 8) | <u64>load<u8>(data + 2 + i);
    size = 2 + <u64>n + value;
  }
  if (size > <u64>limit) return -1;
  return size > <u64>length ? 0 : <i32>size;
}

/** Content of the element read last as an unsigned number; only the last eight bytes count. */
export function contentNumber(): u64 {
  let value: u64 = 0;
  for (let i: u32 = 0; i < contentLength; i++) value = (value << 8) | <u64>load<u8>(contentAt + i);
  return value;
}

/** Content of the element read last as a signed number of at most eight bytes. */
export function contentSigned(): i64 {
  const bytes = min<u32>(contentLength, 8);
  const value = contentNumber();
  if (bytes == 0 || bytes == 8) return <i64>value;
  const shift = <u64>(64 - bytes * 8);
  return <i64>(value << shift) >> <i64>shift;
}

/** Reads the element at `at` and wants this tag. The address behind it, 0 when it is another or does not fit. */
export function expect(at: usize, end: usize, tag: u32): usize {
  if (at == 0 || at >= end) return 0;
  const next = readElement(at, end);
  return next != 0 && elementTag == tag ? next : 0;
}
