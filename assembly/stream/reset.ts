/** Resets: which ones the receiving target would obey, and what becomes of a session that got one. */
import { TargetOs } from "../abi/settings";
import { StreamEvent } from "../abi/stream_events";
import { Packet, PacketFlag } from "../wire/packet";
import { TcpOption } from "../wire/tcp_option";
import { packetEnd, updateLastAck, validateAck } from "./acknowledgement";
import { handleSegment } from "./reassembly";
import { atOrAfter, before } from "./sequence";
import { HalfFlag, half, Session, SessionFlag, TcpFlag } from "./session";
import { targetOf } from "./target";
import { handleTimestamp, validateTimestamp } from "./timestamp";
import { closeByReset } from "./transition";

/** True when the receiver would obey the reset. */
export function validateReset(session: Session, packet: Packet): bool {
  if ((session.flags & SessionFlag.Lossy) != 0) return true;
  if ((session.flags & SessionFlag.Timestamp) != 0 && !validateTimestamp(session, packet)) return false;
  if (packet.payloadLength != 0) packet.raise(StreamEvent.rst_with_data);
  const sender = half(session, packet.direction);
  const receiver = half(session, 1 - packet.direction);
  const target = targetOf(receiver, packet);
  if (packet.acknowledgement != 0 && !validateAck(session, receiver, packet)) {
    packet.raise(StreamEvent.rst_invalid_ack);
    return false;
  }
  // A signed reset (RFC 2385, RFC 5925) cannot be checked without the key: it is believed until its sender goes on.
  const signed: u8 = <u8>(TcpOption.Md5 | TcpOption.Authentication);
  if ((packet.tcpOptions & signed) != 0) receiver.flags |= HalfFlag.ResetReceived;
  const seq = packet.sequence;
  if ((session.flags & SessionFlag.Async) != 0) return atOrAfter(seq, sender.nextSeq);
  switch (target) {
    case TargetOs.Hpux11:
      return atOrAfter(seq, sender.nextSeq);
    case TargetOs.OldLinux:
    case TargetOs.Linux:
    case TargetOs.Solaris:
      return atOrAfter(packetEnd(packet), sender.lastAck) && before(seq, sender.nextSeq + sender.window);
    default:
      return seq == sender.nextSeq;
  }
}

/** An accepted reset in a state behind the handshake. */
export function resetSession(session: Session, packet: Packet): bool {
  if (!validateReset(session, packet)) return false;
  closeByReset(session, packet);
  acceptReset(session, packet);
  return true;
}

/** Takes an accepted reset's numbers and data. */
export function acceptReset(session: Session, packet: Packet): void {
  const sender = half(session, packet.direction);
  const receiver = half(session, 1 - packet.direction);
  if ((packet.tcpFlags & <u8>TcpFlag.Ack) != 0 && validateAck(session, receiver, packet)) {
    updateLastAck(receiver, packet.acknowledgement);
  }
  updateLastAck(sender, packet.sequence);
  if ((session.flags & SessionFlag.Timestamp) != 0) handleTimestamp(session, packet);
  handleSegment(session, packet.direction, packet);
}

/** A sender that goes on after its reset did not send that reset. */
export function suspectReset(session: Session, packet: Packet): void {
  if (packet.has(PacketFlag.Pseudo) || (packet.tcpFlags & <u8>TcpFlag.Rst) != 0) return;
  const receiver = half(session, 1 - packet.direction);
  if ((receiver.flags & HalfFlag.ResetReceived) == 0) return;
  receiver.flags &= ~HalfFlag.ResetReceived;
  session.flags &= ~SessionFlag.ClosedByReset;
  packet.raise(StreamEvent.suspected_rst_inject);
}
