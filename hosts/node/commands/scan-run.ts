/** `vpatch scan`. */

import type { Inventory } from "../../../scan/inventory/types.ts";
import { reportText } from "../../../scan/report/text.ts";
import { runScan, type ScanResult } from "../../../scan/run.ts";
import { loadAssignments, saveAssignments } from "../../../scan/store/assignment-store.ts";
import type { BundleInForce } from "../../../scan/store/bundle-store.ts";
import { ExitCode, VpatchError } from "../errors.ts";
import type { RuleSource } from "../rules/files.ts";
import { formatTable } from "../terminal/table.ts";
import {
  assignmentsPath,
  bundleFor,
  emit,
  inventoryOf,
  policyOf,
  reporting,
  type ScanOptions,
} from "./scan-context.ts";

const formats = ["table", "json", "vex", "sbom", "inventory"];

export interface Scanned extends ScanResult {
  inventory: Inventory;
  used: BundleInForce & { rules: RuleSource[] };
}

/** Collects, matches and decides; stores the assignments if `store` is set. */
export async function performScan(options: ScanOptions, store: boolean): Promise<Scanned> {
  const now = new Date();
  const policy = policyOf(options);
  const used = bundleFor(options, now);
  const path = assignmentsPath(options.state);
  const previous = loadAssignments(path, now);
  const inventory = await inventoryOf(options);
  const problems = [used.problem, previous.problem].filter((each) => each !== undefined);
  // A damaged state or bundle is no ground to retire anything.
  for (const detail of problems)
    inventory.collectors.push({ name: "state", root: "/", state: "failed", items: 0, detail });
  const { bundle, manifest } = used;
  const result = runScan({ inventory, bundle, manifest, previous: previous.file, policy, now });
  if (store) saveAssignments(path, result.assignments);
  return { ...result, inventory, used };
}

export async function scanCommand(
  options: ScanOptions & { format: string; output?: string; apply?: boolean },
): Promise<void> {
  await reporting(async () => {
    if (!formats.includes(options.format)) {
      const message = `--format ${options.format} is none of ${formats.join(", ")}`;
      throw new VpatchError("VPATCH_USAGE", message, { exitCode: ExitCode.Usage });
    }
    if (options.format === "inventory" || options.format === "sbom") {
      const inventory = await inventoryOf(options);
      if (options.format === "inventory") return emit(JSON.stringify(inventory, null, 1), options.output);
      const { inventoryBom } = await import("../../../scan/report/cyclonedx.ts");
      return emit(inventoryBom(inventory), options.output);
    }
    const scanned = await performScan(options, options.apply ?? false);
    const { report } = scanned;
    if (options.format === "json") return emit(JSON.stringify(report, null, 1), options.output);
    if (options.format === "table") return emit(reportText(report, formatTable), options.output);
    const { findingsVex } = await import("../../../scan/report/cyclonedx.ts");
    emit(findingsVex({ ...scanned, bundle: scanned.used.bundle }), options.output);
  });
}
