/**
 * The self-test: a marked, harmless datagram goes out of every protected interface, as EICAR's file goes through a scanner. The engine must see
 * it, and in prevention block it. What is not seen is not protected, whatever everything else says.
 */
import type { Mode } from "../engine/settings.ts";
import type { Sighting } from "./event-log.ts";

/** Number of the self-test's signature (signatures/self-test.rules). */
export const SELF_TEST_SID = 9_199_999;

/** The datagram's payload; signatures/self-test.rules matches its beginning. */
export const SELF_TEST_PAYLOAD = "VPATCH-SELF-TEST-SIGNATURE: this is no attack, but the test of a protection.\n";

/** Addresses for documentation (RFC 6676), which nobody listens to; the discard port. */
export const SELF_TEST_TARGETS = { ipv4: "233.252.0.1", ipv6: "ff02::db8:0:1" } as const;
export const SELF_TEST_PORT = 9;

/** A datagram that was sent. */
export interface Probe {
  sourcePort: number;
  /** Whether it was seen to leave the machine; `undefined` when nobody can tell. */
  left(): boolean | undefined;
  close(): void;
}

export interface SelfTestResult {
  /** `passed`, or what is wrong. */
  result: "passed" | "failed";
  mode: Mode;
  detail: string;
  /** Milliseconds since 1970. */
  time: number;
  /** Milliseconds from the datagram to its verdict. */
  took?: number;
}

export interface SelfTestOptions {
  interfaces: readonly string[];
  /** Milliseconds after which a datagram not seen counts as missed. */
  timeout: number;
  mode: () => Mode;
  /** Sends the datagram out of an interface. */
  send: (networkInterface: string) => Promise<Probe>;
}

interface Waiting {
  sourcePort: number;
  resolve: (sighting: Sighting) => void;
}

export class SelfTest {
  readonly #options: SelfTestOptions;
  readonly #waiting = new Set<Waiting>();
  #running: Promise<SelfTestResult> | undefined;

  constructor(options: SelfTestOptions) {
    this.#options = options;
  }

  /** The engine saw a datagram of a self-test. */
  sighted(sighting: Sighting): void {
    for (const waiting of this.#waiting) if (waiting.sourcePort === sighting.sourcePort) waiting.resolve(sighting);
  }

  /** Tests every interface, one after another. Asked for during a test, that test's result. */
  run(): Promise<SelfTestResult> {
    this.#running ??= this.#testAll().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #testAll(): Promise<SelfTestResult> {
    const mode = this.#options.mode();
    const start = performance.now();
    const problems: string[] = [];
    for (const each of this.#options.interfaces) {
      const problem = await this.#test(each, mode);
      if (problem !== undefined) problems.push(`${each}: ${problem}`);
    }
    const took = Math.round(performance.now() - start);
    const time = Date.now();
    if (problems.length > 0) return { result: "failed", mode, detail: problems.join("; "), time };
    const seen = mode === "prevent" ? "seen and blocked" : "seen";
    return { result: "passed", mode, detail: `${seen} on ${this.#options.interfaces.join(", ")}`, time, took };
  }

  /** What is wrong with an interface. */
  async #test(networkInterface: string, mode: Mode): Promise<string | undefined> {
    let probe: Probe;
    try {
      probe = await this.#options.send(networkInterface);
    } catch (error) {
      return `the test datagram could not be sent (${(error as Error).message})`;
    }
    try {
      const sighting = await this.#wait(probe.sourcePort);
      if (sighting === undefined) return "the test datagram was not seen";
      if (mode === "prevent" && !sighting.blocked) return "the test datagram was seen, but not blocked";
      if (mode === "prevent" && probe.left()) return "the test datagram was to be blocked, but left the machine";
      return undefined;
    } finally {
      probe.close();
    }
  }

  #wait(sourcePort: number): Promise<Sighting | undefined> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => finish(undefined), this.#options.timeout);
      const waiting: Waiting = { sourcePort, resolve: (sighting) => finish(sighting) };
      const finish = (sighting: Sighting | undefined): void => {
        clearTimeout(timer);
        this.#waiting.delete(waiting);
        resolve(sighting);
      };
      this.#waiting.add(waiting);
    });
  }
}
