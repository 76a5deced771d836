/** Transformations of the network layer: fragments, extension headers, options. */
import { checksum } from "../../corpus/frames.ts";
import {
  ethernet,
  fragments,
  type IpPacket,
  ipv6,
  type Piece,
  pieces,
  type Segment,
  type WireFrame,
} from "./segment.ts";
import type { Decoy } from "./tcp_tricks.ts";

/** What becomes of one segment's packet on the wire. */
export type PacketTrick = (packet: IpPacket, segment: Segment, decoy: Decoy) => WireFrame[];

const PIECE = 24;

export const plainFrame: PacketTrick = (packet) => [ethernet(packet)];

/** Only what carries data is cut: the handshake stays whole. */
function cut(arrange: (list: Piece[], decoy: Decoy) => Piece[], size = PIECE): PacketTrick {
  return (packet, segment, decoy) => {
    if (segment.payload.length === 0) return [ethernet(packet)];
    return fragments(packet, arrange(pieces(packet, size), decoy)).map((fragment) => ethernet(fragment));
  };
}

/** Bytes of a fragment contradicted behind the transport header, so that ports and checksum stay. */
function contradicted(piece: Piece, decoy: Decoy): Piece {
  const kept = Math.max(0, Math.min(piece.data.length, 20 - piece.offset));
  return { ...piece, data: Buffer.concat([piece.data.subarray(0, kept), decoy(piece.data.subarray(kept))]) };
}

export const inFragments = cut((list) => list);
export const inTinyFragments = cut((list) => list, 8);
export const lastFragmentFirst = cut((list) => [...list].reverse());
export const everyOtherFragmentFirst = cut((list) => [
  ...list.filter((_, index) => index % 2 === 1),
  ...list.filter((_, index) => index % 2 === 0),
]);
export const fragmentsTwice = cut((list) => list.flatMap((piece) => [piece, piece]));

/** Other bytes in place of each fragment that was sent. */
export const fragmentsContradictedAfterwards = cut((list, decoy) =>
  list.flatMap((piece, index) => (index < list.length - 1 ? [piece, contradicted(piece, decoy)] : [piece])),
);

/** Other bytes before the true fragment. */
export const fragmentsContradictedBefore = cut((list, decoy) =>
  list.flatMap((piece) => (piece.offset > 0 ? [contradicted(piece, decoy), piece] : [piece])),
);

/** Each fragment reaches back into the one before, with other bytes. */
export const fragmentsReachBack = cut((list, decoy) =>
  list.map((piece, index) => {
    const before = list[index - 1];
    if (!before) return piece;
    return { ...piece, offset: before.offset, data: Buffer.concat([contradicted(before, decoy).data, piece.data]) };
  }),
);

/** Each fragment but the last goes on into the next one, with other bytes. */
export const fragmentsReachAhead = cut((list, decoy) =>
  list.map((piece, index) => {
    const next = list[index + 1];
    if (!next) return piece;
    // Only the last fragment may have a length that is no multiple of 8.
    const ahead = contradicted(next, decoy).data.subarray(0, next.data.length & ~7);
    return { ...piece, data: Buffer.concat([piece.data, ahead]) };
  }),
);

/** The fragment that made the datagram whole, and was dropped with it, comes again. */
export const lastFragmentAgain = cut((list) => [...list, ...list.slice(-1)]);

/** The same when all fragments come again, the first one last. */
export const fragmentsAgainReversed: PacketTrick = (packet, segment, decoy) => {
  // A datagram would arrive twice.
  if (segment.transport === "udp") return inFragments(packet, segment, decoy);
  return cut((list) => [...list, ...[...list].reverse()])(packet, segment, decoy);
};

/** A fragment behind the end, which a host takes as a sign that the datagram is damaged; then the truth from the middle. */
export const fragmentBehindTheEnd = cut((list) => {
  const last = list.at(-1)!;
  const behind = { offset: (last.offset + last.data.length + 7) & ~7, data: Buffer.alloc(8), more: true };
  return list.length < 3 ? list : [list[0]!, last, behind, ...list.slice(1, -1)];
});

const PADDING = Buffer.from([1, 4, 0, 0, 0, 0]);
const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const DESTINATION = 60;

/** Puts extension headers (RFC 8200) between the IPv6 header and what it carries. */
function extended(...chain: readonly number[]): PacketTrick {
  return (packet) => {
    if (packet.version === 4) return [ethernet(packet)];
    const { bytes } = packet;
    const headers = chain.map((kind, index) => {
      const header = Buffer.alloc(8);
      header.writeUInt8(chain[index + 1] ?? bytes[6]!, 0);
      if (kind === HOP_BY_HOP || kind === DESTINATION) header.set(PADDING, 2);
      // A routing header of a type for experiments (RFC 4727) without segments left is passed over.
      if (kind === ROUTING) header.writeUInt8(253, 2);
      if (kind === FRAGMENT) header.writeUInt32BE(0x1234_5678, 4);
      return header;
    });
    const body = Buffer.concat([...headers, bytes.subarray(40)]);
    const made = ipv6(bytes.subarray(8, 24), bytes.subarray(24, 40), chain[0]!, body, bytes[7]);
    return [ethernet({ ...packet, bytes: made })];
  };
}

export const behindHopByHop = extended(HOP_BY_HOP);
export const behindDestinationOptions = extended(DESTINATION);
export const behindRouting = extended(ROUTING);
export const inAtomicFragment = extended(FRAGMENT);
export const behindLongChain = extended(HOP_BY_HOP, DESTINATION, ROUTING, FRAGMENT, DESTINATION);

/** Options in the IPv4 header move everything behind it. */
export const behindIpv4Options: PacketTrick = (packet) => {
  if (packet.version === 6) return [ethernet(packet)];
  const header = Buffer.concat([packet.bytes.subarray(0, 20), Buffer.alloc(8, 1)]);
  header.writeUInt8(0x47, 0);
  header.writeUInt16BE(packet.bytes.length + 8, 2);
  header.writeUInt16BE(0, 10);
  header.writeUInt16BE(checksum(header), 10);
  return [ethernet({ ...packet, bytes: Buffer.concat([header, packet.bytes.subarray(20)]) })];
};
