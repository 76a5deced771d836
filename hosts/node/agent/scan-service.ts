/**
 * The scan inside a running agent: at the start, on a schedule, and when packages change. Whoever runs the engine is told the
 * new assignments only when what is in force changed, and swaps the rules.
 */
import { type FSWatcher, watch } from "node:fs";

/** Folders whose content changes when packages are installed, upgraded or removed. */
export const packageFolders = ["/var/lib/dpkg", "/var/lib/rpm", "/usr/lib/sysimage/rpm", "/lib/apk/db"] as const;

/** What a scan found that is to be in force, as a text: the same text, the same rules. */
export interface Scanned {
  inForce: string;
}

export interface ScanServiceOptions<Outcome extends Scanned> {
  /** Seconds between scans. */
  interval: number;
  /** Folders to watch; those that do not exist are passed over. */
  folders?: readonly string[];
  /** Milliseconds without a further change before a changed folder is scanned: an upgrade writes many times. */
  settle?: number;
  /** Scans and stores the assignments that follow. */
  scan: () => Promise<Outcome>;
  /** Puts what was found in force. If it throws, what was before stays in force and is tried again at the next scan. */
  apply: (outcome: Outcome) => Promise<void> | void;
  /** Told of every scan or apply that failed; the service goes on. */
  onError: (error: unknown) => void;
}

export class ScanService<Outcome extends Scanned> {
  readonly #options: ScanServiceOptions<Outcome>;
  readonly #watchers: FSWatcher[] = [];
  #timer: NodeJS.Timeout | undefined;
  #settling: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #again = false;
  #inForce: string | undefined;

  /** @param inForce what a scan before this start has put in force, if that is known */
  constructor(options: ScanServiceOptions<Outcome>, inForce?: string) {
    this.#options = options;
    this.#inForce = inForce;
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
      const outcome = await scan();
      if (outcome.inForce === this.#inForce) return;
      await apply(outcome);
      this.#inForce = outcome.inForce;
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
