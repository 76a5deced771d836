/** Packets that say nothing new: keep-alives, probes, window updates, outdated acknowledgements. They leave the state alone. */
import { StreamEvent } from "../abi/stream_events";
import { Packet, PacketFlag } from "../wire/packet";
import { packetEnd, scaledWindow } from "./acknowledgement";
import { inlineMode } from "./configuration";
import { compareHeld, Overlap, refuseOverlap } from "./overlap";
import { offsetOf } from "./reassembly";
import { sackOutdated } from "./sack";
import { after, before } from "./sequence";
import { HalfFlag, half, Session, SessionFlag, TcpFlag, TcpState } from "./session";

const CONTROL: u32 = TcpFlag.Syn | TcpFlag.Fin | TcpFlag.Rst;

function isControl(packet: Packet): bool {
  return (<u32>packet.tcpFlags & CONTROL) != 0;
}

function isPureAck(packet: Packet): bool {
  return packet.payloadLength == 0 && (<u32>packet.tcpFlags & (CONTROL | TcpFlag.Ack)) == TcpFlag.Ack;
}

/** RFC 9293, 3.8.4: no data or one garbage byte before what is expected. */
function isKeepAlive(session: Session, packet: Packet): bool {
  if (packet.payloadLength > 1 || isControl(packet)) return false;
  const sender = half(session, packet.direction);
  const receiver = half(session, 1 - packet.direction);
  if (packet.acknowledgement != receiver.lastAck || packet.sequence != sender.nextSeq - 1) return false;
  sender.flags |= HalfFlag.KeepAlive;
  // Inline even the garbage byte must not differ from what was seen first, unless the receiver has acknowledged that.
  if (inlineMode && packet.payloadLength == 1 && after(packetEnd(packet), sender.lastAck)) {
    const offset = offsetOf(sender, packet.sequence - <u32>sender.urgentOffset);
    if (compareHeld(sender, offset, packet.payload, 1) == Overlap.Different) {
      packet.raise(StreamEvent.reassembly_overlap_different_data);
      refuseOverlap(packet);
    }
  }
  return true;
}

function isKeepAliveAck(session: Session, packet: Packet): bool {
  if (packet.payloadLength > 0 || isControl(packet) || packet.window == 0) return false;
  const sender = half(session, packet.direction);
  const receiver = half(session, 1 - packet.direction);
  if (scaledWindow(packet, receiver.windowScale) != receiver.window) return false;
  if ((receiver.flags & HalfFlag.KeepAlive) == 0) return false;
  if (packet.acknowledgement != receiver.lastAck || packet.sequence != sender.nextSeq) return false;
  receiver.flags &= ~HalfFlag.KeepAlive;
  return true;
}

/** Answer to a zero window probe: the window is still closed. */
function isProbeAck(session: Session, packet: Packet, probed: bool): bool {
  if (!probed || session.state < <u8>TcpState.Established || !isPureAck(packet)) return false;
  const sender = half(session, packet.direction);
  const receiver = half(session, 1 - packet.direction);
  if (packet.window != 0 || receiver.window != 0) return false;
  return packet.sequence == sender.nextSeq && packet.acknowledgement == receiver.lastAck;
}

function isWindowUpdate(session: Session, packet: Packet): bool {
  if (session.state < <u8>TcpState.Established) return false;
  if (packet.payloadLength > 0 || isControl(packet) || packet.window == 0) return false;
  const sender = half(session, packet.direction);
  const receiver = half(session, 1 - packet.direction);
  if (scaledWindow(packet, receiver.windowScale) == receiver.window) return false;
  return packet.acknowledgement == receiver.lastAck && packet.sequence == sender.nextSeq;
}

/** The last ACK of an orderly end. */
function isFinalAck(session: Session, packet: Packet): bool {
  const state = <i32>session.state;
  if (state != TcpState.TimeWait && state != TcpState.CloseWait && state != TcpState.LastAck) return false;
  if (packet.tcpFlags != <u8>TcpFlag.Ack || packet.payloadLength != 0) return false;
  const sender = half(session, packet.direction);
  const receiver = half(session, 1 - packet.direction);
  return packet.sequence == sender.nextSeq + 1 && packet.acknowledgement == receiver.nextSeq + 1;
}

/**
 * A packet out of nowhere that shrinks the window by more than it acknowledges would make us refuse what the target accepts.
 * After loss honest packets look alike, so a little is allowed.
 */
function isBadWindowUpdate(session: Session, packet: Packet): bool {
  const state = <i32>session.state;
  if (state < TcpState.Established || state == TcpState.Closed || isControl(packet)) return false;
  const sender = half(session, packet.direction);
  const receiver = half(session, 1 - packet.direction);
  const window = scaledWindow(packet, receiver.windowScale);
  if (window >= receiver.window) return false;
  const shrinks = receiver.window - window;
  if (shrinks <= packet.payloadLength) return false;
  if (!after(packet.acknowledgement, receiver.nextSeq) || !after(packet.sequence, sender.nextSeq)) return false;
  const acknowledges = packet.acknowledgement - receiver.lastAck;
  if (shrinks <= (window > 1024 ? acknowledges + 32 : acknowledges)) return false;
  packet.raise(StreamEvent.pkt_bad_window_update);
  return true;
}

/** An ACK that later ones have overtaken. */
function isOutdatedAck(session: Session, packet: Packet): bool {
  if (session.state < <u8>TcpState.Established || !isPureAck(packet)) return false;
  const sender = half(session, packet.direction);
  const receiver = half(session, 1 - packet.direction);
  if (packet.sequence != sender.nextSeq || !before(packet.acknowledgement, receiver.lastAck)) return false;
  return packet.sackCount == 0 || sackOutdated(receiver, packet);
}

/** True when the packet is one of these: the state machine does not see it. */
export function saysNothing(session: Session, packet: Packet): bool {
  if (packet.has(PacketFlag.Pseudo)) return true;
  if (isKeepAlive(session, packet)) return true;
  const answered = isKeepAliveAck(session, packet);
  half(session, packet.direction).flags &= ~HalfFlag.KeepAlive;
  if (answered) return true;
  const probe = packet.direction == 1 ? SessionFlag.ProbeToServer : SessionFlag.ProbeToClient;
  const probed = (session.flags & probe) != 0;
  session.flags &= ~probe;
  if (isProbeAck(session, packet, probed)) return true;
  if (isFinalAck(session, packet) || isWindowUpdate(session, packet)) return false;
  return isBadWindowUpdate(session, packet) || isOutdatedAck(session, packet);
}
