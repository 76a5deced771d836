/** Taking a rule up and putting it down again: what it costs is charged to it, what it does is traced when it is the traced one. */
import { RuleRecord } from "../abi/rules";
import { TraceStage } from "../abi/trace";
import { ruleCount, rules } from "../rules/database";
import { chargeRule, isSuspended, spent } from "../verdict/cost";
import { beginTrace, endTrace, isTraced, traced, traceSuspended, tracing } from "../verdict/trace";
import { Candidates } from "./candidates";

/** Records of one sid: a rule of both directions has two. */
const MAX_TRACED: u32 = 8;
const tracedRules: usize = memory.data(8 * 4);
let tracedCount: u32 = 0;

let mark: u64 = 0;

/** Finds the traced rule in a database just adopted. */
export function findTraced(): void {
  tracedCount = 0;
  if (!traced) return;
  for (let i: u32 = 0; i < ruleCount && tracedCount < MAX_TRACED; i++) {
    if (!isTraced(load<u32>(rules + <usize>i * RuleRecord.size, RuleRecord.sid))) continue;
    store<u32>(tracedRules + ((<usize>tracedCount) << 2), i);
    tracedCount++;
  }
}

/** Begins with a candidate. False: it is suspended. */
export function takeUp(index: u32, rule: usize, stage: TraceStage): bool {
  mark = spent;
  if (traced) beginTrace(index, load<u32>(rule, RuleRecord.sid), stage);
  if (!isSuspended(index)) return true;
  if (tracing) traceSuspended();
  endTrace(false);
  return false;
}

/** Ends with it. */
export function putDown(index: u32, matched: bool): void {
  chargeRule(index, mark, matched);
  if (traced) endTrace(matched);
}

/** Number of records the traced rule has. */
export function tracedRuleCount(): u32 {
  return tracedCount;
}

export function tracedRuleAt(i: u32): u32 {
  return load<u32>(tracedRules + ((<usize>i) << 2));
}

/** Is the rule in the set? */
export function isCandidate(set: Candidates, index: u32): bool {
  return set.next(index) == <i32>index;
}
