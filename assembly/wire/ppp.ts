/** PPP (RFC 1661, 1662) and PPPoE (RFC 2516). */
import { DecodeEvent } from "../abi/decode_events";
import { be16 } from "./bytes";
import { Layer } from "./layers";
import { Packet, PacketFlag } from "./packet";

/** PPP protocol numbers (IANA). */
const enum PppProtocol {
  Ip = 0x0021,
  Osi = 0x0023,
  Ns = 0x0025,
  Decnet = 0x0027,
  Apple = 0x0029,
  Ipx = 0x002b,
  VjCompressed = 0x002d,
  VjUncompressed = 0x002f,
  Bridging = 0x0031,
  StreamProtocol = 0x0033,
  Vines = 0x0035,
  Ipv6 = 0x0057,
  CompressedDatagram = 0x00fd,
  Hello = 0x0201,
  Luxcom = 0x0231,
  Sns = 0x0233,
  MplsUnicast = 0x0281,
  MplsMulticast = 0x0283,
  Ipcp = 0x8021,
  OsiControl = 0x8023,
  NsControl = 0x8025,
  DecnetControl = 0x8027,
  AppleControl = 0x8029,
  IpxControl = 0x802b,
  StreamControl = 0x8033,
  VinesControl = 0x8035,
  Ipv6cp = 0x8057,
  CompressionControl = 0x80fd,
  CiscoDiscoveryControl = 0x8207,
  MplsControl = 0x8281,
  LinkControl = 0xc021,
  Pap = 0xc023,
  LinkQuality = 0xc025,
  Callback = 0xc029,
  Chap = 0xc223,
}

const enum PppoeField {
  versionType = 0,
  code = 1,
  session = 2,
  length = 4,
  protocol = 6,
}

const enum PppoeCode {
  Offer = 0x07,
  Initiation = 0x09,
  Request = 0x19,
  SessionConfirmation = 0x65,
  Termination = 0xa7,
}

const DISCOVERY_SIZE: u32 = 6;
/** With a one-byte protocol field. */
const SESSION_SIZE: u32 = 7;
const IPV4_SIZE: u32 = 20;
const IPV6_SIZE: u32 = 40;

/** Set by `readPpp` and `readSession`: what is inside, and where. */
export let pppLayer: Layer = Layer.None;
export let pppOffset: u32 = 0;

/** Is a version 4 header behind an uncompressed Van Jacobson header? */
function vanJacobson(p: Packet, at: usize, length: u32, offset: u32, flag: bool): bool {
  if (length < offset + IPV4_SIZE) {
    p.invalid(DecodeEvent.ppp__vju_pkt_too_small);
    return false;
  }
  if (load<u8>(at + offset) >> 4 != 4) return false;
  if (flag) p.set(PacketFlag.VanJacobson);
  pppLayer = Layer.Ipv4;
  return true;
}

function ip(p: Packet, layer: Layer, length: u32, need: u32, event: u32): bool {
  if (length < need) {
    p.invalid(event);
    return false;
  }
  pppLayer = layer;
  return true;
}

/** A one-byte protocol field (RFC 1661, 6.5). */
function compressed(p: Packet, at: usize, length: u32, protocol: u8, offset: u32): bool {
  switch (<u32>protocol) {
    case PppProtocol.Ip:
      return ip(p, Layer.Ipv4, length, offset + IPV4_SIZE, DecodeEvent.ppp__vju_pkt_too_small);
    case PppProtocol.Ipv6:
      return ip(p, Layer.Ipv6, length, offset + IPV6_SIZE, DecodeEvent.ppp__ip6_pkt_too_small);
    case PppProtocol.VjUncompressed:
      return vanJacobson(p, at, length, offset, true);
    default:
      p.raise(DecodeEvent.ppp__unsup_proto);
      return true;
  }
}

function isUnsupported(protocol: u32): bool {
  switch (protocol) {
    case PppProtocol.VjCompressed:
    case PppProtocol.Ipx:
    case PppProtocol.Osi:
    case PppProtocol.Ns:
    case PppProtocol.Decnet:
    case PppProtocol.Apple:
    case PppProtocol.Bridging:
    case PppProtocol.StreamProtocol:
    case PppProtocol.Vines:
    case PppProtocol.Hello:
    case PppProtocol.Luxcom:
    case PppProtocol.Sns:
    case PppProtocol.MplsUnicast:
    case PppProtocol.MplsMulticast:
    case PppProtocol.OsiControl:
    case PppProtocol.NsControl:
    case PppProtocol.DecnetControl:
    case PppProtocol.AppleControl:
    case PppProtocol.IpxControl:
    case PppProtocol.StreamControl:
    case PppProtocol.VinesControl:
    case PppProtocol.MplsControl:
      return true;
    default:
      return false;
  }
}

/** Control protocols that belong to PPP itself: not inspected, not suspicious. */
function isControl(protocol: u32): bool {
  switch (protocol) {
    case PppProtocol.Ipcp:
    case PppProtocol.Ipv6cp:
    case PppProtocol.LinkControl:
    case PppProtocol.Pap:
    case PppProtocol.Chap:
    case PppProtocol.CompressionControl:
    case PppProtocol.LinkQuality:
    case PppProtocol.Callback:
    case PppProtocol.CompressedDatagram:
    case PppProtocol.CiscoDiscoveryControl:
      return true;
    default:
      return false;
  }
}

function uncompressed(p: Packet, at: usize, length: u32, protocol: u32, offset: u32): bool {
  switch (protocol) {
    case PppProtocol.VjUncompressed:
      return vanJacobson(p, at, length, offset, false);
    case PppProtocol.Ip:
      return ip(p, Layer.Ipv4, length, offset + IPV4_SIZE, DecodeEvent.ppp__ip4_pkt_too_small);
    case PppProtocol.Ipv6:
      return ip(p, Layer.Ipv6, length, offset + IPV6_SIZE, DecodeEvent.ppp__ip6_pkt_too_small);
    default:
      if (isControl(protocol)) return true;
      if (isUnsupported(protocol)) p.raise(DecodeEvent.ppp__unsup_proto);
      else p.invalid(DecodeEvent.ppp__wrong_type);
      return true;
  }
}

/** Bytes of the PPP header at `at`: address and control are optional (RFC 1661, 6.6), the protocol has one or two bytes. 0: cut. */
export function sizeOfPpp(at: usize, length: u32): u32 {
  if (length < 1) return 0;
  const start: u32 = load<u8>(at) == 0xff ? 2 : 0;
  if (length < start + 1) return 0;
  const size = start + ((load<u8>(at + start) & 1) != 0 ? 1 : 2);
  return length < size ? 0 : size;
}

/** Reads a header whose `size` was found; false when decoding fails. */
export function readPpp(p: Packet, at: usize, length: u32, size: u32): bool {
  pppLayer = Layer.None;
  pppOffset = size;
  const start: u32 = load<u8>(at) == 0xff ? 2 : 0;
  if (size - start == 1) return compressed(p, at, length, load<u8>(at + start), size);
  return uncompressed(p, at, length, be16(at + start), size);
}

/** PPPoE session stage; false when decoding fails. */
export function readSession(p: Packet, at: usize, length: u32): bool {
  pppLayer = Layer.None;
  if (be16(at + PppoeField.length) == 0) return true;
  let protocol = <u32>load<u8>(at + PppoeField.protocol);
  let size = SESSION_SIZE;
  if ((protocol & 1) == 0) {
    size++;
    if (length < size) {
      p.invalid(DecodeEvent.pppoe__pkt_too_small);
      return false;
    }
    protocol = be16(at + PppoeField.protocol);
  }
  pppOffset = size;
  return uncompressed(p, at, length, protocol, size);
}

export function sessionFits(p: Packet, length: u32): bool {
  if (length >= SESSION_SIZE) return true;
  p.invalid(DecodeEvent.pppoe__pkt_too_small);
  return false;
}

export function discoveryFits(p: Packet, length: u32): bool {
  if (length >= DISCOVERY_SIZE) return true;
  p.invalid(DecodeEvent.pppoe__pkt_too_small);
  return false;
}

/** PPPoE discovery stage: its code must be known and its tags must fit. */
export function readDiscovery(p: Packet, at: usize, length: u32): bool {
  switch (<u32>load<u8>(at + PppoeField.code)) {
    case PppoeCode.Offer:
    case PppoeCode.Initiation:
    case PppoeCode.Request:
    case PppoeCode.SessionConfirmation:
    case PppoeCode.Termination:
      break;
    default:
      p.invalid(DecodeEvent.pppoe__wrong_code);
      return true;
  }
  if (<u32>be16(at + PppoeField.length) > length - DISCOVERY_SIZE) p.invalid(DecodeEvent.pppoe__malformed_tags);
  return true;
}
