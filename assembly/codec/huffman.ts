/**
 * Canonical Huffman decoding tables for DEFLATE (RFC 1951 section 3.2.2).
 *
 * A table is a region of `HUFFMAN_SIZE` bytes handed in by the caller:
 *
 *     0      fast   u16[512]  code of at most 9 bits -> length << 12 | symbol
 *     1024   count  u16[16]   number of codes a length
 *     1056   symbol u16[288]  symbols in code order
 *
 * Codes longer than nine bits are walked length by length; a bit pattern that is no code is reported, never followed.
 */

const FAST_BITS: u32 = 9;
const COUNT: usize = 1024;
const SYMBOL: usize = 1056;
const MAX_BITS: u32 = 15;
export const HUFFMAN_SIZE: usize = 1632;

/** More bits are needed to decide. */
export const HUFFMAN_MORE: u32 = 0;
/** The bits are no code of this table. */
export const HUFFMAN_INVALID: u32 = 0xffff_ffff;

function reversed(code: u32, length: u32): u32 {
  let out: u32 = 0;
  for (let i: u32 = 0; i < length; i++) {
    out = (out << 1) | (code & 1);
    code >>= 1;
  }
  return out;
}

/**
 * Builds a table from `n` code lengths (bytes, at most 288 of at most 15).
 * Returns the unused code space: 0 for a complete set, above 0 for an incomplete one, below 0 for an over-subscribed one
 * (then the table is unusable).
 */
export function huffmanBuild(table: usize, lengths: usize, n: u32): i32 {
  memory.fill(table, 0, HUFFMAN_SIZE);
  for (let i: u32 = 0; i < n; i++) {
    const at = table + COUNT + ((<usize>load<u8>(lengths + i)) << 1);
    store<u16>(at, load<u16>(at) + 1);
  }
  store<u16>(table + COUNT, 0);
  let left: i32 = 1;
  for (let length: u32 = 1; length <= MAX_BITS; length++) {
    left = (left << 1) - <i32>load<u16>(table + COUNT + ((<usize>length) << 1));
    if (left < 0) return left;
  }
  let code: u32 = 0;
  let index: u32 = 0;
  for (let length: u32 = 1; length <= MAX_BITS; length++) {
    if (load<u16>(table + COUNT + ((<usize>length) << 1)) != 0) {
      for (let symbol: u32 = 0; symbol < n; symbol++) {
        if (<u32>load<u8>(lengths + symbol) != length) continue;
        store<u16>(table + SYMBOL + ((<usize>index) << 1), <u16>symbol);
        index++;
        if (length <= FAST_BITS) {
          const entry = <u16>((length << 12) | symbol);
          for (let at = reversed(code, length); at < 1 << FAST_BITS; at += 1 << length) {
            store<u16>(table + ((<usize>at) << 1), entry);
          }
        }
        code++;
      }
    }
    code <<= 1;
  }
  return left;
}

/** Number of bits of the longest code: 0 when the table has none. */
export function huffmanLongest(table: usize): u32 {
  for (let length = MAX_BITS; length > 0; length--) {
    if (load<u16>(table + COUNT + ((<usize>length) << 1)) != 0) return length;
  }
  return 0;
}

/** Decodes one symbol from the low `available` bits: `length << 16 | symbol`, `HUFFMAN_MORE` or `HUFFMAN_INVALID`. */
export function huffmanDecode(table: usize, bits: u64, available: u32): u32 {
  const entry = <u32>load<u16>(table + ((<usize>bits & ((1 << FAST_BITS) - 1)) << 1));
  const length = entry >> 12;
  if (length != 0) return length <= available ? (length << 16) | (entry & 0xfff) : HUFFMAN_MORE;
  return huffmanWalk(table, bits, available);
}

function huffmanWalk(table: usize, bits: u64, available: u32): u32 {
  let code: i32 = 0;
  let first: i32 = 0;
  let index: i32 = 0;
  for (let length: u32 = 1; length <= MAX_BITS; length++) {
    if (length > available) return HUFFMAN_MORE;
    code |= <i32>(bits & 1);
    bits >>= 1;
    const count = <i32>load<u16>(table + COUNT + ((<usize>length) << 1));
    if (code - count < first) {
      return (length << 16) | <u32>load<u16>(table + SYMBOL + ((<usize>(index + code - first)) << 1));
    }
    index += count;
    first = (first + count) << 1;
    code <<= 1;
  }
  return HUFFMAN_INVALID;
}
