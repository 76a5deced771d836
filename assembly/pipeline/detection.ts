/**
 * Protocol detection of a flow, a direction each: when it is asked, when it is given up, and which side is believed. Rules of Suricata's
 * app-layer.c. What was found is parsed by pipeline/application.ts.
 */
import { AppEvent } from "../abi/app_events";
import { AppProto, Direction } from "../abi/codes";
import { Setting } from "../abi/settings";
import { detectProtocol, foundReversed, noMorePatterns, noMoreProbes, question } from "../app/detection";
import { Flow, FlowFlag } from "../flow/flow";
import { swapFlow } from "../flow/swap";
import { swapPacket } from "../flow/update";
import { setting } from "../memory/settings";
import {
  bytesWaiting,
  disableAppLayer,
  firstDataDirection,
  isMidstream,
  isProtocolDetected,
  setProtocolDetected,
  swapDirections,
  waitingLimit,
} from "../stream/inspection";
import { Session } from "../stream/session";
import { Packet, PacketFlag } from "../wire/packet";
import { expectedProtocol } from "./expectation";

/** Bits of `Flow.detection`. */
export enum Detection {
  /** Patterns, probes of a direction have given up (or one found it). */
  PatternsToServer = 1,
  PatternsToClient = 2,
  ProbesToServer = 4,
  ProbesToClient = 8,
  /** Bytes of this direction were parsed. */
  FedToServer = 16,
  FedToClient = 32,
  /** Some data went to a parser. */
  Sent = 64,
  /** The protocol changes with the next data. */
  Changing = 128,
  /** Expectations were looked through. */
  Expected = 256,
  /** A change was asked for: the old protocol's transactions are to be inspected and logged. */
  Flush = 512,
}

const ALL_GIVEN_UP: u16 = <u16>(
  (Detection.PatternsToServer | Detection.PatternsToClient | Detection.ProbesToServer | Detection.ProbesToClient)
);

/** Bytes after which a changed protocol counts as unknown. */
const CHANGE_DEPTH: u32 = 256;

/** What became of the bytes. */
export enum Verdict {
  /** Wait for more. */
  Wait = 0,
  /** Parse them. */
  Parse = 1,
  /** Parse what the other direction sent first, then these. */
  OtherFirst = 2,
  /** No application layer any more. */
  GiveUp = 3,
  /** Parse them as bytes of the other direction: the flow was turned round. */
  Turned = 4,
}

export function patternsBit(direction: u32): u16 {
  return direction == Direction.ToServer ? <u16>Detection.PatternsToServer : <u16>Detection.PatternsToClient;
}

export function probesBit(direction: u32): u16 {
  return direction == Direction.ToServer ? <u16>Detection.ProbesToServer : <u16>Detection.ProbesToClient;
}

export function protocolOf(flow: Flow, direction: u32): u32 {
  return direction == Direction.ToServer ? flow.appProtoToServer : flow.appProtoToClient;
}

export function setProtocol(flow: Flow, direction: u32, proto: u32): void {
  if (direction == Direction.ToServer) flow.appProtoToServer = <u8>proto;
  else flow.appProtoToClient = <u8>proto;
}

/** Detection begins anew in both directions. */
export function resetDetection(flow: Flow): void {
  flow.detection &= ~(ALL_GIVEN_UP | <u16>Detection.Expected | <u16>Detection.FedToServer | <u16>Detection.FedToClient);
  flow.appProto = <u8>AppProto.Unknown;
  flow.appProtoToServer = <u8>AppProto.Unknown;
  flow.appProtoToClient = <u8>AppProto.Unknown;
}

function isGivenUp(flow: Flow, direction: u32): bool {
  const both = patternsBit(direction) | probesBit(direction);
  return (flow.detection & both) == both;
}

function isDone(flow: Flow, session: Session, direction: u32): bool {
  return isProtocolDetected(session, direction) || isGivenUp(flow, direction);
}

/** Asks patterns and probes, then the expectations. */
function ask(flow: Flow, transport: u32, direction: u32, data: usize, length: u32): u32 {
  const q = question;
  const swapped = (flow.flags & FlowFlag.Swapped) != 0;
  q.transport = transport;
  q.direction = direction;
  q.serverPort = swapped ? flow.sourcePort : flow.destinationPort;
  q.clientPort = swapped ? flow.destinationPort : flow.sourcePort;
  q.other = protocolOf(flow, direction ^ 1);
  // What the old protocol announced is asked whatever the port, as if the other direction had found it.
  if (q.other == AppProto.Unknown) q.other = flow.appProtoExpected;
  q.noPatterns = (flow.detection & patternsBit(direction)) != 0;
  q.noProbes = (flow.detection & probesBit(direction)) != 0;
  q.midstream = setting(Setting.Midstream) != 0;
  const proto = detectProtocol(data, length);
  if (noMorePatterns) flow.detection |= patternsBit(direction);
  if (noMoreProbes) flow.detection |= probesBit(direction);
  if (proto != AppProto.Unknown) return proto;
  if ((flow.detection & <u16>Detection.Expected) != 0) return AppProto.Unknown;
  flow.detection |= <u16>Detection.Expected;
  return expectedProtocol(flow);
}

/** Protocols whose parser must see one direction first: bit Direction, 0 for any order. */
function firstDirection(proto: u32): u32 {
  return proto == AppProto.Http1 ? 1 << Direction.ToServer : 0;
}

/** Rules that ask for the protocol only run once a direction: with this packet, or with the next one of the direction. */
function markDetected(packet: Packet, flow: Flow, direction: u32): void {
  if (packet.direction == <u8>direction) packet.set(PacketFlag.ProtocolDetected);
  else flow.flags |= doneFlag(direction);
}

function doneFlag(direction: u32): u32 {
  return direction == Direction.ToServer ? FlowFlag.ProtocolToServerDone : FlowFlag.ProtocolToClientDone;
}

/** Hands the packet what was decided about its direction with a packet of the other one. */
export function takeDetected(packet: Packet, flow: Flow): void {
  const bit = doneFlag(packet.direction);
  if ((flow.flags & bit) == 0) return;
  flow.flags &= ~bit;
  packet.set(PacketFlag.ProtocolDetected);
}

/** Turns flow and packet round: who seemed the client is the server. */
function turn(packet: Packet, flow: Flow): void {
  swapFlow(flow);
  swapPacket(packet);
  const toServer = <u16>(Detection.PatternsToServer | Detection.ProbesToServer | Detection.FedToServer);
  const toClient = <u16>(Detection.PatternsToClient | Detection.ProbesToClient | Detection.FedToClient);
  const bits = flow.detection;
  flow.detection = (bits & ~(toServer | toClient)) | ((bits & toServer) << 1) | ((bits & toClient) >> 1);
}

/** Detection of stream data of one direction. */
export function decideStream(
  packet: Packet,
  flow: Flow,
  session: Session,
  direction: u32,
  data: usize,
  length: u32,
  ended: bool,
): Verdict {
  const proto = ask(flow, flow.proto, direction, data, length);
  const other = protocolOf(flow, direction ^ 1);
  if (proto == AppProto.Unknown) return decideWithout(packet, flow, session, direction, length, other, ended);
  setProtocol(flow, direction, proto);
  flow.appProto = <u8>proto;
  if (other != AppProto.Unknown && other != proto) {
    packet.raise(AppEvent.applayer_mismatch_protocol_both_directions);
    // Once a parser has begun it stays; before, the server is believed.
    if ((flow.detection & <u16>Detection.Sent) != 0 || direction == Direction.ToServer) flow.appProto = <u8>other;
  }
  setProtocolDetected(session, direction);
  markDetected(packet, flow, direction);
  if (foundReversed && other == AppProto.Unknown && isMidstream(session)) {
    turn(packet, flow);
    swapDirections(session);
    flow.detection |= <u16>Detection.Sent;
    return Verdict.Turned;
  }
  return orderOf(packet, flow, session, direction);
}

/** Who goes first, now that the protocol is known. */
function orderOf(packet: Packet, flow: Flow, session: Session, direction: u32): Verdict {
  if ((flow.detection & <u16>Detection.Sent) != 0) return Verdict.Parse;
  const first = firstDataDirection(session);
  if (first != 255 && first != <u8>direction) return Verdict.OtherFirst;
  return checkOrder(packet, flow, session, direction);
}

/** Does the parser accept that this direction's data comes first? Raises the event and gives up when not. */
export function checkOrder(packet: Packet, flow: Flow, session: Session, direction: u32): Verdict {
  if ((flow.detection & <u16>Detection.Sent) == 0) {
    const wanted = firstDirection(flow.appProto);
    const first = firstDataDirection(session);
    if (wanted != 0 && first != 255 && (wanted & (1 << first)) == 0) {
      packet.raise(AppEvent.applayer_wrong_direction_first_data);
      return Verdict.GiveUp;
    }
    if (wanted != 0 && (wanted & (1 << direction)) == 0) {
      // The right direction's data is not here yet.
      flow.detection &= ~(patternsBit(direction) | probesBit(direction));
      return Verdict.Wait;
    }
    flow.detection |= <u16>Detection.Sent;
  }
  return Verdict.Parse;
}

/** This direction told nothing (yet). */
function decideWithout(
  packet: Packet,
  flow: Flow,
  session: Session,
  direction: u32,
  length: u32,
  other: u32,
  ended: bool,
): Verdict {
  // What was picked up midstream must be recognised by what goes to the server.
  if (isMidstream(session) && isGivenUp(flow, Direction.ToServer)) return Verdict.GiveUp;
  if (other == AppProto.Unknown) {
    if ((flow.detection & <u16>Detection.Changing) != 0)
      return length >= CHANGE_DEPTH || ended ? Verdict.GiveUp : Verdict.Wait;
    return mustGiveUp(packet, flow, session) ? Verdict.GiveUp : Verdict.Wait;
  }
  const wanted = firstDirection(other);
  const sent = (flow.detection & <u16>Detection.Sent) != 0;
  if (!sent && wanted != 0 && (wanted & (1 << direction)) == 0) return Verdict.GiveUp;
  if (!isGivenUp(flow, direction)) return Verdict.Wait;
  if (length > 0) flow.detection |= <u16>Detection.Sent;
  setProtocolDetected(session, direction);
  markDetected(packet, flow, direction);
  setProtocol(flow, direction, AppProto.Failed);
  if (other == AppProto.Failed) return Verdict.Wait;
  packet.raise(AppEvent.applayer_detect_protocol_only_one_direction);
  return Verdict.Parse;
}

/** Neither direction told: is it time to stop holding data? */
function mustGiveUp(packet: Packet, flow: Flow, session: Session): bool {
  if (!packet.has(PacketFlag.StreamEstablished) && !packet.has(PacketFlag.Pseudo)) return false;
  if (isDone(flow, session, Direction.ToServer) && isDone(flow, session, Direction.ToClient)) return true;
  const toServer = bytesWaiting(session, Direction.ToServer);
  const toClient = bytesWaiting(session, Direction.ToClient);
  const serverLimit = waitingLimit(session, Direction.ToServer);
  const clientLimit = waitingLimit(session, Direction.ToClient);
  const serverDone = isGivenUp(flow, Direction.ToServer);
  const clientDone = isGivenUp(flow, Direction.ToClient);
  const serverProbed = (flow.detection & probesBit(Direction.ToServer)) != 0;
  const clientProbed = (flow.detection & probesBit(Direction.ToClient)) != 0;
  const skip =
    toServer > 2 * serverLimit ||
    toClient > 2 * clientLimit ||
    (serverDone && toServer > serverLimit && toClient == 0) ||
    (clientDone && toClient > clientLimit && toServer == 0) ||
    (toClient > clientLimit && serverProbed && !serverDone && clientDone) ||
    (toServer > serverLimit && clientProbed && !clientDone && serverDone);
  if (skip) packet.raise(AppEvent.applayer_proto_detection_skipped);
  return skip;
}

/** No protocol of ours: the flow goes on as plain stream. Its application state must be freed by the caller. */
export function giveUp(packet: Packet, flow: Flow, session: Session): void {
  if (flow.appProto == <u8>AppProto.Unknown) flow.appProto = <u8>AppProto.Failed;
  if (flow.appProtoToServer == <u8>AppProto.Unknown) flow.appProtoToServer = <u8>AppProto.Failed;
  if (flow.appProtoToClient == <u8>AppProto.Unknown) flow.appProtoToClient = <u8>AppProto.Failed;
  flow.detection |= ALL_GIVEN_UP | <u16>Detection.Sent;
  flow.flags |= FlowFlag.NoAppLayer;
  markDetected(packet, flow, Direction.ToServer);
  markDetected(packet, flow, Direction.ToClient);
  disableAppLayer(session);
}

/** Detection of a datagram. True: the flow has a protocol and the datagram can be parsed. */
export function decideDatagram(packet: Packet, flow: Flow): bool {
  const direction = <u32>packet.direction;
  if (protocolOf(flow, direction) != AppProto.Unknown) return flow.appProto > <u8>AppProto.Failed;
  const proto = ask(flow, flow.proto, direction, packet.payload, packet.payloadLength);
  const other = protocolOf(flow, direction ^ 1);
  markDetected(packet, flow, Direction.ToServer);
  markDetected(packet, flow, Direction.ToClient);
  setProtocol(flow, direction, proto);
  if (proto == AppProto.Unknown) {
    setProtocol(flow, direction, other == AppProto.Unknown ? <u32>AppProto.Failed : other);
    if (other != AppProto.Unknown) flow.appProto = <u8>other;
  } else if (other != AppProto.Unknown && other != AppProto.Failed) {
    if (other != proto) packet.raise(AppEvent.applayer_mismatch_protocol_both_directions);
  } else flow.appProto = <u8>proto;
  if (other == AppProto.Unknown && flow.appProto == <u8>AppProto.Unknown) flow.appProto = <u8>AppProto.Failed;
  if (flow.appProto <= <u8>AppProto.Failed) return false;
  if (proto != AppProto.Unknown && foundReversed) {
    turn(packet, flow);
  }
  return true;
}
