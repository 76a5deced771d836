/** Tags and tunnels: what a packet is carried in. */
import { addressBytes, checksum } from "../../corpus/frames.ts";
import type { PacketTrick } from "./packet_tricks.ts";
import { ETHERTYPE, ethernet, type IpPacket, ipv4, ipv6, transportChecksum } from "./segment.ts";

/** Ends of the tunnels, which other hosts use than those that talk through them. */
const ENDS = {
  4: { client: "198.51.100.1", server: "198.51.100.2" },
  6: { client: "2001:db8:100::1", server: "2001:db8:100::2" },
} as const;
/** A client of Teredo is another one than the end of a tunnel without UDP. */
const TEREDO_CLIENT = "198.51.100.3";

const IP_IN_IP = { 4: 4, 6: 41 } as const;
const UDP = 17;
const GRE = 47;
const TRANSPARENT_ETHERNET = 0x6558;
const GRE_CHECKSUM_AND_KEY = 0xa000;
const VNI = 7;
const CLIENT_PORT = 50_000;
const PORT = { vxlan: 4789, geneve: 6081, teredo: 3544 };

/** Ethernet tags in front: IEEE 802.1Q, 802.1ad. */
export const tagged: PacketTrick = (packet) => [ethernet(packet, [[0x8100, 7]])];
export const taggedTwice: PacketTrick = (packet) => [
  ethernet(packet, [
    [0x88a8, 7],
    [0x8100, 9],
  ]),
];

interface Ends {
  source: Buffer;
  destination: Buffer;
}

function endsOf(version: 4 | 6, from: IpPacket["from"], client: string = ENDS[version].client): Ends {
  const [source, destination] = from === "client" ? [client, ENDS[version].server] : [ENDS[version].server, client];
  return { source: addressBytes(source), destination: addressBytes(destination) };
}

/** In a packet of a tunnel between two other hosts. */
function carried(version: 4 | 6, proto: number, content: Buffer, from: IpPacket["from"], ends = endsOf(version, from)) {
  const bytes = (version === 4 ? ipv4 : ipv6)(ends.source, ends.destination, proto, content);
  return [ethernet({ version, bytes, from })];
}

/** IP in IP (RFC 2003, RFC 4213), and in IPv6 (RFC 2473). */
const inIpOf =
  (outer: 4 | 6): PacketTrick =>
  ({ version, bytes, from }) =>
    carried(outer, IP_IN_IP[version], bytes, from);

/** GRE (RFC 2784) over either version. */
const inGreOf =
  (outer: 4 | 6): PacketTrick =>
  (packet) =>
    carried(outer, GRE, gre(ETHERTYPE[packet.version], packet.bytes), packet.from);

export const inGre = inGreOf(4);

function gre(type: number, content: Uint8Array): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(type, 2);
  return Buffer.concat([head, content]);
}

/** GRE with a checksum and a key (RFC 2890). */
const inGreWithKey: PacketTrick = (packet) => {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(GRE_CHECKSUM_AND_KEY, 0);
  head.writeUInt16BE(ETHERTYPE[packet.version], 2);
  head.writeUInt32BE(VNI, 8);
  const bytes = Buffer.concat([head, packet.bytes]);
  bytes.writeUInt16BE(checksum(bytes), 4);
  return carried(4, GRE, bytes, packet.from);
};

/** Ethernet in GRE (RFC 1701). */
const inGretap: PacketTrick = (packet) =>
  carried(4, GRE, gre(TRANSPARENT_ETHERNET, ethernet(packet).data), packet.from);

function inUdp(
  source: number,
  destination: number,
  content: Uint8Array[],
  from: IpPacket["from"],
  ends = endsOf(4, from),
) {
  const datagram = Buffer.concat([Buffer.alloc(8), ...content]);
  datagram.writeUInt16BE(source, 0);
  datagram.writeUInt16BE(destination, 2);
  datagram.writeUInt16BE(datagram.length, 4);
  datagram.writeUInt16BE(transportChecksum(ends.source, ends.destination, UDP, datagram) || 0xffff, 6);
  return carried(4, UDP, datagram, from, ends);
}

/** VXLAN (RFC 7348). */
const inVxlan: PacketTrick = (packet) =>
  inUdp(CLIENT_PORT, PORT.vxlan, [Buffer.from([8, 0, 0, 0, 0, 0, VNI, 0]), ethernet(packet).data], packet.from);

/** Geneve (RFC 8926). */
const inGeneve: PacketTrick = (packet) =>
  inUdp(CLIENT_PORT, PORT.geneve, [Buffer.from([0, 0, 0x65, 0x58, 0, 0, VNI, 0]), ethernet(packet).data], packet.from);

/** Teredo (RFC 4380). */
const inTeredo: PacketTrick = ({ version, bytes, from }) => {
  if (version === 4) return [ethernet({ version, bytes, from })];
  const [source, destination] = from === "client" ? [CLIENT_PORT, PORT.teredo] : [PORT.teredo, CLIENT_PORT];
  return inUdp(source, destination, [bytes], from, endsOf(4, from, TEREDO_CLIENT));
};

/** What carries packets, by its name; `fragile`: IP can cut its packets. */
export interface Carrier {
  name: string;
  packets: PacketTrick;
  fragile: boolean;
  /** The one version it carries. */
  only?: 6;
}

export const CARRIERS: readonly Carrier[] = [
  { name: "VLAN", packets: tagged, fragile: false },
  { name: "QinQ", packets: taggedTwice, fragile: false },
  { name: "IP in IP", packets: inIpOf(4), fragile: true },
  { name: "IP in IPv6", packets: inIpOf(6), fragile: true },
  { name: "GRE", packets: inGre, fragile: true },
  { name: "GRE with a key", packets: inGreWithKey, fragile: true },
  { name: "GRE in IPv6", packets: inGreOf(6), fragile: true },
  { name: "Ethernet in GRE", packets: inGretap, fragile: true },
  { name: "VXLAN", packets: inVxlan, fragile: true },
  { name: "Geneve", packets: inGeneve, fragile: true },
  { name: "Teredo", packets: inTeredo, fragile: true, only: 6 },
];

/** What the second makes of each packet that the first sends. */
export function nested(first: PacketTrick, second: PacketTrick): PacketTrick {
  return (packet, segment, decoy) =>
    first(packet, segment, decoy).flatMap(({ data, from }) => {
      const frame = Buffer.from(data);
      const version = frame.readUInt16BE(12) === ETHERTYPE[4] ? 4 : 6;
      return second({ version, bytes: frame.subarray(14), from }, segment, decoy);
    });
}
