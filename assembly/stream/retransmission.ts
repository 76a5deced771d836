/** Data that was sent before. */
import { StreamEvent } from "../abi/stream_events";
import { Packet, PacketFlag } from "../wire/packet";
import { packetEnd } from "./acknowledgement";
import { after, atOrBefore, before } from "./sequence";
import { Half, HalfFlag } from "./session";

/** Retransmission of acknowledged or in-flight data, with its event. */
export function isRetransmission(h: Half, packet: Packet): bool {
  if (packet.payloadLength == 0) return false;
  const end = packetEnd(packet);
  const partly = before(packet.sequence, h.lastAck) && after(end, h.lastAck);
  if (!partly && !atOrBefore(end, h.lastAck) && !atOrBefore(end, h.nextSeq)) return false;
  packet.raise(StreamEvent.pkt_retransmission);
  packet.set(PacketFlag.Retransmission);
  return true;
}

export enum Spurious {
  No = 0,
  /** Wholly acknowledged, but we still hold it. */
  Acknowledged = 1,
  /** Wholly before the data we hold. */
  Gone = 2,
}

/** Retransmission of data that the receiver acknowledged. */
export function spuriousRetransmission(h: Half, packet: Packet): Spurious {
  if (packet.payloadLength == 0) return Spurious.No;
  const end = packetEnd(packet);
  if ((h.flags & HalfFlag.NoReassembly) == 0 && atOrBefore(end, h.baseSeq)) return Spurious.Gone;
  return atOrBefore(end, h.lastAck) ? Spurious.Acknowledged : Spurious.No;
}
