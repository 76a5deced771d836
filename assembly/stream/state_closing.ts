/** The end of a session: CloseWait and LastAck (the client closed first), Closing (both at once), TimeWait. */
import { Direction } from "../abi/codes";
import { StreamEvent } from "../abi/stream_events";
import { Packet } from "../wire/packet";
import { packetEnd, scaledWindow, updateLastAck, updateNextSeq, validateAck } from "./acknowledgement";
import { missedData } from "./fin";
import { handleSegment } from "./reassembly";
import { resetSession } from "./reset";
import { isRetransmission } from "./retransmission";
import { after, atOrBefore, before } from "./sequence";
import { half, Session, SessionFlag, TcpFlag, TcpState } from "./session";
import { handleTimestamp, validateTimestamp } from "./timestamp";
import { moveTo } from "./transition";

function refuse(packet: Packet, event: StreamEvent): bool {
  packet.raise(event);
  return false;
}

/** False when the session uses timestamps and the packet's is not acceptable. */
function timely(session: Session, packet: Packet): bool {
  return (session.flags & SessionFlag.Timestamp) == 0 || validateTimestamp(session, packet);
}

/** What every accepted packet of these states does at last. */
function accepted(session: Session, packet: Packet): bool {
  if ((session.flags & SessionFlag.Timestamp) != 0) handleTimestamp(session, packet);
  missedData(session, packet);
  if ((packet.tcpFlags & <u8>TcpFlag.Ack) != 0) {
    updateLastAck(half(session, 1 - packet.direction), packet.acknowledgement);
  }
  handleSegment(session, packet.direction, packet);
  return true;
}

export function stateClosing(session: Session, packet: Packet): bool {
  const flags = <u32>packet.tcpFlags;
  if ((flags & TcpFlag.Rst) != 0) return resetSession(session, packet);
  if ((flags & TcpFlag.Syn) != 0) return refuse(packet, StreamEvent.shutdown_syn_resend);
  if ((flags & TcpFlag.Ack) == 0) return true;
  if (!timely(session, packet)) return false;
  const sender = half(session, packet.direction);
  const again = isRetransmission(sender, packet);
  if (packet.sequence != sender.nextSeq) return refuse(packet, StreamEvent.closing_ack_wrong_seq);
  if (!validateAck(session, half(session, 1 - packet.direction), packet)) {
    return refuse(packet, StreamEvent.closing_invalid_ack);
  }
  if (!again) {
    moveTo(session, packet, TcpState.TimeWait);
    const client = half(session, Direction.ToServer);
    client.window = scaledWindow(packet, client.windowScale);
  }
  return accepted(session, packet);
}

export function stateCloseWait(session: Session, packet: Packet): bool {
  const flags = <u32>packet.tcpFlags;
  if ((flags & TcpFlag.Rst) != 0) return resetSession(session, packet);
  const fin = (flags & TcpFlag.Fin) != 0;
  if (!fin && (flags & TcpFlag.Syn) != 0) return refuse(packet, StreamEvent.shutdown_syn_resend);
  if (!fin && (flags & TcpFlag.Ack) == 0) return true;
  if (!timely(session, packet)) return false;
  const sender = half(session, packet.direction);
  const receiver = half(session, 1 - packet.direction);
  const again = isRetransmission(sender, packet);
  const beyond = after(packet.sequence, sender.lastAck + sender.window);
  if (fin) {
    if (!again && (before(packet.sequence, sender.nextSeq) || beyond)) {
      return refuse(packet, StreamEvent.closewait_fin_out_of_window);
    }
  } else {
    if (packet.payloadLength > 0 && atOrBefore(packetEnd(packet), sender.lastAck)) {
      return refuse(packet, StreamEvent.closewait_pkt_before_last_ack);
    }
    if (beyond) return refuse(packet, StreamEvent.closewait_ack_out_of_window);
  }
  if (!validateAck(session, receiver, packet)) return refuse(packet, StreamEvent.closewait_invalid_ack);
  if (!again) {
    if (fin && packet.direction == <u8>Direction.ToClient) moveTo(session, packet, TcpState.LastAck);
    receiver.window = scaledWindow(packet, receiver.windowScale);
  }
  if (!fin && packet.sequence == sender.nextSeq) {
    // The timestamp is judged against the number expected before this packet.
    if ((session.flags & SessionFlag.Timestamp) != 0) handleTimestamp(session, packet);
    missedData(session, packet);
    updateNextSeq(session, sender, packetEnd(packet));
    updateLastAck(receiver, packet.acknowledgement);
    handleSegment(session, packet.direction, packet);
    return true;
  }
  return accepted(session, packet);
}

export function stateLastAck(session: Session, packet: Packet): bool {
  const flags = <u32>packet.tcpFlags;
  if ((flags & TcpFlag.Rst) != 0) return resetSession(session, packet);
  if ((flags & TcpFlag.Fin) != 0) return true;
  if ((flags & TcpFlag.Syn) != 0) return refuse(packet, StreamEvent.shutdown_syn_resend);
  if ((flags & TcpFlag.Ack) == 0) return true;
  if (!timely(session, packet)) return false;
  if (packet.direction == <u8>Direction.ToClient) return true;
  const client = half(session, Direction.ToServer);
  const server = half(session, Direction.ToClient);
  const again = isRetransmission(client, packet);
  if (!validateAck(session, server, packet)) return refuse(packet, StreamEvent.lastack_invalid_ack);
  if (!again) {
    if (!before(packet.sequence, client.nextSeq)) {
      if (packet.sequence != client.nextSeq && packet.sequence != client.nextSeq + 1) {
        return refuse(packet, StreamEvent.lastack_ack_wrong_seq);
      }
      moveTo(session, packet, TcpState.Closed);
    }
    server.window = scaledWindow(packet, server.windowScale);
  }
  return accepted(session, packet);
}

export function stateTimeWait(session: Session, packet: Packet): bool {
  const flags = <u32>packet.tcpFlags;
  if ((flags & TcpFlag.Rst) != 0) return resetSession(session, packet);
  if ((flags & TcpFlag.Fin) != 0) return true;
  if ((flags & TcpFlag.Syn) != 0) return refuse(packet, StreamEvent.shutdown_syn_resend);
  if ((flags & TcpFlag.Ack) == 0) return true;
  if (!timely(session, packet)) return false;
  const sender = half(session, packet.direction);
  const receiver = half(session, 1 - packet.direction);
  const toServer = packet.direction == <u8>Direction.ToServer;
  const again = isRetransmission(sender, packet);
  if (!again) {
    const other = toServer ? sender.nextSeq + 1 : sender.nextSeq - 1;
    if (packet.sequence != sender.nextSeq && packet.sequence != other) {
      if (!toServer && packet.payloadLength > 0 && packet.sequence == sender.lastAck) return true;
      return refuse(packet, StreamEvent.timewait_ack_wrong_seq);
    }
  }
  if (!validateAck(session, receiver, packet)) return refuse(packet, StreamEvent.timewait_invalid_ack);
  if (!again) {
    moveTo(session, packet, TcpState.Closed);
    receiver.window = scaledWindow(packet, receiver.windowScale);
  }
  return accepted(session, packet);
}
