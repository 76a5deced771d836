/** The first FIN. */
import { Direction } from "../abi/codes";
import { StreamEvent } from "../abi/stream_events";
import { Packet } from "../wire/packet";
import { packetEnd, scaledWindow, updateLastAck, validateAck } from "./acknowledgement";
import { handleSegment } from "./reassembly";
import { atOrAfter, atOrBefore, before } from "./sequence";
import { half, Session, SessionFlag, TcpFlag, TcpState } from "./session";
import { handleTimestamp } from "./timestamp";
import { moveTo } from "./transition";

/** A FIN of the client leads to CloseWait, one of the server to FinWait1. */
export function handleFin(session: Session, packet: Packet): bool {
  const toServer = packet.direction == <u8>Direction.ToServer;
  const sender = half(session, packet.direction);
  const receiver = half(session, 1 - packet.direction);
  if (!validateAck(session, receiver, packet)) {
    packet.raise(StreamEvent.fin_invalid_ack);
    return false;
  }
  const end = packetEnd(packet);
  if (!atOrAfter(packet.sequence, sender.lastAck) || !atOrBefore(end, sender.nextWin)) {
    packet.raise(StreamEvent.fin_out_of_window);
    return false;
  }
  if (toServer && (packet.tcpFlags & <u8>TcpFlag.Syn) != 0) {
    packet.raise(StreamEvent.fin_syn);
    return false;
  }
  moveTo(session, packet, toServer ? TcpState.CloseWait : TcpState.FinWait1);
  sender.nextSeq = toServer ? end : end + 1;
  receiver.window = scaledWindow(packet, receiver.windowScale);
  if ((session.flags & SessionFlag.Timestamp) != 0) handleTimestamp(session, packet);
  missedData(session, packet);
  if ((packet.tcpFlags & <u8>TcpFlag.Ack) != 0) updateLastAck(receiver, packet.acknowledgement);
  handleSegment(session, packet.direction, packet);
  return true;
}

/** The receiver of the packet sent data that was lost on the way to us, but acknowledged. */
export function missedData(session: Session, packet: Packet): void {
  const receiver = half(session, 1 - packet.direction);
  if (before(receiver.nextSeq, packet.acknowledgement)) receiver.nextSeq = packet.acknowledgement;
}
