/** TCP segments as records, and the frames they become: what a transformation changes before it goes on the wire. */

import type { Conversation, Endpoint } from "../../corpus/conversation.ts";
import { addressBytes, checksum } from "../../corpus/frames.ts";

export type Side = "client" | "server";

export enum Flag {
  Fin = 1,
  Syn = 2,
  Reset = 4,
  Push = 8,
  Ack = 16,
  Urgent = 32,
}

/** One segment, or a UDP datagram. Numbers are absolute; what is left out is as an ordinary sender has it. */
export interface Segment {
  transport: "tcp" | "udp";
  from: Side;
  source: Endpoint;
  destination: Endpoint;
  sequence: number;
  acknowledgement: number;
  flags: number;
  payload: Uint8Array;
  /** TCP options, a multiple of four bytes. */
  options?: Uint8Array;
  window?: number;
  urgentPointer?: number;
  /** IP time to live or hop limit. */
  ttl?: number;
  badChecksum?: boolean;
  badIpChecksum?: boolean;
}

/** A packet of the network layer with the address family it needs. */
export interface IpPacket {
  version: 4 | 6;
  bytes: Buffer;
  from: Side;
}

/** What goes on the wire, and who sends it. */
export interface WireFrame {
  from: Side;
  data: Uint8Array;
}

export const ISN = { client: 1_000_000, server: 2_000_000 };
const MSS_OPTION = Buffer.from([2, 4, 0x05, 0xb4]);
const MACS = { client: [2, 0, 0, 0, 0, 1], server: [2, 0, 0, 0, 0, 2] };
export const ETHERTYPE = { 4: 0x0800, 6: 0x86dd } as const;
let identification = 0;

/** The segments of a conversation: handshake, data in pieces of `size` bytes acknowledged as a whole, close. Datagrams stay whole. */
export function segmentsOf(conversation: Conversation, size = conversation.segment): Segment[] {
  const { transport, client, server, messages, close } = conversation;
  const next = { client: ISN.client, server: ISN.server };
  const segments: Segment[] = [];
  const say = (from: Side, flags: number, payload: Uint8Array = new Uint8Array(0), options?: Uint8Array): void => {
    const to = from === "client" ? "server" : "client";
    segments.push({
      transport,
      from,
      source: from === "client" ? client : server,
      destination: from === "client" ? server : client,
      sequence: next[from],
      acknowledgement: flags & Flag.Ack ? next[to] : 0,
      flags,
      payload,
      ...(options ? { options } : {}),
    });
    next[from] += payload.length + (flags & (Flag.Syn | Flag.Fin) ? 1 : 0);
  };
  if (transport === "udp") {
    for (const { from, data } of messages) say(from, 0, data);
    return segments;
  }
  say("client", Flag.Syn, undefined, MSS_OPTION);
  say("server", Flag.Syn | Flag.Ack, undefined, MSS_OPTION);
  say("client", Flag.Ack);
  for (const { from, data } of messages) {
    for (let at = 0; at < data.length; at += size) say(from, Flag.Push | Flag.Ack, data.subarray(at, at + size));
    say(from === "client" ? "server" : "client", Flag.Ack);
  }
  if (close) {
    say("client", Flag.Fin | Flag.Ack);
    say("server", Flag.Fin | Flag.Ack);
    say("client", Flag.Ack);
  }
  return segments;
}

/** The conversation between IPv6 hosts whose addresses end as the IPv4 ones are. */
export function overIpv6(conversation: Conversation): Conversation {
  const mapped = ({ address, port }: Endpoint): Endpoint => ({
    address: address.includes(":")
      ? address
      : `2001:db8::${addressBytes(address)
          .toString("hex")
          .replace(/^(....)/, "$1:")}`,
    port,
  });
  return { ...conversation, client: mapped(conversation.client), server: mapped(conversation.server) };
}

/** The conversation from another port of the client. */
export function fromPort(conversation: Conversation, port: number): Conversation {
  return { ...conversation, client: { ...conversation.client, port } };
}

/** UDP header and payload. */
function udpBytes(segment: Segment, source: Buffer, destination: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16BE(segment.source.port, 0);
  header.writeUInt16BE(segment.destination.port, 2);
  header.writeUInt16BE(8 + segment.payload.length, 4);
  const bytes = Buffer.concat([header, segment.payload]);
  bytes.writeUInt16BE(transportChecksum(source, destination, 17, bytes) || 0xffff, 6);
  return bytes;
}

/** TCP header and payload with the right checksum, unless it is to be wrong. */
function tcpBytes(segment: Segment, source: Buffer, destination: Buffer): Buffer {
  const options = segment.options ?? new Uint8Array(0);
  const header = Buffer.alloc(20 + options.length);
  header.writeUInt16BE(segment.source.port, 0);
  header.writeUInt16BE(segment.destination.port, 2);
  header.writeUInt32BE(segment.sequence >>> 0, 4);
  header.writeUInt32BE(segment.acknowledgement >>> 0, 8);
  header.writeUInt8((header.length / 4) << 4, 12);
  header.writeUInt8(segment.flags, 13);
  header.writeUInt16BE(segment.window ?? 64240, 14);
  header.writeUInt16BE(segment.urgentPointer ?? 0, 18);
  header.set(options, 20);
  const bytes = Buffer.concat([header, segment.payload]);
  bytes.writeUInt16BE(transportChecksum(source, destination, 6, bytes) ^ (segment.badChecksum ? 0x5555 : 0), 16);
  return bytes;
}

/** Checksum of a transport segment whose own field is zero, or 0 when the field is right (RFC 9293, 3.1; RFC 8200, 8.1). */
export function transportChecksum(source: Buffer, destination: Buffer, proto: number, bytes: Uint8Array): number {
  const pseudo = Buffer.alloc(8);
  pseudo.writeUInt32BE(bytes.length, 0);
  pseudo.writeUInt32BE(proto, 4);
  return checksum(Buffer.concat([source, destination, pseudo, bytes]));
}

/** The segment in an IP packet. */
export function ipPacket(segment: Segment): IpPacket {
  const source = addressBytes(segment.source.address);
  const destination = addressBytes(segment.destination.address);
  const udp = segment.transport === "udp";
  const payload = (udp ? udpBytes : tcpBytes)(segment, source, destination);
  const proto = udp ? 17 : 6;
  const bytes =
    source.length === 4
      ? ipv4(source, destination, proto, payload, segment.ttl, segment.badIpChecksum)
      : ipv6(source, destination, proto, payload, segment.ttl);
  return { version: source.length === 4 ? 4 : 6, bytes, from: segment.from };
}

export function ipv4(
  source: Buffer,
  destination: Buffer,
  proto: number,
  payload: Uint8Array,
  ttl = 64,
  badChecksum = false,
): Buffer {
  const header = Buffer.alloc(20);
  identification = (identification + 1) & 0xffff;
  header.writeUInt8(0x45, 0);
  header.writeUInt16BE(20 + payload.length, 2);
  header.writeUInt16BE(identification, 4);
  header.writeUInt8(ttl, 8);
  header.writeUInt8(proto, 9);
  header.set(source, 12);
  header.set(destination, 16);
  header.writeUInt16BE(checksum(header) ^ (badChecksum ? 0x5555 : 0), 10);
  return Buffer.concat([header, payload]);
}

export function ipv6(source: Buffer, destination: Buffer, proto: number, payload: Uint8Array, ttl = 64): Buffer {
  const header = Buffer.alloc(40);
  header.writeUInt32BE(0x6000_0000, 0);
  header.writeUInt16BE(payload.length, 4);
  header.writeUInt8(proto, 6);
  header.writeUInt8(ttl, 7);
  header.set(source, 8);
  header.set(destination, 24);
  return Buffer.concat([header, payload]);
}

/** The packet in an Ethernet frame, behind VLAN tags (`[etherType, id]`, outermost first). */
export function ethernet(packet: IpPacket, tags: readonly (readonly [number, number])[] = []): WireFrame {
  const header = Buffer.alloc(14 + tags.length * 4);
  header.set(MACS[packet.from === "client" ? "server" : "client"], 0);
  header.set(MACS[packet.from], 6);
  let at = 12;
  for (const [type, id] of tags) {
    header.writeUInt16BE(type, at);
    header.writeUInt16BE(id, at + 2);
    at += 4;
  }
  header.writeUInt16BE(ETHERTYPE[packet.version], at);
  return { from: packet.from, data: Buffer.concat([header, packet.bytes]) };
}

/** A fragment's place: bytes of the datagram behind its IP header. */
export interface Piece {
  offset: number;
  data: Uint8Array;
  more: boolean;
}

/** Cuts what stands behind the IP header into pieces of `size` bytes (a multiple of 8). */
export function pieces({ version, bytes }: IpPacket, size: number): Piece[] {
  const body = bytes.subarray(version === 4 ? 20 : 40);
  const found: Piece[] = [];
  for (let offset = 0; offset < body.length; offset += size) {
    found.push({ offset, data: body.subarray(offset, offset + size), more: offset + size < body.length });
  }
  return found;
}

/** Puts pieces into fragments of one datagram. */
export function fragments(packet: IpPacket, list: readonly Piece[]): IpPacket[] {
  const { version, bytes, from } = packet;
  identification = (identification + 1) & 0xffff;
  return list.map(({ offset, data, more }) => {
    if (version === 4) {
      const header = Buffer.from(bytes.subarray(0, 20));
      header.writeUInt16BE(20 + data.length, 2);
      header.writeUInt16BE(identification, 4);
      header.writeUInt16BE((offset >> 3) | (more ? 0x2000 : 0), 6);
      header.writeUInt16BE(0, 10);
      header.writeUInt16BE(checksum(header), 10);
      return { version, from, bytes: Buffer.concat([header, data]) };
    }
    const header = Buffer.from(bytes.subarray(0, 40));
    const extension = Buffer.alloc(8);
    extension.writeUInt8(header[6]!, 0);
    extension.writeUInt16BE(offset | (more ? 1 : 0), 2);
    extension.writeUInt32BE(identification, 4);
    header.writeUInt16BE(8 + data.length, 4);
    header.writeUInt8(44, 6);
    return { version, from, bytes: Buffer.concat([header, extension, data]) };
  });
}
