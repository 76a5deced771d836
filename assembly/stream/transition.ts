/** Changes of state, and what the flow learns of them. */
import { Flow, FlowState } from "../flow/flow";
import { setFlowState } from "../flow/table";
import { Packet, PacketFlag } from "../wire/packet";
import { Session, SessionFlag, TcpState } from "./session";

function updateFlow(packet: Packet, state: FlowState): void {
  if (packet.flow != 0) setFlowState(changetype<Flow>(packet.flow), state);
}

/** Moves the session to `state`, and its flow with it. Pseudo packets move nothing. */
export function moveTo(session: Session, packet: Packet, state: TcpState): void {
  if (<u8>state == session.state || packet.has(PacketFlag.Pseudo)) return;
  session.previousState = session.state;
  session.state = <u8>state;
  switch (state) {
    case TcpState.Established:
    case TcpState.FinWait1:
    case TcpState.FinWait2:
    case TcpState.Closing:
    case TcpState.CloseWait:
      updateFlow(packet, FlowState.Established);
      break;
    case TcpState.LastAck:
    case TcpState.TimeWait:
    case TcpState.Closed:
      updateFlow(packet, FlowState.Closed);
      break;
    default:
      break;
  }
}

/** Ends the session by an accepted reset. */
export function closeByReset(session: Session, packet: Packet): void {
  session.flags |= SessionFlag.ClosedByReset;
  moveTo(session, packet, TcpState.Closed);
}
