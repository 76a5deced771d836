/** What a flow may spend within one second of traffic (Setting.FlowBudget). */
import { Setting } from "../abi/settings";
import { setting } from "../memory/settings";
import { spent } from "../verdict/cost";
import { Flow } from "./flow";

const MICROSECONDS: u64 = 1_000_000;

/** Charges the flow with what its packet spent. True: it is beyond its budget. */
export function spendOfFlow(flow: Flow, timestamp: u64): bool {
  const budget = setting(Setting.FlowBudget);
  if (budget == 0) return false;
  const second = <u32>(timestamp / MICROSECONDS);
  const before: u64 = flow.costSecond == second ? <u64>flow.cost : 0;
  const cost = before + spent;
  flow.costSecond = second;
  flow.cost = <u32>min<u64>(cost, 0xffff_ffff);
  return cost > <u64>budget;
}
