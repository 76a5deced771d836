/**
 * The answers that `reject` sends: a TCP reset (RFC 9293, 3.10.7.1), or an ICMP message that the destination is administratively
 * prohibited (RFC 1812, 5.2.7.1; RFC 4443, 3.1), to one end of the conversation or both.
 *
 * Contract: `rejectPackets` takes any bytes; what it cannot read as TCP or UDP over IP gets no answer.
 */
import { Action, IpProto, LinkType } from "../../../assembly/abi/codes.ts";

/** A network-layer packet; `onward`: it goes where the rejected frame was going. */
export interface RejectPacket {
  packet: Uint8Array;
  onward: boolean;
}

const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
const VLAN_TYPES = [0x8100, 0x88a8, 0x9100];
const TTL = 64;
/** Bytes of a rejected packet that an ICMP message carries. */
const QUOTED = 512;

const SYN = 2;
const RST = 4;
const ACK = 16;

interface Segment {
  view: DataView;
  bytes: Uint8Array;
  version: 4 | 6;
  /** Address bytes. */
  source: Uint8Array;
  destination: Uint8Array;
  proto: number;
  /** Offset of the transport header. */
  transport: number;
  /** Bytes of the IP packet. */
  length: number;
}

/** The answers to a frame. `action` is Action.Reject, RejectDst or RejectBoth. */
export function rejectPackets(frame: Uint8Array, linkType: number, action: Action): RejectPacket[] {
  const segment = readSegment(frame, linkType);
  if (segment === undefined) return [];
  const toSender = action === Action.Reject || action === Action.RejectBoth;
  const toReceiver = action === Action.RejectDst || action === Action.RejectBoth;
  const answers: RejectPacket[] = [];
  if (segment.proto === IpProto.Tcp) {
    if (toSender) answers.push({ packet: reset(segment, false), onward: false });
    if (toReceiver) answers.push({ packet: reset(segment, true), onward: true });
  } else {
    if (toSender) answers.push({ packet: prohibited(segment, false), onward: false });
    if (toReceiver) answers.push({ packet: prohibited(segment, true), onward: true });
  }
  return answers;
}

/** Where the network layer begins, or -1. */
export function networkOffset(frame: Uint8Array, linkType: number): number {
  if (linkType === LinkType.Raw || linkType === LinkType.Ipv4 || linkType === LinkType.Ipv6) return 0;
  if (linkType !== LinkType.Ethernet) return -1;
  let at = 12;
  for (let tags = 0; tags < 3 && at + 2 <= frame.length; tags++) {
    const type = (frame[at]! << 8) | frame[at + 1]!;
    if (type === ETHERTYPE_IPV4 || type === ETHERTYPE_IPV6) return at + 2;
    if (!VLAN_TYPES.includes(type)) return -1;
    at += 4;
  }
  const type = at + 2 <= frame.length ? (frame[at]! << 8) | frame[at + 1]! : 0;
  return type === ETHERTYPE_IPV4 || type === ETHERTYPE_IPV6 ? at + 2 : -1;
}

function readSegment(frame: Uint8Array, linkType: number): Segment | undefined {
  const offset = networkOffset(frame, linkType);
  if (offset < 0) return undefined;
  const bytes = frame.subarray(offset);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const segment = bytes.length > 0 && bytes[0]! >> 4 === 6 ? readIpv6(bytes, view) : readIpv4(bytes, view);
  if (segment === undefined) return undefined;
  const room = segment.proto === IpProto.Tcp ? 20 : 8;
  if (segment.proto !== IpProto.Tcp && segment.proto !== IpProto.Udp) return undefined;
  return segment.transport + room <= Math.min(bytes.length, segment.length) ? segment : undefined;
}

function readIpv4(bytes: Uint8Array, view: DataView): Segment | undefined {
  if (bytes.length < 20 || bytes[0]! >> 4 !== 4) return undefined;
  const fragment = view.getUint16(6) & 0x1fff;
  if (fragment !== 0) return undefined;
  const source = bytes.subarray(12, 16);
  const destination = bytes.subarray(16, 20);
  const transport = (bytes[0]! & 15) * 4;
  return {
    view,
    bytes,
    version: 4,
    source,
    destination,
    proto: bytes[9]!,
    transport,
    length: view.getUint16(2) || bytes.length,
  };
}

function readIpv6(bytes: Uint8Array, view: DataView): Segment | undefined {
  if (bytes.length < 40) return undefined;
  let proto = bytes[6]!;
  let transport = 40;
  const options: readonly number[] = [IpProto.HopByHop, IpProto.Routing, IpProto.DestOpts];
  for (let headers = 0; headers < 8 && options.includes(proto); headers++) {
    if (transport + 8 > bytes.length) return undefined;
    proto = bytes[transport]!;
    transport += (bytes[transport + 1]! + 1) * 8;
  }
  const length = view.getUint16(4) === 0 ? bytes.length : 40 + view.getUint16(4);
  return {
    view,
    bytes,
    version: 6,
    source: bytes.subarray(8, 24),
    destination: bytes.subarray(24, 40),
    proto,
    transport,
    length,
  };
}

/** A reset in the sender's name to the receiver (`onward`), or in the receiver's name to the sender. */
function reset({ view, bytes, version, source, destination, transport, length }: Segment, onward: boolean): Uint8Array {
  const [from, to] = onward ? [source, destination] : [destination, source];
  const { packet, at } = ipPacket(version, from, to, IpProto.Tcp, 20);
  const out = new DataView(packet.buffer);
  const flags = bytes[transport + 13]!;
  const header = (bytes[transport + 12]! >> 4) * 4;
  const payload = Math.max(0, length - transport - header) + (flags & SYN ? 1 : 0) + (flags & 1);
  const sequence = view.getUint32(transport + 4);
  out.setUint16(at, view.getUint16(transport + (onward ? 0 : 2)));
  out.setUint16(at + 2, view.getUint16(transport + (onward ? 2 : 0)));
  packet[at + 12] = 5 << 4;
  if (onward) {
    out.setUint32(at + 4, sequence);
    out.setUint32(at + 8, view.getUint32(transport + 8));
    packet[at + 13] = RST | (flags & ACK);
  } else if (flags & ACK) {
    out.setUint32(at + 4, view.getUint32(transport + 8));
    out.setUint32(at + 8, sequence + payload);
    packet[at + 13] = RST | ACK;
  } else {
    out.setUint32(at + 8, sequence + payload);
    packet[at + 13] = RST | ACK;
  }
  out.setUint16(at + 16, transportChecksum(packet, version, at, IpProto.Tcp));
  return packet;
}

/** "Communication administratively prohibited", quoting the packet. */
function prohibited({ bytes, version, source, destination, length }: Segment, onward: boolean): Uint8Array {
  const [from, to] = onward ? [source, destination] : [destination, source];
  const quoted = bytes.subarray(0, Math.min(QUOTED, bytes.length, length));
  const proto = version === 4 ? IpProto.Icmp : IpProto.Icmpv6;
  const { packet, at } = ipPacket(version, from, to, proto, 8 + quoted.length);
  const out = new DataView(packet.buffer);
  packet[at] = version === 4 ? 3 : 1;
  packet[at + 1] = version === 4 ? 13 : 1;
  packet.set(quoted, at + 8);
  out.setUint16(at + 2, version === 4 ? fold(sum(packet, at, packet.length)) : transportChecksum(packet, 6, at, proto));
  return packet;
}

function ipPacket(
  version: 4 | 6,
  source: Uint8Array,
  destination: Uint8Array,
  proto: number,
  length: number,
): { packet: Uint8Array; at: number } {
  const at = version === 4 ? 20 : 40;
  const packet = new Uint8Array(at + length);
  const view = new DataView(packet.buffer);
  if (version === 4) {
    packet[0] = 0x45;
    view.setUint16(2, packet.length);
    packet[8] = TTL;
    packet[9] = proto;
    packet.set(source, 12);
    packet.set(destination, 16);
    view.setUint16(10, fold(sum(packet, 0, 20)));
  } else {
    packet[0] = 0x60;
    view.setUint16(4, length);
    packet[6] = proto;
    packet[7] = TTL;
    packet.set(source, 8);
    packet.set(destination, 24);
  }
  return { packet, at };
}

/** RFC 1071. */
function sum(bytes: Uint8Array, from: number, to: number): number {
  let total = 0;
  for (let at = from; at < to; at += 2) total += (bytes[at]! << 8) | (at + 1 < to ? bytes[at + 1]! : 0);
  return total;
}

function fold(total: number): number {
  let value = total;
  while (value > 0xffff) value = (value & 0xffff) + Math.floor(value / 0x1_0000);
  return ~value & 0xffff;
}

/** With the pseudo header (RFC 9293, 3.1; RFC 8200, 8.1); the checksum field is 0. */
function transportChecksum(packet: Uint8Array, version: 4 | 6, at: number, proto: number): number {
  const addresses = version === 4 ? sum(packet, 12, 20) : sum(packet, 8, 40);
  return fold(addresses + proto + (packet.length - at) + sum(packet, at, packet.length));
}
