/**
 * Inline, bytes that the receiver may take must have been inspected. The state machine, like Suricata's, lets some packets by that it
 * did not take into the stream: data outside of the window it knows, with an acknowledgement it cannot place, after the end. A receiver
 * may see that otherwise: it did not get the reset, or is liberal with its window. Such data does not go on.
 */
import { Action, DropReason } from "../abi/codes";
import { dropPacket } from "../flow/exception";
import { Checksum, cutPayload, transportChecksum } from "../wire/checksum";
import { Packet, PacketFlag } from "../wire/packet";
import { TcpOption } from "../wire/tcp_option";
import { packetEnd } from "./acknowledgement";
import { after } from "./sequence";
import { HalfFlag, half, Session, SessionFlag, TcpFlag, TcpState } from "./session";

/** Data of these is not part of a stream. */
const CONTROL: u32 = TcpFlag.Syn | TcpFlag.Rst;

/**
 * A host that asks for no cookie (TCP Fast Open, RFC 7413) hands on what a SYN brings. Data of a SYN without the option are no part of the
 * stream: it goes on without them, and its sender sends them again, as to any host that does not take them.
 */
export function withholdSynData(packet: Packet): void {
  if (packet.payloadLength == 0 || packet.action >= <u8>Action.Drop) return;
  if ((<u32>packet.tcpFlags & CONTROL) != TcpFlag.Syn || packet.has(PacketFlag.Pseudo)) return;
  if ((packet.tcpOptions & <u8>TcpOption.FastOpen) != 0) return;
  // No host takes it.
  if (transportChecksum(packet) == Checksum.Invalid) return;
  const own = packet.outer == 0 && !packet.has(PacketFlag.Defragmented) && !packet.has(PacketFlag.PartialChecksum);
  if (own) {
    cutPayload(packet);
    packet.set(PacketFlag.Modified);
  } else dropPacket(packet, Action.Drop, DropReason.StreamError);
}

/** Does the packet carry bytes that are new to the receiver and that the stream did not take? */
export function hasUninspectedData(session: Session, packet: Packet): bool {
  if (packet.payloadLength == 0 || (<u32>packet.tcpFlags & CONTROL) != 0) return false;
  if (packet.has(PacketFlag.Pseudo) || packet.has(PacketFlag.StreamAdded) || packet.has(PacketFlag.StreamIgnored)) {
    return false;
  }
  const h = half(session, packet.direction);
  // Behind the depth nothing is inspected, by configuration.
  if ((h.flags & HalfFlag.NoReassembly) != 0) return false;
  if (session.state == <u8>TcpState.SynSent) return (session.flags & SessionFlag.Async) == 0;
  return after(packetEnd(packet), h.lastAck) && !isHeld(session, packet);
}

/** A keep-alive's byte is one that was inspected before. */
function isHeld(session: Session, packet: Packet): bool {
  const h = half(session, packet.direction);
  return packet.payloadLength == 1 && packet.sequence == h.nextSeq - 1;
}
