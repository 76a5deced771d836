/**
 * The data path as the main thread sees it: the workers of a capture, their commands, their events, their numbers.
 *
 * A worker that fails is started again with the rules then in force, while the capture's failure policy decides about its traffic.
 */
import { setFlagsFromString } from "node:v8";
import { Counter } from "../../../assembly/abi/counters.ts";
import { EventType } from "../../../assembly/abi/frames.ts";
import type { Configuration } from "../config/schema/root.ts";
import type { Capture, CaptureStats, DriverStats } from "../driver/driver.ts";
import type { Mode } from "../engine/settings.ts";
import { VpatchError } from "../errors.ts";
import { EventView } from "../eve/record.ts";
import type { NamedEvidence } from "../evidence/crash.ts";
import { type Command, type KeptEvidence, SHARE_BYTES, Share } from "./messages.ts";
import { SharedDatabase } from "./shared-database.ts";
import { WorkerThread } from "./worker-thread.ts";

/** Events of one batch; call `forEach` while handling it. */
export interface EventBatch {
  /** The generation of the database whose rules the records number. */
  generation: number;
  mode: Mode;
  worker: number;
  records: Uint8Array;
  /** Evidence of some of them. */
  evidence: readonly KeptEvidence[];
}

export interface DataPathOptions {
  capture: Capture;
  mode: Mode;
  config: Configuration;
  database: Uint8Array;
  /** Names the database in event batches; raise it with every `adopt`. */
  generation: number;
  onEvents: (batch: EventBatch) => void;
  /** A worker failed, or its core stopped and left the frames that did it as evidence; it goes on with another. */
  onFailure: (error: VpatchError, worker: number, evidence?: NamedEvidence) => void;
}

/** Numbers of the whole data path. */
export interface DataPathStats extends DriverStats, CaptureStats {
  batches: number;
  /** Event records, and evidence, that were lost because `onEvents` did not keep up. */
  eventsLost: number;
  evidenceLost: number;
  /** Milliseconds since the slowest worker's last turn. */
  quiet: number;
  /** Longest time a batch took since the last call, microseconds. */
  longestBatch: number;
  /** How often workers were started again. */
  restarts: number;
  /** Frames of each worker that runs. */
  perWorker: number[];
}

/** Milliseconds before a failed worker is started again; doubled with each failure in a row, at most `RESTART_MOST`. */
const RESTART_FIRST = 100;
const RESTART_MOST = 10_000;
/**
 * Flags of V8: the core is compiled as a whole when a worker starts, and optimized as a whole right behind that (0.3 s of processor time), not
 * piece by piece while the first thousand connections wait for the processors that this takes. And a worker collects what little garbage it
 * has alone: threads that would help it have a lower priority than it.
 */
const ENGINE_FLAGS = ["--no-wasm-lazy-compilation", "--no-wasm-dynamic-tiering", "--no-parallel-scavenge"];
/** Milliseconds between two looks at the workers, and looks without a sign of life after which one is replaced. */
const LOOK_EVERY = 500;
const HUNG = 6;
/** Milliseconds an orderly stop may take a worker. */
const STOP_PATIENCE = 2000;

/** Reads the records of a batch one after another. The view holds within the call. */
export function forEachEvent({ records }: EventBatch, visit: (event: EventView) => void): void {
  const view = new DataView(records.buffer, records.byteOffset, records.length);
  const event = new EventView();
  for (let at = 0; at < records.length; ) {
    at += event.set(view, at);
    // Answers to rejected frames were sent by the worker.
    if (event.type !== EventType.Reply) visit(event);
  }
}

export class DataPath {
  private readonly options: Omit<DataPathOptions, "database">;
  private mode: Mode;
  private readonly database: SharedDatabase;
  private generation: number;
  private readonly threads: WorkerThread[] = [];
  /** Counters of workers that are gone. */
  private readonly past = new BigInt64Array(SHARE_BYTES / 8);
  private readonly timers = new Set<NodeJS.Timeout>();
  private looking: NodeJS.Timeout | undefined;
  private restarts = 0;
  private stopping = false;

  constructor({ database, ...options }: DataPathOptions) {
    this.options = options;
    this.mode = options.mode;
    this.database = new SharedDatabase(database);
    this.generation = options.generation;
  }

  /** Starts the workers; when all are ready, traffic is diverted. @throws VpatchError when one cannot start; nothing runs then */
  async start(): Promise<void> {
    const { capture } = this.options;
    for (const flag of ENGINE_FLAGS) setFlagsFromString(flag);
    for (let index = 0; index < capture.queues.length; index++) this.threads[index] = this.spawn(index);
    try {
      await Promise.all(this.threads.map(({ ready }) => ready));
    } catch (error) {
      await this.end();
      throw error;
    }
    for (const [index, thread] of this.threads.entries()) this.watch(index, thread);
    this.looking = setInterval(() => this.look(), LOOK_EVERY);
    capture.engage();
  }

  /** Puts a database in force in every worker, between two batches. @throws VpatchError when it is refused; the one before stays */
  async adopt(database: Uint8Array, generation: number): Promise<void> {
    const offer = this.database.offer(database);
    await this.commandAll((id) => ({ type: "adopt", id, database: offer, generation }));
    this.database.replace(offer);
    this.generation = generation;
  }

  /** Changes the mode in every worker, between two batches; flows go on. */
  async setMode(mode: Mode): Promise<void> {
    await this.commandAll((id) => ({ type: "mode", id, mode }));
    this.mode = mode;
  }

  /** Ends the diversion, lets the workers finish, removes the capture. Never throws. */
  async stop(): Promise<void> {
    if (this.stopping) return;
    await this.end();
  }

  /** The core's counters, summed over the workers. */
  counters(): BigUint64Array {
    const sums = new BigUint64Array(Counter.COUNT);
    for (let index = 0; index < sums.length; index++) sums[index] = BigInt.asUintN(64, this.sum(Share.COUNT + index));
    return sums;
  }

  /** Milliseconds since the slowest worker's last turn. */
  quiet(): number {
    const now = process.hrtime.bigint();
    let quiet = 0;
    for (const { share } of this.threads) {
      const alive = share[Share.Alive]!;
      if (alive > 0n) quiet = Math.max(quiet, Number(now - alive) / 1e6);
    }
    return quiet;
  }

  stats(): DataPathStats {
    const read = (field: Share): number => Number(this.sum(field));
    const system = this.options.capture.stats();
    let longest = 0;
    for (const { share } of this.threads) {
      longest = Math.max(longest, Number(share[Share.LongestBatch]!) / 1000);
      share[Share.LongestBatch] = 0n;
    }
    return {
      frames: read(Share.Frames),
      bytes: read(Share.Bytes),
      passed: read(Share.Passed),
      dropped: read(Share.Dropped),
      rejected: read(Share.Rejected),
      modified: read(Share.Modified),
      errors: read(Share.Errors),
      oversized: read(Share.Oversized),
      batches: read(Share.Batches),
      eventsLost: read(Share.EventsLost),
      evidenceLost: read(Share.EvidenceLost),
      quiet: this.quiet(),
      longestBatch: longest,
      restarts: this.restarts,
      perWorker: this.threads.map(({ share }) => Number(share[Share.Frames]!)),
      bypassed: system.bypassed,
      lost: read(Share.Lost) + system.lost,
    };
  }

  private sum(field: number): bigint {
    let total = this.past[field]!;
    for (const { share } of this.threads) total += share[field]!;
    return total;
  }

  private spawn(index: number): WorkerThread {
    const { capture, config, onEvents, onFailure } = this.options;
    const { mode, generation } = this;
    const thread: WorkerThread = new WorkerThread(
      { plan: capture.queues[index]!, mode, config, database: this.database.inForce, generation },
      {
        events: (report) => onEvents({ ...report, worker: index }),
        coreStopped: (error, evidence) => onFailure(error, index, evidence),
        failed: (error) => {
          if (!this.stopping && this.watched.has(thread)) onFailure(error, index);
        },
      },
    );
    return thread;
  }

  private readonly watched = new WeakSet<WorkerThread>();

  /** Starts the worker again when it ends unasked. */
  private watch(index: number, thread: WorkerThread, failures = 0): void {
    this.watched.add(thread);
    void thread.ended.then(() => {
      if (this.stopping) return;
      thread.fail(new VpatchError("VPATCH_ENGINE", "a data-path worker ended"));
      for (let field = 0; field < this.past.length; field++)
        this.past[field] = this.past[field]! + thread.share[field]!;
      thread.share.fill(0n);
      const row = Date.now() - thread.started > 60_000 ? 0 : failures;
      const timer = setTimeout(
        () => {
          this.timers.delete(timer);
          if (this.stopping) return;
          this.restarts++;
          const next = this.spawn(index);
          this.threads[index] = next;
          this.watch(index, next, row + 1);
        },
        Math.min(RESTART_MOST, RESTART_FIRST * 2 ** row),
      );
      this.timers.add(timer);
    });
  }

  /** A worker that hangs is replaced. Its traffic gets `failure.freeze` until then, `failure.crash` until the next one is there. */
  private look(): void {
    for (const thread of this.threads) {
      if (thread.quietLooks() !== HUNG) continue;
      const seconds = (HUNG * LOOK_EVERY) / 1000;
      thread.kill(new VpatchError("VPATCH_ENGINE", `a data-path worker gave no sign of life for ${seconds} s`));
    }
  }

  /** Sends every worker a command; done when all have answered. */
  private async commandAll(make: (id: number) => Command): Promise<void> {
    await Promise.all(this.threads.map((_, index) => this.command(index, make)));
  }

  private async command(index: number, make: (id: number) => Command): Promise<void> {
    await this.threads[index]!.command(make, () => this.options.capture.wake(index));
  }

  private async end(): Promise<void> {
    this.stopping = true;
    clearInterval(this.looking);
    for (const timer of this.timers) clearTimeout(timer);
    this.options.capture.disengage();
    const ended = this.threads.map(async (thread, index) => {
      this.command(index, (id) => ({ type: "stop", id })).catch(() => undefined);
      const late = new VpatchError("VPATCH_ENGINE", "a data-path worker does not stop");
      const timer = setTimeout(() => thread.kill(late), STOP_PATIENCE);
      await thread.ended;
      clearTimeout(timer);
      thread.fail(late);
    });
    await Promise.all(ended);
    this.options.capture.close();
  }
}
