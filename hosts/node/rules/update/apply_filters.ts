/** Filters applied to the rules of all sources, in suricata-update's order: disable, enable, drop, modify; then flowbits. */
import { type FieldRule, fieldRule, formatFieldRule } from "./field_rule.ts";
import { pythonReplace } from "./python_regex.ts";
import type { Modification, RuleFilters } from "./rule_filters.ts";

export interface FilterOutcome {
  /** Each number once: the higher revision, else the first. */
  readonly rules: FieldRule[];
  readonly disabled: number;
  readonly enabled: number;
  readonly dropped: number;
  readonly modified: number;
  /** Shipped commented out, and in force without alerts for the bits they set. */
  readonly forBits: number;
  readonly notes: string[];
}

export function applyFilters(all: Iterable<FieldRule>, filters: RuleFilters): FilterOutcome {
  const rules = new Map<string, FieldRule>();
  for (const rule of all) {
    const key = `${rule.gid}:${rule.sid}`;
    const known = rules.get(key);
    if (known === undefined || rule.rev > known.rev) rules.set(key, rule);
  }
  const counts = { disabled: 0, enabled: 0, dropped: 0, modified: 0 };
  const notes: string[] = [];
  /** By the operator: bits bring none of them back. */
  const unwanted = new Set<string>();
  for (const [key, original] of rules) {
    let rule = original;
    if (rule.enabled && filters.disable.some((matcher) => matcher.matches(original))) {
      rule = { ...rule, enabled: false };
      unwanted.add(key);
      counts.disabled++;
    }
    if (!rule.enabled && filters.enable.some((matcher) => matcher.matches(original))) {
      rule = { ...rule, enabled: true };
      unwanted.delete(key);
      counts.enabled++;
    } else if (!rule.enabled && filters.disable.some((matcher) => matcher.matches(original))) unwanted.add(key);
    if (!rule.noalert && filters.drop.some((matcher) => matcher.matches(original))) {
      rule = { ...rule, raw: rule.raw.replace(/^\w+/, "drop") };
      counts.dropped++;
    }
    const before = rule;
    for (const modification of filters.modify) {
      if (modification.matcher.matches(rule)) rule = modified(rule, modification, notes);
    }
    if (rule !== before) counts.modified++;
    rules.set(key, rule);
  }
  const forBits = bringSetters(rules, unwanted);
  return { rules: [...rules.values()], ...counts, forBits, notes };
}

/** The rule with the text of a modification; as it was, with a note, where that is no rule any more. */
function modified(rule: FieldRule, modification: Modification, notes: string[]): FieldRule {
  const before = formatFieldRule(rule);
  let after: string;
  try {
    after =
      modification.kind === "metadata"
        ? before.replace(/;\s*\)$/, () => `; metadata: ${modification.key} ${modification.value};)`)
        : pythonReplace(before, modification.pattern, modification.template);
  } catch (error) {
    notes.push(`modify.conf:${modification.line}: rule ${rule.gid}:${rule.sid}: ${(error as Error).message}`);
    return rule;
  }
  if (after === before) return rule;
  const raw = after.replace(/^[\s#]+/, "");
  const changed = fieldRule(rule, raw, !/^\s*#/.test(after));
  if (changed !== undefined) return changed;
  notes.push(
    `modify.conf:${modification.line}: rule ${rule.gid}:${rule.sid} would be no rule any more, and stays as it was`,
  );
  return rule;
}

/** Rules in force need those that set their bits: such as were shipped commented out come without alerts. */
function bringSetters(rules: Map<string, FieldRule>, unwanted: ReadonlySet<string>): number {
  const setters = new Map<string, string[]>();
  for (const [key, { sets }] of rules) for (const bit of sets) setters.set(bit, [...(setters.get(bit) ?? []), key]);
  let count = 0;
  const todo = [...rules.values()].filter(({ enabled }) => enabled);
  for (let rule = todo.pop(); rule !== undefined; rule = todo.pop()) {
    for (const bit of rule.needs.flat()) {
      for (const key of setters.get(bit) ?? []) {
        const setter = rules.get(key)!;
        if (setter.enabled || unwanted.has(key)) continue;
        const raw = setter.noalert ? setter.raw : setter.raw.replace(/;\s*\)\s*$/, "; noalert;)");
        const brought = { ...setter, raw, enabled: true, noalert: true };
        rules.set(key, brought);
        todo.push(brought);
        count++;
      }
    }
  }
  return count;
}
