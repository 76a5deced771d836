/** A SYN was seen. */
import { Direction } from "../abi/codes";
import { StreamEvent } from "../abi/stream_events";
import { Packet } from "../wire/packet";
import { TcpOption } from "../wire/tcp_option";
import { resetNextWin } from "./acknowledgement";
import { asyncOneside } from "./configuration";
import { applySyn, findSynByEcho, freeQueue, Handshake, Offer, resendSyn, synAckOf } from "./handshake_queue";
import { handleSegment } from "./reassembly";
import { validateReset } from "./reset";
import { HalfFlag, half, Session, SessionFlag, TcpFlag, TcpState } from "./session";
import { MAX_WINDOW_SCALE, startAt } from "./state_none";
import { hasTimestamp, seconds } from "./timestamp";
import { closeByReset, moveTo } from "./transition";

/** The session takes over a SYN/ACK: the one at hand, or a queued one. */
export function applySynAck(session: Session, packet: Packet, h: Handshake): void {
  if (session.state != <u8>TcpState.SynRecv) moveTo(session, packet, TcpState.SynRecv);
  const client = half(session, Direction.ToServer);
  const server = half(session, Direction.ToClient);
  startAt(server, h.sequence);
  server.nextSeq = server.isn + 1;
  client.window = h.window;
  if ((h.offers & Offer.Timestamp) != 0 && (client.flags & HalfFlag.Timestamp) != 0) {
    server.lastTimestamp = h.timestamp;
    session.flags |= SessionFlag.Timestamp;
    server.lastPacketTime = h.time;
    if (server.lastTimestamp == 0) server.flags |= HalfFlag.ZeroTimestamp;
  } else {
    client.lastTimestamp = 0;
    server.lastTimestamp = 0;
    client.flags &= ~HalfFlag.ZeroTimestamp;
  }
  client.lastAck = h.acknowledgement;
  server.lastAck = server.isn + 1;
  const scaled = (session.flags & SessionFlag.SynWindowScale) != 0 && (h.offers & Offer.WindowScale) != 0;
  client.windowScale = scaled ? h.windowScale : 0;
  if ((session.flags & SessionFlag.SynSackPermitted) != 0 && (h.offers & Offer.SackPermitted) != 0) {
    session.flags |= SessionFlag.SackPermitted;
  } else {
    session.flags &= ~SessionFlag.SackPermitted;
  }
  resetNextWin(server);
  resetNextWin(client);
  session.flags &= ~SessionFlag.FourWay;
}

/** The answer must echo the timestamp of the SYN. */
function echoesSyn(session: Session, packet: Packet): bool {
  if (packet.direction == <u8>Direction.ToServer || !hasTimestamp(packet)) return true;
  const client = half(session, Direction.ToServer);
  const echo = packet.timestampEcho;
  if ((client.flags & HalfFlag.Timestamp) != 0) {
    return client.lastTimestamp == 0 || echo == 0 || echo == client.lastTimestamp;
  }
  return client.lastTimestamp != 0 || echo == 0;
}

export function stateSynSent(session: Session, packet: Packet): bool {
  const flags = <u32>packet.tcpFlags;
  if ((flags & (TcpFlag.Syn | TcpFlag.Ack)) == (TcpFlag.Syn | TcpFlag.Ack)) {
    return packet.direction == <u8>Direction.ToClient ? synAck(session, packet) : fourWaySynAck(session, packet);
  }
  if (!echoesSyn(session, packet)) {
    packet.raise(StreamEvent.pkt_invalid_timestamp);
    return false;
  }
  if ((flags & TcpFlag.Rst) != 0) return reset(session, packet);
  if ((flags & TcpFlag.Fin) != 0) return true;
  if ((flags & TcpFlag.Syn) != 0) {
    if (packet.direction == <u8>Direction.ToClient) simultaneousSyn(session, packet);
    else resendSyn(session, packet);
    return true;
  }
  if ((flags & TcpFlag.Ack) != 0 && asyncOneside) return oneSided(session, packet);
  return true;
}

function synAck(session: Session, packet: Packet): bool {
  const client = half(session, Direction.ToServer);
  const ack = packet.acknowledgement;
  const fastOpen = (packet.tcpOptions & <u8>TcpOption.FastOpen) != 0 || (session.flags & SessionFlag.FastOpen) != 0;
  if (!fastOpen) {
    if (ack != client.isn + 1) {
      packet.raise(StreamEvent._3whs_synack_with_wrong_ack);
      return false;
    }
  } else {
    if (ack != client.nextSeq) {
      if (ack != client.isn + 1) {
        packet.raise(StreamEvent._3whs_synack_with_wrong_ack);
        return false;
      }
      // The server took the SYN without its data.
      client.nextSeq = client.isn;
      packet.raise(StreamEvent._3whs_synack_tfo_data_ignored);
      session.flags |= SessionFlag.FastOpenDataIgnored;
    }
    session.flags |= SessionFlag.FastOpen;
    moveTo(session, packet, TcpState.Established);
  }
  if (!echoesSyn(session, packet)) {
    const older: usize = session.queue == 0 ? 0 : findSynByEcho(session, packet);
    if (older == 0) {
      packet.raise(StreamEvent.pkt_invalid_timestamp);
      return false;
    }
    applySyn(session, changetype<Handshake>(older));
  }
  freeQueue(session);
  applySynAck(session, packet, synAckOf(packet));
  return true;
}

/** SYN/ACK of the client after a SYN of the server (split handshake). */
function fourWaySynAck(session: Session, packet: Packet): bool {
  if ((session.flags & SessionFlag.FourWay) == 0) {
    packet.raise(StreamEvent._3whs_synack_in_wrong_direction);
    return false;
  }
  const client = half(session, Direction.ToServer);
  const server = half(session, Direction.ToClient);
  if (packet.acknowledgement != server.isn + 1) {
    packet.raise(StreamEvent._4whs_synack_with_wrong_ack);
    return false;
  }
  if (packet.sequence != client.isn) {
    packet.raise(StreamEvent._4whs_synack_with_wrong_syn);
    return false;
  }
  moveTo(session, packet, TcpState.SynRecv);
  startAt(client, packet.sequence);
  client.nextSeq = client.isn + 1;
  server.window = packet.window;
  if (hasTimestamp(packet) && (server.flags & HalfFlag.Timestamp) != 0) {
    client.lastTimestamp = packet.timestampValue;
    session.flags |= SessionFlag.Timestamp;
    client.lastPacketTime = seconds(packet);
    if (client.lastTimestamp == 0) client.flags |= HalfFlag.ZeroTimestamp;
  } else {
    server.lastTimestamp = 0;
    client.lastTimestamp = 0;
    server.flags &= ~HalfFlag.ZeroTimestamp;
  }
  server.lastAck = packet.acknowledgement;
  client.lastAck = client.isn + 1;
  const scaled =
    (session.flags & SessionFlag.SynWindowScale) != 0 && (packet.tcpOptions & <u8>TcpOption.WindowScale) != 0;
  server.windowScale = scaled ? packet.windowScale : 0;
  if ((session.flags & SessionFlag.SynSackPermitted) != 0 && (packet.tcpOptions & <u8>TcpOption.SackPermitted) != 0) {
    session.flags |= SessionFlag.SackPermitted;
  }
  resetNextWin(client);
  resetNextWin(server);
  return true;
}

function reset(session: Session, packet: Packet): bool {
  if (!validateReset(session, packet)) return false;
  const client = half(session, Direction.ToServer);
  if (packet.direction == <u8>Direction.ToServer) {
    const answersItself =
      packet.sequence == client.isn && packet.window == 0 && packet.acknowledgement == client.isn + 1;
    if (!answersItself) return true;
    half(session, Direction.ToClient).flags |= HalfFlag.ResetReceived;
  } else {
    client.flags |= HalfFlag.ResetReceived;
  }
  closeByReset(session, packet);
  freeQueue(session);
  return true;
}

/** A SYN of the server answers the SYN: simultaneous open or split handshake. */
function simultaneousSyn(session: Session, packet: Packet): void {
  session.flags |= SessionFlag.FourWay;
  const server = half(session, Direction.ToClient);
  startAt(server, packet.sequence);
  server.nextSeq = server.isn + 1;
  if (hasTimestamp(packet)) {
    server.lastTimestamp = packet.timestampValue;
    if (server.lastTimestamp == 0) server.flags |= HalfFlag.ZeroTimestamp;
    server.lastPacketTime = seconds(packet);
    server.flags |= HalfFlag.Timestamp;
  }
  server.window = packet.window;
  if ((packet.tcpOptions & <u8>TcpOption.WindowScale) != 0) {
    session.flags |= SessionFlag.SynWindowScale;
    server.windowScale = packet.windowScale;
  } else {
    session.flags &= ~SessionFlag.SynWindowScale;
    server.windowScale = 0;
  }
  if ((packet.tcpOptions & <u8>TcpOption.SackPermitted) != 0) session.flags |= SessionFlag.SynSackPermitted;
  else session.flags &= ~SessionFlag.SynSackPermitted;
}

/** An ACK follows the SYN from the same side: the other side is not visible. */
function oneSided(session: Session, packet: Packet): bool {
  const client = half(session, Direction.ToServer);
  const server = half(session, Direction.ToClient);
  if (packet.sequence != client.nextSeq) {
    packet.raise(StreamEvent._3whs_async_wrong_seq);
    return false;
  }
  session.flags |= SessionFlag.Async;
  moveTo(session, packet, TcpState.Established);
  freeQueue(session);
  client.window = packet.window;
  client.lastAck = packet.sequence;
  resetNextWin(client);
  startAt(server, packet.acknowledgement - 1);
  server.nextSeq = server.isn + 1;
  server.lastAck = server.nextSeq;
  server.nextWin = server.lastAck;
  if ((session.flags & SessionFlag.SynWindowScale) != 0) client.windowScale = MAX_WINDOW_SCALE;
  if (hasTimestamp(packet) && (client.flags & HalfFlag.Timestamp) != 0) {
    session.flags |= SessionFlag.Timestamp;
    client.flags &= ~HalfFlag.Timestamp;
    client.lastPacketTime = seconds(packet);
  } else {
    client.lastTimestamp = 0;
    client.flags &= ~HalfFlag.ZeroTimestamp;
  }
  if ((session.flags & SessionFlag.SynSackPermitted) != 0) session.flags |= SessionFlag.SackPermitted;
  handleSegment(session, Direction.ToServer, packet);
  return true;
}
