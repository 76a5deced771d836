/** The end of a flow: what its streams still hold is handed out and inspected, then everything that hangs on it is freed. */
import { Direction, IpProto } from "../abi/codes";
import { EventType, PacketSource } from "../abi/frames";
import { Setting } from "../abi/settings";
import { openMatches } from "../detect/alerts";
import { freeVariables } from "../detect/state/variables";
import { Flow, FlowFlag, FlowState } from "../flow/flow";
import { freeFlow, nextExpired, nextRemaining } from "../flow/table";
import { setting } from "../memory/settings";
import { reportFlow } from "../report/flow";
import { forceEnd, needsReassembly } from "../stream/inspection";
import { freeSession } from "../stream/release";
import { Session } from "../stream/session";
import { openCost } from "../verdict/cost";
import { PACKET_SIZE, Packet, PacketFlag, reservePacket } from "../wire/packet";
import { freeApplication } from "./application";
import { Detection } from "./detection";
import { configureExpectations } from "./expectation";
import { inspectHeld, inspectPseudo } from "./packet";
import { dropRuleStates, finishTransactions, isUnfinished } from "./transactions";

let pseudo: usize = 0;

/** Carves the packet that stands for the end of a flow. */
export function configureFlowEnd(): bool {
  pseudo = reservePacket();
  return pseudo != 0 && configureExpectations();
}

/** A packet of the flow's direction without bytes. */
function pseudoPacket(flow: Flow, direction: u32, now: u64): Packet {
  memory.fill(pseudo, 0, PACKET_SIZE);
  const p = changetype<Packet>(pseudo);
  const forward = (direction == Direction.ToServer) != ((flow.flags & FlowFlag.Swapped) != 0);
  p.timestamp = now;
  p.sourceLow = forward ? flow.sourceLow : flow.destinationLow;
  p.sourceHigh = forward ? flow.sourceHigh : flow.destinationHigh;
  p.destinationLow = forward ? flow.destinationLow : flow.sourceLow;
  p.destinationHigh = forward ? flow.destinationHigh : flow.sourceHigh;
  p.sourcePort = forward ? flow.sourcePort : flow.destinationPort;
  p.destinationPort = forward ? flow.destinationPort : flow.sourcePort;
  p.vlan0 = flow.vlan0;
  p.vlan1 = flow.vlan1;
  p.vlan2 = flow.vlan2;
  p.vlanCount = flow.vlanCount;
  p.ipVersion = flow.ipVersion;
  p.proto = flow.proto;
  p.source = <u8>PacketSource.FlowForceReassembly;
  p.direction = <u8>direction;
  p.flow = changetype<usize>(flow);
  p.flags = PacketFlag.Pseudo | PacketFlag.Established | PacketFlag.StreamEstablished | PacketFlag.StreamEnd;
  if ((flow.flags & FlowFlag.NoPacketInspection) != 0) p.set(PacketFlag.NoInspection);
  if ((flow.flags & FlowFlag.NoPayloadInspection) != 0) p.set(PacketFlag.NoPayloadInspection);
  return p;
}

/** Hands out what is left of one direction, when there is something. */
function finishDirection(flow: Flow, direction: u32, now: u64): void {
  const session = changetype<Session>(flow.tcp);
  if (!needsReassembly(session, direction) && !isUnfinished(flow, direction)) return;
  const packet = pseudoPacket(flow, direction, now);
  forceEnd(session, direction);
  inspectPseudo(packet, flow);
}

/** The protocol changes: the transactions of the old one are inspected once more and logged. */
export function flushChanged(flow: Flow, now: u64): void {
  if ((flow.detection & <u16>Detection.Flush) == 0) return;
  flow.detection &= ~(<u16>Detection.Flush);
  if (flow.tcp == 0 || flow.app == 0 || (flow.flags & FlowFlag.Drop) != 0) return;
  const session = changetype<Session>(flow.tcp);
  for (let direction: u32 = 0; direction < 2; direction++) {
    if (!isUnfinished(flow, direction)) continue;
    openMatches();
    openCost(now);
    inspectHeld(pseudoPacket(flow, direction, now), flow, session);
  }
  finishTransactions(pseudoPacket(flow, Direction.ToServer, now), flow, false, true);
}

/** Ends a flow the table gave up. */
function endFlow(flow: Flow, now: u64): void {
  if (flow.tcp != 0 && flow.state != <u8>FlowState.Bypassed && (flow.flags & FlowFlag.Drop) == 0) {
    finishDirection(flow, Direction.ToServer, now);
    if (flow.tcp != 0) finishDirection(flow, Direction.ToClient, now);
  }
  finishTransactions(pseudoPacket(flow, Direction.ToServer, now), flow, true, true);
  if ((setting(Setting.EventTypes) & (1 << EventType.Flow)) != 0) reportFlow(flow, now);
  dropRuleStates(flow);
  freeApplication(flow);
  freeVariables(flow);
  if (flow.proto == <u8>IpProto.Tcp) freeSession(flow);
  freeFlow(flow);
}

/** Ends flows whose time is over at `now`, at most `limit`. Returns how many. */
export function endExpired(now: u64, limit: u32): u32 {
  let n: u32 = 0;
  while (n < limit) {
    const flow = nextExpired(now);
    if (flow === null) break;
    endFlow(flow, flow.lastSeen);
    n++;
  }
  return n;
}

/** Ends flows whatever their age, at most `limit`. Returns how many. */
export function endRemaining(limit: u32): u32 {
  let n: u32 = 0;
  while (n < limit) {
    const flow = nextRemaining();
    if (flow === null) break;
    endFlow(flow, flow.lastSeen);
    n++;
  }
  return n;
}
