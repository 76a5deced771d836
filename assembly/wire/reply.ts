/**
 * Packets that answer a rejected one: a TCP reset (RFC 9293, 3.10.7.1), or an ICMP message that the communication is administratively
 * prohibited (RFC 1122, 3.2.2.1; RFC 4443, 3.1). In the receiver's name to the sender, or in the sender's name to the receiver.
 *
 * Contract: `writeReply` writes REPLY_MAX bytes at most; it reads only what `wire/` has checked.
 */
import { IpProto } from "../abi/codes";
import { internetChecksum, messageChecksum } from "./checksum";
import { isIcmpError } from "./icmpv4";
import { Icmpv6Type } from "./icmpv6";
import { Packet, PacketFlag } from "./packet";

/** Bytes of a rejected packet that an ICMP message quotes. */
const QUOTED: u32 = 512;
const IPV6_SIZE: u32 = 40;
const ICMP_SIZE: u32 = 8;
const TTL: u8 = 64;

/** Bytes of the longest reply. */
export const REPLY_MAX: u32 = IPV6_SIZE + ICMP_SIZE + QUOTED;

const enum Ipv4 {
  versionLength = 0,
  totalLength = 2,
  fragment = 6,
  timeToLive = 8,
  protocol = 9,
  checksum = 10,
  source = 12,
  destination = 16,
  size = 20,
}

const enum Ipv6 {
  version = 0,
  payloadLength = 4,
  nextHeader = 6,
  hopLimit = 7,
  source = 8,
  destination = 24,
}

const enum Tcp {
  source = 0,
  destination = 2,
  sequence = 4,
  acknowledgement = 8,
  offset = 12,
  flags = 13,
  checksum = 16,
  size = 20,
}

const enum Icmp {
  type = 0,
  code = 1,
  checksum = 2,
}

const enum Flag {
  Fin = 1,
  Syn = 2,
  Rst = 4,
  Ack = 16,
}

/** Destination unreachable: the host, or communication with it, administratively prohibited, as Suricata has it. */
const UNREACHABLE_V4: u8 = 3;
const PROHIBITED_V4: u8 = 10;
const UNREACHABLE_V6: u8 = 1;
const PROHIBITED_V6: u8 = 1;

function put16(at: usize, value: u32): void {
  store<u16>(at, bswap<u16>(<u16>value));
}

function put32(at: usize, value: u32): void {
  store<u32>(at, bswap<u32>(value));
}

/** May the packet be answered? One between two hosts, but no reset and no message of an error (RFC 1122, 3.2.2; RFC 4443, 2.4). */
export function isAnswerable(p: Packet): bool {
  if (p.ip == 0 || p.has(PacketFlag.Pseudo) || p.has(PacketFlag.Fragment)) return false;
  if (isGroup(p.sourceLow, p.ipVersion) || isGroup(p.destinationLow, p.ipVersion)) return false;
  if (p.proto == <u8>IpProto.Tcp) return p.transport != 0 && (p.tcpFlags & <u8>Flag.Rst) == 0;
  if (p.proto == <u8>IpProto.Icmp) return p.transport != 0 && !isIcmpError(p.icmpType);
  if (p.proto == <u8>IpProto.Icmpv6) return p.transport != 0 && isInformation6(p.icmpType);
  return true;
}

/** No error about another packet, nor a redirection. */
function isInformation6(type: u8): bool {
  return type >= <u8>Icmpv6Type.Echo && type != <u8>Icmpv6Type.Redirect;
}

/** Multicast, broadcast or nobody's address. */
function isGroup(low: u64, version: u8): bool {
  const first = <u32>(low & 0xff);
  return version == 4 ? first == 0 || first >= 224 : first == 0xff;
}

/** Writes the reply to `p` at `at`; `onward`: to its receiver. Returns its length. */
export function writeReply(p: Packet, at: usize, onward: bool): u32 {
  const head = p.ipVersion == 4 ? <u32>Ipv4.size : IPV6_SIZE;
  const tcp = p.proto == <u8>IpProto.Tcp;
  const length = tcp ? writeReset(p, at + head, onward) : writeProhibited(p, at + head);
  const proto = tcp ? IpProto.Tcp : p.ipVersion == 4 ? IpProto.Icmp : IpProto.Icmpv6;
  writeHeader(p, at, <u8>proto, length, onward);
  const checksum = at + head + (tcp ? <u32>Tcp.checksum : <u32>Icmp.checksum);
  store<u16>(checksum, messageChecksum(at, p.ipVersion, <u32>proto, at + head, length));
  return head + length;
}

/** Its numbers are those the end it goes to expects next. */
function writeReset(p: Packet, at: usize, onward: bool): u32 {
  memory.fill(at, 0, Tcp.size);
  put16(at + Tcp.source, onward ? p.sourcePort : p.destinationPort);
  put16(at + Tcp.destination, onward ? p.destinationPort : p.sourcePort);
  store<u8>(at, 5 << 4, Tcp.offset);
  const flags = <u32>p.tcpFlags;
  if (onward) {
    put32(at + Tcp.sequence, p.sequence);
    put32(at + Tcp.acknowledgement, p.acknowledgement);
    store<u8>(at, <u8>(Flag.Rst | (flags & Flag.Ack)), Tcp.flags);
    return Tcp.size;
  }
  const numbers: u32 = ((flags & Flag.Syn) != 0 ? 1 : 0) + ((flags & Flag.Fin) != 0 ? 1 : 0);
  if ((flags & Flag.Ack) != 0) put32(at + Tcp.sequence, p.acknowledgement);
  put32(at + Tcp.acknowledgement, p.sequence + p.payloadLength + numbers);
  store<u8>(at, <u8>(Flag.Rst | Flag.Ack), Tcp.flags);
  return Tcp.size;
}

function writeProhibited(p: Packet, at: usize): u32 {
  const quoted = min(QUOTED, p.ipLength);
  memory.fill(at, 0, ICMP_SIZE);
  store<u8>(at, p.ipVersion == 4 ? UNREACHABLE_V4 : UNREACHABLE_V6, Icmp.type);
  store<u8>(at, p.ipVersion == 4 ? PROHIBITED_V4 : PROHIBITED_V6, Icmp.code);
  memory.copy(at + ICMP_SIZE, p.ip, quoted);
  return ICMP_SIZE + quoted;
}

function writeHeader(p: Packet, at: usize, proto: u8, length: u32, onward: bool): void {
  if (p.ipVersion == 4) {
    memory.fill(at, 0, Ipv4.size);
    store<u8>(at, 0x45, Ipv4.versionLength);
    put16(at + Ipv4.totalLength, <u32>Ipv4.size + length);
    put16(at + Ipv4.fragment, 0x4000);
    store<u8>(at, TTL, Ipv4.timeToLive);
    store<u8>(at, proto, Ipv4.protocol);
    store<u32>(at, <u32>(onward ? p.sourceLow : p.destinationLow), Ipv4.source);
    store<u32>(at, <u32>(onward ? p.destinationLow : p.sourceLow), Ipv4.destination);
    store<u16>(at, internetChecksum(at, Ipv4.size), Ipv4.checksum);
    return;
  }
  memory.fill(at, 0, IPV6_SIZE);
  store<u8>(at, 0x60, Ipv6.version);
  put16(at + Ipv6.payloadLength, length);
  store<u8>(at, proto, Ipv6.nextHeader);
  store<u8>(at, TTL, Ipv6.hopLimit);
  store<u64>(at, onward ? p.sourceLow : p.destinationLow, Ipv6.source);
  store<u64>(at, onward ? p.sourceHigh : p.destinationHigh, Ipv6.source + 8);
  store<u64>(at, onward ? p.destinationLow : p.sourceLow, Ipv6.destination);
  store<u64>(at, onward ? p.destinationHigh : p.sourceHigh, Ipv6.destination + 8);
}
