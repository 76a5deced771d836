/**
 * Cost accounting (abi/cost.ts): one running count for the packet at hand, from which packets, flows, rules and protocols are charged.
 * Counting is an addition; budgets are compared once a rule and once a condition.
 */
import { AppProto } from "../abi/codes";
import { Cost, ProtocolCost, RuleCost } from "../abi/cost";
import { Setting } from "../abi/settings";
import { reserve } from "../memory/arena";
import { setting } from "../memory/settings";

const NO_LIMIT: u64 = 0xffff_ffff_ffff_ffff;
const MICROSECONDS: u64 = 1_000_000;
const NONE: u32 = 0xffff_ffff;

/** Units the packet at hand spent so far. */
export let spent: u64 = 0;
/** What it may spend. */
let limit: u64 = NO_LIMIT;
let now: u64 = 0;
let second: u32 = 0;

let rules: usize = 0;
let capacity: u32 = 0;
/** Rules of the database in force. */
let known: u32 = 0;
let protocols: usize = 0;
let ruleBudget: u32 = 0;
let suspension: u64 = 0;
/** Index of a rule this packet suspended, for the report; NONE without. */
export let suspendedRule: u32 = NONE;

/** Carves the tables, for `maxRules` rules. False when memory is exhausted. */
export function configureCost(maxRules: u32): bool {
  capacity = maxRules;
  rules = reserve(<usize>maxRules * RuleCost.size);
  protocols = reserve(<usize>AppProto.Last * ProtocolCost.size);
  ruleBudget = setting(Setting.RuleBudget);
  suspension = <u64>setting(Setting.RuleSuspension) * MICROSECONDS;
  return protocols != 0;
}

export function ruleCostsAddress(): usize {
  return rules;
}

export function protocolCostsAddress(): usize {
  return protocols;
}

/** Another database, of `count` rules: rule numbers mean other rules now. */
export function forgetRuleCosts(count: u32): void {
  // Only what was in use: memory that nobody touched stays untouched.
  memory.fill(rules, 0, <usize>known * RuleCost.size);
  known = min(count, capacity);
}

/** Begins a packet: nothing spent. */
export function openCost(timestamp: u64): void {
  spent = 0;
  const budget = setting(Setting.PacketBudget);
  limit = budget == 0 ? NO_LIMIT : <u64>budget;
  now = timestamp;
  second = <u32>(timestamp / MICROSECONDS);
  suspendedRule = NONE;
}

export function spend(units: u64): void {
  spent += units;
}

/** Did the packet spend more than its budget? */
export function overBudget(): bool {
  return spent > limit;
}

/** Units the packet may still spend. */
export function unitsLeft(): u64 {
  return spent > limit ? 0 : limit - spent;
}

function ruleAt(index: u32): usize {
  return rules + <usize>index * RuleCost.size;
}

/** Is the rule suspended at this packet's time? */
export function isSuspended(index: u32): bool {
  const until = load<u64>(ruleAt(index), RuleCost.suspended);
  return until != 0 && now < until;
}

/** Charges the rule with what was spent since `mark` (`spent` before it), and suspends it when that is too much. */
export function chargeRule(index: u32, mark: u64, matched: bool): void {
  spent += Cost.Rule;
  const units = spent - mark;
  const at = ruleAt(index);
  store<u64>(at, load<u64>(at, RuleCost.units) + units, RuleCost.units);
  store<u32>(at, load<u32>(at, RuleCost.checks) + 1, RuleCost.checks);
  if (matched) store<u32>(at, load<u32>(at, RuleCost.matches) + 1, RuleCost.matches);
  if (ruleBudget == 0) return;
  const before: u64 = load<u32>(at, RuleCost.second) == second ? <u64>load<u32>(at, RuleCost.recent) : 0;
  const recent = before + units;
  store<u32>(at, second, RuleCost.second);
  store<u32>(at, <u32>min<u64>(recent, 0xffff_ffff), RuleCost.recent);
  if (recent <= <u64>ruleBudget) return;
  store<u64>(at, now + suspension, RuleCost.suspended);
  store<u32>(at, 0, RuleCost.recent);
  suspendedRule = index;
}

/** Charges the packet's protocol with all it spent. */
export function chargeProtocol(proto: u32, bytes: u32): void {
  if (proto >= <u32>AppProto.Last) return;
  const at = protocols + <usize>proto * ProtocolCost.size;
  store<u64>(at, load<u64>(at, ProtocolCost.units) + spent, ProtocolCost.units);
  store<u64>(at, load<u64>(at, ProtocolCost.packets) + 1, ProtocolCost.packets);
  store<u64>(at, load<u64>(at, ProtocolCost.bytes) + <u64>bytes, ProtocolCost.bytes);
}
