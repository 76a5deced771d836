/** The core's cost tables (assembly/abi/cost.ts) as the host reads them. */
import { AppProto } from "../../../assembly/abi/codes.ts";
import { ProtocolCost, RuleCost } from "../../../assembly/abi/cost.ts";

/** What one rule cost since its database was loaded. */
export interface RuleCosts {
  /** Index in the database. */
  rule: number;
  units: number;
  checks: number;
  matches: number;
  /** Microseconds since 1970; absent: it never was. */
  suspendedUntil?: number;
}

/** What the packets of one application protocol cost. */
export interface ProtocolCosts {
  proto: AppProto;
  units: number;
  packets: number;
  /** Of payload. */
  bytes: number;
}

/** The rules that were checked, in the order of the database. */
export function readRuleCosts(view: DataView, address: number, count: number): RuleCosts[] {
  const costs: RuleCosts[] = [];
  for (let rule = 0; rule < count; rule++) {
    const at = address + rule * RuleCost.size;
    const checks = view.getUint32(at + RuleCost.checks, true);
    if (checks === 0) continue;
    const suspended = Number(view.getBigUint64(at + RuleCost.suspended, true));
    costs.push({
      rule,
      units: Number(view.getBigUint64(at + RuleCost.units, true)),
      checks,
      matches: view.getUint32(at + RuleCost.matches, true),
      ...(suspended === 0 ? {} : { suspendedUntil: suspended }),
    });
  }
  return costs;
}

/** The protocols that packets were seen of. */
export function readProtocolCosts(view: DataView, address: number): ProtocolCosts[] {
  const costs: ProtocolCosts[] = [];
  for (let proto: AppProto = 0; proto < AppProto.Last; proto++) {
    const at = address + proto * ProtocolCost.size;
    const packets = Number(view.getBigUint64(at + ProtocolCost.packets, true));
    if (packets === 0) continue;
    const units = Number(view.getBigUint64(at + ProtocolCost.units, true));
    costs.push({ proto, units, packets, bytes: Number(view.getBigUint64(at + ProtocolCost.bytes, true)) });
  }
  return costs;
}
