/**
 * One literal in one buffer: compares the literal's first and last byte, with SIMD at 16 positions at a time, then the middle.
 * Contract: 64 bytes behind the data are readable; a position is reported only when the whole literal lies inside.
 */

function isLetter(byte: u32): bool {
  return (byte | 0x20) - 0x61 < 26;
}

function lower(byte: u32): u32 {
  return byte - 0x41 < 26 ? byte | 0x20 : byte;
}

function same(data: usize, literal: usize, length: u32): bool {
  let i: u32 = 0;
  while (i + 8 <= length) {
    if (load<u64>(data + i) != load<u64>(literal + i)) return false;
    i += 8;
  }
  for (; i < length; i++) if (load<u8>(data + i) != load<u8>(literal + i)) return false;
  return true;
}

/** `literal` is lower case. */
function sameFolded(data: usize, literal: usize, length: u32): bool {
  for (let i: u32 = 0; i < length; i++) if (lower(load<u8>(data + i)) != <u32>load<u8>(literal + i)) return false;
  return true;
}

/** Position of the first occurrence of `literal` (1.. bytes; lower case when `nocase`), -1 for none. */
export function findLiteral(data: usize, length: u32, literal: usize, literalLength: u32, nocase: bool): i32 {
  if (literalLength == 0 || literalLength > length) return -1;
  const last = length - literalLength;
  const tail = literalLength - 1;
  const a = <u32>load<u8>(literal);
  const z = <u32>load<u8>(literal + tail);
  const foldA: u8 = nocase && isLetter(a) ? 0x20 : 0;
  const foldZ: u8 = nocase && isLetter(z) ? 0x20 : 0;
  // Where one thing must follow another, it is often there or nowhere.
  if ((load<u8>(data) | foldA) == a && (load<u8>(data + tail) | foldZ) == z) {
    if (nocase ? sameFolded(data, literal, literalLength) : same(data, literal, literalLength)) return 0;
  }
  if (last == 0) return -1;
  if (ASC_FEATURE_SIMD) {
    const first = i8x16.splat(<i8>a);
    const final = i8x16.splat(<i8>z);
    const foldFirst = i8x16.splat(<i8>foldA);
    const foldFinal = i8x16.splat(<i8>foldZ);
    for (let at: u32 = 1; at <= last; at += 16) {
      const head = i8x16.eq(v128.or(v128.load(data + at), foldFirst), first);
      const end = i8x16.eq(v128.or(v128.load(data + at + tail), foldFinal), final);
      let mask = <u32>i8x16.bitmask(v128.and(head, end));
      while (mask != 0) {
        const position = at + ctz(mask);
        if (position > last) return -1;
        if (
          nocase ? sameFolded(data + position, literal, literalLength) : same(data + position, literal, literalLength)
        )
          return position;
        mask &= mask - 1;
      }
    }
  } else {
    for (let at: u32 = 1; at <= last; at++) {
      if ((load<u8>(data + at) | foldA) != a || (load<u8>(data + at + tail) | foldZ) != z) continue;
      if (nocase ? sameFolded(data + at, literal, literalLength) : same(data + at, literal, literalLength))
        return <i32>at;
    }
  }
  return -1;
}
