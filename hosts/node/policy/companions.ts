/** Rules that a chosen rule cannot work without: those that set the bits it tests, and what these need in turn. */
import type { RuleFacts } from "./facts.ts";

/** Rules by the bits they set. */
export type Setters = ReadonlyMap<string, readonly RuleFacts[]>;

export function settersOf(rules: Iterable<RuleFacts>): Setters {
  const setters = new Map<string, RuleFacts[]>();
  for (const rule of rules) {
    for (const bit of rule.sets) {
      const known = setters.get(bit);
      if (known) known.push(rule);
      else setters.set(bit, [rule]);
    }
  }
  return setters;
}

export interface Companions {
  rules: RuleFacts[];
  /** Bits that nothing may set: the rule can never match. */
  missing: string[];
}

/**
 * All companions of a rule, transitively. Setters that are commented out count only where no other sets the bit.
 * @param allowed whether the policy lets a rule be in force
 */
export function companionsOf(rule: RuleFacts, setters: Setters, allowed: (rule: RuleFacts) => boolean): Companions {
  const found = new Set<RuleFacts>();
  const missing: string[] = [];
  const todo = [rule];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    for (const names of next.needs) {
      if (names.some((name) => next?.sets.includes(name))) continue;
      const all = names.flatMap((name) => setters.get(name) ?? []).filter(allowed);
      const enabled = all.filter((each) => each.enabled);
      const usable = enabled.length > 0 ? enabled : all;
      if (usable.length === 0) missing.push(names.join(" or "));
      for (const setter of usable) {
        if (setter === rule || found.has(setter)) continue;
        found.add(setter);
        todo.push(setter);
      }
    }
  }
  return { rules: [...found], missing };
}
