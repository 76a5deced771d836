/**
 * Filter by nibbles: eight buckets, each a set of low and a set of high nibbles for up to three bytes (Teddy, of Hyperscan; Langdale et al.).
 * A position is a candidate if one bucket allows all its bytes. Sixteen positions a step with SIMD; the scalar build looks them up one by one.
 *
 * Contract: as in gram.ts.
 */
import { LiteralSection } from "../abi/literals";

/** Returns the end of the candidates. */
export function filterNibbles(table: usize, section: usize, at: usize, stop: usize, out: usize): usize {
  const nibbles = table + load<u32>(section, LiteralSection.TABLE);
  const depth = load<u32>(section, LiteralSection.TABLE_BITS);
  if (ASC_FEATURE_SIMD) {
    return depth == 1
      ? one(nibbles, at, stop, out)
      : depth == 2
        ? two(nibbles, at, stop, out)
        : three(nibbles, at, stop, out);
  } else {
    for (; at < stop; ++at) {
      let buckets: u32 = 0xff;
      for (let i: u32 = 0; i < depth; ++i) {
        const byte: u32 = load<u8>(at + i);
        buckets &=
          <u32>load<u8>(nibbles + (i << 5) + (byte & 15)) & <u32>load<u8>(nibbles + (i << 5) + 16 + (byte >>> 4));
      }
      if (buckets != 0) {
        store<u32>(out, <u32>at);
        out += 4;
      }
    }
    return out;
  }
}

function allow(low: v128, high: v128, text: v128): v128 {
  const right = v128.and(text, i8x16.splat(15));
  const left = i8x16.shr_u(text, 4);
  return v128.and(i8x16.swizzle(low, right), i8x16.swizzle(high, left));
}

/** Writes the lanes of `buckets` that are not zero. */
function write(buckets: v128, at: usize, out: usize): usize {
  let lanes: u32 = i8x16.bitmask(i8x16.ne(buckets, i8x16.splat(0)));
  for (; lanes != 0; lanes &= lanes - 1, out += 4) store<u32>(out, <u32>at + ctz(lanes));
  return out;
}

function one(nibbles: usize, at: usize, stop: usize, out: usize): usize {
  const low = v128.load(nibbles);
  const high = v128.load(nibbles, 16);
  for (; at < stop; at += 16) {
    const buckets = allow(low, high, v128.load(at));
    if (v128.any_true(buckets)) out = write(buckets, at, out);
  }
  return out;
}

function two(nibbles: usize, at: usize, stop: usize, out: usize): usize {
  const low = v128.load(nibbles);
  const high = v128.load(nibbles, 16);
  const low1 = v128.load(nibbles, 32);
  const high1 = v128.load(nibbles, 48);
  for (; at < stop; at += 16) {
    const buckets = v128.and(allow(low, high, v128.load(at)), allow(low1, high1, v128.load(at, 1)));
    if (v128.any_true(buckets)) out = write(buckets, at, out);
  }
  return out;
}

function three(nibbles: usize, at: usize, stop: usize, out: usize): usize {
  const low = v128.load(nibbles);
  const high = v128.load(nibbles, 16);
  const low1 = v128.load(nibbles, 32);
  const high1 = v128.load(nibbles, 48);
  const low2 = v128.load(nibbles, 64);
  const high2 = v128.load(nibbles, 80);
  for (; at < stop; at += 16) {
    const first = v128.and(allow(low, high, v128.load(at)), allow(low1, high1, v128.load(at, 1)));
    const buckets = v128.and(first, allow(low2, high2, v128.load(at, 2)));
    if (v128.any_true(buckets)) out = write(buckets, at, out);
  }
  return out;
}
