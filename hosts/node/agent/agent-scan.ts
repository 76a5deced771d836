/** The recommended scan inside an agent: on schedule and on package changes; what changed is put in force, and told. */

import { join } from "node:path";
import type { ScanOptions } from "../commands/scan-context.ts";
import type { Configuration } from "../config/schema/root.ts";
import { runTask } from "./child-task.ts";
import { packageFolders, ScanService } from "./scan-service.ts";
import type { ScanOutcome } from "./scan-task.ts";
import type { ScanStatus } from "./status.ts";

export interface AgentScanOptions {
  config: Configuration;
  /** Compiles and puts in force what is assigned now. */
  reload: () => Promise<unknown>;
  /** Told of what becomes of assignments. */
  report: (type: "assigned" | "retired" | "suppressed" | "scan", body: object) => void;
  onError: (message: string) => void;
}

export class AgentScan {
  readonly #service: ScanService<ScanOutcome>;
  readonly #abort = new AbortController();
  #last: string | undefined;
  #outcome: ScanOutcome | undefined;
  #running = false;
  #problem: string | undefined;

  constructor({ config, reload, report, onError }: AgentScanOptions) {
    const { scan } = config.vpatch;
    const options = scanOptions(config);
    this.#service = new ScanService<ScanOutcome>({
      interval: scan.interval,
      settle: scan.settle,
      folders: packageFolders.map((folder) => join(scan.root, folder)),
      scan: async () => {
        this.#running = true;
        try {
          const outcome = await runTask("scan", { options }, this.#abort.signal);
          this.#outcome = outcome;
          this.#last = new Date().toISOString();
          this.#problem = undefined;
          for (const { change, ...body } of outcome.changes) report(change, body);
          report("scan", { ...outcome.summary, problems: outcome.problems });
          return outcome;
        } finally {
          this.#running = false;
        }
      },
      apply: async () => {
        await reload();
      },
      onError: (error) => {
        if (this.#abort.signal.aborted) return;
        this.#problem = error instanceof Error ? error.message : String(error);
        onError(this.#problem);
      },
    });
  }

  get status(): ScanStatus {
    return {
      ...(this.#last === undefined ? {} : { last: this.#last }),
      running: this.#running,
      ...(this.#outcome ? { summary: this.#outcome.summary } : {}),
      problems: [...(this.#problem === undefined ? [] : [this.#problem]), ...(this.#outcome?.problems ?? [])],
    };
  }

  start(): Promise<void> {
    return this.#service.start();
  }

  scanNow(): Promise<void> {
    return this.#service.scanNow();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#service.stop();
  }
}

/** The agent's settings as the options of `vpatch scan`. Rules are assigned to block; whether they do, the agent's mode decides. */
function scanOptions({ vpatch }: Configuration): ScanOptions {
  const { scan } = vpatch;
  return {
    root: scan.root,
    walk: scan.walk,
    state: vpatch["state-dir"],
    mode: scan.mode === "agent" ? "prevent" : scan.mode,
    minConfidence: scan["min-confidence"],
    recommendOnly: !scan.apply,
    disabledRules: scan["disabled-rules"],
    ...(scan["rule-files"].length > 0 ? { rules: [...scan["rule-files"]] } : {}),
  };
}
