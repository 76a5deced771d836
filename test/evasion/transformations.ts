/** The columns of the evasion matrix: each a way to send a conversation that hosts understand, or that is meant to confuse an observer. */
import type { Conversation } from "../../corpus/conversation.ts";
import * as packet from "./packet_tricks.ts";
import { ipPacket, segmentsOf, type WireFrame } from "./segment.ts";
import * as tcp from "./tcp_tricks.ts";
import { CARRIERS, nested } from "./tunnel_tricks.ts";

export interface Transformation {
  name: string;
  /** Bytes of data a segment; left out: as the conversation says. */
  size?: number;
  segments?: tcp.SegmentTrick;
  packets?: packet.PacketTrick;
  /**
   * Other bytes go ahead of the truth, and an observer cannot know that the host will not take them. The first bytes win: an attack
   * is cut short or garbled, alert or not; a benign conversation never says two things, its own bytes come twice instead.
   */
  ahead?: boolean;
  /** It ends the connection for some receivers, or takes bytes from them: no benign conversation is like that. */
  harmful?: boolean;
  /** The tag or tunnel that everything is carried in (`CARRIERS`). */
  through?: string;
}

const SMALL = 16;

export const TRANSFORMATIONS: readonly Transformation[] = [
  { name: "as it is" },
  { name: "segments of 1 byte", size: 1 },
  { name: "last segment first", size: SMALL, segments: tcp.reversed },
  { name: "every other segment first", size: SMALL, segments: tcp.everyOtherFirst },
  { name: "1-byte segments, last first", size: 1, segments: tcp.reversed },
  { name: "everything twice", size: SMALL, segments: tcp.sentTwice },
  { name: "contradicted afterwards", size: SMALL, segments: tcp.contradictedAfterwards },
  { name: "contradicted before", size: SMALL, segments: tcp.contradictedBefore, ahead: true },
  { name: "overlaps old data", size: SMALL, segments: tcp.overlapsOldData },
  { name: "overlaps new data", size: SMALL, segments: tcp.overlapsNewData, ahead: true },
  { name: "contradicted behind a hole", size: SMALL, segments: tcp.contradictedBehindHole, ahead: true },
  { name: "duplicate with bad checksum before", size: SMALL, segments: tcp.wrongChecksumBefore },
  { name: "duplicate with bad IP checksum before", size: SMALL, segments: tcp.wrongIpChecksumBefore, ahead: true },
  { name: "duplicate with low TTL before", size: SMALL, segments: tcp.tooFewHopsBefore, ahead: true },
  { name: "duplicate without ACK before", size: SMALL, segments: tcp.withoutAckBefore },
  { name: "duplicate with old timestamp before", size: SMALL, segments: tcp.oldTimestampBefore },
  { name: "duplicate with wrong ACK before", size: SMALL, segments: tcp.wrongAckBefore },
  { name: "urgent byte behind each segment", size: SMALL, segments: tcp.urgentByteBehind, ahead: true, harmful: true },
  { name: "urgent pointer on first byte", size: SMALL, segments: tcp.urgentByteInFront },
  { name: "every byte urgent", size: 1, segments: tcp.urgentByteInFront },
  { name: "urgent pointer on next segment", size: SMALL, segments: tcp.urgentByteAhead },
  { name: "RST with bad checksum", size: SMALL, segments: tcp.resetWithWrongChecksum },
  { name: "RST with low TTL", size: SMALL, segments: tcp.resetWithTooFewHops, ahead: true, harmful: true },
  { name: "RST outside the window", size: SMALL, segments: tcp.resetOutsideWindow },
  { name: "RST inside the window, not at its edge", size: SMALL, segments: tcp.resetInsideWindow, ahead: true },
  { name: "FIN with bad checksum", size: SMALL, segments: tcp.finWithWrongChecksum },
  { name: "FIN with low TTL", size: SMALL, segments: tcp.finWithTooFewHops, ahead: true },
  { name: "FIN outside the window", size: SMALL, segments: tcp.finOutsideWindow },
  { name: "another SYN", size: SMALL, segments: tcp.anotherSyn },
  { name: "another SYN with low TTL", size: SMALL, segments: tcp.anotherSynWithTooFewHops },
  {
    name: "RST and SYN with low TTL",
    size: SMALL,
    segments: tcp.resetAndSynWithTooFewHops,
    ahead: true,
    harmful: true,
  },
  { name: "data with the SYN", size: SMALL, segments: tcp.dataWithSyn },
  { name: "keep-alive with another byte", size: SMALL, segments: tcp.keepAliveWithOtherByte },
  { name: "data again after the end", size: SMALL, segments: tcp.sentAgainAtTheEnd },
  { name: "handshake without its last ACK", size: SMALL, segments: tcp.withoutHandshakeAck },
  { name: "fragments", packets: packet.inFragments },
  { name: "fragments of 8 bytes", packets: packet.inTinyFragments },
  { name: "last fragment first", packets: packet.lastFragmentFirst },
  { name: "every other fragment first", packets: packet.everyOtherFragmentFirst },
  { name: "fragments twice", packets: packet.fragmentsTwice },
  { name: "fragments contradicted afterwards", packets: packet.fragmentsContradictedAfterwards },
  { name: "fragments contradicted before", packets: packet.fragmentsContradictedBefore, ahead: true },
  { name: "fragments reach back", packets: packet.fragmentsReachBack, ahead: true },
  { name: "fragments reach ahead", packets: packet.fragmentsReachAhead, ahead: true },
  { name: "last fragment again", packets: packet.lastFragmentAgain },
  { name: "fragments again, reversed", packets: packet.fragmentsAgainReversed },
  { name: "fragment behind the end", packets: packet.fragmentBehindTheEnd },
  {
    name: "small segments in fragments, last first",
    size: SMALL,
    segments: tcp.reversed,
    packets: packet.lastFragmentFirst,
  },
  { name: "IPv4 options", packets: packet.behindIpv4Options },
];

/** Those that need IPv6. */
export const IPV6_TRANSFORMATIONS: readonly Transformation[] = [
  { name: "hop-by-hop options", packets: packet.behindHopByHop },
  { name: "destination options", packets: packet.behindDestinationOptions },
  { name: "routing header", packets: packet.behindRouting },
  { name: "atomic fragment", packets: packet.inAtomicFragment },
  { name: "long chain of extension headers", packets: packet.behindLongChain },
  { name: "small segments behind a long chain", size: SMALL, segments: tcp.reversed, packets: packet.behindLongChain },
];

/** What is carried in a tag or a tunnel, for packets of one version: whole, cut before and cut afterwards. */
export function carriedTransformations(version: 4 | 6): Transformation[] {
  return CARRIERS.filter(({ only }) => only === undefined || only === version).flatMap(({ name, packets, fragile }) => [
    { name, packets, through: name },
    { name: `small segments in ${name}, last first`, size: SMALL, segments: tcp.reversed, packets, through: name },
    {
      name: `contradicted before, in ${name}`,
      size: SMALL,
      segments: tcp.contradictedBefore,
      packets,
      through: name,
      ahead: true,
    },
    { name: `fragments in ${name}, last first`, packets: nested(packet.lastFragmentFirst, packets), through: name },
    ...(fragile
      ? [
          {
            name: `fragments of ${name}, last first`,
            packets: nested(packets, packet.lastFragmentFirst),
            through: name,
          },
        ]
      : []),
  ]);
}

/** The frames of a conversation, transformed. @param decoy what the transformation puts in place of the truth */
export function transformed(conversation: Conversation, how: Transformation, decoy: tcp.Decoy): WireFrame[] {
  const size = Math.min(conversation.segment, how.size ?? conversation.segment);
  const segments = (how.segments ?? tcp.asTheyAre)(segmentsOf(conversation, size), decoy);
  const packets = how.packets ?? packet.plainFrame;
  return segments.flatMap((segment) => packets(ipPacket(segment), segment, decoy));
}

/** The frames of two conversations in turn. */
export function interleaved(first: readonly WireFrame[], second: readonly WireFrame[]): WireFrame[] {
  const longer = Math.max(first.length, second.length);
  return Array.from({ length: longer }, (_, index) => [first[index], second[index]])
    .flat()
    .filter((f) => f !== undefined);
}
