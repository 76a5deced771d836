/** Percent-decoding primitives (RFC 3986 section 2.1) and the form encoding's `+`. */

/** Value of a hexadecimal digit, or -1. */
export function hexValue(c: u32): i32 {
  if (c - 48 < 10) return <i32>c - 48;
  const lower = c | 0x20;
  return lower - 97 < 6 ? <i32>lower - 87 : -1;
}

/** Value of two hexadecimal digits at `at`, or -1 when one of them is none. */
export function hexPair(at: usize): i32 {
  const high = hexValue(<u32>load<u8>(at));
  const low = hexValue(<u32>load<u8>(at, 1));
  return high < 0 || low < 0 ? -1 : (high << 4) | low;
}

/**
 * Decodes `%XX` (and `+` to a space when `plus`) once; what is no valid escape stays as it is.
 * `out` may be `input`. Returns the new length, never above `length`.
 */
export function percentDecode(input: usize, length: u32, out: usize, plus: bool): u32 {
  let written: u32 = 0;
  for (let i: u32 = 0; i < length; i++) {
    let c = <u32>load<u8>(input + i);
    if (c == 0x25 && i + 2 < length) {
      const value = hexPair(input + i + 1);
      if (value >= 0) {
        c = <u32>value;
        i += 2;
      }
    } else if (c == 0x2b && plus) c = 0x20;
    store<u8>(out + written++, <u8>c);
  }
  return written;
}
