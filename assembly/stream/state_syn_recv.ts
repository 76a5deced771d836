/** A SYN/ACK was seen. */
import { Direction } from "../abi/codes";
import { TargetOs } from "../abi/settings";
import { StreamEvent } from "../abi/stream_events";
import { Packet, PacketFlag } from "../wire/packet";
import { packetEnd, resetNextWin, scaledWindow, updateLastAck, updateNextSeq, validateAck } from "./acknowledgement";
import { asyncOneside, inlineMode } from "./configuration";
import { handleFin } from "./fin";
import { findSynAck, Handshake, queueSynAck } from "./handshake_queue";
import { handleSegment } from "./reassembly";
import { validateReset } from "./reset";
import { after, atOrBefore } from "./sequence";
import { half, Session, SessionFlag, TcpFlag, TcpState } from "./session";
import { MAX_WINDOW_SCALE } from "./state_none";
import { applySynAck } from "./state_syn_sent";
import { targetOf } from "./target";
import { handleTimestamp, validateTimestamp } from "./timestamp";
import { closeByReset, moveTo } from "./transition";

export function stateSynRecv(session: Session, packet: Packet): bool {
  const flags = <u32>packet.tcpFlags;
  if ((flags & TcpFlag.Rst) != 0) return reset(session, packet);
  if ((flags & TcpFlag.Fin) != 0) {
    if ((session.flags & SessionFlag.Timestamp) != 0 && !validateTimestamp(session, packet)) return false;
    return handleFin(session, packet);
  }
  if ((flags & (TcpFlag.Syn | TcpFlag.Ack)) == (TcpFlag.Syn | TcpFlag.Ack)) return synAckAgain(session, packet);
  if ((flags & TcpFlag.Syn) != 0) {
    if (packet.direction == <u8>Direction.ToClient) {
      packet.raise(StreamEvent._3whs_syn_toclient_on_syn_recv);
      return false;
    }
    if (packet.sequence != half(session, Direction.ToServer).isn) {
      packet.raise(StreamEvent._3whs_syn_resend_diff_seq_on_syn_recv);
      return false;
    }
    return true;
  }
  if ((flags & TcpFlag.Ack) != 0) return acknowledge(session, packet);
  return true;
}

function reset(session: Session, packet: Packet): bool {
  if (!validateReset(session, packet)) return false;
  if ((session.flags & SessionFlag.EvasionAttempt) != 0) {
    // These targets took the wrong ACK for a stray packet: the session lives on.
    const target = targetOf(half(session, 1 - packet.direction), packet);
    if (target == TargetOs.Linux || target == TargetOs.OldLinux || target == TargetOs.Solaris) return true;
  }
  closeByReset(session, packet);
  if ((session.flags & SessionFlag.Timestamp) != 0) handleTimestamp(session, packet);
  return true;
}

function synAckAgain(session: Session, packet: Packet): bool {
  if (packet.direction == <u8>Direction.ToServer) {
    packet.raise(StreamEvent._3whs_synack_toserver_on_syn_recv);
    return false;
  }
  if (packet.acknowledgement != half(session, Direction.ToServer).lastAck) {
    packet.raise(StreamEvent._3whs_synack_resend_with_different_ack);
    return false;
  }
  if (packet.sequence != half(session, Direction.ToClient).isn) return queueSynAck(session, packet);
  return true;
}

function establish(session: Session, packet: Packet, direction: u32): bool {
  moveTo(session, packet, TcpState.Established);
  handleSegment(session, direction, packet);
  return true;
}

/** Window scales of a session picked up midstream are unknown: the largest is assumed. */
function assumeScales(session: Session): void {
  half(session, Direction.ToServer).windowScale = MAX_WINDOW_SCALE;
  half(session, Direction.ToClient).windowScale = MAX_WINDOW_SCALE;
  session.flags |= SessionFlag.SackPermitted;
}

function acknowledge(session: Session, packet: Packet): bool {
  if (session.queued != 0) {
    const other = findSynAck(session, packet);
    if (other != 0) applySynAck(session, packet, changetype<Handshake>(other));
  }
  if ((session.flags & SessionFlag.Timestamp) != 0 && !validateTimestamp(session, packet)) return false;
  const toClient = packet.direction == <u8>Direction.ToClient;
  if ((session.flags & SessionFlag.FourWay) != 0 && toClient) return fourWayAck(session, packet);

  const client = half(session, Direction.ToServer);
  const server = half(session, Direction.ToClient);
  const seq = packet.sequence;
  const ack = packet.acknowledgement;
  let missedAck = false;
  if (toClient && (session.flags & (SessionFlag.MidstreamSynAck | SessionFlag.FastOpen)) == 0) {
    // Inline every packet is seen: an ACK out of turn is an injection, not loss.
    if (inlineMode) {
      const injected = packet.payloadLength > 0 && ack == client.lastAck && seq == server.nextSeq;
      packet.raise(injected ? StreamEvent._3whs_ack_data_inject : StreamEvent._3whs_ack_in_wrong_dir);
      return false;
    }
    missedAck = true;
  }
  if (seq == client.nextSeq && ack == server.nextSeq) return completed(session, packet);
  if (asyncOneside && seq == server.nextSeq) return oneSided(session, packet);
  if (seq == client.nextSeq) {
    session.flags |= SessionFlag.EvasionAttempt;
    packet.raise(StreamEvent._3whs_right_seq_wrong_ack_evasion);
    return false;
  }
  const timestamped = (session.flags & SessionFlag.Timestamp) != 0;
  if (toClient && !inlineMode && after(seq, client.nextSeq) && after(ack, client.lastAck)) {
    // The server goes on and acknowledges data that was lost on the way to us.
    if (timestamped) handleTimestamp(session, packet);
    updateLastAck(client, ack);
    server.nextSeq = packetEnd(packet);
    client.window = scaledWindow(packet, client.windowScale);
    resetNextWin(client);
    client.window = packet.window;
    resetNextWin(server);
    return establish(session, packet, Direction.ToClient);
  }
  if (after(seq, client.nextSeq) && atOrBefore(seq, client.nextWin) && ack == server.nextSeq) {
    if (timestamped) handleTimestamp(session, packet);
    client.nextSeq = packetEnd(packet);
    updateLastAck(server, ack);
    server.window = scaledWindow(packet, server.windowScale);
    resetNextWin(server);
    if ((session.flags & SessionFlag.Midstream) != 0) {
      client.window = packet.window;
      resetNextWin(server);
      assumeScales(session);
    }
    return establish(session, packet, Direction.ToServer);
  }
  const fastOpen = (session.flags & SessionFlag.FastOpen) != 0;
  if ((missedAck || fastOpen) && ack == client.lastAck && seq == server.nextSeq) {
    updateNextSeq(session, server, packetEnd(packet));
    server.window = scaledWindow(packet, server.windowScale);
    resetNextWin(server);
    return establish(session, packet, Direction.ToClient);
  }
  packet.raise(StreamEvent._3whs_wrong_seq_wrong_ack);
  return false;
}

/** The ACK that ends the handshake. */
function completed(session: Session, packet: Packet): bool {
  const client = half(session, Direction.ToServer);
  const server = half(session, Direction.ToClient);
  if ((session.flags & SessionFlag.Timestamp) != 0) handleTimestamp(session, packet);
  updateLastAck(server, packet.acknowledgement);
  updateNextSeq(session, client, client.nextSeq + packet.payloadLength);
  server.window = scaledWindow(packet, server.windowScale);
  resetNextWin(server);
  if ((session.flags & SessionFlag.Midstream) != 0) {
    client.window = scaledWindow(packet, client.windowScale);
    resetNextWin(client);
    resetNextWin(server);
    if ((session.flags & SessionFlag.MidstreamSynAck) == 0) assumeScales(session);
  }
  moveTo(session, packet, TcpState.Established);
  // With data the flow is established now: the ACK itself may have been lost.
  if (packet.payloadLength != 0) packet.set(PacketFlag.Established);
  handleSegment(session, Direction.ToServer, packet);
  return true;
}

/** Only the server is visible. */
function oneSided(session: Session, packet: Packet): bool {
  const client = half(session, Direction.ToServer);
  const server = half(session, Direction.ToClient);
  session.flags |= SessionFlag.Async;
  server.nextSeq += packet.payloadLength;
  server.lastAck = packet.sequence;
  client.window = scaledWindow(packet, client.windowScale);
  client.lastAck = packet.acknowledgement;
  if ((session.flags & SessionFlag.Timestamp) != 0) handleTimestamp(session, packet);
  if ((session.flags & SessionFlag.Midstream) != 0) {
    server.window = packet.window;
    resetNextWin(server);
    assumeScales(session);
  }
  return establish(session, packet, Direction.ToClient);
}

/** The ACK of the server that ends a split handshake. */
function fourWayAck(session: Session, packet: Packet): bool {
  const client = half(session, Direction.ToServer);
  const server = half(session, Direction.ToClient);
  if (packet.sequence != server.nextSeq) {
    packet.raise(StreamEvent._4whs_wrong_seq);
    return false;
  }
  if (!validateAck(session, client, packet)) {
    packet.raise(StreamEvent._4whs_invalid_ack);
    return false;
  }
  if ((session.flags & SessionFlag.Timestamp) != 0) handleTimestamp(session, packet);
  updateLastAck(client, packet.acknowledgement);
  updateNextSeq(session, server, server.nextSeq + packet.payloadLength);
  client.window = scaledWindow(packet, client.windowScale);
  resetNextWin(client);
  return establish(session, packet, Direction.ToClient);
}
