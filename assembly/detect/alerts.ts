/**
 * Matches of one packet: queued in any order, then finished in rule order: thresholds, actions on packet and flow, alert events.
 * As in Suricata a `pass` ends the list, and at most `packet-alert-max` matches are kept.
 */
import { Action, DropReason } from "../abi/codes";
import { Counter } from "../abi/counters";
import { EventFlag } from "../abi/frames";
import { RuleFlag, RuleRecord, RuleType } from "../abi/rules";
import { Setting } from "../abi/settings";
import { Flow, FlowFlag } from "../flow/flow";
import { reserve } from "../memory/arena";
import { setting } from "../memory/settings";
import { rules } from "../rules/database";
import { countAdd } from "../verdict/counters";
import { Packet, PacketFlag } from "../wire/packet";
import { applyThresholds, changedAction, Outcome } from "./state/threshold";

/** No transaction. */
export const NO_TX: u64 = 0xffff_ffff_ffff_ffff;

@unmanaged
export class Match {
  tx: u64;
  rule: u32;
  /** EventFlag bits */
  flags: u32;
  /** Address of the transaction record, 0 none. */
  txRecord: usize;
  action: u32;
  /** The frame (app/frame.ts AppFrame) that matched, 0 none. */
  frame: usize;
}

let queue: usize = 0;
let limit: u32 = 0;
let queued: u32 = 0;
/** Alerts to write, after `finishMatches`. */
export let alertCount: u32 = 0;

/** No rule. */
export const NO_RULE: u32 = 0xffff_ffff;
/** The rule that decided to drop the packet, whether it alerts or not. */
export let droppingRule: u32 = NO_RULE;

export function configureAlerts(): bool {
  limit = max<u32>(setting(Setting.PacketAlertMax), 1);
  queue = reserve(limit * 2 * offsetof<Match>());
  return queue != 0;
}

export function openMatches(): void {
  queued = 0;
  alertCount = 0;
  droppingRule = NO_RULE;
}

export function matchAt(i: u32): Match {
  return changetype<Match>(queue + <usize>i * offsetof<Match>());
}

/** Queues a match. */
export function addMatch(rule: u32, tx: u64, txRecord: usize, flags: u32, frame: usize = 0): void {
  if (queued >= limit) {
    // Full: rules that come first in order stay; the list is kept sorted, so the last one gives way.
    countAdd(Counter.detect__alert_queue_overflow, 1);
    if (setting(Setting.SimulateAlertQueueFailure) != 0) return;
    const last = matchAt(queued - 1);
    if (last.rule < rule || (last.rule == rule && last.tx <= tx)) return;
    queued--;
  }
  let i = queued;
  while (i > 0) {
    const before = matchAt(i - 1);
    if (before.rule < rule || (before.rule == rule && before.tx <= tx)) break;
    memory.copy(changetype<usize>(matchAt(i)), changetype<usize>(before), offsetof<Match>());
    i--;
  }
  const m = matchAt(i);
  m.rule = rule;
  m.tx = tx;
  m.txRecord = txRecord;
  m.flags = flags;
  m.frame = frame;
  queued++;
}

/** Does the action of this match hold for the whole flow? By rule type, as Suricata's signature properties. */
function appliesToFlow(type: u32, flags: u32): bool {
  switch (type) {
    case RuleType.DecoderEvent:
    case RuleType.Packet:
      return false;
    case RuleType.PacketStream:
    case RuleType.Stream:
      return (flags & (EventFlag.Stream | EventFlag.AppLayer)) != 0;
    default:
      return true;
  }
}

function isDrop(action: u32): bool {
  return action >= <u32>Action.Drop && action <= <u32>Action.RejectBoth;
}

function applyAction(m: Match, rule: usize, packet: Packet): void {
  const action = m.action;
  const drop = isDrop(action);
  if (!drop && action != Action.Pass) return;
  // The first drop decides; a pass does not undo it, a reject adds its answer to it.
  if (drop) {
    if (packet.action == <u8>Action.Drop && action >= <u32>Action.Reject) packet.action = <u8>action;
    else if (!isDrop(packet.action)) {
      droppingRule = m.rule;
      packet.action = <u8>action;
      packet.reason = <u8>(changedAction != <u32>Action.None ? DropReason.RulesThreshold : DropReason.Rules);
    }
  } else if (!isDrop(packet.action)) packet.action = <u8>Action.Pass;
  if (packet.flow == 0 || !appliesToFlow(load<u8>(rule, RuleRecord.type), m.flags)) return;
  const flow = changetype<Flow>(packet.flow);
  if ((flow.flags & (FlowFlag.Drop | FlowFlag.Pass)) != 0) return;
  flow.flags |= drop ? FlowFlag.Drop : FlowFlag.Pass;
  m.flags |= EventFlag.FromFlow;
}

/** Thresholds and actions; afterwards the first `alertCount` matches are the alerts to write. */
export function finishMatches(packet: Packet): void {
  let kept: u32 = 0;
  let wouldDrop = false;
  for (let i: u32 = 0; i < queued; i++) {
    const m = matchAt(i);
    const rule = rules + <usize>m.rule * RuleRecord.size;
    const flags = load<u32>(rule, RuleRecord.flags);
    const outcome = applyThresholds(rule, packet);
    m.action = changedAction != <u32>Action.None ? changedAction : load<u8>(rule, RuleRecord.action);
    if ((flags & RuleFlag.DetectOnly) != 0 && isDrop(m.action)) {
      m.action = Action.Alert;
      m.flags |= EventFlag.WouldDrop;
      wouldDrop = wouldDrop || outcome != Outcome.None;
    }
    if (outcome != Outcome.None) {
      const dropped = isDrop(packet.action);
      if (!dropped || m.action != Action.Pass) applyAction(m, rule, packet);
    }
    const quiet = (flags & RuleFlag.NoAlert) != 0;
    if (outcome != Outcome.Alert) {
      countAdd(Counter.detect__alerts_suppressed, 1);
      continue;
    }
    const pass = m.action == Action.Pass;
    // A pass that a rate_filter made of another action gives no alert.
    if (!quiet && !(pass && load<u8>(rule, RuleRecord.action) != <u8>Action.Pass)) {
      if (kept != i) memory.copy(changetype<usize>(matchAt(kept)), changetype<usize>(m), offsetof<Match>());
      kept++;
    }
    // `pass` (silent unless the rule says `alert` too) ends the list.
    if (pass) break;
  }
  alertCount = kept;
  if (wouldDrop && !isDrop(packet.action) && !packet.has(PacketFlag.WouldDrop)) countAdd(Counter.ips__would_drop, 1);
  if (kept > 0) {
    countAdd(Counter.detect__alert, kept);
    if (packet.flow != 0) changetype<Flow>(packet.flow).flags |= FlowFlag.Alerted;
  }
  if (packet.has(PacketFlag.Modified) && isDrop(packet.action)) packet.flags &= ~PacketFlag.Modified;
}
