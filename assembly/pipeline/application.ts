/**
 * The application layer of a flow: the bytes of a direction go to protocol detection (pipeline/detection.ts) until it is decided, then to
 * the parser. Rules of Suricata's app-layer.c.
 */

import { AppEvent } from "../abi/app_events";
import { AppProto, Direction, DropReason, IpProto } from "../abi/codes";
import { Cost } from "../abi/cost";
import { Counter } from "../abi/counters";
import { Setting } from "../abi/settings";

import { isDetectOnly } from "../app/enabled";
import { freeExpected } from "../app/expected";
import { dropFrames, noteFrameAt, OPEN_FRAME, openFrames, skipFrame } from "../app/frame";

import { InputFlag, PARSE_ERROR } from "../app/input";
import { closeApp, completeProgress, hasParser, openApp, parseApp, takeOver } from "../app/registry";
import { AppState, StateFlag, Tx, TxFlag } from "../app/transaction";
import { applyException } from "../flow/exception";
import { Flow, FlowFlag } from "../flow/flow";
import { setting } from "../memory/settings";

import {
  appConsumed,
  appData,
  appDataReady,
  StreamFlag,
  streamData,
  streamFlags,
  streamLength,
  streamOffset,
} from "../stream/feed";
import { disableAppLayer, feedAgain, isOver, resetProtocolDetected, setProtocolDetected } from "../stream/inspection";

import { triggerRaw } from "../stream/raw";
import { Session } from "../stream/session";
import { spend } from "../verdict/cost";
import { countAdd } from "../verdict/counters";
import { Packet, PacketFlag } from "../wire/packet";
import {
  checkOrder,
  Detection,
  decideDatagram,
  decideStream,
  giveUp,
  protocolOf,
  resetDetection,
  Verdict,
} from "./detection";
import { takeExpectation } from "./expectation";
import { dropRuleStates } from "./transactions";

/** Rounds of one feed: data handed over and partly consumed. */
const MAX_ROUNDS: u32 = 4096;

/** Is a feed of the other direction under way, begun by this one? */
let nested: bool = false;
/** While the protocol changes: the old protocol's state. */
let changed: usize = 0;
/** Was the flow turned round by the piece at hand? */
let turned: bool = false;

function fedBit(direction: u32): u16 {
  return direction == Direction.ToServer ? <u16>Detection.FedToServer : <u16>Detection.FedToClient;
}

/** Feeds what the stream has ready in one direction. True when the application layer was updated. */
export function feedStream(packet: Packet, flow: Flow, session: Session, direction: u32): bool {
  let updated = false;
  for (let round: u32 = 0; round < MAX_ROUNDS && appDataReady(session, direction); round++) {
    appData(session, direction);
    updated = true;
    turned = false;
    const consumed = take(packet, flow, session, direction, streamData, streamLength, streamFlags);
    // The flow was turned round: its halves changed places, and this data is now the other direction's.
    if (turned) {
      feedAgain(direction ^ 1);
      return feedStream(packet, flow, session, direction ^ 1) || updated;
    }
    appConsumed(session, direction, consumed);
    // A change of protocol begins with the next packet: the old one's transactions are inspected first.
    if ((flow.detection & <u16>Detection.Flush) != 0) break;
  }
  return updated;
}

/** One piece of stream data. Bytes consumed. */
function take(packet: Packet, flow: Flow, session: Session, direction: u32, data: usize, length: u32, flags: u32): u32 {
  if ((flow.flags & FlowFlag.NoAppLayer) != 0) return length;
  const known = protocolOf(flow, direction) != AppProto.Unknown;
  const changing = (flow.detection & <u16>Detection.Changing) != 0;
  if ((flags & StreamFlag.Gap) != 0) {
    if (!known) setProtocolDetected(session, direction);
    if (changing || (!known && flow.appProto == <u8>AppProto.Unknown)) {
      stop(packet, flow, session);
      return length;
    }
    return parse(packet, flow, session, direction, 0, length, flags);
  }
  if (!known && (flags & StreamFlag.Start) != 0) return detect(packet, flow, session, direction, data, length, flags);
  if (known && changing) return change(packet, flow, session, direction, data, length, flags);
  if (flow.appProto == <u8>AppProto.Unknown) return 0;
  return parse(packet, flow, session, direction, data, length, flags);
}

function isEnd(flags: u32): bool {
  return (flags & (StreamFlag.End | StreamFlag.Depth)) != 0;
}

/** Protocol detection of one direction, and what follows from it. Bytes consumed. */
function detect(
  packet: Packet,
  flow: Flow,
  session: Session,
  direction: u32,
  data: usize,
  length: u32,
  flags: u32,
): u32 {
  let verdict = decideStream(packet, flow, session, direction, data, length, isEnd(flags));
  if (verdict == Verdict.Turned) {
    turned = true;
    return 0;
  }
  if (verdict == Verdict.OtherFirst) {
    if (!nested) {
      nested = true;
      feedAgain(direction ^ 1);
      feedStream(packet, flow, session, direction ^ 1);
      nested = false;
    }
    if ((flow.flags & FlowFlag.NoAppLayer) != 0) return length;
    verdict = checkOrder(packet, flow, session, direction);
    if (verdict == Verdict.Parse) {
      // The stream's view was moved by the other direction: this one is handed out again.
      feedAgain(direction);
      return 0;
    }
  }
  if (verdict == Verdict.Parse) return parse(packet, flow, session, direction, data, length, flags);
  if (verdict == Verdict.GiveUp) {
    stop(packet, flow, session);
    return length;
  }
  return 0;
}

/** The conversation changes its protocol with these bytes. */
function change(
  packet: Packet,
  flow: Flow,
  session: Session,
  direction: u32,
  data: usize,
  length: u32,
  flags: u32,
): u32 {
  const old = flow.app;
  const original = flow.appProto;
  resetDetection(flow);
  resetProtocolDetected(session);
  flow.app = 0;
  changed = old;
  const consumed = detect(packet, flow, session, direction, data, length, flags);
  changed = 0;
  if (flow.appProto == <u8>AppProto.Unknown) {
    flow.app = old;
    flow.appProto = original;
    flow.appProtoToServer = original;
    flow.appProtoToClient = original;
    return consumed;
  }
  flow.detection &= ~(<u16>Detection.Changing);
  const fresh = flow.app;
  if (old != 0 && old != fresh) {
    flow.app = old;
    dropRuleStates(flow);
    close(flow);
    flow.app = fresh;
  }
  const expected = flow.appProtoExpected;
  if (expected != <u8>AppProto.Unknown && flow.appProto != expected) {
    packet.raise(AppEvent.applayer_unexpected_protocol);
    if (expected == <u8>AppProto.Tls) packet.raise(AppEvent.applayer_no_tls_after_starttls);
  }
  return consumed;
}

/** No application layer any more; what there was is freed. */
function stop(packet: Packet, flow: Flow, session: Session): void {
  dropRuleStates(flow);
  close(flow);
  giveUp(packet, flow, session);
}

/** Makes the protocol's state. False when there is no parser or no memory. */
function open(packet: Packet, flow: Flow): bool {
  const proto = <u32>flow.appProto;
  if (proto <= <u32>AppProto.Failed || isDetectOnly(proto) || !hasParser(proto)) return false;
  const state = openApp(proto, flow.proto);
  if (state == 0) {
    applyException(
      packet,
      changetype<usize>(flow),
      setting(Setting.AppLayerErrorPolicy),
      <u8>DropReason.AppLayerMemcap,
    );
    flow.flags |= FlowFlag.NoAppLayer;
    return false;
  }
  const app = changetype<AppState>(state);
  app.transport = flow.proto;
  app.serverPort = flow.destinationPort;
  app.clientPort = flow.sourcePort;
  flow.app = state;
  if (changed != 0) {
    takeOver(app, changetype<AppState>(changed));
    // The change under way must come to its end before the next: the parser reports one asked for by the first data.
    app.changeTo = <u8>AppProto.Failed;
  }
  countAdd(Counter.app_layer__alloc, 1);
  return true;
}

/** All bytes of the protocol in one direction are a frame too. */
function noteStream(flow: Flow, direction: u32): void {
  if ((flow.detection & fedBit(direction)) != 0) return;
  const state = changetype<AppState>(flow.app);
  if (noteFrameAt(state, direction, "stream", streamOffset, OPEN_FRAME) == 0) skipFrame(state, direction);
}

function inputFlags(flow: Flow, direction: u32, flags: u32): u32 {
  let input: u32 = 0;
  if ((flow.detection & fedBit(direction)) == 0) input |= InputFlag.Start;
  if ((flags & StreamFlag.End) != 0) input |= InputFlag.Eof;
  if ((flags & StreamFlag.Gap) != 0) input |= InputFlag.Gap;
  if ((flags & StreamFlag.Midstream) != 0) input |= InputFlag.Midstream;
  if ((flags & StreamFlag.Depth) != 0) input |= InputFlag.Depth;
  flow.detection |= fedBit(direction);
  return input;
}

/** Is the parser to fail at one of these bytes (fault simulation)? */
function simulatesError(direction: u32, offset: u64, length: u32): bool {
  const toServer = direction == Direction.ToServer;
  const fault = setting(toServer ? Setting.SimulateAppLayerErrorToServer : Setting.SimulateAppLayerErrorToClient);
  return fault != 0 && offset + <u64>length >= <u64>fault;
}

function parse(
  packet: Packet,
  flow: Flow,
  session: Session,
  direction: u32,
  data: usize,
  length: u32,
  flags: u32,
): u32 {
  if (flow.app == 0 && !open(packet, flow)) return length;
  const state = changetype<AppState>(flow.app);
  if ((flags & StreamFlag.Gap) != 0) countAdd(Counter.app_layer__gap, 1);
  openFrames(data, streamOffset);
  noteStream(flow, direction);
  spend(Cost.Piece + length);
  const input = inputFlags(flow, direction, flags);
  const consumed = simulatesError(direction, streamOffset, length)
    ? PARSE_ERROR
    : parseApp(state, direction, data, length, input);
  if (consumed == PARSE_ERROR) {
    fail(packet, flow);
    disableAppLayer(session);
    return length;
  }
  if ((state.flags & StateFlag.InspectRawToServer) != 0) triggerRaw(session, Direction.ToServer);
  if ((state.flags & StateFlag.InspectRawToClient) != 0) triggerRaw(session, Direction.ToClient);
  triggerComplete(session, state);
  obey(packet, flow, state);
  return min<u32>(<u32>consumed, length);
}

/**
 * A message that is whole makes raw inspection due: rules on the stream see it together with the rules on the transaction. SMB's parser
 * does not ask for it in Suricata 8 (its ticket 7863).
 */
function triggerComplete(session: Session, state: AppState): void {
  if (state.proto == <u8>AppProto.Smb) return;
  const both: u32 = TxFlag.RawToServer | TxFlag.RawToClient;
  for (let at = state.newest; at != 0; at = changetype<Tx>(at).previous) {
    const tx = changetype<Tx>(at);
    if ((tx.flags & both) == both) return;
    triggerOver(session, tx, Direction.ToServer, TxFlag.RawToServer);
    triggerOver(session, tx, Direction.ToClient, TxFlag.RawToClient);
  }
}

function triggerOver(session: Session, tx: Tx, direction: Direction, flag: TxFlag): void {
  if ((tx.flags & flag) != 0 || tx.progress(direction) < completeProgress(tx.proto, direction)) return;
  tx.flags |= flag;
  triggerRaw(session, direction);
}

/** What the parser asked for. */
function obey(packet: Packet, flow: Flow, state: AppState): void {
  if ((state.flags & StateFlag.NoPayloadInspection) != 0) {
    flow.flags |= FlowFlag.NoPayloadInspection;
    packet.set(PacketFlag.NoPayloadInspection);
  }
  state.flags = 0;
  if (state.proto == <u8>AppProto.Doh2 && flow.appProto == <u8>AppProto.Http2) {
    flow.appProtoOriginal = flow.appProto;
    flow.appProto = state.proto;
    flow.appProtoToServer = state.proto;
    flow.appProtoToClient = state.proto;
  }
  takeExpectation(flow, state);
  if (state.changeTo == <u8>AppProto.Unknown) return;
  changeProtocol(flow, state);
}

/** STARTTLS, CONNECT, upgrade: the next data decides anew. */
function changeProtocol(flow: Flow, state: AppState): void {
  if ((flow.detection & <u16>Detection.Changing) == 0) {
    flow.appProtoOriginal = flow.appProto;
    flow.appProtoExpected = state.changeTo;
    flow.detection |= <u16>Detection.Changing | <u16>Detection.Flush;
  }
  state.changeTo = <u8>AppProto.Unknown;
}

/** The parser gave up. A stream cannot be read on; datagrams can. */
function fail(packet: Packet, flow: Flow): void {
  countAdd(Counter.app_layer__error, 1);
  flow.flags |= FlowFlag.AppError;
  if (flow.proto == <u8>IpProto.Tcp) flow.flags |= FlowFlag.NoAppLayer;
  applyException(packet, changetype<usize>(flow), setting(Setting.AppLayerErrorPolicy), <u8>DropReason.AppLayerError);
}

/** A UDP datagram. True when the application layer was updated. */
export function feedDatagram(packet: Packet, flow: Flow): bool {
  if (packet.payloadLength == 0 || (flow.flags & FlowFlag.NoAppLayer) != 0) return false;
  if (!decideDatagram(packet, flow)) return false;
  if (flow.app == 0 && !open(packet, flow)) return false;
  const direction = <u32>packet.direction;
  const state = changetype<AppState>(flow.app);
  const input: u32 = (flow.detection & fedBit(direction)) == 0 ? InputFlag.Start : 0;
  flow.detection |= fedBit(direction);
  openFrames(packet.payload, 0);
  spend(Cost.Piece + packet.payloadLength);
  const consumed = parseApp(state, direction, packet.payload, packet.payloadLength, input);
  if (consumed == PARSE_ERROR) fail(packet, flow);
  else obey(packet, flow, state);
  return true;
}

function close(flow: Flow): void {
  if (flow.app == 0) return;
  const state = changetype<AppState>(flow.app);
  freeExpected(state.expected);
  dropFrames(state);
  closeApp(state);
  flow.app = 0;
}

/** Frees the application state of a connection that is over, once nothing of it waits for rules: its flow lives on for a minute. */
export function leaveApplication(flow: Flow, session: Session): void {
  if (flow.app == 0 || !isOver(session)) return;
  const state = changetype<AppState>(flow.app);
  if (state.live != 0 || state.frames != 0 || state.expected != 0) return;
  if ((flow.detection & (<u16>Detection.Changing | <u16>Detection.Flush)) != 0) return;
  close(flow);
  flow.flags |= FlowFlag.NoAppLayer;
}

/** Frees the application state of a flow that ends. Transactions' rule state must be freed before. */
export function freeApplication(flow: Flow): void {
  close(flow);
}
