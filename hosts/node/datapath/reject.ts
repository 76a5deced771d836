/**
 * The answers that `reject` sends: a TCP reset (RFC 9293, 3.10.7.1), or an ICMP message that the destination is administratively
 * prohibited (RFC 1812, 5.2.7.1; RFC 4443, 3.1), to one end of the conversation or both.
 *
 * Contract: `rejectPackets` takes any bytes; what it cannot read as TCP or UDP over IP gets no answer.
 */
import { Action, IpProto } from "../../../assembly/abi/codes.ts";
import { fold, networkOffset, sum, transportChecksum, transportOf } from "./checksum.ts";

/** A network-layer packet; `onward`: it goes where the rejected frame was going. */
export interface RejectPacket {
  packet: Uint8Array;
  onward: boolean;
}

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

function readSegment(frame: Uint8Array, linkType: number): Segment | undefined {
  const offset = networkOffset(frame, linkType);
  if (offset < 0) return undefined;
  const bytes = frame.subarray(offset);
  const found = transportOf(bytes);
  if (found === undefined || (found.proto !== IpProto.Tcp && found.proto !== IpProto.Udp)) return undefined;
  const { version, proto, at, end, length } = found;
  if (at + (proto === IpProto.Tcp ? 20 : 8) > end) return undefined;
  const [from, to, bytesOf] = version === 4 ? [12, 16, 4] : [8, 24, 16];
  return {
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
    bytes,
    version,
    source: bytes.subarray(from, from + bytesOf),
    destination: bytes.subarray(to, to + bytesOf),
    proto,
    transport: at,
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
  out.setUint16(at + 16, transportChecksum(packet, version, at, packet.length, IpProto.Tcp));
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
  out.setUint16(at + 2, transportChecksum(packet, version, at, packet.length, proto));
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
