/** Checksums of the compressed formats: CRC-32 (RFC 1952) and Adler-32 (RFC 1950). Both continue from an earlier value. */

const ADLER_MODULUS: u32 = 65521;
/** Longest run for which the Adler sums cannot overflow 32 bits. */
const ADLER_RUN: u32 = 5552;

/** Half-byte steps keep the table at 64 bytes; gzip checksums are tolerated, so this is no hot path. */
const crcTable: usize = memory.data<u32>([
  0x0000_0000, 0x1db7_1064, 0x3b6e_20c8, 0x26d9_30ac, 0x76dc_4190, 0x6b6b_51f4, 0x4db2_6158, 0x5005_713c, 0xedb8_8320,
  0xf00f_9344, 0xd6d6_a3e8, 0xcb61_b38c, 0x9b64_c2b0, 0x86d3_d2d4, 0xa00a_e278, 0xbdbd_f21c,
]);

/** CRC-32 of `length` bytes, continued from `crc` (0 to begin). */
export function crc32(crc: u32, data: usize, length: u32): u32 {
  crc = ~crc;
  for (const end = data + length; data < end; data++) {
    crc ^= <u32>load<u8>(data);
    crc = (crc >> 4) ^ load<u32>(crcTable + ((<usize>(crc & 15)) << 2));
    crc = (crc >> 4) ^ load<u32>(crcTable + ((<usize>(crc & 15)) << 2));
  }
  return ~crc;
}

/** Adler-32 of `length` bytes, continued from `adler` (1 to begin). */
export function adler32(adler: u32, data: usize, length: u32): u32 {
  let a = adler & 0xffff;
  let b = adler >> 16;
  while (length > 0) {
    const run = min(length, ADLER_RUN);
    for (const end = data + run; data < end; data++) {
      a += <u32>load<u8>(data);
      b += a;
    }
    a %= ADLER_MODULUS;
    b %= ADLER_MODULUS;
    length -= run;
  }
  return (b << 16) | a;
}
