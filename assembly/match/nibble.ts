/**
 * Filter by nibbles: one or two groups of eight buckets, each bucket a set of low and a set of high nibbles for three successive bytes (Teddy, of Hyperscan).
 * A position is a candidate if one bucket allows all three. Sixteen positions a step with SIMD; the scalar build looks them up one by one.
 * Buckets whose literals are all found are left out: `active` has a bit for each that is still wanted.
 * Inside a run of one byte nothing is a candidate: a position is skipped if its three bytes and the one before it are equal. The builder
 * places the windows so that nothing is lost (compiler/prefilter/nibbles.ts): zero-filled text would drown the verification otherwise.
 *
 * Contract: 64 bytes beyond `stop` are readable; `out` has room for every position of the block and 64 more.
 */
import { LiteralFormat, LiteralSection } from "../abi/literals";

/** End of the candidates of the nibble filter after `filterBoth`. */
export let nibbleEnd: usize = 0;

/** Where the text starts: what is before it does not make a run. */
let textStart: usize = 0;

export function setTextStart(data: usize): void {
  textStart = data;
}

export function setNibbleEnd(end: usize): void {
  nibbleEnd = end;
}

/** The tables of a group of eight buckets of a nibble section. */
export function bucketsOf(table: usize, section: usize, group: u32): usize {
  return table + load<u32>(section, LiteralSection.TABLE) + group * LiteralFormat.GROUP_BYTES;
}

/** Scans with eight buckets alone; the lower bits of `active` are those still wanted. Returns the end of the candidates. */
export function filterNibbles(section: usize, buckets: usize, active: u32, at: usize, stop: usize, out: usize): usize {
  if (ASC_FEATURE_SIMD) {
    const low = v128.and(v128.load(buckets), i8x16.splat(<i8>active));
    const high = v128.load(buckets, 16);
    if (load<u32>(section, LiteralSection.TABLE_LIMIT) == 1) {
      for (; at < stop; at += 16) {
        const found = allow(low, high, v128.load(at));
        if (v128.any_true(found)) out = writeLanes(found, at, out);
      }
      return out;
    }
    const low1 = v128.load(buckets, 32);
    const high1 = v128.load(buckets, 48);
    const low2 = v128.load(buckets, 64);
    const high2 = v128.load(buckets, 80);
    for (; at < stop; at += 16) {
      const first = v128.and(allow(low, high, v128.load(at)), allow(low1, high1, v128.load(at, 1)));
      const found = v128.and(first, allow(low2, high2, v128.load(at, 2)));
      if (v128.any_true(found)) out = writeLanes(found, at, out);
    }
  } else {
    for (; at < stop; ++at) {
      let found = active & 0xff;
      for (let i: usize = 0; i < 3; ++i) {
        const byte: usize = load<u8>(at + i);
        const low = buckets + (i << 5) + (byte & 15);
        const high = buckets + (i << 5) + (byte >>> 4);
        found &= <u32>load<u8>(low) & <u32>load<u8>(high, 16);
      }
      store<u32>(out, <u32>at);
      out += (<usize>(found != 0)) << 2;
    }
  }
  return out;
}

/**
 * The buckets that allow each byte of `text`. The high halves are shifted down in words and masked: a shift of bytes, which the processor does
 * not have, takes three instructions more.
 */
export function allow(low: v128, high: v128, text: v128): v128 {
  const half = i8x16.splat(15);
  return v128.and(i8x16.swizzle(low, v128.and(text, half)), i8x16.swizzle(high, v128.and(i16x8.shr_u(text, 4), half)));
}

/** Writes the positions of the lanes of `found` that are not zero and not inside a run. */
export function writeLanes(found: v128, at: usize, out: usize): usize {
  const text = v128.load(at);
  const follows = v128.and(i8x16.eq(text, v128.load(at, 1)), i8x16.eq(text, v128.load(at, 2)));
  const run: u32 = i8x16.bitmask(v128.and(follows, i8x16.eq(text, v128.load(at - 1))));
  let lanes: u32 = i8x16.bitmask(i8x16.ne(found, i8x16.splat(0))) & ~(at == textStart ? run & ~1 : run);
  for (; lanes != 0; lanes &= lanes - 1, out += 4) store<u32>(out, <u32>at + ctz(lanes));
  return out;
}
