/**
 * Detection of one packet: prefilters give candidates, candidates are checked in rule order, matches are queued, then finished.
 * Steps in Suricata's order: IP-only rules, packet and stream rules, transactions.
 */
import { Direction, IpProto } from "../abi/codes";
import { Counter } from "../abi/counters";
import { BufferRecord } from "../abi/lists";
import { PrefilterKind, PrefilterRecord } from "../abi/prefilters";
import { RuleFlag, RuleListKind, RuleRecord, RuleType } from "../abi/rules";
import { HeaderCheck, TraceStage } from "../abi/trace";
import { Flow, FlowFlag } from "../flow/flow";
import { buffers, ruleCount, rules } from "../rules/database";
import { overBudget } from "../verdict/cost";
import { countAdd } from "../verdict/counters";
import { openTrace, traced, traceHeader, traceNotBrought, tracing } from "../verdict/trace";
import { Packet, PacketFlag } from "../wire/packet";
import { isCandidate, putDown, takeUp, tracedRuleAt, tracedRuleCount } from "./account";
import { addMatch, configureAlerts, finishMatches, NO_TX, openMatches } from "./alerts";
import { Candidates, reserveCandidates } from "./candidates";
import { runFrames } from "./frames";
import { matchHead } from "./head";
import { checkHeader, checkProtocol, configureHeader, openHeader } from "./header";
import { addIpOnlyRules } from "./ip_only";
import { packetBuffer, packetBufferData, packetBufferLength } from "./packet/buffers";
import { matchPayload, openPayload, payloadFlags, prefilterStream, tracePayload } from "./payload";
import { runPostMatch } from "./post_match";
import {
  addRuleLists,
  configurePrefilter,
  firstPrefilter,
  nextPrefilter,
  prefilterAt,
  prefilterPayload,
  prefilterPiece,
  runPrefilter,
} from "./prefilter";
import { coversProtocol } from "./state/protocol";
import { configureTable } from "./state/table";
import { configureVariables, openVariables } from "./state/variables";
import { configureRuleState } from "./transaction/rule_state";
import { runTransactions } from "./transaction/run";
import { closeTransforms, configureTransforms } from "./transform";

/** Rules a database may hold. */
export const MAX_RULES: u32 = 131072;

let packetSet: usize = 0;
let txSet: usize = 0;
let packetTxSet: usize = 0;

/** Carves all state of detection. False when memory is exhausted. */
export function configureDetection(): bool {
  packetSet = reserveCandidates(MAX_RULES);
  txSet = reserveCandidates(MAX_RULES);
  packetTxSet = reserveCandidates(MAX_RULES);
  if (packetSet == 0 || txSet == 0 || packetTxSet == 0) return false;
  return (
    configureHeader() &&
    configurePrefilter() &&
    configureAlerts() &&
    configureVariables() &&
    configureTable() &&
    configureRuleState() &&
    configureTransforms()
  );
}

/**
 * Runs all rules. `updated`: the packet's direction has new application data. `end`: no more data of this direction will come.
 * `PacketFlag.HasStreamData` tells that raw windows of the stream wait for inspection with this packet.
 */
export function detect(packet: Packet, updated: bool, end: bool): void {
  openMatches();
  if (ruleCount == 0) return;
  if (traced) openTrace(packet.number, packet.timestamp, packet.direction);
  openHeader();
  openVariables(packet);
  openPayload(packet.flow == 0 ? 0 : changetype<Flow>(packet.flow).tcp);
  const direction: u32 = packet.flow == 0 ? Direction.ToServer : packet.direction;
  runIpOnly(packet, direction);
  collect(packet, direction);
  if (traced) traceCandidates(packet);
  runPacketRules(packet);
  if (packet.flow != 0) {
    const flow = changetype<Flow>(packet.flow);
    if (flow.proto == packet.proto) runFrames(packet, flow, direction, end, changetype<Candidates>(txSet));
  }
  if (packet.flow != 0) {
    const flow = changetype<Flow>(packet.flow);
    const stream = packet.proto != IpProto.Tcp || packet.has(PacketFlag.StreamEstablished);
    if (flow.app != 0 && flow.proto == packet.proto && stream && (updated || end || packet.proto != IpProto.Tcp)) {
      runTransactions(packet, flow, direction, end, changetype<Candidates>(txSet), changetype<Candidates>(packetTxSet));
    }
  }
  changetype<Candidates>(packetTxSet).clear();
  finishMatches(packet);
  closeTransforms();
}

/** IP-only rules: once a direction of a flow, with every packet that has no flow. */
function runIpOnly(packet: Packet, direction: u32): void {
  if (packet.ipVersion == 0) return;
  if (packet.flow != 0) {
    const flow = changetype<Flow>(packet.flow);
    const done: u32 = direction == Direction.ToServer ? FlowFlag.IpOnlyToServer : FlowFlag.IpOnlyToClient;
    if ((flow.flags & done) != 0) return;
    flow.flags |= done;
  }
  const set = changetype<Candidates>(packetSet);
  addIpOnlyRules(packet, direction, set);
  for (let r = set.next(0); r >= 0; r = set.next(<u32>r + 1)) {
    const rule = rules + <usize>r * RuleRecord.size;
    if (!takeUp(r, rule, TraceStage.IpOnly)) continue;
    const matched = matchHead(rule, packet);
    putDown(r, matched);
    if (!matched) continue;
    runPostMatch(rule, packet);
    addMatch(<u32>r, NO_TX, 0, 0);
  }
  set.clear();
}

/** Candidates among packet and stream rules. */
function collect(packet: Packet, direction: u32): void {
  const set = changetype<Candidates>(packetSet);
  const inspectable = !packet.has(PacketFlag.NoPayloadInspection);
  if (packet.payloadLength > 0 && inspectable && !packet.has(PacketFlag.Pseudo)) {
    prefilterPayload(packet, direction, set);
    // What the stream did not take is inspected as if it were a piece of it.
    if (packet.proto == IpProto.Tcp && !packet.has(PacketFlag.StreamAdded)) {
      prefilterPiece(packet, direction, packet.payload, packet.payloadLength, 0, set);
    }
  }
  prefilterStream(packet, set);
  for (let i = firstPrefilter(PrefilterKind.PacketBuffer, direction); i >= 0; i = nextPrefilter(i)) {
    const record = prefilterAt(i);
    const index = <u32>load<u16>(record, PrefilterRecord.buffer);
    const base = <u32>load<u16>(buffers + <usize>index * BufferRecord.size, BufferRecord.base);
    if (packetBuffer(base, index, packet)) runPrefilter(record, packetBufferData, packetBufferLength, 0, set);
  }
  addRuleLists(RuleListKind.Packet, direction, packet, 0, set);
  if (packet.eventCount > 0) addRuleLists(RuleListKind.DecoderEvent, direction, packet, 0, set);
  if (packet.has(PacketFlag.ProtocolDetected)) addRuleLists(RuleListKind.ProtocolOnly, direction, packet, 0, set);
}

function runPacketRules(packet: Packet): void {
  const set = changetype<Candidates>(packetSet);
  const transactions = changetype<Candidates>(packetTxSet);
  const proto = packet.flow == 0 ? 0 : <u32>changetype<Flow>(packet.flow).appProto;
  countAdd(Counter.detect__rules_inspected, set.count);
  for (let r = set.next(0); r >= 0; r = set.next(<u32>r + 1)) {
    const rule = rules + <usize>r * RuleRecord.size;
    const type = <u32>load<u8>(rule, RuleRecord.type);
    if ((load<u32>(rule, RuleRecord.flags) & RuleFlag.Frame) != 0) continue;
    if (type == RuleType.Transaction) {
      transactions.add(<u32>r);
      continue;
    }
    if (overBudget()) break;
    if (!takeUp(r, rule, TraceStage.Packet)) continue;
    const matched = matchPacketRule(rule, type, proto, packet);
    putDown(r, matched);
    if (!matched) continue;
    runPostMatch(rule, packet);
    addMatch(<u32>r, NO_TX, 0, payloadFlags);
  }
  set.clear();
}

function matchPacketRule(rule: usize, type: u32, proto: u32, packet: Packet): bool {
  const failed = checkPacket(rule, type, proto, packet);
  if (failed == HeaderCheck.None) return matchHead(rule, packet) && matchPayload(rule, packet);
  if (tracing) traceHeader(failed, failed == HeaderCheck.AppProtocol ? proto : packet.payloadLength);
  return false;
}

/** What the rule asks of the packet as a whole: the first check that fails. */
function checkPacket(rule: usize, type: u32, proto: u32, packet: Packet): HeaderCheck {
  const flags = load<u32>(rule, RuleRecord.flags);
  if (type == RuleType.Packet && packet.has(PacketFlag.Pseudo)) return HeaderCheck.EndOfFlow;
  if ((flags & RuleFlag.RequirePayload) != 0 && packet.payloadLength == 0 && !packet.has(PacketFlag.HasStreamData))
    return HeaderCheck.Payload;
  if ((flags & RuleFlag.Dsize) != 0) {
    const length = packet.payloadLength;
    if (length < <u32>load<u16>(rule, RuleRecord.dsizeLow) || length > <u32>load<u16>(rule, RuleRecord.dsizeHigh))
      return HeaderCheck.PayloadSize;
  }
  if ((flags & RuleFlag.AppLayer) != 0) {
    const wanted = <u32>load<u8>(rule, RuleRecord.appProto);
    if (wanted != 0 && !coversProtocol(wanted, proto)) return HeaderCheck.AppProtocol;
  }
  return HeaderCheck.None;
}

/** Says of the traced rule when no scan of this packet brought it. */
function traceCandidates(packet: Packet): void {
  openTrace(packet.number, packet.timestamp, packet.direction);
  for (let i: u32 = 0; i < tracedRuleCount(); i++) {
    const index = tracedRuleAt(i);
    const rule = rules + <usize>index * RuleRecord.size;
    const type = <u32>load<u8>(rule, RuleRecord.type);
    if (type == RuleType.Transaction || type <= <u32>RuleType.LikeIpOnly) continue;
    if ((load<u32>(rule, RuleRecord.flags) & RuleFlag.Frame) != 0) continue;
    if (isCandidate(changetype<Candidates>(packetSet), index) || checkProtocol(rule, packet) != HeaderCheck.None)
      continue;
    traceNotBrought(index, TraceStage.Packet);
    tracePayload(rule, packet, checkHeader(rule, packet) == HeaderCheck.None);
  }
}
