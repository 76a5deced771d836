/**
 * A decoded packet: where each layer lies in the frame, and what later rooms add to it.
 * Contract: an address field is 0 when the layer is absent; when it is set, `wire/` has checked that the header behind it is whole,
 * and `payload .. payload + payloadLength` lies within the frame. Nothing here owns memory.
 */
import { reserve } from "../memory/arena";

export enum PacketFlag {
  /** TCP/UDP checksum is partial: it was not checked. */
  PartialChecksum = 1 << 0,
  Egress = 1 << 1,
  /** Built by the core at the end of a flow; no frame. */
  Pseudo = 1 << 2,
  /** A fragment: no transport layer. */
  Fragment = 1 << 3,
  /** Rebuilt from fragments. */
  Defragmented = 1 << 4,
  /** Decoding stopped at a malformed header. */
  Invalid = 1 << 5,
  /** Flow is established (both directions seen, or a TCP handshake completed). */
  Established = 1 << 6,
  /** The stream took this packet's payload (PKT_STREAM_ADD in Suricata). */
  StreamAdded = 1 << 7,
  /** Part of an established TCP session: stream rules apply. */
  StreamEstablished = 1 << 8,
  /** Reassembled data of this direction waits for inspection. */
  HasStreamData = 1 << 9,
  /** End of the stream in this direction. */
  StreamEnd = 1 << 10,
  /** Payload must not be inspected (bad checksum, stream bypassed, encrypted). */
  NoPayloadInspection = 1 << 11,
  /** Nothing of this packet is inspected (flow dropped or passed). */
  NoInspection = 1 << 12,
  /** Ignored by the stream engine (bad checksum, not part of the session). */
  StreamIgnored = 1 << 13,
  /** First packet of its direction (flow's first to-server or to-client packet). */
  FirstInDirection = 1 << 14,
  /** The protocol was decided while this packet was handled. */
  ProtocolDetected = 1 << 15,
  /** The payload changed by `replace`. */
  Modified = 1 << 16,
  /** TCP payload is (partly) a retransmission. */
  Retransmission = 1 << 17,
  /** ICMP error about a flow: linked to it but not part of it. */
  IcmpError = 1 << 18,
  /** IPv4 header, transport checksum verified bad. */
  BadChecksum = 1 << 19,
  /** The flow is the one of a tunnel's outer packet. */
  TunnelOuter = 1 << 20,
  /** App layer was updated while this packet was handled. */
  AppUpdated = 1 << 21,
  /** A file was touched by this packet. */
  FirstAlertNoLog = 1 << 22,
  /** Packet verdict: exception policy pass. */
  PassedByPolicy = 1 << 23,
  /** The decoder reached a layer that belongs to a flow (PKT_WANTS_FLOW in Suricata). */
  WantsFlow = 1 << 24,
  /** The ICMP error quotes a packet with ports: `embedded*` are valid. */
  EmbeddedPorts = 1 << 25,
  /** PPP says the TCP/IP headers are uncompressed Van Jacobson (RFC 1144): protocol 0 is TCP. */
  VanJacobson = 1 << 26,
  /** A tunnel or reassembled datagram inside this packet became a packet of its own. */
  HasInner = 1 << 27,
  /** In detection: an exception policy would drop it in prevention. */
  WouldDrop = 1 << 28,
  /** Headers nest deeper than the decoder goes: what they carry was not looked at. */
  TooDeep = 1 << 29,
}

/** Most events one packet can carry; further ones are counted, not stored. */
export const PACKET_EVENTS: u32 = 15;

@unmanaged
export class Packet {
  timestamp: u64;
  /** Number of the frame, 0 for pseudo packets. */
  number: u64;
  sourceLow: u64;
  sourceHigh: u64;
  destinationLow: u64;
  destinationHigh: u64;
  /** PacketFlag bits. */
  flags: u32;
  linkType: u16;
  /** PacketSource */
  source: u8;
  /** Tunnel depth, 0 for the frame itself. */
  depth: u8;
  frame: usize;
  frameLength: u32;
  wireLength: u32;
  ethernet: usize;
  etherType: u16;
  vlan0: u16;
  vlan1: u16;
  vlan2: u16;
  vlanCount: u8;
  /** 0, 4 or 6. ARP and others: 0. */
  ipVersion: u8;
  /** Upper-layer protocol behind all extension headers. */
  proto: u8;
  ttl: u8;
  ip: usize;
  /** Bytes from `ip` to the upper layer, options and extension headers included. */
  ipHeaderLength: u32;
  /** Bytes of the whole IP packet as its header says (bounded by the frame). */
  ipLength: u32;
  /** Fragment: byte offset, identification, more-fragments. */
  fragmentOffset: u32;
  fragmentId: u32;
  moreFragments: bool;
  /** Don't-fragment, reserved bit: fragbits keyword. */
  fragmentBits: u8;
  icmpType: u8;
  icmpCode: u8;
  /** Upper-layer header (TCP, UDP, SCTP, ICMP), or 0. */
  transport: usize;
  transportLength: u32;
  payload: usize;
  payloadLength: u32;
  sourcePort: u16;
  destinationPort: u16;
  // TCP, valid when proto is TCP and transport is set.
  sequence: u32;
  acknowledgement: u32;
  window: u16;
  urgentPointer: u16;
  tcpFlags: u8;
  /** Options present: TcpOption bits of wire/tcp.ts. */
  tcpOptions: u8;
  windowScale: u8;
  /** 0 none */
  mss: u16;
  timestampValue: u32;
  timestampEcho: u32;
  /** First SACK edge pair and count of pairs. */
  sack: usize;
  sackCount: u8;
  // ICMP errors: the packet they quote.
  embeddedProto: u8;
  embeddedIp: usize;
  embeddedSourcePort: u16;
  embeddedDestinationPort: u16;
  icmpId: u16;
  icmpSequence: u16;
  // Added by flow/, stream/, detect/.
  flow: usize;
  /** Direction in the flow. */
  direction: u8;
  eventCount: u8;
  /** Action decided, DropReason. */
  action: u8;
  reason: u8;
  /** Hash of the flow key, set by flow/. */
  flowHash: u32;
  /** Outer packet's record when this one came out of a tunnel or reassembly, else 0. */
  outer: usize;
  /** Layers decoded so far, those of the outer packets included: bounded by MaxLayers. */
  layers: u8;
  /** ICMP type that answers `icmpType`, 0 without. */
  icmpPeer: u8;
  /** IPv4 options present: Ipv4Option bits (wire/ipv4_options.ts). */
  ipOptions: u16;
  /** Security parameters index of ESP. */
  spi: u32;
  /** First byte of the fragment's data and their count, valid with PacketFlag.Fragment. */
  fragmentData: usize;
  fragmentLength: u32;
  /** IPv6 fragment header and the extension header before it, 0 without. */
  fragmentHeader: usize;
  fragmentPrevious: usize;
  /** ARP header (Ethernet, IPv4), or 0. */
  arp: usize;

  /** Records one more VLAN id; there is room for three. */
  addVlan(id: u16): void {
    if (this.vlanCount == 0) this.vlan0 = id;
    else if (this.vlanCount == 1) this.vlan1 = id;
    else this.vlan2 = id;
    this.vlanCount++;
  }

  /** Notes an event that makes the packet invalid. */
  invalid(event: u32): void {
    this.flags |= PacketFlag.Invalid;
    this.raise(event);
  }

  /** Notes the event that says that headers nest too deep. */
  tooDeep(event: u32): void {
    this.flags |= PacketFlag.TooDeep;
    this.raise(event);
  }

  /** Notes a decode, stream or application event (abi/events.ts) on this packet. */
  raise(event: u32): void {
    const n = <u32>this.eventCount;
    if (n >= PACKET_EVENTS) return;
    store<u16>(changetype<usize>(this) + offsetof<Packet>() + ((<usize>n) << 1), <u16>event);
    this.eventCount = <u8>(n + 1);
  }

  /** Event `i`, i < eventCount. */
  event(i: u32): u32 {
    return load<u16>(changetype<usize>(this) + offsetof<Packet>() + ((<usize>i) << 1));
  }

  has(flag: PacketFlag): bool {
    return (this.flags & flag) != 0;
  }

  set(flag: PacketFlag): void {
    this.flags |= flag;
  }
}

/** Bytes of a packet record with its events. */
export const PACKET_SIZE: u32 = <u32>offsetof<Packet>() + PACKET_EVENTS * 2;

/** Carves room for one packet record. */
export function reservePacket(): usize {
  return reserve(PACKET_SIZE);
}
