/** Acknowledgements, expected sequence numbers and windows of a half. */
import { Direction } from "../abi/codes";
import { StreamEvent } from "../abi/stream_events";
import { Packet } from "../wire/packet";
import { sackedSize, sackPrune } from "./sack";
import { after, atOrBefore, before } from "./sequence";
import { Half, Session, SessionFlag, TcpFlag, TcpState } from "./session";

/** Window of the packet as the session scales it. */
export function scaledWindow(packet: Packet, scale: u8): u32 {
  return (<u32>packet.window) << (<u32>(scale & 31));
}

/** One behind the last byte of the packet. */
export function packetEnd(packet: Packet): u32 {
  return packet.sequence + packet.payloadLength;
}

/** Moves the acknowledged edge forward, never back. */
export function updateLastAck(h: Half, ack: u32): void {
  if (!after(ack, h.lastAck)) return;
  h.lastAck = ack;
  sackPrune(h);
}

/** Sets the expected sequence number. With one side visible nobody acknowledges: then what was sent counts as acknowledged. */
export function updateNextSeq(session: Session, h: Half, seq: u32): void {
  h.nextSeq = seq;
  if ((session.flags & SessionFlag.Async) != 0 && after(seq, h.lastAck)) h.lastAck = seq;
}

/** Moves the right edge of the window forward, never back. */
export function updateNextWin(h: Half, edge: u32): void {
  const wide = edge + sackedSize(h);
  if (after(wide, h.nextWin)) h.nextWin = wide;
}

/** Right edge without memory: lastAck + window. */
export function resetNextWin(h: Half): void {
  h.nextWin = h.lastAck + h.window;
}

/** False, with the event raised, when the packet's acknowledgement of `h` lies outside of what can be acknowledged. */
export function validateAck(session: Session, h: Half, packet: Packet): bool {
  if ((packet.tcpFlags & <u8>TcpFlag.Ack) == 0) return true;
  const ack = packet.acknowledgement;
  if (ack == h.lastAck || (after(ack, h.lastAck) && atOrBefore(ack, h.nextWin))) return true;
  if (before(ack, h.lastAck)) {
    if (h.window == 0 || !before(ack, h.lastAck - h.window)) return true;
  } else {
    if ((session.flags & SessionFlag.Async) != 0) return true;
    // A reset answering the SYN: no window is known yet.
    if (
      session.state == <u8>TcpState.SynSent &&
      packet.direction == <u8>Direction.ToClient &&
      (packet.tcpFlags & <u8>TcpFlag.Rst) != 0 &&
      ack == h.isn + 1
    ) {
      return true;
    }
  }
  packet.raise(StreamEvent.pkt_invalid_ack);
  return false;
}
