/**
 * Urgent data (RFC 9293, 3.8.5; stream.reassembly.urgent): most receivers take the last urgent byte out of the stream. What the
 * target does is a matter of policy: `oob` takes it out, `inline` leaves it in, `gap` leaves a hole, `drop` lets no such packet by.
 */
import { Action, DropReason } from "../abi/codes";
import { Counter } from "../abi/counters";
import { StreamEvent } from "../abi/stream_events";
import { dropPacket } from "../flow/exception";
import { countAdd } from "../verdict/counters";
import { Packet } from "../wire/packet";
import { UrgentPolicy, urgentLimitPolicy, urgentPolicy } from "./configuration";
import { Half, TcpFlag } from "./session";

/** Out-of-band bytes counted for one half; from here on the limit policy holds. */
const LIMIT: u16 = 65535;

/** Bytes of the payload that belong to the stream; -1 when the packet is not reassembled at all. */
export function streamBytes(h: Half, packet: Packet): i32 {
  const length = <i32>packet.payloadLength;
  if ((packet.tcpFlags & <u8>TcpFlag.Urg) == 0) return length;
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
