/**
 * `threshold`, `detection_filter`, rate_filter and suppress (Suricata manual, thresholding): whether a match becomes an alert.
 * Counters live by rule and tracked address in the table of state/table.ts.
 */
import { Action } from "../../abi/codes";
import { RuleRecord } from "../../abi/rules";
import { ThresholdRecord, ThresholdTrack, ThresholdType } from "../../abi/thresholds";
import { database } from "../../rules/database";
import { Packet } from "../../wire/packet";
import { inAddressSet } from "../header";
import { addEntry, Entry, EntryKind, findEntry, key } from "./table";

const SECOND: u64 = 1000000;
/** A window that never ends. */
const FOREVER: u32 = 0xffffffff;

export enum Outcome {
  /** No alert, no action. */
  None = 0,
  Alert = 1,
  /** The action counts, the alert is not written. */
  Silent = 2,
}

/** Action a rate_filter put in place of the rule's own; None otherwise. */
export let changedAction: u32 = Action.None;

function track(t: usize, packet: Packet): void {
  switch (<u32>load<u8>(t, ThresholdRecord.track)) {
    case ThresholdTrack.BySource:
      key(packet.sourceLow, packet.sourceHigh, packet.ipVersion, 1);
      break;
    case ThresholdTrack.ByDestination:
      key(packet.destinationLow, packet.destinationHigh, packet.ipVersion, 2);
      break;
    case ThresholdTrack.ByBoth: {
      const swap =
        packet.sourceLow > packet.destinationLow ||
        (packet.sourceLow == packet.destinationLow && packet.sourceHigh > packet.destinationHigh);
      if (swap) key(packet.destinationLow, packet.destinationHigh, packet.sourceLow, packet.sourceHigh);
      else key(packet.sourceLow, packet.sourceHigh, packet.destinationLow, packet.destinationHigh);
      break;
    }
    case ThresholdTrack.ByFlow:
      key(packet.flow, 0, 0, 4);
      break;
    default:
      key(0, 0, 0, 3);
  }
}

/** The counter of this window; a window that ended starts anew with count 0. */
function counter(kind: EntryKind, name: u32, seconds: u32, now: u64): usize {
  const found = findEntry(kind, name, 0);
  if (found == 0) {
    const fresh = addEntry(kind, name, now, 0);
    if (fresh != 0) begin(changetype<Entry>(fresh), seconds, now);
    return fresh;
  }
  const e = changetype<Entry>(found);
  if (seconds != FOREVER && now - e.since >= <u64>seconds * SECOND) begin(e, seconds, now);
  return found;
}

/** Begins a window. Behind its end the entry may give way to others. */
function begin(e: Entry, seconds: u32, now: u64): void {
  e.since = now;
  e.until = seconds == FOREVER ? 0 : now + <u64>seconds * SECOND;
  e.count = 0;
  e.extra = 0;
}

function suppressed(rule: usize, packet: Packet): bool {
  let offset = load<u32>(rule, RuleRecord.suppress);
  while (offset != 0) {
    const t = database + offset;
    const set = load<u32>(t, ThresholdRecord.addresses);
    if (set == 0) return true;
    const by = <u32>load<u8>(t, ThresholdRecord.track);
    if (by == ThresholdTrack.BySource || by == ThresholdTrack.ByEither) {
      if (inAddressSet(set, packet.ipVersion, packet.sourceLow, packet.sourceHigh)) return true;
    }
    if (by == ThresholdTrack.ByDestination || by == ThresholdTrack.ByEither) {
      if (inAddressSet(set, packet.ipVersion, packet.destinationLow, packet.destinationHigh)) return true;
    }
    offset = load<u32>(t, ThresholdRecord.next);
  }
  return false;
}

/** Applies the rule's thresholds to one match. */
export function applyThresholds(rule: usize, packet: Packet): Outcome {
  changedAction = Action.None;
  if (load<u32>(rule, RuleRecord.suppress) != 0 && suppressed(rule, packet)) return Outcome.Silent;
  let outcome = Outcome.Alert;
  let offset = load<u32>(rule, RuleRecord.threshold);
  while (offset != 0) {
    const t = database + offset;
    const o = applyOne(rule, t, packet);
    if (o == Outcome.None) return Outcome.None;
    if (o == Outcome.Silent) outcome = Outcome.Silent;
    offset = load<u32>(t, ThresholdRecord.next);
  }
  return outcome;
}

function applyOne(rule: usize, t: usize, packet: Packet): Outcome {
  const type = <u32>load<u8>(t, ThresholdRecord.type);
  const name = load<u32>(rule, RuleRecord.sid) ^ (load<u32>(rule, RuleRecord.gid) << 24) ^ (type << 28);
  const count = load<u32>(t, ThresholdRecord.count);
  const seconds = load<u32>(t, ThresholdRecord.seconds);
  const now = packet.timestamp;
  track(t, packet);
  if (type == ThresholdType.RateFilter) return rateFilter(name, t, count, seconds, now);
  const window = type == ThresholdType.Backoff ? FOREVER : seconds;
  const at = counter(EntryKind.Threshold, name, window, now);
  if (at == 0) return Outcome.Alert;
  const e = changetype<Entry>(at);
  e.count++;
  switch (type) {
    case ThresholdType.Limit:
      return e.count <= count ? Outcome.Alert : Outcome.Silent;
    case ThresholdType.Threshold:
      if (e.count < count) return Outcome.None;
      begin(e, window, now);
      return Outcome.Alert;
    case ThresholdType.Both:
      if (e.count == count) return Outcome.Alert;
      return e.count > count ? Outcome.Silent : Outcome.None;
    case ThresholdType.DetectionFilter:
      return e.count > count ? Outcome.Alert : Outcome.None;
    case ThresholdType.Backoff: {
      const next = e.extra == 0 ? <u64>count : e.extra;
      if (<u64>e.count != next) return Outcome.Silent;
      e.extra = next * load<u8>(t, ThresholdRecord.multiplier);
      return Outcome.Alert;
    }
    default:
      return Outcome.Alert;
  }
}

function rateFilter(name: u32, t: usize, count: u32, seconds: u32, now: u64): Outcome {
  const at = counter(EntryKind.RateFilter, name, FOREVER, now);
  if (at == 0) return Outcome.Alert;
  const e = changetype<Entry>(at);
  const timeout = <u64>load<u32>(t, ThresholdRecord.timeout) * SECOND;
  e.until = now + max(<u64>seconds * SECOND, timeout);
  if (e.extra != 0) {
    // In force until the timeout after it was triggered.
    if (now - e.extra < timeout) {
      changedAction = load<u8>(t, ThresholdRecord.newAction);
      return Outcome.Alert;
    }
    e.extra = 0;
    e.since = now;
    e.count = 1;
    return Outcome.Alert;
  }
  if (now - e.since >= <u64>seconds * SECOND) {
    e.since = now;
    e.count = 0;
  }
  e.count++;
  if (e.count >= count && timeout != 0) {
    e.extra = now;
    changedAction = load<u8>(t, ThresholdRecord.newAction);
  }
  return Outcome.Alert;
}
