/**
 * Internet checksums (RFC 1071): of the IPv4 header, TCP, UDP and ICMP. Computed on demand, since only some keywords and the stream
 * engine want to know. A sum is right when it folds to all ones; the order of bytes does not matter to it.
 */
import { IpProto } from "../abi/codes";
import { IPV4_SIZE } from "./ipv4";
import { Packet, PacketFlag } from "./packet";
import { UDP_SIZE, udpChecksumField } from "./udp";

export enum Checksum {
  /** There is none here: other protocol, a fragment, or UDP without one. */
  None = 0,
  Valid = 1,
  Invalid = 2,
}

/** Ones' complement sum of `length` bytes, unfolded. */
function sum(at: usize, length: u32): u64 {
  let total: u64 = 0;
  while (length >= 16) {
    total += <u64>load<u32>(at) + <u64>load<u32>(at, 4) + <u64>load<u32>(at, 8) + <u64>load<u32>(at, 12);
    at += 16;
    length -= 16;
  }
  while (length >= 2) {
    total += load<u16>(at);
    at += 2;
    length -= 2;
  }
  return length == 1 ? total + load<u8>(at) : total;
}

function right(total: u64): bool {
  total = (total & 0xffffffff) + (total >> 32);
  total = (total & 0xffff) + (total >> 16);
  total = (total & 0xffff) + (total >> 16);
  total = (total & 0xffff) + (total >> 16);
  return total == 0xffff;
}

/** Addresses, length and protocol (RFC 9293, 3.1; RFC 8200, 8.1). */
function pseudoHeader(p: Packet, proto: IpProto, length: u32): u64 {
  let total: u64 = bswap<u16>(<u16>length);
  total += bswap<u16>(<u16>proto);
  if (p.ipVersion == 4) return total + sum(p.ip + 12, 8);
  return total + sum(p.ip + 8, 32);
}

/** State of the IPv4 header's checksum. */
export function ipChecksum(p: Packet): Checksum {
  if (p.ip == 0 || p.ipVersion != 4) return Checksum.None;
  if (p.has(PacketFlag.PartialChecksum)) return Checksum.Valid;
  const size = max<u32>(p.ipHeaderLength, IPV4_SIZE);
  return right(sum(p.ip, size)) ? Checksum.Valid : Checksum.Invalid;
}

/** State of the TCP, UDP or ICMP checksum. */
export function transportChecksum(p: Packet): Checksum {
  if (p.ip == 0 || p.transport == 0) return Checksum.None;
  const rest = <u32>(p.ip + p.ipLength - p.transport);
  let length = rest;
  let total: u64 = 0;
  switch (<u32>p.proto) {
    case IpProto.Tcp:
      total = pseudoHeader(p, IpProto.Tcp, length);
      break;
    case IpProto.Udp:
      if (udpChecksumField(p.transport) == 0) return Checksum.None;
      length = UDP_SIZE + p.payloadLength;
      total = pseudoHeader(p, IpProto.Udp, length);
      break;
    case IpProto.Icmp:
      break;
    case IpProto.Icmpv6:
      total = pseudoHeader(p, IpProto.Icmpv6, length);
      break;
    default:
      return Checksum.None;
  }
  if (p.has(PacketFlag.PartialChecksum)) return Checksum.Valid;
  return right(total + sum(p.transport, length)) ? Checksum.Valid : Checksum.Invalid;
}

/**
 * Stores `value` (in memory's order) at `at` and corrects the checksum that covers it (RFC 1624): a right one stays right, a wrong one
 * wrong. Both fields begin at an even offset of what the checksum covers.
 */
export function rewriteWord(at: usize, checksum: usize, value: u16): void {
  let sum = <u32>(~load<u16>(checksum) & 0xffff) + <u32>(~load<u16>(at) & 0xffff) + <u32>value;
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  store<u16>(at, value);
  store<u16>(checksum, <u16>~sum);
}
