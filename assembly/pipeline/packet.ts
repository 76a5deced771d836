/** The way of one packet: flow, stream, application, rules, report. Nothing later calls back into something earlier. */
import { Action, AppProto, Direction, DropReason, IpProto } from "../abi/codes";
import { Cost, EngineCode } from "../abi/cost";
import { Counter } from "../abi/counters";
import { EventType, GroupKind } from "../abi/frames";
import { PrefilterKind } from "../abi/prefilters";
import { Setting } from "../abi/settings";
import { alertCount, NO_RULE, openMatches } from "../detect/alerts";
import { firstPrefilter } from "../detect/prefilter";
import { detect } from "../detect/run";
import { variablesRefused } from "../detect/state/variables";
import { completeDirection } from "../detect/transaction/run";
import { spendOfFlow } from "../flow/budget";
import { applyException } from "../flow/exception";
import { Flow, FlowFlag, FlowState } from "../flow/flow";
import { flowRefused, lookupFlow, reuseFlow } from "../flow/table";
import { updateFlow } from "../flow/update";
import { setting } from "../memory/settings";
import { reportAlerts } from "../report/alert";
import { reportAnomalies } from "../report/anomaly";
import { reportDrop } from "../report/drop";
import { reportEngine } from "../report/engine";
import { reportReplies } from "../report/reply";
import { isDisrupted } from "../stream/inspection";
import { rawInspected, rawReady, rawSkipped } from "../stream/raw";
import { pruneStream } from "../stream/release";
import { sessionReuse } from "../stream/reuse";
import { Session } from "../stream/session";
import { streamPacket } from "../stream/stream";
import { chargeProtocol, openCost, overBudget, spend, suspendedRule } from "../verdict/cost";
import { countAdd } from "../verdict/counters";
import { noteGroup } from "../verdict/groups";
import { Checksum, transportChecksum } from "../wire/checksum";
import { Packet, PacketFlag } from "../wire/packet";
import { feedDatagram, feedStream, leaveApplication } from "./application";
import { takeDetected } from "./detection";
import { finishTransactions } from "./transactions";

function isDropped(packet: Packet): bool {
  return packet.action >= <u8>Action.Drop;
}

/** Takes a decoded packet through every room. Its action and reason say what becomes of it. */
export function inspectPacket(packet: Packet): void {
  openMatches();
  openCost(packet.timestamp);
  // Linux takes off any number of VLAN 0 tags: what could not be looked at does not go on.
  if (packet.has(PacketFlag.TooDeep) && setting(Setting.Prevent) != 0) drop(packet, DropReason.DecodeError);
  if (packet.has(PacketFlag.Fragment)) noteGroup(GroupKind.Fragments, fragmentsOf(packet));
  const found = findFlow(packet);
  let updated = false;
  if (found != 0) {
    const flow = changetype<Flow>(found);
    const dropped = (flow.flags & FlowFlag.Drop) != 0;
    if (dropped) drop(packet, DropReason.FlowDrop);
    else if (flow.state == <u8>FlowState.Bypassed) return;
    updated = feed(packet, flow);
    // Whether a connection was announced is known with its first data.
    noteParent(flow);
  }
  if (mayDetect(packet)) detectPacket(packet, updated);
  settleCost(packet);
  report(packet);
  if (found != 0) settle(packet, changetype<Flow>(found));
}

function noteParent(flow: Flow): void {
  if (flow.parent != 0) noteGroup(GroupKind.Parent, flow.parent);
}

/** A number that the fragments of one datagram share. */
function fragmentsOf(packet: Packet): u64 {
  const ends =
    packet.sourceLow ^ rotl(packet.sourceHigh, 13) ^ rotl(packet.destinationLow, 29) ^ packet.destinationHigh;
  return (ends ^ <u64>packet.fragmentId) * 0x9e37_79b9_7f4a_7c15;
}

function drop(packet: Packet, reason: DropReason): void {
  if (isDropped(packet)) return;
  packet.action = <u8>Action.Drop;
  packet.reason = <u8>reason;
}

/** No flow: because memory is short, or because the packet wants none. */
function withoutFlow(packet: Packet): usize {
  if (flowRefused()) applyException(packet, 0, setting(Setting.FlowMemcapPolicy), <u8>DropReason.FlowMemcap);
  return 0;
}

/** The packet's flow, 0 when it has none. */
function findFlow(packet: Packet): usize {
  if (!packet.has(PacketFlag.WantsFlow)) return 0;
  let flow = lookupFlow(packet);
  if (flow === null) return withoutFlow(packet);
  if (packet.proto == <u8>IpProto.Tcp && sessionReuse(packet, flow)) {
    const fresh = reuseFlow(flow, packet);
    if (fresh === null) return withoutFlow(packet);
    flow = fresh;
  }
  packet.flow = changetype<usize>(flow);
  noteGroup(GroupKind.Flow, flow.id);
  noteParent(flow);
  updateFlow(flow, packet);
  takeDetected(packet, flow);
  if ((flow.flags & FlowFlag.WouldDrop) != 0) packet.set(PacketFlag.WouldDrop);
  if ((flow.flags & FlowFlag.NoPayloadInspection) != 0) packet.set(PacketFlag.NoPayloadInspection);
  if ((flow.flags & FlowFlag.NoPacketInspection) != 0) packet.set(PacketFlag.NoInspection);
  return changetype<usize>(flow);
}

/** Data of a direction that was updated by a packet of the other one is inspected with the next packet of its own. */
function takeNext(flow: Flow, direction: u32): bool {
  const bit: u32 = direction == Direction.ToServer ? FlowFlag.NextToServer : FlowFlag.NextToClient;
  const was = (flow.flags & bit) != 0;
  flow.flags &= ~bit;
  return was;
}

/** Stream and application layer. True: the packet's own direction has news for transaction rules. */
function feed(packet: Packet, flow: Flow): bool {
  if (packet.proto == <u8>IpProto.Udp)
    return !isDropped(packet) && !packet.has(PacketFlag.IcmpError) && feedDatagram(packet, flow);
  if (packet.proto != <u8>IpProto.Tcp || flow.proto != <u8>IpProto.Tcp || packet.transport == 0) return false;
  if (setting(Setting.StreamChecksumValidation) != 0 && transportChecksum(packet) == Checksum.Invalid)
    packet.set(PacketFlag.BadChecksum);
  streamPacket(packet, flow);
  const direction = <u32>packet.direction;
  // A packet the stream engine does not take (a bad checksum) leaves it to the next one.
  let updated = packet.has(PacketFlag.StreamEstablished) && takeNext(flow, direction);
  if (flow.tcp == 0) return updated;
  const session = changetype<Session>(flow.tcp);
  const before = flow.app;
  if (feedStream(packet, flow, session, direction ^ 1)) {
    flow.flags |= packet.direction == <u8>Direction.ToServer ? FlowFlag.NextToClient : FlowFlag.NextToServer;
    // A protocol that took over from another begins with transactions of both directions (an upgraded request).
    if (before != 0 && flow.app != before) updated = true;
  }
  // Midstream, the sides may have changed roles by now.
  if (feedStream(packet, flow, session, packet.direction)) updated = true;
  return updated;
}

function mayDetect(packet: Packet): bool {
  if (packet.has(PacketFlag.NoInspection)) return false;
  if (packet.flow == 0) return true;
  return (changetype<Flow>(packet.flow).flags & (FlowFlag.Drop | FlowFlag.Pass)) == 0;
}

function detectPacket(packet: Packet, updated: bool): void {
  lookAt(packet, updated);
  // What rules remember of a flow is part of it: without room for it later rules would be blind.
  if (variablesRefused) applyException(packet, 0, setting(Setting.FlowMemcapPolicy), <u8>DropReason.FlowMemcap);
}

function lookAt(packet: Packet, updated: bool): void {
  const tcp = packet.flow != 0 && packet.proto == <u8>IpProto.Tcp ? changetype<Flow>(packet.flow).tcp : 0;
  if (tcp == 0) {
    detect(packet, updated, false);
    return;
  }
  const session = changetype<Session>(tcp);
  const direction = <u32>packet.direction;
  if (isDisrupted(session, direction)) completeDirection(changetype<Flow>(packet.flow), direction);
  const ready = packet.has(PacketFlag.StreamEstablished) && rawReady(session, direction, packet);
  if (ready) packet.set(PacketFlag.HasStreamData);
  detect(packet, updated, packet.has(PacketFlag.StreamEnd));
  if (!ready) return;
  const looked = !packet.has(PacketFlag.NoPayloadInspection) && firstPrefilter(PrefilterKind.Stream, direction) >= 0;
  if (looked) rawInspected(session, direction);
  else rawSkipped(session, direction);
}

function report(packet: Packet): void {
  const prevent = setting(Setting.Prevent) != 0;
  const dropped = isDropped(packet);
  if (alertCount > 0) reportAlerts(packet, dropped || packet.has(PacketFlag.WouldDrop), prevent);
  const types = setting(Setting.EventTypes);
  if (packet.eventCount > 0 && (types & (1 << EventType.Anomaly)) != 0) reportAnomalies(packet);
  if (dropped && prevent && (types & (1 << EventType.Drop)) != 0) reportDrop(packet, prevent);
  if (dropped && prevent && packet.action >= <u8>Action.Reject) reportReplies(packet);
}

/** After the packet: what is finished is freed. */
export function settle(packet: Packet, flow: Flow): void {
  const uninspected = (flow.flags & (FlowFlag.Drop | FlowFlag.Pass | FlowFlag.NoPacketInspection)) != 0;
  finishTransactions(packet, flow, uninspected, false);
  if (flow.tcp == 0) return;
  leaveApplication(flow, changetype<Session>(flow.tcp));
  const seen: u32 =
    packet.direction == <u8>Direction.ToServer ? FlowFlag.EncryptedToServer : FlowFlag.EncryptedToClient;
  pruneStream(changetype<Session>(flow.tcp), packet.direction, (flow.flags & seen) != 0);
}

/** What the packet spent is charged to its flow and protocol; what is beyond a budget gets the budget's policy. */
function settleCost(packet: Packet): void {
  spend(Cost.Piece + packet.payloadLength);
  const flow = packet.flow;
  chargeProtocol(flow == 0 ? <u32>AppProto.Unknown : changetype<Flow>(flow).appProto, packet.payloadLength);
  if (suspendedRule != NO_RULE) {
    countAdd(Counter.detect__rules_suspended, 1);
    reportEngine(packet, EngineCode.RuleSuspended, suspendedRule);
  }
  const beyond = overBudget();
  if (!beyond && !(flow != 0 && spendOfFlow(changetype<Flow>(flow), packet.timestamp))) return;
  countAdd(Counter.detect__budget_exceeded, 1);
  reportEngine(packet, beyond ? EngineCode.PacketBudget : EngineCode.FlowBudget, NO_RULE);
  if (applyException(packet, flow, setting(Setting.BudgetPolicy), <u8>DropReason.Budget)) {
    countAdd(Counter.detect__budget_exception, 1);
  }
}

/** Rules and report for a packet the core made itself at the end of a flow. */
export function inspectPseudo(packet: Packet, flow: Flow): void {
  openMatches();
  openCost(packet.timestamp);
  const session = changetype<Session>(flow.tcp);
  feedStream(packet, flow, session, packet.direction);
  inspectHeld(packet, flow, session);
}

/** The same without what the stream holds: the transactions that are there. */
export function inspectHeld(packet: Packet, flow: Flow, session: Session): void {
  if (mayDetect(packet)) {
    if (isDisrupted(session, packet.direction)) completeDirection(flow, packet.direction);
    if (rawReady(session, packet.direction, packet)) packet.set(PacketFlag.HasStreamData);
    detect(packet, true, true);
  }
  settleCost(packet);
  report(packet);
  settle(packet, flow);
}
