/** One recommended scan of an agent, in a process of its own: collects, decides, stores assignments, their rules and the report. */
import { enginePolicy, renderRules } from "../../../scan/assign/policy.ts";
import { type Assignment, isActive, ruleKey } from "../../../scan/assign/types.ts";
import { loadAssignments } from "../../../scan/store/assignment-store.ts";
import { writeDurably } from "../../../scan/store/durable-file.ts";
import { reporting, type ScanOptions } from "../commands/scan-context.ts";
import { performScan } from "../commands/scan-run.ts";
import { assignedRulesFile, assignmentsPath, reportFile } from "./state-files.ts";

export interface ScanInput {
  options: ScanOptions;
}

/** An assignment that came into force, or went out of it. */
export interface AssignmentChange {
  change: "assigned" | "retired" | "suppressed";
  gid: number;
  sid: number;
  msg: string;
  mode: Assignment["mode"];
  reason: string;
  cves: string[];
  /** Packages that speak for it. */
  components: string[];
}

export interface ScanOutcome {
  /** Names what is to be in force: the same text, the same rules. */
  inForce: string;
  changes: AssignmentChange[];
  summary: {
    openCves: number;
    knownExploited: { open: number; applied: number; recommended: number; none: number };
    rules: { applied: number; retiring: number; recommended: number; retired: number; suppressed: number };
  };
  problems: string[];
}

export async function scanTask({ options }: ScanInput): Promise<ScanOutcome> {
  return await reporting(async () => {
    const { state } = options;
    const before = loadAssignments(assignmentsPath(state), new Date()).file.assignments;
    const { assignments, report, used } = await performScan(options, true);
    const policy = enginePolicy(assignments);
    const { text, missing } = renderRules(policy, used.rules);
    writeDurably(assignedRulesFile(state), text);
    writeDurably(reportFile(state), `${JSON.stringify(report, null, 1)}\n`);
    const lost = missing.map(({ gid, sid }) => `rule ${gid}:${sid} is assigned, but no rule file has it`);
    return {
      inForce: JSON.stringify(policy.rules),
      changes: changesOf(before, assignments.assignments),
      summary: report.summary,
      problems: [...report.problems, ...lost],
    };
  });
}

function changesOf(before: readonly Assignment[], after: readonly Assignment[]): AssignmentChange[] {
  const active = new Set(before.filter(isActive).map(ruleKey));
  return after.flatMap((assignment) => {
    const was = active.has(ruleKey(assignment));
    if (isActive(assignment) === was) return [];
    const { gid, sid, msg, mode, reason, proofs, state } = assignment;
    const cves = [...new Set(proofs.map(({ cve }) => cve))];
    const components = [...new Set(proofs.map(({ purl }) => purl))];
    const change = !was ? "assigned" : state === "suppressed" ? "suppressed" : "retired";
    return [{ change, gid, sid, msg, mode, reason, cves, components } as const];
  });
}
