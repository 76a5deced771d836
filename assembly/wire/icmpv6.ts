/** ICMP for IPv6 (RFC 4443, 4861, 2710, 3810 and what IANA lists beside them). */
import { IpProto } from "../abi/codes";
import { DecodeEvent } from "../abi/decode_events";
import { be16 } from "./bytes";
import { IPV6_SIZE, Ipv6 } from "./ipv6";
import { Packet, PacketFlag } from "./packet";

const enum Field {
  type = 0,
  code = 1,
  checksum = 2,
  identifier = 4,
  sequence = 6,
  size = 8,
}

/** Type, code and checksum alone. */
const SHORT_SIZE: u32 = 4;

export const enum Icmpv6Type {
  Unreachable = 1,
  PacketTooBig = 2,
  TimeExceeded = 3,
  ParameterProblem = 4,
  Echo = 128,
  EchoReply = 129,
  ListenerQuery = 130,
  ListenerReport = 131,
  ListenerDone = 132,
  RouterSolicitation = 133,
  RouterAdvertisement = 134,
  NeighborSolicitation = 135,
  NeighborAdvertisement = 136,
  Redirect = 137,
  RouterRenumbering = 138,
  NodeQuery = 139,
  NodeReply = 140,
  InverseSolicitation = 141,
  InverseAdvertisement = 142,
  ListenerReport2 = 143,
  HomeAgentRequest = 144,
  HomeAgentReply = 145,
  PrefixSolicitation = 146,
  PrefixAdvertisement = 147,
  PathSolicitation = 148,
  PathAdvertisement = 149,
  MobileExperiment = 150,
  MulticastRouterAdvertisement = 151,
  MulticastRouterSolicitation = 152,
  MulticastRouterTermination = 153,
  FastHandover = 154,
  Rpl = 155,
  LocatorUpdate = 156,
  DuplicateRequest = 157,
  DuplicateConfirmation = 158,
  Mpl = 159,
}

const LAST_UNREACHABLE: u8 = 6;
const LAST_TIME_EXCEEDED: u8 = 1;
const LAST_PARAMETER_PROBLEM: u8 = 2;

/** The type that answers `type` or is answered by it, 0 for none. */
function peerOf(type: u32): u8 {
  switch (type) {
    case Icmpv6Type.Echo:
    case Icmpv6Type.ListenerQuery:
    case Icmpv6Type.RouterSolicitation:
    case Icmpv6Type.NeighborSolicitation:
    case Icmpv6Type.NodeQuery:
    case Icmpv6Type.HomeAgentRequest:
    case Icmpv6Type.PrefixSolicitation:
    case Icmpv6Type.PathSolicitation:
    case Icmpv6Type.MulticastRouterAdvertisement:
    case Icmpv6Type.DuplicateRequest:
      return <u8>(type + 1);
    case Icmpv6Type.EchoReply:
    case Icmpv6Type.ListenerReport:
    case Icmpv6Type.RouterAdvertisement:
    case Icmpv6Type.NeighborAdvertisement:
    case Icmpv6Type.NodeReply:
    case Icmpv6Type.HomeAgentReply:
    case Icmpv6Type.PrefixAdvertisement:
    case Icmpv6Type.PathAdvertisement:
    case Icmpv6Type.MulticastRouterSolicitation:
    case Icmpv6Type.DuplicateConfirmation:
      return <u8>(type - 1);
    default:
      return 0;
  }
}

function noteQuoted(p: Packet, at: usize, length: u32): void {
  if (length < IPV6_SIZE) {
    p.invalid(DecodeEvent.icmpv6__ipv6_trunc_pkt);
    return;
  }
  const quoted = Ipv6.at(at);
  if (quoted.version != 6) {
    p.invalid(DecodeEvent.icmpv6__ipv6_unknown_version);
    return;
  }
  p.embeddedIp = at;
  const proto = quoted.nextHeader;
  p.embeddedProto = proto;
  const need: u32 = proto == <u8>IpProto.Tcp ? 20 : 8;
  if ((proto != <u8>IpProto.Tcp && proto != <u8>IpProto.Udp) || length < IPV6_SIZE + need) return;
  p.embeddedSourcePort = be16(at + IPV6_SIZE);
  p.embeddedDestinationPort = be16(at + IPV6_SIZE + 2);
  p.set(PacketFlag.EmbeddedPorts);
}

/** An error message whose codes end at `last`; true when its eight header bytes are meaningful. */
function noteError(p: Packet, at: usize, length: u32, last: u8): bool {
  p.set(PacketFlag.IcmpError);
  if (p.icmpCode > last) {
    p.raise(DecodeEvent.icmpv6__unknown_code);
    return false;
  }
  noteQuoted(p, at + Field.size, length - Field.size);
  return true;
}

/** Is the code of an informational message one that its RFC defines? */
function knownCode(type: u32, code: u32): bool {
  switch (type) {
    case Icmpv6Type.RouterRenumbering:
      return code <= 2 || code == 255;
    case Icmpv6Type.NodeQuery:
    case Icmpv6Type.NodeReply:
      return code <= 2;
    case Icmpv6Type.MobileExperiment:
    case Icmpv6Type.MulticastRouterAdvertisement:
    case Icmpv6Type.MulticastRouterSolicitation:
    case Icmpv6Type.MulticastRouterTermination:
      return true;
    case Icmpv6Type.Rpl:
      return code <= 3 || (code >= 128 && code <= 132);
    default:
      return code == 0;
  }
}

/** Ranges nobody uses (IANA ICMPv6 parameters). */
function noteUnknownType(p: Packet, type: u32): void {
  if (type == 100 || type == 101 || type == 200 || type == 201) p.raise(DecodeEvent.icmpv6__experimentation_type);
  else if ((type > 4 && type < 127) || type >= 160) p.raise(DecodeEvent.icmpv6__unassigned_type);
  else p.raise(DecodeEvent.icmpv6__unknown_type);
}

/** True when the header has eight bytes, false when it has four. */
function noteMessage(p: Packet, at: usize, length: u32): bool {
  const type = <u32>p.icmpType;
  switch (type) {
    case Icmpv6Type.Unreachable:
      return noteError(p, at, length, LAST_UNREACHABLE);
    case Icmpv6Type.PacketTooBig:
      return noteError(p, at, length, 0);
    case Icmpv6Type.TimeExceeded:
      return noteError(p, at, length, LAST_TIME_EXCEEDED);
    case Icmpv6Type.ParameterProblem:
      return noteError(p, at, length, LAST_PARAMETER_PROBLEM);
    default:
      break;
  }
  if (type < <u32>Icmpv6Type.Echo || type > <u32>Icmpv6Type.Mpl) {
    noteUnknownType(p, type);
    return false;
  }
  const known = knownCode(type, p.icmpCode);
  if (!known) p.raise(DecodeEvent.icmpv6__unknown_code);
  if (type == Icmpv6Type.Echo || type == Icmpv6Type.EchoReply) {
    if (!known) return false;
    p.icmpId = be16(at + Field.identifier);
    p.icmpSequence = be16(at + Field.sequence);
    return true;
  }
  // Multicast listener messages never cross a router (RFC 2710, 3).
  if (type <= <u32>Icmpv6Type.ListenerDone && p.ttl != 1) p.raise(DecodeEvent.icmpv6__mld_message_with_invalid_hl);
  return false;
}

export function noteIcmpv6(p: Packet, at: usize, length: u32): bool {
  if (length < <u32>Field.size) {
    p.invalid(DecodeEvent.icmpv6__pkt_too_small);
    return false;
  }
  p.proto = <u8>IpProto.Icmpv6;
  p.transport = at;
  p.icmpType = load<u8>(at + Field.type);
  p.icmpCode = load<u8>(at + Field.code);
  p.icmpPeer = peerOf(p.icmpType);
  const whole = noteMessage(p, at, length);
  p.transportLength = whole ? Field.size : SHORT_SIZE;
  p.payload = at + p.transportLength;
  p.payloadLength = length - Field.size;
  if (!whole) {
    // As in Suricata, the last four bytes of a message with a short header are not payload.
    if (p.payloadLength >= 4) {
      p.payloadLength -= 4;
    } else {
      p.payload = 0;
      p.payloadLength = 0;
    }
  }
  p.set(PacketFlag.WantsFlow);
  return true;
}
