/**
 * Urgent data (RFC 9293, 3.8.5; stream.reassembly.urgent): most receivers take the last urgent byte out of the stream. What the
 * target does is a matter of policy: `oob` takes it out, `inline` leaves it in, `gap` leaves a hole, `drop` lets no such packet by.
 *
 * Receivers differ on which byte that is, and Linux takes out the last one only: an earlier one that the application did not ask for
 * becomes part of the stream again. So in prevention nothing is taken out: the packet goes on without its urgent flag, and every byte of it
 * is inspected. Only `drop` holds there.
 */
import { Action, DropReason } from "../abi/codes";
import { Counter } from "../abi/counters";
import { StreamEvent } from "../abi/stream_events";
import { dropPacket } from "../flow/exception";
import { countAdd } from "../verdict/counters";
import { rewriteWord } from "../wire/checksum";
import { Packet, PacketFlag } from "../wire/packet";
import { prevent, UrgentPolicy, urgentLimitPolicy, urgentPolicy } from "./configuration";
import { Half, TcpFlag } from "./session";

/** Out-of-band bytes counted for one half; from here on the limit policy holds. */
const LIMIT: u16 = 65535;

/** Offsets in the TCP header. */
const enum Field {
  /** The word that ends with the flags. */
  flags = 12,
  checksum = 16,
  urgentPointer = 18,
}

/** Bytes of the payload that belong to the stream; -1 when the packet is not reassembled at all. */
export function streamBytes(h: Half, packet: Packet): i32 {
  if ((packet.tcpFlags & <u8>TcpFlag.Urg) == 0) return <i32>packet.payloadLength;
  if (!prevent) return judge(h, packet);
  if (packet.action < <u8>Action.Drop) clearUrgent(packet);
  return <i32>packet.payloadLength;
}

/** Takes flag and pointer out of the packet. One that has no frame of its own cannot go on. */
function clearUrgent(packet: Packet): void {
  if (packet.outer != 0 || packet.has(PacketFlag.Defragmented)) {
    dropPacket(packet, Action.Drop, DropReason.StreamUrgent);
    return;
  }
  const flags = load<u16>(packet.transport + Field.flags);
  put(packet, Field.flags, flags & ~((<u16>TcpFlag.Urg) << 8));
  put(packet, Field.urgentPointer, 0);
  packet.set(PacketFlag.Modified);
}

function put(packet: Packet, field: u32, value: u16): void {
  const at = packet.transport + field;
  // The checksum of an offloaded packet covers the pseudo header only.
  if (packet.has(PacketFlag.PartialChecksum)) store<u16>(at, value);
  else rewriteWord(at, packet.transport + Field.checksum, value);
}

/** As `streamBytes`, by policy, in detection. */
function judge(h: Half, packet: Packet): i32 {
  const length = <i32>packet.payloadLength;
  const pointer = <i32>packet.urgentPointer;
  const outOfBand = urgentPolicy == UrgentPolicy.OutOfBand;
  if (pointer == 0 || pointer > length || (!outOfBand && urgentPolicy != UrgentPolicy.Gap)) return length;
  if (h.urgentOffset < LIMIT) {
    if (outOfBand) h.urgentOffset++;
    if (h.urgentOffset == LIMIT) packet.raise(StreamEvent.reassembly_urgent_oob_limit_reached);
  } else if (urgentLimitPolicy == UrgentPolicy.Drop) {
    dropPacket(packet, Action.Drop, DropReason.StreamUrgent);
    return -1;
  }
  if (outOfBand) {
    countAdd(Counter.tcp__urgent_oob_data, 1);
    if (h.urgentOffset == LIMIT && urgentLimitPolicy == UrgentPolicy.Inline) return length;
  }
  return length == 1 ? -1 : length - 1;
}
