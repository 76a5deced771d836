/**
 * The scan inside a running agent: at the start, on a schedule, and when packages change. Whoever runs the engine is told the
 * new assignments only when what is in force changed, and swaps the rules.
 */
import { type FSWatcher, watch } from "node:fs";
import { type EnginePolicy, enginePolicy } from "../../../scan/assign/policy.ts";
import type { AssignmentFile } from "../../../scan/assign/types.ts";

/** Folders whose content changes when packages are installed, upgraded or removed. */
export const packageFolders = ["/var/lib/dpkg", "/var/lib/rpm", "/usr/lib/sysimage/rpm", "/lib/apk/db"] as const;

export interface ScanServiceOptions {
  /** Seconds between scans. */
  interval: number;
  /** Folders to watch; those that do not exist are passed over. */
  folders?: readonly string[];
  /** Milliseconds without a further change before a changed folder is scanned: an upgrade writes many times. */
  settle?: number;
  /** Scans and stores; the assignments that follow. */
  scan: () => Promise<AssignmentFile>;
  /** Puts a policy in force. If it throws, the one before stays in force and is tried again at the next scan. */
  apply: (policy: EnginePolicy, assignments: AssignmentFile) => Promise<void> | void;
  /** Told of every scan or apply that failed; the service goes on. */
  onError: (error: unknown) => void;
}

export class ScanService {
  readonly #options: ScanServiceOptions;
  readonly #watchers: FSWatcher[] = [];
  #timer: NodeJS.Timeout | undefined;
  #settling: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #again = false;
  #inForce: string | undefined;

  constructor(options: ScanServiceOptions) {
    this.#options = options;
  }

  /** Scans once, then goes on until `stop`. */
  async start(): Promise<void> {
    const { interval, folders = packageFolders } = this.#options;
    for (const folder of folders) this.#watch(folder);
    this.#timer = setInterval(() => void this.scanNow(), interval * 1000);
    await this.scanNow();
  }

  /** Waits for a scan under way. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    clearTimeout(this.#settling);
    for (const watcher of this.#watchers) watcher.close();
    this.#again = false;
    await this.#running;
  }

  /** One scan at a time; asked for during a scan, another follows. */
  async scanNow(): Promise<void> {
    if (this.#running) {
      this.#again = true;
      return this.#running;
    }
    this.#running = this.#scanUntilQuiet();
    await this.#running;
  }

  async #scanUntilQuiet(): Promise<void> {
    try {
      do {
        this.#again = false;
        await this.#scanOnce();
      } while (this.#again);
    } finally {
      this.#running = undefined;
    }
  }

  async #scanOnce(): Promise<void> {
    const { scan, apply, onError } = this.#options;
    try {
      const assignments = await scan();
      const policy = enginePolicy(assignments);
      const rules = JSON.stringify(policy.rules);
      if (rules === this.#inForce) return;
      await apply(policy, assignments);
      this.#inForce = rules;
    } catch (error) {
      onError(error);
    }
  }

  #watch(folder: string): void {
    const { settle = 10_000, onError } = this.#options;
    try {
      const watcher = watch(folder, () => {
        clearTimeout(this.#settling);
        this.#settling = setTimeout(() => void this.scanNow(), settle);
      });
      watcher.on("error", onError);
      this.#watchers.push(watcher);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") onError(error);
    }
  }
}
