/**
 * The core of a worker, which outlives a stop of the core (a defect of ours): frames it had not decided get what `failure.crash` says, and an
 * instance is made anew with the same rules. A core that stops again and again is left alone for a while; frames get that verdict meanwhile.
 *
 * containment.ts does the same for hosts that copy frames; here they lie in the core's memory, which stays readable after a stop.
 */
import { Verdict } from "../../../assembly/abi/codes.ts";
import type { Configuration } from "../config/schema/root.ts";
import type { Failure } from "../driver/driver.ts";
import type { FrameBatch } from "../engine/batch.ts";
import { CORE_CRASH_LOOP, type Crash, type CrashFrame } from "../engine/containment.ts";
import type { CoreBinary } from "../engine/core.ts";
import { CrashLoopDetector } from "../engine/crash-loop.ts";
import { CoreTrap, Engine } from "../engine/engine.ts";
import type { Mode } from "../engine/settings.ts";
import { VpatchError } from "../errors.ts";
import { crashEvidence, type NamedEvidence } from "../evidence/crash.ts";
import { databaseDigest, partiesOf } from "../evidence/digest.ts";
import type { EvidenceRecorder } from "../evidence/recorder.ts";

export interface ContainedCoreOptions {
  mode: Mode;
  config: Configuration;
  database: Uint8Array;
  /** What undecided frames get, in prevention. */
  failure: Failure;
  onRecords: (records: Uint8Array) => void;
  /** The core stopped; `evidence` are the frames that did it. */
  onStop: (error: VpatchError, evidence: NamedEvidence) => void;
  /** Keeps frames as evidence. */
  recorder?: EvidenceRecorder;
  /** Left out: the build of this package that the machine can run. */
  core?: CoreBinary;
}

export class ContainedCore {
  private readonly options: Omit<ContainedCoreOptions, "database">;
  private database: Uint8Array;
  private engine: Engine;
  /** The instance has stopped: it must not be called, only its memory is used. */
  private stopped = false;
  private readonly loop = new CrashLoopDetector(CORE_CRASH_LOOP);
  /** A stopped core is made anew from then on, milliseconds. */
  private retry = 0;
  /** Counters of instances that are gone. */
  private past: BigUint64Array | undefined;

  constructor({ database, ...options }: ContainedCoreOptions) {
    this.options = options;
    this.database = database;
    this.engine = this.make(options.mode);
  }

  get mode(): Mode {
    return this.engine.mode;
  }

  /** Where the next frames go. */
  get batch(): FrameBatch {
    return this.engine.batch;
  }

  /** The answers to the rejected frames of the batch just inspected. */
  get replies(): Engine["replies"] {
    return this.stopped ? [] : this.engine.replies;
  }

  /** @throws VpatchError when the database is refused; the one before stays in force */
  load(database: Uint8Array): void {
    if (this.stopped) this.revive(this.mode, database);
    else this.engine.load(database, undefined, false);
    this.database = database;
  }

  setMode(mode: Mode): void {
    if (this.stopped) this.revive(mode, this.database);
    else this.engine.setMode(mode, this.database);
  }

  /** A verdict a frame of the batch. The frames stay readable in `batch`, as it was before the call, until the next batch is begun. */
  inspect(): Uint8Array {
    const { count } = this.batch;
    const { engine } = this;
    if (this.stopped) {
      this.batch.reset();
      return new Uint8Array(count).fill(this.failureVerdict);
    }
    try {
      return engine.inspect();
    } catch (error) {
      if (!(error instanceof CoreTrap)) throw error;
      const { decided } = error;
      const verdicts = engine.verdicts.slice(0, count).fill(this.failureVerdict, decided);
      const frames = Array.from({ length: count }, (_, index): CrashFrame => {
        const frame = engine.input(index);
        return index < decided ? { ...frame, verdict: verdicts[index]! } : frame;
      });
      this.noteStop(error, frames, engine.groups(decided));
      this.batch.reset();
      return verdicts;
    }
  }

  /** Between two batches: lets time go on, and makes a stopped core anew when its time has come. @param now microseconds since 1970 */
  advance(now: number): void {
    this.guard((engine) => engine.advance(now));
  }

  /** Makes a stopped core anew, unless it is in a crash loop. Called with no frame under way. */
  recover(): void {
    if (!this.stopped || Date.now() < this.retry) return;
    try {
      this.revive(this.mode, this.database);
    } catch (error) {
      if (!(error instanceof VpatchError)) throw error;
      this.retry = Date.now() + this.loop.window;
    }
  }

  finish(): void {
    this.guard((engine) => engine.finish());
  }

  counters(): BigUint64Array {
    const counters = this.engine.counters();
    this.past?.forEach((value, index) => {
      counters[index] = counters[index]! + value;
    });
    return counters;
  }

  private get failureVerdict(): Verdict {
    return this.options.failure === "closed" && this.mode === "prevent" ? Verdict.Drop : Verdict.Pass;
  }

  private make(mode: Mode, database = this.database): Engine {
    const { config, onRecords, core, recorder } = this.options;
    const engine = new Engine({
      mode,
      config,
      onRecords,
      ...(core === undefined ? {} : { core }),
      ...(recorder === undefined ? {} : { recorder }),
    });
    engine.load(database, undefined, false);
    return engine;
  }

  private revive(mode: Mode, database: Uint8Array): void {
    const engine = this.make(mode, database);
    this.past = this.counters();
    this.engine = engine;
    this.stopped = false;
  }

  private guard(call: (engine: Engine) => void): void {
    if (this.stopped) return;
    try {
      call(this.engine);
    } catch (error) {
      this.noteStop(error);
    }
  }

  private noteStop(error: unknown, frames: readonly CrashFrame[] = [], groups: readonly bigint[] = []): void {
    if (!(error instanceof CoreTrap)) throw error;
    const { options, engine } = this;
    const time = Date.now();
    this.stopped = true;
    const { recent, loop } = this.loop.stopped(time);
    this.retry = loop ? time + this.loop.window : 0;
    const { message: reason, decided } = error;
    const culprit = decided < frames.length ? { culprit: decided } : {};
    const parties = partiesOf(engine, databaseDigest(this.database), time);
    const crash: Crash = { time, reason, frames, groups, recent, loop, ...culprit };
    options.onStop(error, crashEvidence(crash, parties, options.recorder));
  }
}
