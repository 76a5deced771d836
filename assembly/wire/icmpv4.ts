/** ICMP for IPv4 (RFC 792, 950, 1256). Errors quote the packet they are about: its addresses and ports are read, never trusted. */
import { IpProto } from "../abi/codes";
import { DecodeEvent } from "../abi/decode_events";
import { be16 } from "./bytes";
import { IPV4_SIZE, Ipv4 } from "./ipv4";
import { Packet, PacketFlag } from "./packet";

const enum Field {
  type = 0,
  code = 1,
  checksum = 2,
  identifier = 4,
  sequence = 6,
  size = 8,
}

/** Router advertisement (RFC 1256, 3): count of addresses and words an address. */
const enum RouterField {
  addressCount = 4,
  addressSize = 5,
}

export const enum IcmpType {
  EchoReply = 0,
  Unreachable = 3,
  SourceQuench = 4,
  Redirect = 5,
  Echo = 8,
  RouterAdvertisement = 9,
  RouterSolicitation = 10,
  TimeExceeded = 11,
  ParameterProblem = 12,
  Timestamp = 13,
  TimestampReply = 14,
  Information = 15,
  InformationReply = 16,
  AddressMask = 17,
  AddressMaskReply = 18,
}

const LAST_UNREACHABLE: u8 = 15;
const LAST_REDIRECT: u8 = 3;
const LAST_TIME_EXCEEDED: u8 = 1;
/** Three times of four bytes. */
const TIMESTAMP_SIZE: u32 = 12;

/** Does this type report an error about another packet? Such a packet creates no flow. */
export function isIcmpError(type: u8): bool {
  switch (<u32>type) {
    case IcmpType.Unreachable:
    case IcmpType.SourceQuench:
    case IcmpType.Redirect:
    case IcmpType.TimeExceeded:
    case IcmpType.ParameterProblem:
      return true;
    default:
      return false;
  }
}

/** The type that answers `type` or is answered by it, 0 for none (echo reply is 0 too, as in Suricata's flow key). */
function peerOf(type: u32): u8 {
  switch (type) {
    case IcmpType.EchoReply:
      return <u8>IcmpType.Echo;
    case IcmpType.RouterAdvertisement:
      return <u8>IcmpType.RouterSolicitation;
    case IcmpType.RouterSolicitation:
      return <u8>IcmpType.RouterAdvertisement;
    case IcmpType.Timestamp:
      return <u8>IcmpType.TimestampReply;
    case IcmpType.TimestampReply:
      return <u8>IcmpType.Timestamp;
    case IcmpType.Information:
      return <u8>IcmpType.InformationReply;
    case IcmpType.InformationReply:
      return <u8>IcmpType.Information;
    case IcmpType.AddressMask:
      return <u8>IcmpType.AddressMaskReply;
    case IcmpType.AddressMaskReply:
      return <u8>IcmpType.AddressMask;
    default:
      return 0;
  }
}

/** The quoted packet: an IPv4 header and at least the ports. */
function noteQuoted(p: Packet, at: usize, length: u32): void {
  if (length < IPV4_SIZE) {
    p.invalid(DecodeEvent.icmpv4__ipv4_trunc_pkt);
    return;
  }
  const quoted = Ipv4.at(at);
  if (quoted.version != 4) {
    p.invalid(DecodeEvent.icmpv4__ipv4_unknown_ver);
    return;
  }
  p.embeddedIp = at;
  const proto = quoted.protocol;
  const need: u32 = proto == <u8>IpProto.Tcp ? 4 : 8;
  if (proto != <u8>IpProto.Tcp && proto != <u8>IpProto.Udp && proto != <u8>IpProto.Icmp) return;
  if (length < IPV4_SIZE + need) return;
  p.embeddedProto = proto;
  if (proto == <u8>IpProto.Icmp) return;
  p.embeddedSourcePort = be16(at + IPV4_SIZE);
  p.embeddedDestinationPort = be16(at + IPV4_SIZE + 2);
  p.set(PacketFlag.EmbeddedPorts);
}

/** An error message whose codes end at `last`. */
function noteError(p: Packet, at: usize, length: u32, last: u8): void {
  p.set(PacketFlag.IcmpError);
  if (p.icmpCode > last) p.raise(DecodeEvent.icmpv4__unknown_code);
  else if (length > <u32>Field.size) noteQuoted(p, at + Field.size, length - Field.size);
}

/** Bytes of the message in front of the payload, behind the eight fixed ones. */
function extra(p: Packet, at: usize, length: u32): u32 {
  let size: u32 = 0;
  if (p.icmpType == <u8>IcmpType.RouterAdvertisement) {
    size = (<u32>load<u8>(at + RouterField.addressCount) * <u32>load<u8>(at + RouterField.addressSize)) << 2;
  } else if (p.icmpType == <u8>IcmpType.Timestamp || p.icmpType == <u8>IcmpType.TimestampReply) {
    size = TIMESTAMP_SIZE;
  }
  if (length >= <u32>Field.size + size) return size;
  p.raise(DecodeEvent.icmpv4__ipv4_trunc_pkt);
  return 0;
}

export function noteIcmpv4(p: Packet, at: usize, length: u32): bool {
  if (length < <u32>Field.size) {
    p.invalid(DecodeEvent.icmpv4__pkt_too_small);
    return false;
  }
  p.proto = <u8>IpProto.Icmp;
  p.transport = at;
  p.icmpType = load<u8>(at + Field.type);
  p.icmpCode = load<u8>(at + Field.code);
  p.icmpPeer = peerOf(p.icmpType);
  switch (<u32>p.icmpType) {
    case IcmpType.Unreachable:
      noteError(p, at, length, LAST_UNREACHABLE);
      break;
    case IcmpType.Redirect:
      noteError(p, at, length, LAST_REDIRECT);
      break;
    case IcmpType.TimeExceeded:
      noteError(p, at, length, LAST_TIME_EXCEEDED);
      break;
    case IcmpType.SourceQuench:
    case IcmpType.ParameterProblem:
      noteError(p, at, length, 0);
      break;
    case IcmpType.RouterAdvertisement:
      break;
    case IcmpType.EchoReply:
    case IcmpType.Echo:
    case IcmpType.Timestamp:
    case IcmpType.TimestampReply:
    case IcmpType.Information:
    case IcmpType.InformationReply:
    case IcmpType.AddressMask:
    case IcmpType.AddressMaskReply:
      p.icmpId = be16(at + Field.identifier);
      p.icmpSequence = be16(at + Field.sequence);
      if (p.icmpCode != 0) p.raise(DecodeEvent.icmpv4__unknown_code);
      break;
    default:
      p.raise(DecodeEvent.icmpv4__unknown_type);
  }
  const size = <u32>Field.size + extra(p, at, length);
  p.transportLength = size;
  p.payload = at + size;
  p.payloadLength = length - size;
  p.set(PacketFlag.WantsFlow);
  return true;
}
