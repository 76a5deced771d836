/**
 * The TCP engine: follows both ends of a session as an observer, judges each packet as the receiving target would, and puts the data
 * in order. Semantics are those of Suricata 8's stream engine. The pipeline calls `streamPacket` with every TCP packet of a flow, then
 * pulls data for the app layer (feed.ts) and for raw inspection (raw.ts), and at last calls `pruneStream` (release.ts).
 */
import { Action, DropReason } from "../abi/codes";
import { Counter } from "../abi/counters";
import { Setting } from "../abi/settings";
import { StreamEvent } from "../abi/stream_events";
import { dropPacket } from "../flow/exception";
import { Flow, FlowState } from "../flow/flow";
import { simulates } from "../flow/simulation";
import { setFlowState } from "../flow/table";
import { countAdd } from "../verdict/counters";
import { Packet, PacketFlag } from "../wire/packet";
import {
  bypassEnabled,
  dropInvalid,
  inlineMode,
  loadConfiguration,
  prevent,
  UrgentPolicy,
  urgentPolicy,
  validateChecksums,
} from "./configuration";
import { saysNothing } from "./probe";
import { handleSegment } from "./reassembly";
import { suspectReset } from "./reset";
import { Spurious, spuriousRetransmission } from "./retransmission";
import { configureSessions, HalfFlag, half, Session, SessionFlag, TcpFlag, TcpState } from "./session";
import { stateCloseWait, stateClosing, stateLastAck, stateTimeWait } from "./state_closing";
import { stateEstablished } from "./state_established";
import { stateFinWait1, stateFinWait2 } from "./state_fin_wait";
import { stateNone } from "./state_none";
import { stateSynRecv } from "./state_syn_recv";
import { stateSynSent } from "./state_syn_sent";
import { hasUninspectedData, withholdSynData } from "./uninspected";
import { beginUpdate } from "./update";

/** Carves the pools the settings ask for. False when memory is exhausted. */
export function configureStream(): bool {
  loadConfiguration();
  return configureSessions();
}

function countFlags(packet: Packet): void {
  const flags = <u32>packet.tcpFlags;
  if ((flags & (TcpFlag.Syn | TcpFlag.Ack)) == TcpFlag.Syn) countAdd(Counter.tcp__syn, 1);
  else if ((flags & TcpFlag.Syn) != 0) countAdd(Counter.tcp__synack, 1);
  if ((flags & TcpFlag.Rst) != 0) countAdd(Counter.tcp__rst, 1);
}

/** Takes a TCP packet of a flow; `packet.direction` and `packet.flow` are set. */
export function streamPacket(packet: Packet, flow: Flow): void {
  beginUpdate(packet);
  if (simulates(Setting.SimulatePacketLoss, packet)) return;
  const pseudo = packet.has(PacketFlag.Pseudo);
  if (!pseudo) {
    countFlags(packet);
    if (validateChecksums && packet.has(PacketFlag.BadChecksum) && !packet.has(PacketFlag.PartialChecksum)) {
      // The target drops it, so it is not part of the session.
      countAdd(Counter.tcp__invalid_checksum, 1);
      packet.set(PacketFlag.StreamIgnored);
      return;
    }
  } else countAdd(Counter.tcp__pseudo, 1);
  if (flow.tcp != 0) trackFlags(changetype<Session>(flow.tcp), flow, packet);
  if (!pseudo && (packet.tcpFlags & <u8>TcpFlag.Ack) == 0 && packet.acknowledgement != 0) {
    packet.raise(StreamEvent.pkt_broken_ack);
  }
  if (inlineMode && urgentPolicy == UrgentPolicy.Drop && (packet.tcpFlags & <u8>TcpFlag.Urg) != 0) {
    dropPacket(packet, Action.Drop, DropReason.StreamUrgent);
    return;
  }
  if (flow.tcp == 0 || changetype<Session>(flow.tcp).state == <u8>TcpState.None) {
    if (!pseudo && !stateNone(flow, packet)) refuse(packet);
  } else {
    const session = changetype<Session>(flow.tcp);
    if (!advance(session, packet)) {
      refuse(packet);
      return;
    }
    if (inlineMode && dropInvalid && hasUninspectedData(session, packet)) {
      dropPacket(packet, Action.Drop, DropReason.StreamError);
    }
  }
  // Suricata inspects data that comes before the session is established (midstream, Fast Open) with the next packet: too late to block.
  if (prevent && inlineMode && packet.has(PacketFlag.StreamAdded)) {
    packet.set(PacketFlag.StreamEstablished | PacketFlag.Established);
  }
  if (prevent) withholdSynData(packet);
  if (flow.tcp != 0) bypassDone(changetype<Session>(flow.tcp), flow);
}

function trackFlags(session: Session, flow: Flow, packet: Packet): void {
  flow.tcpFlags |= packet.tcpFlags;
  if (packet.direction == 0) flow.tcpFlagsToServer |= packet.tcpFlags;
  else flow.tcpFlagsToClient |= packet.tcpFlags;
  if ((session.flags & SessionFlag.Async) != 0 && flow.tcpFlagsToServer != 0 && flow.tcpFlagsToClient != 0) {
    session.flags &= ~SessionFlag.Async;
  }
}

/** A packet of a session. False: it does not fit. */
function advance(session: Session, packet: Packet): bool {
  if (packet.has(PacketFlag.Pseudo)) handleSegment(session, packet.direction, packet);
  else if (!saysNothing(session, packet)) {
    const spurious = spuriousRetransmission(half(session, packet.direction), packet);
    if (spurious != Spurious.No) {
      packet.raise(StreamEvent.pkt_spurious_retransmission);
      packet.set(PacketFlag.Retransmission);
    }
    if (spurious != Spurious.Gone && !dispatch(session, packet, session.state)) return false;
  }
  suspectReset(session, packet);
  if (session.state >= <u8>TcpState.Established) packet.set(PacketFlag.StreamEstablished);
  return true;
}

function dispatch(session: Session, packet: Packet, state: u8): bool {
  switch (<u32>state) {
    case TcpState.SynSent:
      return stateSynSent(session, packet);
    case TcpState.SynRecv:
      return stateSynRecv(session, packet);
    case TcpState.Established:
      return stateEstablished(session, packet);
    case TcpState.FinWait1:
      return stateFinWait1(session, packet);
    case TcpState.FinWait2:
      return stateFinWait2(session, packet);
    case TcpState.Closing:
      return stateClosing(session, packet);
    case TcpState.CloseWait:
      return stateCloseWait(session, packet);
    case TcpState.LastAck:
      return stateLastAck(session, packet);
    case TcpState.TimeWait:
      return stateTimeWait(session, packet);
    case TcpState.Closed:
      return stateClosed(session, packet);
    default:
      return true;
  }
}

/** Closed by a reset that its sender ignores: then it was not his, and the session goes on where it was. */
function stateClosed(session: Session, packet: Packet): bool {
  if ((packet.tcpFlags & <u8>TcpFlag.Rst) != 0) return true;
  const sender = half(session, packet.direction);
  const receiver = half(session, 1 - packet.direction);
  if ((sender.flags & HalfFlag.ResetReceived) != 0 || (receiver.flags & HalfFlag.ResetReceived) == 0) return true;
  if (session.previousState == <u8>TcpState.Closed) return true;
  if (!dispatch(session, packet, session.previousState)) return false;
  if (session.state == <u8>TcpState.Closed) session.state = session.previousState;
  return true;
}

/** A packet that fits no session: inline it is dropped (stream.drop-invalid). */
function refuse(packet: Packet): void {
  packet.set(PacketFlag.StreamIgnored);
  if (!inlineMode || !dropInvalid) return;
  packet.set(PacketFlag.NoPayloadInspection);
  dropPacket(packet, Action.Drop, DropReason.StreamError);
}

/** stream.bypass: nothing more is learned from this session. */
function bypassDone(session: Session, flow: Flow): void {
  if (!bypassEnabled) return;
  const depth = (half(session, 0).flags | half(session, 1).flags) & HalfFlag.DepthReached;
  if (depth != 0 || (session.flags & SessionFlag.Bypass) != 0) setFlowState(flow, FlowState.Bypassed);
}
