/** Rules that a chosen rule cannot work without: those that set the bits it tests. */
import type { RuleSummary } from "../rules/summary.ts";
import type { ScanPolicy } from "./eligibility.ts";

export type Setters = ReadonlyMap<string, readonly RuleSummary[]>;

export function indexSetters(rules: readonly RuleSummary[]): Setters {
  const setters = new Map<string, RuleSummary[]>();
  for (const rule of rules) for (const bit of rule.sets) setters.set(bit, [...(setters.get(bit) ?? []), rule]);
  return setters;
}

export interface Companions {
  rules: RuleSummary[];
  /** Why the rule can never match: no usable rule sets a bit it needs. */
  problem?: string;
}

/** All companions of a rule, transitively; bits set by itself need none. */
export function companionsOf(rule: RuleSummary, setters: Setters, policy: ScanPolicy): Companions {
  const found = new Set<RuleSummary>();
  const todo = [rule];
  for (let next = todo.pop(); next; next = todo.pop()) {
    for (const names of next.needs) {
      if (names.some((name) => next!.sets.includes(name))) continue;
      const all = names.flatMap((name) => setters.get(name) ?? []);
      const usable = all.filter((each) => each.enabled || policy.disabledRules);
      if (usable.length === 0) {
        const how = all.length === 0 ? "no rule sets" : "only rules that are shipped commented out set";
        return { rules: [], problem: `it needs the bit ${names.join(" or ")}, which ${how}` };
      }
      for (const setter of usable) {
        if (setter === rule || found.has(setter)) continue;
        found.add(setter);
        todo.push(setter);
      }
    }
  }
  return { rules: [...found] };
}
