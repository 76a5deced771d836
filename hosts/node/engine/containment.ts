/**
 * Containment: an engine that outlives a stop of the core. The instance is made anew from the same database and configuration; until the
 * core has decided again, frames get what the failure policy says; a core that stops again and again is left alone for a while.
 *
 * The core forgets its flows when it stops. Flows that were open then are taken up as `stream.midstream` and its policy say.
 */
import { Verdict } from "../../../assembly/abi/codes.ts";
import type { Configuration } from "../config/schema/root.ts";
import { VpatchError } from "../errors.ts";
import type { EveContext } from "../eve/format.ts";
import type { RuleDescription } from "../eve/rules.ts";
import { type CrashLoop, CrashLoopDetector } from "./crash-loop.ts";
import {
  CoreTrap,
  Engine,
  type EngineOptions,
  type EngineReply,
  type FrameInput,
  type InspectionEngine,
  type RecordedFrame,
} from "./engine.ts";
import type { Mode } from "./settings.ts";

/** What frames get that the core did not decide: `open` lets them by, `closed` drops them (in prevention; detection never drops). */
export type FailurePolicy = "open" | "closed";

export interface ContainmentOptions extends EngineOptions {
  failure: FailurePolicy;
  /** A core in a crash loop is left alone for as long. Left out: 3 stops in 60 seconds. */
  crashLoop?: CrashLoop;
  /** Called for every stop, before the batch is answered: the place to keep its frames as evidence. */
  onCrash?: (crash: Crash) => void;
  /** The host's clock in milliseconds; left out: `Date.now`. */
  now?: () => number;
}

/** A frame of the batch that stopped the core; without a verdict when the failure policy decided. */
export type CrashFrame = RecordedFrame;

/** One stop of the core. */
export interface Crash {
  /** Milliseconds since 1970, by the host's clock. */
  time: number;
  /** What the core's engine said. */
  reason: string;
  /** The batch, copied. */
  frames: readonly CrashFrame[];
  /** Index of the frame that was being inspected; absent when flows were ending. */
  culprit?: number;
  /** What that frame belongs to (`FrameGroups`), as far as the core had found out. */
  groups: readonly bigint[];
  /** Stops within the time of the crash loop, this one included. */
  recent: number;
  /** This stop made it a crash loop. */
  loop: boolean;
}

/** `running`; `failed`: a crash loop, every frame gets the failure policy until `retry`. */
export interface ContainmentStatus {
  state: "running" | "failed";
  /** Stops since the start. */
  crashes: number;
  last?: Crash;
  /** Milliseconds since 1970: when a failed core is tried again. */
  retry?: number;
}

/** The crash loop of a core, unless an option says otherwise. */
export const CORE_CRASH_LOOP: CrashLoop = { crashes: 3, seconds: 60 };

/** An engine that survives the core. */
export class ContainedEngine implements InspectionEngine {
  private readonly options: ContainmentOptions;
  private readonly loop: CrashLoopDetector;
  private readonly now: () => number;
  private readonly prototype: Pick<Engine, "mode" | "config" | "settings" | "binary">;
  private engine: Engine | undefined;
  private database: { bytes: Uint8Array; file: string | undefined } | undefined;
  private retry: number | undefined;
  private lastCrash: Crash | undefined;
  /** The batch, in case the core is not there to hold it. */
  private batch: FrameInput[] = [];
  private answered: readonly FrameInput[] = [];
  private lastRules: readonly RuleDescription[] = [];
  private base: BigUint64Array | undefined;

  /** @throws VpatchError as `Engine` does */
  constructor(options: ContainmentOptions) {
    this.options = options;
    this.loop = new CrashLoopDetector(options.crashLoop ?? CORE_CRASH_LOOP);
    this.now = options.now ?? Date.now;
    this.engine = new Engine(options);
    const { mode, config, settings, binary } = this.engine;
    this.prototype = { mode, config, settings, binary };
  }

  get mode(): Mode {
    return this.prototype.mode;
  }

  get config(): Configuration {
    return this.prototype.config;
  }

  get settings(): Uint32Array {
    return this.prototype.settings;
  }

  get binary(): Engine["binary"] {
    return this.prototype.binary;
  }

  get rules(): readonly RuleDescription[] {
    return this.engine?.rules ?? this.lastRules;
  }

  get eve(): EveContext {
    return { options: this.config.outputs, rules: this.rules, prevent: this.mode === "prevent" };
  }

  get replies(): readonly EngineReply[] {
    return this.engine?.replies ?? [];
  }

  get status(): ContainmentStatus {
    return {
      state: this.retry === undefined ? "running" : "failed",
      crashes: this.loop.count,
      ...(this.lastCrash ? { last: this.lastCrash } : {}),
      ...(this.retry === undefined ? {} : { retry: this.retry }),
    };
  }

  /** Adopts a database; the core is made anew with it after every stop. A failed core is tried again at once. @throws VpatchError */
  load(database: Uint8Array, file?: string): void {
    this.retry = undefined;
    this.loop.forget();
    const engine = this.running() ?? this.restart();
    engine.load(database, file);
    this.database = { bytes: database.slice(), file };
    this.lastRules = engine.rules;
  }

  write(frame: FrameInput): boolean {
    const engine = this.running();
    if (engine) return engine.write(frame);
    if (this.batch.length >= this.config.vpatch.capacity.frames) return false;
    this.batch.push({ ...frame, data: frame.data.slice() });
    return true;
  }

  inspect(): Uint8Array {
    this.answered = [];
    if (!this.engine) {
      const verdicts = new Uint8Array(this.batch.length).fill(this.failureVerdict);
      this.answered = this.batch;
      this.batch = [];
      return verdicts;
    }
    const { engine } = this;
    const count = engine.pending;
    try {
      return engine.inspect();
    } catch (error) {
      if (!(error instanceof CoreTrap)) throw error;
      const verdicts = engine.verdicts.slice(0, count).fill(this.failureVerdict, error.decided);
      const frames = Array.from({ length: count }, (_, index): CrashFrame => {
        const frame = engine.input(index);
        return index < error.decided ? { ...frame, verdict: verdicts[index]! } : frame;
      });
      this.answered = frames;
      this.crashed(error, frames, engine.groups(error.decided));
      return verdicts;
    }
  }

  frame(index: number): Uint8Array {
    return this.answered[index]?.data ?? this.engine?.frame(index) ?? new Uint8Array();
  }

  advance(now: number): void {
    this.guard((engine) => engine.advance(now));
  }

  finish(): void {
    this.guard((engine) => engine.finish());
  }

  /** The counters since the start, over all instances. */
  counters(): BigUint64Array {
    const counters = this.engine?.counters() ?? new BigUint64Array(this.base?.length ?? 0);
    this.base?.forEach((value, index) => {
      counters[index] = (counters[index] ?? 0n) + value;
    });
    return counters;
  }

  private get failureVerdict(): Verdict {
    return this.options.failure === "closed" && this.mode === "prevent" ? Verdict.Drop : Verdict.Pass;
  }

  private guard(call: (engine: Engine) => void): void {
    const engine = this.running();
    if (!engine) return;
    try {
      call(engine);
    } catch (error) {
      if (!(error instanceof CoreTrap)) throw error;
      this.crashed(error, [], []);
    }
  }

  /** The engine, made anew when it stopped and may be tried again. */
  private running(): Engine | undefined {
    if (this.engine) return this.engine;
    if (this.retry !== undefined) {
      if (this.now() < this.retry || this.batch.length > 0) return undefined;
      this.retry = undefined;
      this.loop.forget();
    }
    if (this.batch.length > 0) return undefined;
    try {
      return this.restart();
    } catch (error) {
      // No memory for another instance now: the failure policy holds on.
      if (!(error instanceof VpatchError)) throw error;
      this.retry = this.now() + this.loop.window;
      return undefined;
    }
  }

  private restart(): Engine {
    const engine = new Engine({ ...this.options, config: this.config, settings: this.settings });
    if (this.database) engine.load(this.database.bytes, this.database.file);
    this.engine = engine;
    return engine;
  }

  private crashed(trap: CoreTrap, frames: readonly CrashFrame[], groups: readonly bigint[]): void {
    const time = this.now();
    this.lastRules = this.rules;
    this.base = this.counters();
    this.engine = undefined;
    const { recent, loop } = this.loop.stopped(time);
    if (loop) this.retry = time + this.loop.window;
    const crash: Crash = {
      time,
      reason: trap.message,
      frames,
      groups,
      recent,
      loop,
      ...(trap.decided < frames.length ? { culprit: trap.decided } : {}),
    };
    this.lastCrash = crash;
    this.options.onCrash?.(crash);
  }
}
