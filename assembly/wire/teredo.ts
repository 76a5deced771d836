/** Teredo (RFC 4380, 5.1.1): IPv6 in UDP, with origin indications in front. Looks like Teredo only if lengths agree to the byte. */
import { IPV6_SIZE, Ipv6 } from "./ipv6";

/** Origin indication: two zero bytes, port, address. */
const ORIGIN_SIZE: u32 = 8;

/** Offset of the IPv6 packet within the `length` bytes at `at`, or -1 when this is not Teredo. */
export function findTeredo(at: usize, length: u32): i32 {
  if (length < IPV6_SIZE) return -1;
  let offset: u32 = 0;
  while (load<u8>(at + offset) == 0) {
    if (load<u8>(at + offset + 1) != 0) return -1;
    if (length < offset + ORIGIN_SIZE + IPV6_SIZE) return -1;
    offset += ORIGIN_SIZE;
  }
  const inner = Ipv6.at(at + offset);
  if (inner.version != 6) return -1;
  if (length != offset + IPV6_SIZE + inner.payloadLength) return -1;
  return <i32>offset;
}
