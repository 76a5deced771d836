/** Network byte order: big-endian loads. The caller vouches for the bytes. */

export function be16(at: usize): u16 {
  return bswap<u16>(load<u16>(at));
}

export function be32(at: usize): u32 {
  return bswap<u32>(load<u32>(at));
}
