/**
 * The next state of the assignments after a scan. What is found is recommended or applied at once; what is no longer found is
 * retired only on proof, twice in a row.
 */

import { type Inventory, isComplete } from "../inventory/types.ts";
import type { Finding } from "../match/finding.ts";
import { type Selection, subjectOf } from "./select.ts";
import { type Assignment, type AssignmentFile, assignmentSchema, isActive, type Proof, ruleKey } from "./types.ts";

/** Complete scans in a row that must find everything fixed. */
export const scansToRetire = 2;

export interface ScanOutcome {
  inventory: Inventory;
  findings: readonly Finding[];
  selection: Selection;
  bundleSerial: number;
  now: Date;
}

export function nextAssignments(previous: AssignmentFile, outcome: ScanOutcome): AssignmentFile {
  const now = outcome.now.toISOString();
  const known = new Map(previous.assignments.map((each) => [ruleKey(each), each]));
  const next: Assignment[] = [];
  for (const choice of outcome.selection.choices) {
    const { rule } = choice;
    const key = ruleKey(rule);
    const before = known.get(key);
    known.delete(key);
    const pin = previous.pins[key];
    const suppression = previous.suppressions[key];
    // Once applied, it stays applied until it is retired: a restart of the scan or a shaky exposure must not open the host.
    const applied = choice.apply || (before !== undefined && isActive(before));
    const state = suppression !== undefined ? "suppressed" : pin || applied ? "applied" : "recommended";
    next.push({
      gid: rule.gid,
      sid: rule.sid,
      rev: rule.rev,
      msg: rule.msg,
      state,
      mode: pin && !rule.noalert ? pin.mode : choice.mode,
      origin: pin ? "pin" : "scan",
      proofs: choice.proofs,
      ...(choice.companionOf ? { companionOf: choice.companionOf } : {}),
      ...(choice.ports ? { ports: choice.ports } : {}),
      reason: suppression ?? (pin ? pin.note : choice.reason),
      cleanScans: 0,
      urgency: choice.urgency,
      since: before?.since ?? now,
      changed: before?.state === state ? before.changed : now,
    });
  }
  const blocked = retirementBlocked(previous, outcome);
  for (const before of known.values()) next.push(withoutFinding(before, previous, outcome, blocked, now));
  return {
    schema: assignmentSchema,
    updated: now,
    bundleSerial: Math.max(previous.bundleSerial, outcome.bundleSerial),
    pins: previous.pins,
    suppressions: previous.suppressions,
    assignments: next.sort((a, b) => b.urgency - a.urgency || a.sid - b.sid),
    skipped: outcome.selection.skipped,
  };
}

/** Why this scan may retire nothing. */
function retirementBlocked(previous: AssignmentFile, { inventory, bundleSerial }: ScanOutcome): string | undefined {
  if (!isComplete(inventory)) {
    const bad = inventory.collectors.find(({ state }) => state === "partial" || state === "failed");
    return `the scan was not complete: ${bad?.name} of ${bad?.root} ${bad?.state}${bad?.detail ? ` (${bad.detail})` : ""}`;
  }
  if (bundleSerial < previous.bundleSerial) {
    return `the bundle's serial ${bundleSerial} is older than ${previous.bundleSerial}, which assigned it`;
  }
  return undefined;
}

/** An assignment whose rule this scan did not choose. */
function withoutFinding(
  before: Assignment,
  previous: AssignmentFile,
  outcome: ScanOutcome,
  blocked: string | undefined,
  now: string,
): Assignment {
  const key = ruleKey(before);
  if (before.state === "retired") return before;
  if (previous.pins[key]) return { ...before, origin: "pin", state: "applied", reason: previous.pins[key]!.note };
  if (previous.suppressions[key] !== undefined) return { ...before, state: "suppressed" };
  if (before.origin !== "scan") return before;
  const holds = blocked ?? before.proofs.map((proof) => stillOpen(proof, outcome)).find((each) => each !== undefined);
  if (holds !== undefined) {
    const state = before.state === "retiring" ? "applied" : before.state;
    return { ...before, state, cleanScans: 0, reason: holds, changed: before.state === state ? before.changed : now };
  }
  const cleanScans = before.cleanScans + 1;
  const fixed = [...new Set(before.proofs.map(({ cve }) => cve))].join(", ");
  const state = cleanScans >= scansToRetire ? "retired" : isActive(before) ? "retiring" : before.state;
  const reason =
    state === "retired"
      ? `${fixed}: fixed in ${cleanScans} complete scans in a row`
      : `${fixed}: fixed, to be confirmed by the next scan`;
  return { ...before, state, cleanScans, reason, changed: before.state === state ? before.changed : now };
}

/** Why a proof still speaks for the rule. A component that is gone, in a complete scan, speaks no more. */
function stillOpen(proof: Proof, { inventory, findings }: ScanOutcome): string | undefined {
  const present = inventory.components.filter((each) => subjectOf(each) === proof.subject);
  for (const component of present) {
    const finding = findings.find((each) => each.component === component.id && each.cve === proof.cve);
    if (finding === undefined) return `${proof.cve}: the bundle says nothing about ${component.purl} any more`;
    if (finding.verdict !== "fixed" && finding.verdict !== "not_affected") return `${proof.cve}: ${finding.evidence}`;
    if (component.usage.state === "unknown")
      return `${proof.cve}: whether ${component.name} was restarted is not known`;
  }
  return undefined;
}
