/** The recommended scan of this host as a service: what an agent starts beside its engine. */

import { renderRules } from "../../../scan/assign/policy.ts";
import { bundleFor, type ScanOptions } from "../commands/scan-context.ts";
import { performScan } from "../commands/scan-run.ts";
import type { RuleSource } from "../rules/files.ts";
import { ScanService } from "./scan-service.ts";

export interface RecommendedScan {
  /** As the options of `vpatch recommend apply`. */
  scan: ScanOptions;
  /** Seconds between scans. */
  interval: number;
  /**
   * Puts these rules in force: compile them and load the database between two batches. If it throws, what was in force stays.
   */
  apply: (rules: RuleSource) => Promise<void> | void;
  onError: (error: unknown) => void;
}

/** Not yet started: `start()` scans once and applies, then goes on. */
export function recommendedScan({ scan, interval, apply, onError }: RecommendedScan): ScanService {
  return new ScanService({
    interval,
    onError,
    scan: async () => (await performScan(scan, true)).assignments,
    apply: (policy) => {
      const { text, missing } = renderRules(policy, bundleFor(scan, new Date()).rules);
      for (const { gid, sid } of missing) onError(new Error(`rule ${gid}:${sid} is assigned, but no rule file has it`));
      return apply({ file: "assigned.rules", text });
    },
  });
}
