/** Turns a conversation into Ethernet frames: handshake, segments, acknowledgements, close; checksums are right. */
import { LinkType } from "../assembly/abi/codes.ts";
import type { CapturedFrame } from "../hosts/node/capture/frame.ts";
import type { Conversation, Endpoint } from "./conversation.ts";

/** A frame, and where the application data it carries lies in its sender's stream. */
export interface ConversationFrame extends CapturedFrame {
  from: "client" | "server";
  /** Bytes of application data, and their offset in the stream of this side. */
  payloadLength: number;
  payloadOffset: number;
}

enum Flag {
  Fin = 1,
  Syn = 2,
  Reset = 4,
  Push = 8,
  Ack = 16,
}

const ETHERNET_HEADER = 14;
const TCP_HEADER = 20;
const UDP_HEADER = 8;
const MSS_OPTION = Buffer.from([2, 4, 0x05, 0xb4]);
const CLIENT_MAC = [0x02, 0, 0, 0, 0, 0x01];
const SERVER_MAC = [0x02, 0, 0, 0, 0, 0x02];
const FRAME_GAP_MICROSECONDS = 1000;

/** 2026-01-01T00:00:00Z, when every conversation begins unless told otherwise. */
export const DEFAULT_START = 1_767_225_600;

/** The frames of a conversation, a millisecond apart. @param start seconds since 1970 */
export function conversationFrames(conversation: Conversation, start = DEFAULT_START): ConversationFrame[] {
  return new Sender(conversation, start).run();
}

class Sender {
  private readonly conversation: Conversation;
  private readonly frames: ConversationFrame[] = [];
  private readonly next = { client: 1_000_000, server: 2_000_000 };
  private readonly said = { client: 0, server: 0 };
  private readonly start: number;
  private waited = 0;

  constructor(conversation: Conversation, start: number) {
    this.conversation = conversation;
    this.start = start;
  }

  run(): ConversationFrame[] {
    const { transport, messages, segment, handshake, close } = this.conversation;
    if (transport === "udp") {
      for (const { from, data, wait = 0 } of messages) {
        this.waited += wait;
        this.datagram(from, data);
      }
      return this.frames;
    }
    if (handshake) {
      this.segment("client", Flag.Syn);
      this.segment("server", Flag.Syn | Flag.Ack);
      this.segment("client", Flag.Ack);
    }
    for (const { from, data, wait = 0 } of messages) {
      this.waited += wait;
      for (let at = 0; at < data.length; at += segment) {
        const piece = data.subarray(at, at + segment);
        this.segment(from, at + segment >= data.length ? Flag.Push | Flag.Ack : Flag.Ack, piece);
      }
      this.segment(other(from), Flag.Ack);
    }
    if (close) {
      this.segment("client", Flag.Fin | Flag.Ack);
      this.segment("server", Flag.Fin | Flag.Ack);
      this.segment("client", Flag.Ack);
    }
    return this.frames;
  }

  private segment(from: "client" | "server", flags: number, data: Uint8Array = new Uint8Array(0)): void {
    const options = flags & Flag.Syn ? MSS_OPTION : Buffer.alloc(0);
    const length = TCP_HEADER + options.length;
    const header = Buffer.alloc(length);
    const { source, destination } = this.ends(from);
    header.writeUInt16BE(source.port, 0);
    header.writeUInt16BE(destination.port, 2);
    header.writeUInt32BE(this.next[from], 4);
    if (flags & Flag.Ack) header.writeUInt32BE(this.next[other(from)], 8);
    header.writeUInt8((length / 4) << 4, 12);
    header.writeUInt8(flags, 13);
    header.writeUInt16BE(64240, 14);
    header.set(options, TCP_HEADER);
    this.emit(from, 6, header, 16, data);
    this.next[from] += data.length + (flags & (Flag.Syn | Flag.Fin) ? 1 : 0);
  }

  private datagram(from: "client" | "server", data: Uint8Array): void {
    const header = Buffer.alloc(UDP_HEADER);
    const { source, destination } = this.ends(from);
    header.writeUInt16BE(source.port, 0);
    header.writeUInt16BE(destination.port, 2);
    header.writeUInt16BE(UDP_HEADER + data.length, 4);
    this.emit(from, 17, header, 6, data);
  }

  private emit(from: "client" | "server", proto: number, header: Buffer, checksumAt: number, data: Uint8Array): void {
    const { source, destination } = this.ends(from);
    const [sourceBytes, destinationBytes] = [addressBytes(source.address), addressBytes(destination.address)];
    const segment = Buffer.concat([header, data]);
    const pseudo = Buffer.alloc(8);
    pseudo.writeUInt32BE(segment.length, 0);
    pseudo.writeUInt32BE(proto, 4);
    const sum = checksum(Buffer.concat([sourceBytes, destinationBytes, pseudo, segment]));
    // A UDP checksum of zero means none; its other form is all ones (RFC 768).
    segment.writeUInt16BE(sum === 0 && proto === 17 ? 0xffff : sum, checksumAt);
    const packet =
      sourceBytes.length === 4
        ? ipv4(sourceBytes, destinationBytes, proto, segment, this.frames.length + 1)
        : ipv6(sourceBytes, destinationBytes, proto, segment);
    const ethernet = Buffer.alloc(ETHERNET_HEADER);
    ethernet.set(from === "client" ? SERVER_MAC : CLIENT_MAC, 0);
    ethernet.set(from === "client" ? CLIENT_MAC : SERVER_MAC, 6);
    ethernet.writeUInt16BE(sourceBytes.length === 4 ? 0x0800 : 0x86dd, 12);
    const frame = Buffer.concat([ethernet, packet]);
    const microseconds = this.waited * 1_000_000 + this.frames.length * FRAME_GAP_MICROSECONDS;
    this.frames.push({
      linkType: LinkType.Ethernet,
      seconds: this.start + Math.floor(microseconds / 1_000_000),
      nanoseconds: (microseconds % 1_000_000) * 1000,
      originalLength: frame.length,
      data: frame,
      from,
      payloadLength: data.length,
      payloadOffset: this.said[from],
    });
    this.said[from] += data.length;
  }

  private ends(from: "client" | "server"): { source: Endpoint; destination: Endpoint } {
    const { client, server } = this.conversation;
    return from === "client" ? { source: client, destination: server } : { source: server, destination: client };
  }
}

function other(side: "client" | "server"): "client" | "server" {
  return side === "client" ? "server" : "client";
}

function ipv4(source: Buffer, destination: Buffer, proto: number, payload: Buffer, id: number): Buffer {
  const header = Buffer.alloc(20);
  header.writeUInt8(0x45, 0);
  header.writeUInt16BE(20 + payload.length, 2);
  header.writeUInt16BE(id & 0xffff, 4);
  header.writeUInt16BE(0x4000, 6);
  header.writeUInt8(64, 8);
  header.writeUInt8(proto, 9);
  header.set(source, 12);
  header.set(destination, 16);
  header.writeUInt16BE(checksum(header), 10);
  return Buffer.concat([header, payload]);
}

function ipv6(source: Buffer, destination: Buffer, proto: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(40);
  header.writeUInt32BE(0x6000_0000, 0);
  header.writeUInt16BE(payload.length, 4);
  header.writeUInt8(proto, 6);
  header.writeUInt8(64, 7);
  header.set(source, 8);
  header.set(destination, 24);
  return Buffer.concat([header, payload]);
}

/** The four or sixteen bytes of an address. */
export function addressBytes(address: string): Buffer {
  if (!address.includes(":")) return Buffer.from(address.split(".").map(Number));
  const [head = "", tail] = address.split("::") as [string, string?];
  const groups = (text: string): number[] =>
    text
      .split(":")
      .filter(Boolean)
      .map((group) => Number.parseInt(group, 16));
  const [left, right] = [groups(head), groups(tail ?? "")];
  const all = tail === undefined ? left : [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
  const bytes = Buffer.alloc(16);
  for (const [index, group] of all.entries()) bytes.writeUInt16BE(group, index * 2);
  return bytes;
}

/** The Internet checksum (RFC 1071). */
export function checksum(data: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < data.length; at += 2) sum += (data[at]! << 8) | (data[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
