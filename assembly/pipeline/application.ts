/**
 * The application layer of a flow: the bytes of a direction go to protocol detection until it is decided, then to the parser.
 * Rules of Suricata's app-layer.c: each direction is detected on its own; one that fails uses what the other found.
 */

import { AppEvent } from "../abi/app_events";
import { AppProto, Direction, DropReason } from "../abi/codes";
import { Counter } from "../abi/counters";
import { Setting } from "../abi/settings";
import { detectTcp, detectUdp, isDetectOnly } from "../app/detection";
import { dropFrames, noteFrameAt, OPEN_FRAME, openFrames } from "../app/frame";
import { InputFlag, PARSE_ERROR } from "../app/input";
import { closeApp, completeProgress, hasParser, openApp, parseApp } from "../app/registry";
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
import { disableAppLayer, setProtocolDetected } from "../stream/inspection";
import { triggerRaw } from "../stream/raw";
import { Session } from "../stream/session";
import { countAdd } from "../verdict/counters";
import { Packet, PacketFlag } from "../wire/packet";

/** Bits of `Flow.detection`, a pair a direction. */
enum Detection {
  /** Decided: found, or given up. */
  DoneToServer = 1,
  DoneToClient = 2,
  /** Bytes of this direction were parsed. */
  FedToServer = 4,
  FedToClient = 8,
}

/** Bytes after which detection of a direction gives up. */
const MAX_PROBE: u32 = 65536;
/** Rounds of one feed: data handed over and partly consumed. */
const MAX_ROUNDS: u32 = 4096;

function doneBit(direction: u32): u16 {
  return direction == Direction.ToServer ? <u16>Detection.DoneToServer : <u16>Detection.DoneToClient;
}

function fedBit(direction: u32): u16 {
  return direction == Direction.ToServer ? <u16>Detection.FedToServer : <u16>Detection.FedToClient;
}

function protocolOf(flow: Flow, direction: u32): u32 {
  return direction == Direction.ToServer ? flow.appProtoToServer : flow.appProtoToClient;
}

function setProtocol(flow: Flow, direction: u32, proto: u32): void {
  if (direction == Direction.ToServer) flow.appProtoToServer = <u8>proto;
  else flow.appProtoToClient = <u8>proto;
}

/** Feeds what the stream has ready in one direction. True when the application layer was updated. */
export function feedStream(packet: Packet, flow: Flow, session: Session, direction: u32): bool {
  let updated = false;
  for (let round: u32 = 0; round < MAX_ROUNDS && appDataReady(session, direction); round++) {
    appData(session, direction);
    updated = true;
    appConsumed(session, direction, take(packet, flow, session, direction, streamData, streamLength, streamFlags));
  }
  return updated;
}

/** One piece of stream data. Bytes consumed. */
function take(packet: Packet, flow: Flow, session: Session, direction: u32, data: usize, length: u32, flags: u32): u32 {
  if ((flow.flags & FlowFlag.NoAppLayer) != 0) return length;
  if (flow.app == 0 || (flow.detection & doneBit(direction)) == 0) {
    const decided = decide(packet, flow, session, direction, data, length, flags);
    if ((flow.flags & FlowFlag.NoAppLayer) != 0) return length;
    if (!decided) return 0;
  }
  return parse(packet, flow, session, direction, data, length, flags);
}

/** Protocol detection of one direction. True: the bytes can be parsed. */
function decide(
  packet: Packet,
  flow: Flow,
  session: Session,
  direction: u32,
  data: usize,
  length: u32,
  flags: u32,
): bool {
  if ((flags & StreamFlag.Gap) != 0) {
    giveUp(packet, flow, session);
    return false;
  }
  const other: u32 = direction ^ 1;
  const last = (flags & (StreamFlag.End | StreamFlag.Depth)) != 0 || length >= MAX_PROBE;
  let proto = length == 0 ? <u32>AppProto.Unknown : detectTcp(direction, data, length, flow.destinationPort);
  if (proto == AppProto.Unknown && last) proto = AppProto.Failed;
  if (proto == AppProto.Unknown) return false;
  flow.detection |= doneBit(direction);
  setProtocolDetected(session, direction);
  packet.set(PacketFlag.ProtocolDetected);
  const otherProto = protocolOf(flow, other);
  if (proto == AppProto.Failed) {
    setProtocol(flow, direction, AppProto.Failed);
    if (flow.appProto == <u8>AppProto.Unknown || flow.app == 0) {
      if ((flow.detection & doneBit(other)) != 0) giveUp(packet, flow, session);
      return false;
    }
    // Only the other direction was recognised: its parser takes this one too.
    packet.raise(AppEvent.applayer_detect_protocol_only_one_direction);
    setProtocol(flow, direction, flow.appProto);
    return true;
  }
  setProtocol(flow, direction, proto);
  if (otherProto != <u32>AppProto.Unknown && otherProto != <u32>AppProto.Failed && otherProto != proto) {
    packet.raise(AppEvent.applayer_mismatch_protocol_both_directions);
    // The side that spoke first decides what is parsed; rules may still ask for each direction's own (app-layer-protocol).
    return flow.app != 0;
  }
  return open(packet, flow, session, proto);
}

/** Makes the protocol's state. False when there is no parser or no memory. */
function open(packet: Packet, flow: Flow, session: Session, proto: u32): bool {
  flow.appProto = <u8>proto;
  if (flow.app != 0) return true;
  if (isDetectOnly(proto) || !hasParser(proto)) {
    flow.flags |= FlowFlag.NoAppLayer;
    disableAppLayer(session);
    return false;
  }
  return openState(packet, flow, proto);
}

function openState(packet: Packet, flow: Flow, proto: u32): bool {
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
  countAdd(Counter.app_layer__alloc, 1);
  return true;
}

/** No protocol of ours: the flow goes on as plain stream. */
function giveUp(packet: Packet, flow: Flow, session: Session): void {
  if (flow.appProto == <u8>AppProto.Unknown) flow.appProto = <u8>AppProto.Failed;
  flow.detection |= <u16>(Detection.DoneToServer | Detection.DoneToClient);
  flow.flags |= FlowFlag.NoAppLayer;
  packet.set(PacketFlag.ProtocolDetected);
  disableAppLayer(session);
}

/** All bytes of the protocol in one direction are a frame too. */
function noteStream(flow: Flow, direction: u32): void {
  if ((flow.detection & fedBit(direction)) != 0) return;
  noteFrameAt(changetype<AppState>(flow.app), direction, "stream", streamOffset, OPEN_FRAME);
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

function parse(
  packet: Packet,
  flow: Flow,
  session: Session,
  direction: u32,
  data: usize,
  length: u32,
  flags: u32,
): u32 {
  const state = changetype<AppState>(flow.app);
  if ((flags & StreamFlag.Gap) != 0) countAdd(Counter.app_layer__gap, 1);
  openFrames(data, streamOffset);
  noteStream(flow, direction);
  const consumed = parseApp(state, direction, data, length, inputFlags(flow, direction, flags));
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

/** A message that is whole makes raw inspection due: rules on the stream see it together with the rules on the transaction. */
function triggerComplete(session: Session, state: AppState): void {
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
  if (state.changeTo == <u8>AppProto.Unknown) return;
  changeProtocol(flow, state);
}

/** STARTTLS, CONNECT, upgrade: detection starts anew, the transactions of the old protocol end. */
function changeProtocol(flow: Flow, state: AppState): void {
  flow.appProtoOriginal = flow.appProto;
  flow.appProtoExpected = state.changeTo;
  flow.detection = 0;
  flow.appProtoToServer = <u8>AppProto.Unknown;
  flow.appProtoToClient = <u8>AppProto.Unknown;
  state.changeTo = <u8>AppProto.Unknown;
}

function fail(packet: Packet, flow: Flow): void {
  countAdd(Counter.app_layer__error, 1);
  flow.flags |= FlowFlag.NoAppLayer | FlowFlag.AppError;
  if (
    applyException(packet, changetype<usize>(flow), setting(Setting.AppLayerErrorPolicy), <u8>DropReason.AppLayerError)
  ) {
    countAdd(Counter.app_layer__error_exception, 1);
  }
}

/** A UDP datagram. True when the application layer was updated. */
export function feedDatagram(packet: Packet, flow: Flow): bool {
  if (packet.payloadLength == 0 || (flow.flags & FlowFlag.NoAppLayer) != 0) return false;
  const direction = <u32>packet.direction;
  if (flow.app == 0 && !decideDatagram(packet, flow, direction)) return false;
  const state = changetype<AppState>(flow.app);
  const input: u32 = (flow.detection & fedBit(direction)) == 0 ? InputFlag.Start : 0;
  flow.detection |= fedBit(direction);
  openFrames(packet.payload, 0);
  const consumed = parseApp(state, direction, packet.payload, packet.payloadLength, input);
  if (consumed == PARSE_ERROR) fail(packet, flow);
  else obey(packet, flow, state);
  return true;
}

function decideDatagram(packet: Packet, flow: Flow, direction: u32): bool {
  if ((flow.detection & doneBit(direction)) != 0) return false;
  const proto = detectUdp(direction, packet.payload, packet.payloadLength, flow.destinationPort, flow.sourcePort);
  packet.set(PacketFlag.ProtocolDetected);
  setProtocol(flow, direction, proto);
  if (proto == AppProto.Failed) {
    flow.detection |= doneBit(direction);
    if (flow.detection == <u16>(Detection.DoneToServer | Detection.DoneToClient)) {
      flow.appProto = <u8>AppProto.Failed;
      flow.flags |= FlowFlag.NoAppLayer;
    }
    return false;
  }
  flow.appProto = <u8>proto;
  if (isDetectOnly(proto) || !hasParser(proto)) {
    flow.flags |= FlowFlag.NoAppLayer;
    return false;
  }
  return openState(packet, flow, proto);
}

/** Frees the application state of a flow that ends. Transactions' rule state must be freed before. */
export function freeApplication(flow: Flow): void {
  if (flow.app != 0) {
    dropFrames(changetype<AppState>(flow.app));
    closeApp(changetype<AppState>(flow.app));
  }
  flow.app = 0;
}
