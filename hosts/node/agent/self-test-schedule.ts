/** When the self-test runs: at the start, then ever again; after a failure sooner. One lost datagram is no failure yet. */
import type { Sighting } from "./event-log.ts";
import { SelfTest, type SelfTestOptions, type SelfTestResult } from "./self-test.ts";

export interface SelfTestScheduleOptions extends Omit<SelfTestOptions, "timeout"> {
  settings: { readonly enabled: boolean; readonly interval: number; readonly timeout: number };
  /** Told of every result. */
  report: (result: SelfTestResult) => void;
}

const ATTEMPTS = 3;
/** Seconds until the next test after a failed one, at most. */
const SOON = 15;

export class SelfTestSchedule {
  /** The last result; `undefined` before the first. */
  selfTest: (SelfTestResult & { runs: number; failures: number }) | undefined;
  readonly #options: SelfTestScheduleOptions;
  readonly #test: SelfTest;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: SelfTestScheduleOptions) {
    this.#options = options;
    this.#test = new SelfTest({ ...options, timeout: options.settings.timeout });
  }

  sighted(sighting: Sighting): void {
    this.#test.sighted(sighting);
  }

  /** Tests once, and goes on. */
  async start(): Promise<void> {
    if (this.#options.settings.enabled && !this.#stopped) await this.run();
  }

  async run(): Promise<SelfTestResult> {
    clearTimeout(this.#timer);
    let result = await this.#test.run();
    for (let attempt = 1; attempt < ATTEMPTS && result.result === "failed" && !this.#stopped; attempt++)
      result = await this.#test.run();
    const { runs = 0, failures = 0 } = this.selfTest ?? {};
    const failed = result.result === "failed";
    if (this.#stopped) return result;
    this.selfTest = { ...result, runs: runs + 1, failures: failures + (failed ? 1 : 0) };
    this.#options.report(result);
    const { enabled, interval } = this.#options.settings;
    clearTimeout(this.#timer);
    if (enabled)
      this.#timer = setTimeout(() => void this.run(), Math.max(1, failed ? Math.min(SOON, interval) : interval) * 1000);
    return result;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }
}
