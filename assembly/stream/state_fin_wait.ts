/** The server closed first: FinWait1 until its FIN is acknowledged, FinWait2 until the client closes too. */
import { Direction } from "../abi/codes";
import { StreamEvent } from "../abi/stream_events";
import { Packet, PacketFlag } from "../wire/packet";
import { packetEnd, scaledWindow, updateLastAck, updateNextSeq, updateNextWin, validateAck } from "./acknowledgement";
import { missedData } from "./fin";
import { handleSegment } from "./reassembly";
import { resetSession } from "./reset";
import { isRetransmission } from "./retransmission";
import { sackUpdate } from "./sack";
import { after, atOrBefore, before } from "./sequence";
import { half, Session, SessionFlag, TcpFlag, TcpState } from "./session";
import { handleTimestamp, validateTimestamp } from "./timestamp";
import { moveTo } from "./transition";

/** Refuses the packet with an event. */
function refuse(packet: Packet, event: StreamEvent): bool {
  packet.raise(event);
  return false;
}

function stamped(session: Session): bool {
  return (session.flags & SessionFlag.Timestamp) != 0;
}

export function stateFinWait1(session: Session, packet: Packet): bool {
  const flags = <u32>packet.tcpFlags;
  if ((flags & TcpFlag.Rst) != 0) return resetSession(session, packet);
  const fin = (flags & TcpFlag.Fin) != 0;
  if (!fin && (flags & TcpFlag.Syn) != 0) return refuse(packet, StreamEvent.shutdown_syn_resend);
  if (!fin && (flags & TcpFlag.Ack) == 0) return true;
  if (stamped(session) && !validateTimestamp(session, packet)) return false;
  if (!fin)
    return packet.direction == <u8>Direction.ToServer ? ackToServer1(session, packet) : ackToClient1(session, packet);
  return (flags & TcpFlag.Ack) != 0 ? finAck1(session, packet) : fin1(session, packet);
}

/** The sender's FIN lies outside of what may be sent. */
function finOutside(session: Session, packet: Packet, from: u32): bool {
  const sender = half(session, packet.direction);
  return before(packet.sequence, from) || after(packet.sequence, sender.lastAck + sender.window);
}

function finAck1(session: Session, packet: Packet): bool {
  const toServer = packet.direction == <u8>Direction.ToServer;
  const sender = half(session, packet.direction);
  const receiver = half(session, 1 - packet.direction);
  let again = isRetransmission(sender, packet);
  if (!again && !toServer) {
    again = packet.sequence == sender.nextSeq - 1 && packet.acknowledgement == receiver.lastAck;
    if (again) packet.set(PacketFlag.Retransmission);
  }
  if (!again && finOutside(session, packet, sender.nextSeq - 1)) return refuse(packet, StreamEvent.fin1_fin_wrong_seq);
  if (!validateAck(session, receiver, packet)) return refuse(packet, StreamEvent.fin1_invalid_ack);
  if (toServer) {
    if (!again) {
      moveTo(session, packet, TcpState.TimeWait);
      receiver.window = scaledWindow(packet, receiver.windowScale);
    }
    if (stamped(session)) handleTimestamp(session, packet);
    if (before(receiver.nextSeq - 1, packet.acknowledgement)) receiver.nextSeq = packet.acknowledgement;
    if (sender.nextSeq == packet.sequence) updateNextSeq(session, sender, packetEnd(packet));
    updateLastAck(receiver, packet.acknowledgement);
  } else {
    if (stamped(session)) handleTimestamp(session, packet);
    if (!again) {
      moveTo(session, packet, TcpState.TimeWait);
      receiver.window = scaledWindow(packet, receiver.windowScale);
      if (before(receiver.nextSeq - 1, packet.acknowledgement)) receiver.nextSeq = packet.acknowledgement;
      if (sender.nextSeq - 1 == packet.sequence) updateNextSeq(session, sender, packetEnd(packet));
      updateLastAck(receiver, packet.acknowledgement);
    }
  }
  handleSegment(session, packet.direction, packet);
  return true;
}

/** A FIN without ACK: both close at once. */
function fin1(session: Session, packet: Packet): bool {
  const sender = half(session, packet.direction);
  const receiver = half(session, 1 - packet.direction);
  const again = isRetransmission(sender, packet);
  if (!again && finOutside(session, packet, sender.nextSeq - 1)) return refuse(packet, StreamEvent.fin1_fin_wrong_seq);
  if (!validateAck(session, receiver, packet)) return refuse(packet, StreamEvent.fin1_invalid_ack);
  if (!again) {
    moveTo(session, packet, TcpState.Closing);
    receiver.window = scaledWindow(packet, receiver.windowScale);
  }
  if (stamped(session)) handleTimestamp(session, packet);
  if (before(receiver.nextSeq - 1, packet.acknowledgement)) receiver.nextSeq = packet.acknowledgement;
  if (sender.nextSeq - 1 == packet.sequence) updateNextSeq(session, sender, packetEnd(packet));
  handleSegment(session, packet.direction, packet);
  return true;
}

/** True when the packet ends within the window. */
function inWindow(session: Session, packet: Packet): bool {
  if ((session.flags & (SessionFlag.Midstream | SessionFlag.Async)) != 0) return true;
  return atOrBefore(packetEnd(packet), half(session, packet.direction).nextWin);
}

function ackToServer1(session: Session, packet: Packet): bool {
  const client = half(session, Direction.ToServer);
  const server = half(session, Direction.ToClient);
  const again = isRetransmission(client, packet);
  if (!validateAck(session, server, packet)) return refuse(packet, StreamEvent.fin1_invalid_ack);
  if (!again && packet.acknowledgement == server.nextSeq) {
    if (!inWindow(session, packet)) return refuse(packet, StreamEvent.fin1_ack_wrong_seq);
    if (packet.sequence == client.nextSeq) moveTo(session, packet, TcpState.FinWait2);
    server.window = scaledWindow(packet, server.windowScale);
  }
  if (stamped(session)) handleTimestamp(session, packet);
  if (before(server.nextSeq - 1, packet.acknowledgement)) server.nextSeq = packet.acknowledgement;
  if (client.nextSeq == packet.sequence) updateNextSeq(session, client, packetEnd(packet));
  acknowledged(session, packet);
  return true;
}

function ackToClient1(session: Session, packet: Packet): bool {
  const client = half(session, Direction.ToServer);
  const server = half(session, Direction.ToClient);
  const again = isRetransmission(server, packet);
  if (!validateAck(session, client, packet)) return refuse(packet, StreamEvent.fin1_invalid_ack);
  if (!again) {
    if (!inWindow(session, packet)) return refuse(packet, StreamEvent.fin1_ack_wrong_seq);
    if (packet.sequence == server.nextSeq - 1) moveTo(session, packet, TcpState.FinWait2);
    client.window = scaledWindow(packet, client.windowScale);
  }
  if (stamped(session)) handleTimestamp(session, packet);
  if (before(client.nextSeq - 1, packet.acknowledgement)) client.nextSeq = packet.acknowledgement;
  if (server.nextSeq - 1 == packet.sequence) updateNextSeq(session, server, packetEnd(packet));
  acknowledged(session, packet);
  return true;
}

/** What every accepted ACK does at last. */
function acknowledged(session: Session, packet: Packet): void {
  const receiver = half(session, 1 - packet.direction);
  updateLastAck(receiver, packet.acknowledgement);
  sackUpdate(receiver, packet);
  updateNextWin(receiver, receiver.lastAck + receiver.window);
  handleSegment(session, packet.direction, packet);
}

export function stateFinWait2(session: Session, packet: Packet): bool {
  const flags = <u32>packet.tcpFlags;
  if ((flags & TcpFlag.Rst) != 0) return resetSession(session, packet);
  const fin = (flags & TcpFlag.Fin) != 0;
  if (!fin && (flags & TcpFlag.Syn) != 0) return refuse(packet, StreamEvent.shutdown_syn_resend);
  if (!fin && (flags & TcpFlag.Ack) == 0) return true;
  if (stamped(session) && !validateTimestamp(session, packet)) return false;
  return fin ? fin2(session, packet) : ack2(session, packet);
}

function fin2(session: Session, packet: Packet): bool {
  const sender = half(session, packet.direction);
  const receiver = half(session, 1 - packet.direction);
  let again = packet.sequence == sender.nextSeq - 1 && packet.acknowledgement == receiver.lastAck;
  if (again) packet.set(PacketFlag.Retransmission);
  else again = isRetransmission(sender, packet);
  if (!again && finOutside(session, packet, sender.nextSeq)) return refuse(packet, StreamEvent.fin2_fin_wrong_seq);
  if (!validateAck(session, receiver, packet)) return refuse(packet, StreamEvent.fin2_invalid_ack);
  if (!again) {
    moveTo(session, packet, TcpState.TimeWait);
    if (packet.direction == <u8>Direction.ToServer && sender.nextSeq == packet.sequence) {
      updateNextSeq(session, sender, packetEnd(packet));
    }
    receiver.window = scaledWindow(packet, receiver.windowScale);
  }
  if (stamped(session)) handleTimestamp(session, packet);
  missedData(session, packet);
  if ((packet.tcpFlags & <u8>TcpFlag.Ack) != 0) updateLastAck(receiver, packet.acknowledgement);
  handleSegment(session, packet.direction, packet);
  return true;
}

function ack2(session: Session, packet: Packet): bool {
  const sender = half(session, packet.direction);
  const receiver = half(session, 1 - packet.direction);
  const again = isRetransmission(sender, packet);
  if (!validateAck(session, receiver, packet)) return refuse(packet, StreamEvent.fin2_invalid_ack);
  if (!again) {
    if (!inWindow(session, packet)) return refuse(packet, StreamEvent.fin2_ack_wrong_seq);
    receiver.window = scaledWindow(packet, receiver.windowScale);
  }
  if (stamped(session)) handleTimestamp(session, packet);
  if (sender.nextSeq == packet.sequence) updateNextSeq(session, sender, packetEnd(packet));
  acknowledged(session, packet);
  return true;
}
