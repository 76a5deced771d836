/** The Internet checksum (RFC 1071), for packets that the data path makes or the core rewrote. */
import { IpProto, LinkType } from "../../../assembly/abi/codes.ts";

const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
const VLAN_TYPES = [0x8100, 0x88a8, 0x9100];
/** Offset of the checksum in the transport header. */
const FIELDS: Readonly<Record<number, number>> = {
  [IpProto.Tcp]: 16,
  [IpProto.Udp]: 6,
  [IpProto.Icmpv6]: 2,
  [IpProto.Icmp]: 2,
};

/** Sum of 16-bit words, not folded. */
export function sum(bytes: Uint8Array, from: number, to: number): number {
  let total = 0;
  let at = from;
  for (; at + 1 < to; at += 2) total += (bytes[at]! << 8) | bytes[at + 1]!;
  return at < to ? total + (bytes[at]! << 8) : total;
}

/** The checksum of a sum. */
export function fold(total: number): number {
  let value = total;
  while (value > 0xffff) value = (value & 0xffff) + Math.floor(value / 0x1_0000);
  return ~value & 0xffff;
}

/** The checksum of a transport header at `at` with its data up to `end`, pseudo header included (RFC 9293, 3.1; RFC 8200, 8.1); its field is 0. */
export function transportChecksum(packet: Uint8Array, version: 4 | 6, at: number, end: number, proto: number): number {
  const data = sum(packet, at, end);
  if (proto === IpProto.Icmp) return fold(data);
  const addresses = version === 4 ? sum(packet, 12, 20) : sum(packet, 8, 40);
  return fold(addresses + proto + (end - at) + data);
}

/** Where the network layer begins in a frame, or -1. */
export function networkOffset(frame: Uint8Array, linkType: number): number {
  if (linkType === LinkType.Raw || linkType === LinkType.Ipv4 || linkType === LinkType.Ipv6) return 0;
  if (linkType !== LinkType.Ethernet) return -1;
  for (let at = 12, tags = 0; at + 2 <= frame.length && tags < 4; at += 4, tags++) {
    const type = (frame[at]! << 8) | frame[at + 1]!;
    if (type === ETHERTYPE_IPV4 || type === ETHERTYPE_IPV6) return at + 2;
    if (!VLAN_TYPES.includes(type)) return -1;
  }
  return -1;
}

/** Where a packet's transport header begins. */
export interface Transport {
  version: 4 | 6;
  proto: number;
  at: number;
  /** End of the IP packet, within the bytes given. */
  end: number;
  /** Length the IP header tells. */
  length: number;
}

/** Finds the transport header; `undefined` for what is no whole IP packet or a later fragment. */
export function transportOf(packet: Uint8Array): Transport | undefined {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  if (packet.length >= 20 && packet[0]! >> 4 === 4) {
    if ((view.getUint16(6) & 0x1fff) !== 0) return undefined;
    const length = view.getUint16(2) || packet.length;
    const at = (packet[0]! & 15) * 4;
    return { version: 4, proto: packet[9]!, at, end: Math.min(packet.length, length), length };
  }
  if (packet.length < 40 || packet[0]! >> 4 !== 6) return undefined;
  const length = view.getUint16(4) === 0 ? packet.length : 40 + view.getUint16(4);
  let proto = packet[6]!;
  let at = 40;
  const options: readonly number[] = [IpProto.HopByHop, IpProto.Routing, IpProto.DestOpts];
  for (let headers = 0; headers < 8 && options.includes(proto); headers++) {
    if (at + 8 > packet.length) return undefined;
    proto = packet[at]!;
    at += (packet[at + 1]! + 1) * 8;
  }
  return { version: 6, proto, at, end: Math.min(packet.length, length), length };
}

/** Puts the right transport checksum into a frame whose data were rewritten. */
export function repairChecksum(frame: Uint8Array, linkType: number): void {
  const offset = networkOffset(frame, linkType);
  if (offset < 0) return;
  const packet = frame.subarray(offset);
  const transport = transportOf(packet);
  if (transport === undefined) return;
  const { version, proto, at, end } = transport;
  const field = FIELDS[proto];
  if (field === undefined || at + field + 2 > end) return;
  const place = at + field;
  if (proto === IpProto.Udp && version === 4 && packet[place] === 0 && packet[place + 1] === 0) return;
  packet[place] = 0;
  packet[place + 1] = 0;
  const value = transportChecksum(packet, version, at, end, proto) || (proto === IpProto.Udp ? 0xffff : 0);
  packet[place] = value >> 8;
  packet[place + 1] = value & 0xff;
}
