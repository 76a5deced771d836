/**
 * What hosts behind the core would have received from the frames that passed. Where real hosts differ (which of two overlapping pieces
 * counts) the model can be either; where all agree it does as RFC 791, RFC 8200, RFC 9293, RFC 5961 (resets) and RFC 7323 (PAWS) say.
 */
import { checksum } from "../../corpus/frames.ts";
import { Flag, transportChecksum } from "./segment.ts";

/** Which bytes count where pieces overlap. */
export type Preference = "old" | "new";

/** Frames with fewer hops left never reach the host. */
const HOPS_TO_HOST = 3;
const WINDOW = 65_535;

/** One direction of a connection, as its receiver has it. */
class Stream {
  /** Bytes the application can read. */
  readonly read: number[] = [];
  closed = false;
  private next: number | undefined;
  private timestamp = 0;
  private readonly waiting = new Map<number, number>();
  private fin: number | undefined;
  private readonly preference: Preference;

  constructor(preference: Preference) {
    this.preference = preference;
  }

  take(tcp: Buffer): void {
    const sequence = tcp.readUInt32BE(4);
    const flags = tcp[13]!;
    const headerLength = (tcp[12]! >> 4) * 4;
    if (flags & Flag.Syn) {
      this.next ??= sequence + 1;
      // TCP Fast Open, with a cookie or without (RFC 7413).
      for (const [index, byte] of tcp.subarray(headerLength).entries()) this.byte(sequence + 1 + index, byte);
      this.deliver();
      return;
    }
    if (this.next === undefined || this.closed) return;
    if (flags & Flag.Reset) {
      if (sequence === this.next) this.closed = true;
      return;
    }
    if (!(flags & Flag.Ack) || this.isOld(tcp.subarray(20, headerLength))) return;
    const payload = tcp.subarray(headerLength);
    const urgent = flags & Flag.Urgent && tcp.readUInt16BE(18) > 0 ? sequence + tcp.readUInt16BE(18) - 1 : -1;
    for (const [index, byte] of payload.entries()) this.byte(sequence + index, sequence + index === urgent ? -1 : byte);
    if (flags & Flag.Fin && sequence + payload.length >= this.next - 1) this.fin ??= sequence + payload.length;
    this.deliver();
  }

  /** Keeps a byte of the window; -1 stands for one that is out of band. */
  private byte(sequence: number, value: number): void {
    if (sequence < this.next! || sequence >= this.next! + WINDOW) return;
    if (this.preference === "old" && this.waiting.has(sequence)) return;
    this.waiting.set(sequence, value);
  }

  private deliver(): void {
    for (let value = this.waiting.get(this.next!); value !== undefined; value = this.waiting.get(this.next!)) {
      if (this.next === this.fin) break;
      this.waiting.delete(this.next!);
      this.next!++;
      if (value >= 0) this.read.push(value);
    }
    if (this.next === this.fin) this.closed = true;
  }

  /** Protection against wrapped sequence numbers; remembers the newest timestamp. */
  private isOld(options: Buffer): boolean {
    for (
      let at = 0;
      at < options.length && options[at] !== 0;
      at += options[at] === 1 ? 1 : Math.max(options[at + 1]!, 2)
    ) {
      if (options[at] !== 8) continue;
      const value = options.readUInt32BE(at + 2);
      if (value < this.timestamp) return true;
      this.timestamp = value;
    }
    return false;
  }
}

/** A datagram under reassembly. */
class Datagram {
  private readonly bytes = new Map<number, number>();
  private length = -1;

  /** Takes a piece. The datagram's data when it is whole. */
  take(offset: number, data: Uint8Array, more: boolean, preference: Preference): Buffer | undefined {
    for (const [index, byte] of data.entries()) {
      if (preference === "new" || !this.bytes.has(offset + index)) this.bytes.set(offset + index, byte);
    }
    if (!more) this.length = offset + data.length;
    if (this.length < 0) return undefined;
    const whole = Buffer.alloc(this.length);
    for (let at = 0; at < this.length; at++) {
      const byte = this.bytes.get(at);
      if (byte === undefined) return undefined;
      whole[at] = byte;
    }
    return whole;
  }
}

/** IP protocol numbers the model looks into. */
enum Proto {
  HopByHop = 0,
  Ipip = 4,
  Tcp = 6,
  Udp = 17,
  Ipv6 = 41,
  Routing = 43,
  Fragment = 44,
  Gre = 47,
  DestinationOptions = 60,
}

const VXLAN_PORT = 4789;
const GENEVE_PORT = 6081;
const TEREDO_PORT = 3544;
const TRANSPARENT_ETHERNET = 0x6558;

/** Hosts of one preference. */
export class Receiver {
  /** Called with every TCP segment. */
  onSegment: (tcp: Buffer) => void = () => {};
  private readonly preference: Preference;
  private readonly streams = new Map<string, Stream>();
  private readonly datagrams = new Map<string, Datagram>();
  private readonly delivered = new Map<string, Buffer[]>();

  constructor(preference: Preference) {
    this.preference = preference;
  }

  /** What an application reads that was sent from `source` to `destination` (`ADDRESS-IN-HEX:PORT`). */
  read(source: string, destination: string): Buffer {
    const key = `${source}>${destination}`;
    const stream = this.streams.get(key);
    return stream ? Buffer.from(stream.read) : Buffer.concat(this.delivered.get(key) ?? []);
  }

  /** A frame that passed. */
  take(data: Uint8Array): void {
    const frame = Buffer.from(data);
    let at = 12;
    while ([0x8100, 0x88a8].includes(frame.readUInt16BE(at))) at += 4;
    this.network(frame.readUInt16BE(at), frame.subarray(at + 2));
  }

  private network(etherType: number, bytes: Buffer): void {
    if (etherType === 0x0800) this.ipv4(bytes);
    else if (etherType === 0x86dd) this.ipv6(bytes);
  }

  private ipv4(bytes: Buffer): void {
    const headerLength = (bytes[0]! & 15) * 4;
    if (checksum(bytes.subarray(0, headerLength)) !== 0 || bytes[8]! < HOPS_TO_HOST) return;
    const body = bytes.subarray(headerLength, bytes.readUInt16BE(2));
    const place = bytes.readUInt16BE(6);
    const ends: Ends = { source: bytes.subarray(12, 16), destination: bytes.subarray(16, 20) };
    const id = `${bytes.readUInt16BE(4)}/${bytes[9]}`;
    if ((place & 0x3fff) === 0) this.transport(bytes[9]!, body, ends);
    else this.fragment(id, (place & 0x1fff) * 8, body, (place & 0x2000) !== 0, bytes[9]!, ends);
  }

  private ipv6(bytes: Buffer): void {
    if (bytes[7]! < HOPS_TO_HOST) return;
    const ends: Ends = { source: bytes.subarray(8, 24), destination: bytes.subarray(24, 40) };
    this.transport(bytes[6]!, bytes.subarray(40, 40 + bytes.readUInt16BE(4)), ends);
  }

  private fragment(id: string, offset: number, data: Buffer, more: boolean, proto: number, ends: Ends): void {
    const key = `${name(ends.source)}>${name(ends.destination)}/${id}`;
    const datagram = this.datagrams.get(key) ?? new Datagram();
    this.datagrams.set(key, datagram);
    const whole = datagram.take(offset, data, more, this.preference);
    if (!whole) return;
    this.datagrams.delete(key);
    this.transport(proto, whole, ends);
  }

  private transport(proto: number, body: Buffer, ends: Ends): void {
    switch (proto) {
      case Proto.HopByHop:
      case Proto.DestinationOptions:
      case Proto.Routing:
        this.transport(body[0]!, body.subarray((body[1]! + 1) * 8), ends);
        break;
      case Proto.Fragment:
        this.fragmentHeader(body, ends);
        break;
      case Proto.Ipip:
        this.ipv4(body);
        break;
      case Proto.Ipv6:
        this.ipv6(body);
        break;
      case Proto.Gre:
        this.gre(body);
        break;
      case Proto.Udp:
        this.udp(body, ends);
        break;
      case Proto.Tcp:
        this.tcp(body, ends);
        break;
    }
  }

  private fragmentHeader(body: Buffer, ends: Ends): void {
    const place = body.readUInt16BE(2);
    const rest = body.subarray(8);
    // An atomic fragment stands alone (RFC 6946).
    if (place === 0) this.transport(body[0]!, rest, ends);
    else this.fragment(`${body.readUInt32BE(4)}`, place & 0xfff8, rest, (place & 1) !== 0, body[0]!, ends);
  }

  /** RFC 2784, RFC 2890: each of checksum, key and number is there when its flag is. */
  private gre(bytes: Buffer): void {
    const flags = bytes.readUInt16BE(0);
    const length = 4 + [0x8000, 0x2000, 0x1000].filter((flag) => flags & flag).length * 4;
    const type = bytes.readUInt16BE(2);
    if (type === TRANSPARENT_ETHERNET) this.take(bytes.subarray(length));
    else this.network(type, bytes.subarray(length));
  }

  private udp(bytes: Buffer, ends: Ends): void {
    const port = bytes.readUInt16BE(2);
    if (port === VXLAN_PORT || port === GENEVE_PORT) {
      this.take(bytes.subarray(16));
      return;
    }
    if (port === TEREDO_PORT || bytes.readUInt16BE(0) === TEREDO_PORT) {
      this.ipv6(bytes.subarray(8));
      return;
    }
    const key = keyOf(bytes, ends);
    this.delivered.set(key, [...(this.delivered.get(key) ?? []), bytes.subarray(8)]);
  }

  private tcp(bytes: Buffer, ends: Ends): void {
    if (transportChecksum(ends.source, ends.destination, Proto.Tcp, bytes) !== 0) return;
    this.onSegment(bytes);
    const key = keyOf(bytes, ends);
    const stream = this.streams.get(key) ?? new Stream(this.preference);
    this.streams.set(key, stream);
    stream.take(bytes);
  }
}

interface Ends {
  source: Buffer;
  destination: Buffer;
}

function name(address: Buffer): string {
  return address.toString("hex");
}

function keyOf(transport: Buffer, { source, destination }: Ends): string {
  return `${name(source)}:${transport.readUInt16BE(0)}>${name(destination)}:${transport.readUInt16BE(2)}`;
}
