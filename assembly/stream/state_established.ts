/** Data flows. */
import { Direction } from "../abi/codes";
import { StreamEvent } from "../abi/stream_events";
import { Packet } from "../wire/packet";
import {
  packetEnd,
  resetNextWin,
  scaledWindow,
  updateLastAck,
  updateNextSeq,
  updateNextWin,
  validateAck,
} from "./acknowledgement";
import { asyncOneside } from "./configuration";
import { handleFin } from "./fin";
import { handleSegment } from "./reassembly";
import { acceptReset, validateReset } from "./reset";
import { sackUpdate } from "./sack";
import { after, atOrAfter, atOrBefore } from "./sequence";
import { Half, half, Session, SessionFlag, TcpFlag } from "./session";
import { handleTimestamp, validateTimestamp } from "./timestamp";
import { closeByReset } from "./transition";

export function stateEstablished(session: Session, packet: Packet): bool {
  const flags = <u32>packet.tcpFlags;
  if ((flags & TcpFlag.Rst) != 0) return reset(session, packet);
  const timestamped = (session.flags & SessionFlag.Timestamp) != 0;
  if ((flags & TcpFlag.Fin) != 0) {
    if (timestamped && !validateTimestamp(session, packet)) return false;
    return handleFin(session, packet);
  }
  if ((flags & (TcpFlag.Syn | TcpFlag.Ack)) == (TcpFlag.Syn | TcpFlag.Ack)) return synAckAgain(session, packet);
  if ((flags & TcpFlag.Syn) != 0) return synAgain(session, packet);
  if ((flags & TcpFlag.Ack) == 0) return true;
  if (timestamped && !validateTimestamp(session, packet)) return false;
  if (packet.direction == <u8>Direction.ToClient) session.flags |= SessionFlag.HandshakeConfirmed;
  // A packet refused from here on has its event, but is not an error of the session.
  data(session, packet);
  return true;
}

function reset(session: Session, packet: Packet): bool {
  if (!validateReset(session, packet)) return false;
  const client = half(session, Direction.ToServer);
  const server = half(session, Direction.ToClient);
  closeByReset(session, packet);
  if (packet.direction == <u8>Direction.ToServer) {
    server.nextSeq = packet.acknowledgement;
    client.nextSeq = packetEnd(packet);
    client.window = scaledWindow(packet, client.windowScale);
  } else {
    server.nextSeq = packetEnd(packet) + 1;
    client.nextSeq = packet.acknowledgement;
    server.window = scaledWindow(packet, server.windowScale);
  }
  acceptReset(session, packet);
  return true;
}

function refuse(packet: Packet, event: StreamEvent): bool {
  packet.raise(event);
  return false;
}

function synAckAgain(session: Session, packet: Packet): bool {
  if (packet.direction == <u8>Direction.ToServer) return refuse(packet, StreamEvent.est_synack_toserver);
  if (packet.acknowledgement != half(session, Direction.ToServer).lastAck) {
    return refuse(packet, StreamEvent.est_synack_resend_with_different_ack);
  }
  if (packet.sequence != half(session, Direction.ToClient).isn) {
    return refuse(packet, StreamEvent.est_synack_resend_with_diff_seq);
  }
  if ((session.flags & SessionFlag.HandshakeConfirmed) != 0) return refuse(packet, StreamEvent.est_synack_resend);
  // The server did not get the ACK of its SYN/ACK.
  return true;
}

function synAgain(session: Session, packet: Packet): bool {
  if (packet.direction == <u8>Direction.ToClient) return refuse(packet, StreamEvent.est_syn_toclient);
  if (packet.sequence != half(session, Direction.ToServer).isn) {
    return refuse(packet, StreamEvent.est_syn_resend_diff_seq);
  }
  return refuse(packet, StreamEvent.est_syn_resend);
}

/** Acknowledgement of the one byte of a zero window probe. */
function acknowledgesProbe(session: Session, receiver: Half, packet: Packet): bool {
  const probe = packet.direction == <u8>Direction.ToServer ? SessionFlag.ProbeToClient : SessionFlag.ProbeToServer;
  return (session.flags & probe) != 0 && packet.acknowledgement == receiver.nextSeq + 1;
}

function data(session: Session, packet: Packet): bool {
  const toServer = packet.direction == <u8>Direction.ToServer;
  const sender = half(session, packet.direction);
  const receiver = half(session, 1 - packet.direction);
  const end = packetEnd(packet);
  if ((packet.tcpFlags & <u8>TcpFlag.Ack) != 0) {
    if (acknowledgesProbe(session, receiver, packet)) packet.raise(StreamEvent.est_ack_zwp_data);
    else if (!validateAck(session, receiver, packet)) return refuse(packet, StreamEvent.est_invalid_ack);
  }
  const unknownWindow = SessionFlag.Midstream | SessionFlag.MidstreamEstablished;
  if (!toServer && (session.flags & unknownWindow) == unknownWindow) {
    sender.window = scaledWindow(packet, sender.windowScale);
    resetNextWin(sender);
    session.flags &= ~SessionFlag.MidstreamEstablished;
  }
  const keepAlive = packet.payloadLength <= 1 && packet.sequence == sender.nextSeq - 1;
  if (!keepAlive && !atOrAfter(end, sender.lastAck) && !beforeLastAck(session, sender, packet, toServer)) {
    return refuse(packet, StreamEvent.est_pkt_before_last_ack);
  }
  if (packet.payloadLength == 1 && packet.sequence == sender.nextSeq && sender.window == 0) {
    session.flags |= toServer ? SessionFlag.ProbeToServer : SessionFlag.ProbeToClient;
    handleSegment(session, packet.direction, packet);
    return true;
  }
  if (atOrAfter(end, sender.nextSeq)) updateNextSeq(session, sender, end);
  const liberal = (session.flags & (SessionFlag.Midstream | SessionFlag.Async)) != 0;
  if (!atOrBefore(end, sender.nextWin) && !liberal) return refuse(packet, StreamEvent.est_packet_out_of_window);

  receiver.window = scaledWindow(packet, receiver.windowScale);
  if ((packet.tcpFlags & <u8>TcpFlag.Ack) != 0) updateLastAck(receiver, packet.acknowledgement);
  if ((session.flags & SessionFlag.Timestamp) != 0) handleTimestamp(session, packet);
  sackUpdate(receiver, packet);
  updateNextWin(receiver, receiver.lastAck + receiver.window);
  handleSegment(session, packet.direction, packet);
  return true;
}

/** Whether a packet that ends before the acknowledged edge has something new to say. */
function beforeLastAck(session: Session, sender: Half, packet: Packet, toServer: bool): bool {
  if ((session.flags & SessionFlag.Async) != 0) {
    if (toServer) updateLastAck(sender, packet.sequence);
    else sender.lastAck = packet.sequence;
    return true;
  }
  if (toServer && asyncOneside && (session.flags & SessionFlag.Midstream) != 0) {
    if (sender.nextSeq == packet.sequence || sender.lastAck == sender.isn + 1) {
      updateLastAck(sender, packet.sequence);
      session.flags |= SessionFlag.Async;
      return true;
    }
  }
  // More was acknowledged than we saw: what lies between is new to us.
  return after(sender.lastAck, sender.nextSeq) && after(packetEnd(packet), sender.nextSeq);
}
