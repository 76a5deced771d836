/** The steps of a policy, one after the other; `effective.ts` calls them in their order. */
import { type AssignmentFile, isActive } from "../../../scan/assign/types.ts";
import { assignmentReason, indexAssignments } from "./assigned.ts";
import { companionsOf, settersOf } from "./companions.ts";
import { type Decision, isBlocking, ruleKey } from "./decision.ts";
import type { Policy, PolicyException } from "./policy.ts";
import { violationOutcome } from "./protocol_violations.ts";

/** Something in the policy that has no effect, or not the one that was meant. */
export interface PolicyWarning {
  /** Line of the policy file; absent where no entry is to blame. */
  line?: number;
  message: string;
}

/** By `gid:sid`, in the order of the sources. */
export type Decisions = ReadonlyMap<string, Decision>;

export function applyPosture(decisions: Decisions, { posture }: Policy): void {
  for (const decision of decisions.values()) {
    const level = decision.facts.posture;
    if (level === undefined) continue;
    const { action, mode } = violationOutcome(posture, level);
    if (action === "off") {
      decision.exclude("posture off");
      continue;
    }
    decision.choose("posture", `posture ${posture}`);
    decision.action = action;
    if (mode !== undefined) decision.mode = mode;
  }
}

export function applyAssignments(
  decisions: Decisions,
  { assignments: settings }: Policy,
  file: AssignmentFile | undefined,
  warnings: PolicyWarning[],
): void {
  for (const [key, assignment] of indexAssignments(file)) {
    const decision = decisions.get(key);
    if (decision === undefined) {
      if (isActive(assignment)) warnings.push({ message: `rule ${key} is assigned, but no rule file has it` });
      continue;
    }
    if (assignment.state === "suppressed") {
      decision.exclude(`suppressed with vpatch recommend${assignment.reason ? `: ${assignment.reason}` : ""}`);
    } else if (isActive(assignment)) {
      decision.choose("assigned", assignmentReason(assignment));
      const { mode, origin } = assignment;
      // What the operator pinned keeps the mode it was pinned with, and the rule's own word stands.
      const wanted = settings.mode === "as-assigned" || origin === "pin" ? mode : settings.mode;
      decision.mode = decision.facts.ownMode === "detect" ? "detect" : wanted;
      if (wanted === "detect") decision.reasons.push("assigned for detection");
      if (assignment.ports !== undefined) decision.ports = assignment.ports;
    } else if (assignment.state === "recommended" && !decision.inForce) {
      decision.reasons.push(`recommended by the scan, not applied: ${assignment.reason}`);
    }
  }
}

/** What the operator pinned or suppressed for rules that no scan assigned. */
export function applyOperator(decisions: Decisions, file: AssignmentFile | undefined, warnings: PolicyWarning[]): void {
  if (file === undefined) return;
  const assigned = indexAssignments(file);
  for (const [key, { mode, note }] of Object.entries(file.pins ?? {})) {
    if (assigned.has(key)) continue;
    const decision = decisions.get(key);
    if (decision === undefined) {
      warnings.push({ message: `rule ${key} is pinned with vpatch recommend, but no rule file has it` });
      continue;
    }
    decision.choose("assigned", `pinned with vpatch recommend${note ? `: ${note}` : ""}`);
    decision.mode = mode;
  }
  for (const [key, note] of Object.entries(file.suppressions ?? {})) {
    decisions.get(key)?.exclude(`suppressed with vpatch recommend${note ? `: ${note}` : ""}`);
  }
}

export function applyEntries(decisions: Decisions, policy: Policy, warnings: PolicyWarning[]): void {
  for (const { select, action, mode, note, line } of policy.rules) {
    let count = 0;
    const because = `line ${line}${note === undefined ? ` (${select.text})` : `: ${note}`}`;
    for (const decision of decisions.values()) {
      if (!select.matches(decision.facts)) continue;
      count += 1;
      if (action === "off") {
        decision.exclude(`off by ${because}`);
        continue;
      }
      decision.choose("chosen", `chosen by ${because}`);
      if (action !== undefined) decision.action = action;
      if (mode === undefined) continue;
      decision.mode = mode;
      // An entry that only speaks of the mode undoes a quieter action of one above it.
      if (action === undefined && decision.action !== undefined && !isBlocking(decision.action)) {
        decision.action = undefined;
      }
    }
    if (count === 0) warnings.push({ line, message: `no rule is selected by ${select.text}` });
  }
}

export function applyPins(decisions: Decisions, policy: Policy, warnings: PolicyWarning[]): void {
  for (const pin of policy.pinned) {
    const decision = decisions.get(ruleKey(pin));
    if (decision === undefined) {
      warnings.push({ line: pin.line, message: `no rule file has the pinned rule ${ruleKey(pin)}` });
      continue;
    }
    decision.choose("pinned", `pinned by line ${pin.line}${pin.note === undefined ? "" : `: ${pin.note}`}`);
    if (pin.action !== undefined) decision.action = pin.action;
    if (pin.mode === undefined) continue;
    decision.mode = pin.mode;
    if (pin.action === undefined && decision.action !== undefined && !isBlocking(decision.action)) {
      decision.action = undefined;
    }
  }
  for (const { gid, sid, note, line } of policy.suppressed) {
    const decision = decisions.get(`${gid}:${sid}`);
    if (decision === undefined) {
      warnings.push({ line, message: `no rule file has the suppressed rule ${gid}:${sid}` });
      continue;
    }
    decision.exclude(`suppressed by line ${line}${note === undefined ? "" : `: ${note}`}`);
  }
}

/** Chosen rules bring in the setters of the bits they test. */
export function bringCompanions(decisions: Decisions, warnings: PolicyWarning[]): void {
  const setters = settersOf([...decisions.values()].map(({ facts }) => facts));
  const decisionOf = (rule: { gid: number; sid: number }): Decision => decisions.get(ruleKey(rule))!;
  const chosen = [...decisions.values()].filter(({ inForce, origin }) => inForce && origin !== "written");
  for (const decision of chosen) {
    const { rules, missing } = companionsOf(decision.facts, setters, (rule) => !decisionOf(rule).barred);
    for (const bit of missing) {
      warnings.push({ message: `rule ${ruleKey(decision.facts)} can never match: no rule in force may set ${bit}` });
    }
    for (const rule of rules) {
      const companion = decisionOf(rule);
      companion.companionOf.add(ruleKey(decision.facts));
      if (companion.inForce) continue;
      companion.choose("companion", `companion of sid ${decision.facts.sid}`);
    }
  }
}

/** The exceptions of every rule in force. */
export function exceptionsFor(
  decisions: Decisions,
  policy: Policy,
  warnings: PolicyWarning[],
): ReadonlyMap<Decision, PolicyException[]> {
  const found = new Map<Decision, PolicyException[]>();
  for (const exception of policy.exceptions) {
    const { select, line } = exception;
    let count = 0;
    for (const decision of decisions.values()) {
      if (!decision.inForce) continue;
      // For all: what lets traffic by is left alone, or the exception would make it stricter.
      const covers = select === undefined ? decision.finalAction !== "pass" : select.matches(decision.facts);
      if (!covers) continue;
      count += 1;
      const list = found.get(decision);
      if (list) list.push(exception);
      else found.set(decision, [exception]);
    }
    if (count === 0 && select !== undefined) {
      warnings.push({ line, message: `the exception is for no rule in force: ${select.text}` });
    }
  }
  return found;
}
