/** A new session on the addresses and ports of an old one. */
import { Direction } from "../abi/codes";
import { Flow } from "../flow/flow";
import { directionOf } from "../flow/update";
import { Packet } from "../wire/packet";
import { asyncOneside, midstream } from "./configuration";
import { half, Session, SessionFlag, TcpFlag, TcpState } from "./session";

/** True when the packet begins a new session: its flow must end and another be made. */
export function sessionReuse(packet: Packet, flow: Flow): bool {
  // A flow made for this very packet.
  if (flow.packetsToServer + flow.packetsToClient == 0) return false;
  const flags = <u32>packet.tcpFlags;
  if ((flags & (TcpFlag.Rst | TcpFlag.Fin)) != 0 || (flags & TcpFlag.Syn) == 0) return false;
  const synAck = (flags & TcpFlag.Ack) != 0;
  if (synAck && !midstream && !asyncOneside) return false;
  // The direction in which such a packet repeats one of the old session.
  const direction = directionOf(flow, packet);
  const repeats = direction == (synAck ? Direction.ToClient : Direction.ToServer);
  if (flow.tcp == 0) return !(synAck && repeats);
  const session = changetype<Session>(flow.tcp);
  if (repeats) {
    if (!synAck && (session.flags & SessionFlag.FastOpenDataIgnored) != 0) return true;
    if (half(session, direction).isn == packet.sequence) return false;
  }
  return session.state >= <u8>TcpState.LastAck || session.state == <u8>TcpState.None;
}
