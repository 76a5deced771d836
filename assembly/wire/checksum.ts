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

function folded(total: u64): u16 {
  while (total >> 16 != 0) total = (total & 0xffff) + (total >> 16);
  return <u16>~total;
}

/** The checksum of `length` bytes, as it stands in memory. */
export function internetChecksum(at: usize, length: u32): u16 {
  return folded(sum(at, length));
}

/** The checksum of a TCP, ICMP or ICMPv6 message of `length` bytes at `at`, in the packet whose IP header is at `ip`, as it stands in memory. */
export function messageChecksum(ip: usize, version: u8, proto: u32, at: usize, length: u32): u16 {
  let total = sum(at, length);
  if (proto != IpProto.Icmp) {
    total += version == 4 ? sum(ip + 12, 8) : sum(ip + 8, 32);
    total += <u64>bswap<u16>(<u16>length) + <u64>bswap<u16>(<u16>proto);
  }
  return folded(total);
}

/** Address of the checksum of the packet's TCP, UDP or ICMP message, 0 when it has none. */
function checksumField(p: Packet): usize {
  switch (<u32>p.proto) {
    case IpProto.Tcp:
      return p.transport + 16;
    case IpProto.Udp:
      return udpChecksumField(p.transport) == 0 ? 0 : p.transport + 6;
    case IpProto.Icmp:
    case IpProto.Icmpv6:
      return p.transport + 2;
    default:
      return 0;
  }
}

/** Sum of bytes at `at`, as the words that the checksum is made of lie: from an odd place on each byte stands in the other half. */
function placedSum(p: Packet, at: usize, length: u32): u64 {
  let total = sum(at, length);
  while (total >> 16 != 0) total = (total & 0xffff) + (total >> 16);
  return ((at - p.transport) & 1) == 0 ? total : bswap<u16>(<u16>total);
}

/** Copies `length` bytes over the packet's payload at `at` and corrects the checksum: a right one stays right (RFC 1624). */
export function rewritePayload(p: Packet, at: usize, bytes: usize, length: u32): void {
  // The checksum of an offloaded packet covers the pseudo header only.
  const field: usize = p.transport == 0 || p.has(PacketFlag.PartialChecksum) ? 0 : checksumField(p);
  if (field == 0) {
    memory.copy(at, bytes, length);
    return;
  }
  const before = placedSum(p, at, length);
  memory.copy(at, bytes, length);
  const checksum = folded(<u64>(~load<u16>(field) & 0xffff) + (~before & 0xffff) + placedSum(p, at, length));
  // A UDP checksum of zero means none; its other form is all ones (RFC 768).
  store<u16>(field, checksum == 0 && p.proto == <u8>IpProto.Udp ? <u16>0xffff : checksum);
}

/** Offsets in the headers, and what an IPv6 length does not count. */
const enum Field {
  ipv4Length = 2,
  ipv4Checksum = 10,
  ipv6Length = 4,
  ipv6Size = 40,
  tcpChecksum = 16,
}

/** Takes the payload off a TCP packet: what follows is padding of the frame. */
export function cutPayload(p: Packet): void {
  const length = <u16>(p.ipLength - p.payloadLength);
  if (p.ipVersion == 4) rewriteWord(p.ip + Field.ipv4Length, p.ip + Field.ipv4Checksum, bswap<u16>(length));
  else store<u16>(p.ip + Field.ipv6Length, bswap<u16>(length - <u16>Field.ipv6Size));
  const header = <u32>(p.payload - p.transport);
  store<u16>(p.transport + Field.tcpChecksum, 0);
  store<u16>(
    p.transport + Field.tcpChecksum,
    messageChecksum(p.ip, p.ipVersion, <u32>IpProto.Tcp, p.transport, header),
  );
}
