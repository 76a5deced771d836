/** All rules against the transactions of a flow that the packet at hand updated (Suricata's transaction detection). */
import { Direction } from "../../abi/codes";
import { EventFlag } from "../../abi/frames";
import { BufferRecord } from "../../abi/lists";
import { PrefilterKind, PrefilterRecord } from "../../abi/prefilters";
import { RuleFlag, RuleListKind, RuleRecord, RuleType } from "../../abi/rules";
import { HeaderCheck, TraceStage } from "../../abi/trace";
import { appBuffer, completeProgress, hasInner, isInner } from "../../app/registry";
import { AppState, Tx, TxFlag } from "../../app/transaction";
import { ViewFlag, viewData, viewFlags, viewLength, viewOffset } from "../../app/view";
import { Flow } from "../../flow/flow";
import { buffers, rules } from "../../rules/database";
import { overBudget } from "../../verdict/cost";
import { traced, traceHeader, traceNotBrought, tracing } from "../../verdict/trace";
import { Packet } from "../../wire/packet";
import { isCandidate, putDown, takeUp, tracedRuleAt, tracedRuleCount } from "../account";
import { addMatch } from "../alerts";
import { Candidates } from "../candidates";
import { matchHead } from "../head";
import { runPostMatch } from "../post_match";
import { addRuleLists, firstPrefilter, nextPrefilter, prefilterAt, reachOf, runPrefilter } from "../prefilter";
import { coversProtocol } from "../state/protocol";
import { applyTransforms } from "../transform";
import { scanGrowing } from "./growing";
import {
  inspectRule,
  isOver,
  openTransaction,
  prefilterComesAgain,
  prefilterPassed,
  ruleFlags,
  tracePrefiltered,
} from "./inspect";
import {
  CANNOT_MATCH,
  FILE_MISMATCH,
  FULL_MATCH,
  findState,
  firstState,
  isCurrent,
  RuleState,
  storeState,
} from "./rule_state";

const MAX_INSTANCES: u32 = 1024;

/** Transactions one packet inspects at most; the rest waits for the next update. */
const MAX_TRANSACTIONS: u32 = 4096;

/** A direction whose stream is disrupted makes no more progress: its transactions count as complete. */
export function completeDirection(flow: Flow, direction: u32): void {
  if (flow.app == 0) return;
  const state = changetype<AppState>(flow.app);
  const complete = completeProgress(state.proto, direction);
  for (let at = state.oldest; at != 0; at = changetype<Tx>(at).next) {
    const tx = changetype<Tx>(at);
    if (tx.progress(direction) < complete) tx.advance(direction, complete);
  }
}

/** Runs the transactions of one direction. `packetRules`: transaction rules the packet's own prefilters brought. */
export function runTransactions(
  packet: Packet,
  flow: Flow,
  direction: u32,
  end: bool,
  set: Candidates,
  packetRules: Candidates,
): void {
  const state = changetype<AppState>(flow.app);
  const done: u32 = direction == Direction.ToServer ? TxFlag.InspectedToServer : TxFlag.InspectedToClient;
  const skip: u32 = direction == Direction.ToServer ? TxFlag.SkipToServer : TxFlag.SkipToClient;
  const updated: u32 = direction == Direction.ToServer ? TxFlag.UpdatedToServer : TxFlag.UpdatedToClient;
  let n: u32 = 0;
  for (let at = state.oldest; at != 0 && n < MAX_TRANSACTIONS; at = changetype<Tx>(at).next) {
    const tx = changetype<Tx>(at);
    if ((tx.flags & (done | skip)) != 0) continue;
    if ((tx.flags & updated) == 0 && !isOver(tx, direction) && !end) continue;
    n++;
    runOne(packet, flow, state, tx, direction, set, packetRules);
    tx.flags &= ~updated;
    if (isOver(tx, direction)) tx.flags |= done;
  }
}

function runOne(
  packet: Packet,
  flow: Flow,
  state: AppState,
  tx: Tx,
  direction: u32,
  set: Candidates,
  packetRules: Candidates,
): void {
  openTransaction(direction == Direction.ToServer ? tx.prefilteredToServer : tx.prefilteredToClient);
  prefilterTransaction(state, tx, direction, set);
  addRuleLists(RuleListKind.Transaction, direction, packet, tx.proto, set);
  for (let r = packetRules.next(0); r >= 0; r = packetRules.next(<u32>r + 1)) set.add(<u32>r);
  for (let at = firstState(tx, direction); at != 0; at = changetype<RuleState>(at).next) {
    const known = changetype<RuleState>(at);
    if (isCurrent(known) && (known.flags & (FULL_MATCH | CANNOT_MATCH)) == 0) set.add(known.rule);
  }
  if (traced) traceTransaction(state, tx, direction, set);
  for (let r = set.next(0); r >= 0; r = set.next(<u32>r + 1)) {
    if (overBudget()) break;
    if (!takeUp(r, rules + <usize>r * RuleRecord.size, TraceStage.Transaction)) continue;
    putDown(r, tryRule(<u32>r, packet, flow, state, tx, direction));
  }
  set.clear();
}

/** Scans the buffers whose progress was reached and that may have changed since the last time. */
function prefilterTransaction(state: AppState, tx: Tx, direction: u32, set: Candidates): void {
  const reached = tx.progress(direction);
  const passed: u32 = direction == Direction.ToServer ? tx.prefilteredToServer : tx.prefilteredToClient;
  // A message inside is whole when it is found: it is scanned once, whatever the progress around it.
  const innerFlag: u32 = direction == Direction.ToServer ? TxFlag.InnerToServer : TxFlag.InnerToClient;
  let scannedInner = false;
  for (let i = firstPrefilter(PrefilterKind.Transaction, direction); i >= 0; i = nextPrefilter(i)) {
    const record = prefilterAt(i);
    const proto = <u32>load<u8>(record, PrefilterRecord.appProto);
    if (proto != 0 && !coversProtocol(proto, tx.proto)) continue;
    const progress = <u32>load<u8>(record, PrefilterRecord.progress);
    if (reached < progress) continue;
    if (isInner(tx, proto)) {
      if ((tx.flags & innerFlag) != 0 || !hasInner(tx, proto, direction)) continue;
      scannedInner = true;
    } else if (progress < passed && load<u16>(record, PrefilterRecord.streaming) == 0) continue;
    const index = <u32>load<u16>(record, PrefilterRecord.buffer);
    const base = <u32>load<u16>(buffers + <usize>index * BufferRecord.size, BufferRecord.base);
    for (let instance: u32 = 0; instance < MAX_INSTANCES; instance++) {
      if (!appBuffer(state, tx, base, direction, instance)) break;
      // Of what is looked for near the beginning only, the beginning is looked at every time.
      if (instance == 0 && (viewFlags & ViewFlag.Growing) != 0 && isPlain(index) && reachOf(record) == 0) {
        scanGrowing(record, tx, set);
        continue;
      }
      const offset = viewOffset;
      if (!applyTransforms(index)) break;
      runPrefilter(record, viewData, viewLength, offset, set);
    }
  }
  if (scannedInner) tx.flags |= innerFlag;
  // Progress below the one reached does not change any more.
  if (direction == Direction.ToServer) tx.prefilteredToServer = <u8>reached;
  else tx.prefilteredToClient = <u8>reached;
}

/** A buffer as the protocol gives it, without transforms. */
function isPlain(index: u32): bool {
  return load<u16>(buffers + <usize>index * BufferRecord.size, BufferRecord.transforms) == 0;
}

function isPrefiltered(rule: usize): bool {
  return (load<u32>(rule, RuleRecord.flags) & RuleFlag.Prefiltered) != 0;
}

/** Says of the traced rule when no scan of this transaction brought it, and what the scans looked at. */
function traceTransaction(state: AppState, tx: Tx, direction: u32, set: Candidates): void {
  for (let i: u32 = 0; i < tracedRuleCount(); i++) {
    const index = tracedRuleAt(i);
    const rule = rules + <usize>index * RuleRecord.size;
    if (load<u8>(rule, RuleRecord.type) != <u8>RuleType.Transaction || isCandidate(set, index)) continue;
    if (findState(tx, direction, index) != 0) continue;
    traceNotBrought(index, TraceStage.Transaction);
    tracePrefiltered(rule, state, tx, direction);
  }
}

function tryRule(index: u32, packet: Packet, flow: Flow, state: AppState, tx: Tx, direction: u32): bool {
  const rule = rules + <usize>index * RuleRecord.size;
  const at = findState(tx, direction, index);
  let flags: u32 = 0;
  if (at != 0) {
    flags = changetype<RuleState>(at).flags;
    if ((flags & (FULL_MATCH | CANNOT_MATCH)) != 0) return false;
  } else {
    const proto = <u32>load<u8>(rule, RuleRecord.appProto);
    if (proto != 0 && !coversProtocol(proto, tx.proto)) {
      if (tracing) traceHeader(HeaderCheck.AppProtocol, tx.proto);
      return false;
    }
    if (!matchHead(rule, packet)) return false;
  }
  const matched = inspectRule(rule, state, tx, direction, packet, flags);
  if (at != 0) changetype<RuleState>(at).flags = ruleFlags;
  else if ((ruleFlags & CANNOT_MATCH) != 0) {
    if ((ruleFlags & FILE_MISMATCH) != 0) storeState(tx, direction, index, ruleFlags);
  } else if ((ruleFlags & FULL_MATCH) != 0) {
    if (!prefilterPassed || !isPrefiltered(rule) || (load<u32>(rule, RuleRecord.flags) & RuleFlag.File) != 0)
      storeState(tx, direction, index, ruleFlags);
  } else if (ruleFlags != 0 && !prefilterComesAgain) {
    storeState(tx, direction, index, ruleFlags);
    // A rule over both directions goes on with the response, whose own literals do not bring it.
    const both = (load<u32>(rule, RuleRecord.flags) & RuleFlag.BothDirections) != 0;
    if (both && findState(tx, direction ^ 1, index) == 0) storeState(tx, direction ^ 1, index, ruleFlags);
  }
  if (!matched) return false;
  runPostMatch(rule, packet);
  addMatch(index, tx.id, changetype<usize>(tx), EventFlag.AppLayer);
  return true;
}
