/** `vpatch recommend list|apply|explain|pin|suppress`. */
import { enginePolicy, renderRules } from "../../../scan/assign/policy.ts";
import type { Assignment, AssignmentFile } from "../../../scan/assign/types.ts";
import { assignmentsText } from "../../../scan/report/text.ts";
import { loadAssignments, saveAssignments } from "../../../scan/store/assignment-store.ts";
import { ExitCode, VpatchError } from "../errors.ts";
import { formatTable } from "../terminal/table.ts";
import { assignmentsPath, emit, modeOf, reporting, type ScanOptions, writeText } from "./scan-context.ts";
import { performScan } from "./scan-run.ts";

interface StateOptions {
  state: string;
}

export async function listCommand(options: StateOptions & { format: string }): Promise<void> {
  await reporting(() => {
    const { file, problem } = loadAssignments(assignmentsPath(options.state), new Date());
    if (problem) process.stderr.write(`note: ${problem}\n`);
    const text =
      options.format === "json" ? JSON.stringify(file, null, 1) : assignmentsText(file.assignments, formatTable);
    emit(text, undefined);
  });
}

export async function applyCommand(
  options: ScanOptions & { policyOutput?: string; rulesOutput?: string },
): Promise<void> {
  await reporting(async () => {
    const { assignments, report, used } = await performScan(options, true);
    const policy = enginePolicy(assignments);
    if (options.policyOutput !== undefined) writeText(options.policyOutput, `${JSON.stringify(policy, null, 1)}\n`);
    if (options.rulesOutput !== undefined) {
      const { text, missing } = renderRules(policy, used.rules);
      writeText(options.rulesOutput, text);
      if (missing.length > 0) {
        const sids = missing.map(({ sid }) => sid).join(", ");
        process.stderr.write(`note: no rule file has ${sids}: give the files of the bundle's rules with --rules\n`);
      }
    }
    const { rules } = report.summary;
    for (const problem of report.problems) process.stderr.write(`note: ${problem}\n`);
    emit(
      `${rules.applied} applied, ${rules.retiring} retiring, ${rules.recommended} recommended, ${rules.retired} retired`,
      undefined,
    );
  });
}

function sidOf(text: string): string {
  const match = /^(?:(\d+):)?(\d+)$/.exec(text);
  if (!match) {
    throw new VpatchError("VPATCH_USAGE", `${text} is no signature id (SID or GID:SID)`, { exitCode: ExitCode.Usage });
  }
  return `${match[1] ?? 1}:${match[2]}`;
}

export async function explainCommand(sid: string, options: StateOptions): Promise<void> {
  await reporting(() => {
    const key = sidOf(sid);
    const { file } = loadAssignments(assignmentsPath(options.state), new Date());
    emit(explain(file, key), undefined);
  });
}

function explain(file: AssignmentFile, key: string): string {
  const same = ({ gid, sid }: { gid: number; sid: number }): boolean => `${gid}:${sid}` === key;
  const assignment = file.assignments.find(same);
  if (assignment) {
    const { state, mode, reason, since, proofs, ports, companionOf } = assignment;
    return [
      `${key} ${assignment.msg}`,
      `${state} (${mode}) since ${since}: ${reason}`,
      ...(companionOf ? [`needed by ${companionOf.join(", ")}`] : []),
      ...(ports ? Object.entries(ports).map(([name, list]) => `$${name} narrowed to ${list.join(", ")}`) : []),
      ...proofs.map(
        (proof) =>
          `  ${proof.purl} -> ${proof.cve}: ${proof.evidence} (${proof.verdict}, confidence ${proof.confidence}, ${proof.exposure})`,
      ),
    ].join("\n");
  }
  const skip = file.skipped.find(same);
  if (skip) return `${key} ${skip.msg}\nnot chosen, although it covers ${skip.cves.join(", ")}: ${skip.reason}`;
  return `${key}: the last scan found nothing on this host that this rule covers`;
}

export async function pinCommand(
  sid: string,
  options: StateOptions & { mode: string; note: string; remove?: boolean },
): Promise<void> {
  await change(options, (file) => {
    const key = sidOf(sid);
    if (options.remove) delete file.pins[key];
    else file.pins[key] = { mode: modeOf(options.mode), note: options.note };
    delete file.suppressions[key];
    const assignment = file.assignments.find((each) => `${each.gid}:${each.sid}` === key);
    if (assignment) {
      assignment.origin = options.remove ? "scan" : "pin";
      if (!options.remove) assignment.state = "applied";
    } else if (!options.remove)
      process.stderr.write(`note: ${key} takes effect with the next scan that finds its CVE\n`);
  });
}

/** In force although no scan found anything that it covers. */
function _pinned(key: string, mode: Assignment["mode"], note: string): Assignment {
  const [gid = 1, sid = 0] = key.split(":").map(Number);
  const since = new Date().toISOString();
  const plain = { rev: 0, msg: "", proofs: [], cleanScans: 0, urgency: 0, since, changed: since };
  return { gid, sid, ...plain, state: "applied", mode, origin: "pin", reason: note };
}

export async function suppressCommand(
  sid: string,
  options: StateOptions & { note: string; remove?: boolean },
): Promise<void> {
  await change(options, (file) => {
    const key = sidOf(sid);
    if (options.remove) delete file.suppressions[key];
    else file.suppressions[key] = options.note;
    delete file.pins[key];
    const assignment = file.assignments.find((each) => `${each.gid}:${each.sid}` === key);
    if (assignment) assignment.state = options.remove ? "recommended" : "suppressed";
  });
}

async function change(options: StateOptions, edit: (file: AssignmentFile) => void): Promise<void> {
  await reporting(() => {
    const path = assignmentsPath(options.state);
    const { file } = loadAssignments(path, new Date());
    edit(file);
    saveAssignments(path, file);
  });
}
