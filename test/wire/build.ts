/** Small header builders: bytes in network order, lengths filled in, checksums right unless told otherwise. */

import { addressBytes, checksum } from "../../corpus/frames.ts";

export type Bytes = Uint8Array;

export const hex = (text: string): Bytes => new Uint8Array(Buffer.from(text.replace(/[^0-9a-fA-F]/g, ""), "hex"));
export const join = (...parts: (Bytes | number[])[]): Bytes =>
  new Uint8Array(Buffer.concat(parts.map((p) => Buffer.from(p))));
export const be16 = (n: number): number[] => [(n >> 8) & 255, n & 255];
export const be32 = (n: number): number[] => [(n >>> 24) & 255, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];
export const text = (s: string): Bytes => new Uint8Array(Buffer.from(s, "latin1"));

const MACS = hex("02 00 00 00 00 02 02 00 00 00 00 01");

export const ethernet = (type: number, payload: Bytes): Bytes => join(MACS, be16(type), payload);
export const vlan = (id: number, type: number, payload: Bytes): Bytes => join(be16(id), be16(type), payload);

export interface Ip4 {
  source?: string;
  destination?: string;
  ttl?: number;
  id?: number;
  /** Bytes. */
  offset?: number;
  more?: boolean;
  /** Don't fragment, and the reserved bit. */
  whole?: boolean;
  reserved?: boolean;
  tos?: number;
  options?: Bytes;
  /** Total length and checksum as written; the true ones by default. */
  total?: number;
  sum?: number;
}

export function ipv4(proto: number, payload: Bytes | number[], o: Ip4 = {}): Bytes {
  const options = o.options ?? new Uint8Array(0);
  const size = 20 + options.length;
  const bits = (o.reserved ? 0x8000 : 0) | (o.whole ? 0x4000 : 0) | (o.more ? 0x2000 : 0);
  const head = join(
    [0x40 | (size >> 2), o.tos ?? 0],
    be16(o.total ?? size + payload.length),
    be16(o.id ?? 1),
    be16(((o.offset ?? 0) >> 3) | bits),
    [o.ttl ?? 64, proto, 0, 0],
    [...addressBytes(o.source ?? "10.0.0.1")],
    [...addressBytes(o.destination ?? "10.0.0.2")],
    options,
  );
  head.set(be16(o.sum ?? checksum(head)), 10);
  return join(head, payload);
}

export interface Ip6 {
  source?: string;
  destination?: string;
  hops?: number;
  /** Traffic class. */
  priority?: number;
  /** Payload length as written; the true one by default. */
  total?: number;
}

export function ipv6(next: number, payload: Bytes, o: Ip6 = {}): Bytes {
  return join(
    be32(0x6000_0000 | ((o.priority ?? 0) << 20)),
    be16(o.total ?? payload.length),
    [next, o.hops ?? 64],
    [...addressBytes(o.source ?? "2001:db8::1")],
    [...addressBytes(o.destination ?? "2001:db8::2")],
    payload,
  );
}

/** An IPv6 fragment header and its data. */
export const fragment6 = (next: number, id: number, offset: number, more: boolean, data: Bytes): Bytes =>
  join([next, 0], be16((offset & 0xfff8) | (more ? 1 : 0)), be32(id), data);

export interface Tcp {
  source?: number;
  destination?: number;
  sequence?: number;
  acknowledgement?: number;
  flags?: number;
  window?: number;
  urgent?: number;
  options?: Bytes;
}

export function tcp(payload: Bytes, o: Tcp = {}): Bytes {
  const options = o.options ?? new Uint8Array(0);
  const size = 20 + options.length;
  return join(
    be16(o.source ?? 1024),
    be16(o.destination ?? 80),
    be32(o.sequence ?? 1),
    be32(o.acknowledgement ?? 0),
    [(size >> 2) << 4, o.flags ?? 0x10],
    be16(o.window ?? 8192),
    be16(0),
    be16(o.urgent ?? 0),
    options,
    payload,
  );
}

export const udp = (payload: Bytes, source = 1024, destination = 53, length = payload.length + 8): Bytes =>
  join(be16(source), be16(destination), be16(length), [0, 0], payload);

export const icmp = (type: number, code: number, rest: Bytes | number[]): Bytes => {
  const head = join([type, code, 0, 0], rest);
  head.set(be16(checksum(head)), 2);
  return head;
};
