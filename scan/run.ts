/** One scan, from an inventory to the next assignments and the report about them. Pure. */
import { defaultPolicy, type ScanPolicy } from "./assign/eligibility.ts";
import { selectRules } from "./assign/select.ts";
import { nextAssignments } from "./assign/transition.ts";
import type { AssignmentFile } from "./assign/types.ts";
import type { Bundle, Manifest } from "./bundle/types.ts";
import type { Inventory } from "./inventory/types.ts";
import type { Finding } from "./match/finding.ts";
import { matchInventory } from "./match/match.ts";
import { reportOf, type ScanReport } from "./report/report.ts";

export interface ScanInput {
  inventory: Inventory;
  bundle: Bundle;
  manifest: Manifest;
  previous: AssignmentFile;
  policy?: ScanPolicy;
  now: Date;
  /** What went wrong before: a bundle or a state passed over. It stands in the report. */
  problems?: readonly string[];
}

export interface ScanResult {
  findings: Finding[];
  assignments: AssignmentFile;
  report: ScanReport;
}

export function runScan(input: ScanInput): ScanResult {
  const { inventory, bundle, manifest, previous, now } = input;
  const findings = matchInventory(inventory, bundle);
  const selection = selectRules(inventory, findings, bundle, input.policy ?? defaultPolicy);
  const outcome = { inventory, findings, selection, bundleSerial: manifest.serial, now };
  const assignments = nextAssignments(previous, outcome);
  const report = reportOf({ inventory, bundle, manifest, findings, assignments, now, problems: input.problems ?? [] });
  return { findings, assignments, report };
}
