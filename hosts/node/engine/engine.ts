/**
 * The engine: an instance of the core with its configuration. Write frames, inspect them in one call, read verdicts and events.
 *
 * Rhythm: `write` until it returns false or there is nothing more, `inspect`, read the verdicts, and again. Events reach `onEvent` during
 * `inspect` and `finish`, as views into the core's memory that hold only within the call.
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { Verdict } from "../../../assembly/abi/codes.ts";
import { Counter } from "../../../assembly/abi/counters.ts";
import { EventFlag, EventType, FRAME_GROUPS, FrameFlag, FrameGroups } from "../../../assembly/abi/frames.ts";
import { Setting } from "../../../assembly/abi/settings.ts";
import { defaultConfiguration } from "../config/configuration.ts";
import type { Configuration } from "../config/schema/root.ts";
import { fileError, VpatchError } from "../errors.ts";
import type { EveContext } from "../eve/format.ts";
import { EventView } from "../eve/record.ts";
import type { RuleDescription } from "../eve/rules.ts";
import { FrameBatch } from "./batch.ts";
import { type CoreBinary, type CoreExports, coreBinary, instantiateCore } from "./core.ts";
import { type ProtocolCosts, type RuleCosts, readProtocolCosts, readRuleCosts } from "./costs.ts";
import { readRuleDescriptions } from "./database.ts";
import { type Mode, writeSettings } from "./settings.ts";
import { withSimulatedFaults } from "./simulated_faults.ts";

/** What an engine is made of. */
export interface EngineOptions {
  /** `detect` (the default) lets every frame by and reports; `prevent` gives verdicts. */
  mode?: Mode;
  /** From `readConfiguration` or `makeConfiguration`; left out: the defaults. */
  config?: Configuration;
  /** Called for every event of the core. The view holds only within the call. */
  onEvent?: (event: EventView) => void;
  /** Called with the event records of a call where they lie in the core's memory, for a host that reads them elsewhere. Holds within the call. */
  onRecords?: (records: Uint8Array) => void;
  /** The core to use; left out: the build of this package that the machine can run. */
  core?: CoreBinary;
  /** Sees every batch before and after the core: it keeps frames as evidence. */
  recorder?: FrameRecorder;
  /** The core's settings table itself, as evidence keeps it, instead of what `config` and `mode` make of it. */
  settings?: Uint32Array;
}

/** What keeps frames as evidence (hosts/node/evidence). */
export interface FrameRecorder {
  /** A core was made: its flows begin anew. */
  opened(): void;
  loaded(database: Uint8Array): void;
  /** During `inspect` and `finish`; the view holds only within the call. */
  event(event: EventView, engine: Engine): void;
  /** The batch as it was written, with the verdicts given. */
  batch(engine: Engine, frames: readonly RecordedFrame[]): void;
  finished(engine: Engine): void;
}

/** A frame with the verdict it got; none when the core stopped before it had one. */
export interface RecordedFrame extends FrameInput {
  number: number;
  verdict?: number;
}

/** No verdict yet: what a frame record holds until the core has decided. */
const UNDECIDED = 0xff;

/**
 * The core stopped in the middle of a call: a defect of ours. Its instance must not be used any more (hosts/node/engine/containment.ts
 * makes another), but its memory still holds the batch.
 */
export class CoreTrap extends VpatchError {
  /** Frames of the batch that have their verdict; the next one stopped the core. All of them when no frame did. */
  readonly decided: number;

  constructor(decided: number, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super("VPATCH_ENGINE", `the core stopped: ${reason}`, {
      remedy: "report this with the frames that caused it",
      cause,
    });
    this.decided = decided;
  }
}

/** A frame for the engine. */
export interface FrameInput {
  data: Uint8Array;
  /** Link type as in captures (1 is Ethernet). */
  linkType: number;
  /** Microseconds since 1970. */
  timestamp: number;
  /** The host's number of the frame (`pcap_cnt`); left out: counted from 1. */
  number?: number;
  /** Length on the wire, when the capture cut the frame. */
  wireLength?: number;
  /** Checksums were left to the network card: do not check them. */
  partialChecksum?: boolean;
  /** The frame leaves the machine. */
  egress?: boolean;
}

/** A frame that the core made, to be sent: the answer to a rejected one. */
export interface EngineReply {
  /** Index in its batch of the frame it answers. */
  index: number;
  /** The frame: `lead` bytes of the link layer (0 when that cannot be made again), then an IP packet. */
  data: Uint8Array;
  lead: number;
  /** It goes where the frame was going; otherwise back to its sender. */
  onward: boolean;
}

/** What inspects frames: an {@link Engine}, or one that survives its core (containment.ts). */
export interface InspectionEngine {
  readonly mode: Mode;
  readonly config: Configuration;
  readonly rules: readonly RuleDescription[];
  readonly eve: EveContext;
  load(database: Uint8Array, file?: string): void;
  write(frame: FrameInput): boolean;
  inspect(): Uint8Array;
  frame(index: number): Uint8Array;
  advance(now: number): void;
  finish(): void;
  counters(): BigUint64Array;
  readonly replies: readonly EngineReply[];
}

/** A core in memory, configured. */
export class Engine implements InspectionEngine {
  /** Changed by `setMode`. */
  mode: Mode;
  readonly config: Configuration;
  /** The core in use: its build and digest. */
  readonly binary: CoreBinary;
  /** The core's settings, as they are in force. */
  settings: Uint32Array;
  /** Frames written straight into the core's memory, as drivers do; `write` copies into it. */
  readonly batch: FrameBatch;
  /** What is known of the rules in force, by index. */
  rules: readonly RuleDescription[] = [];
  private readonly core: CoreExports;
  private readonly answers: EngineReply[] = [];
  private readonly onEvent: ((event: EventView) => void) | undefined;
  private readonly onRecords: ((records: Uint8Array) => void) | undefined;
  private readonly recorder: FrameRecorder | undefined;
  private readonly verdictBytes: Uint8Array;
  private readonly event = new EventView();
  private frameNumber = 0;

  /** @throws VpatchError when the configuration needs more memory than there is, or a setting has no meaning in this mode */
  constructor(options: EngineOptions = {}) {
    this.mode = options.mode ?? "detect";
    this.config = options.config ?? defaultConfiguration();
    this.onEvent = options.onEvent;
    this.onRecords = options.onRecords;
    this.recorder = options.recorder;
    this.recorder?.opened();
    this.binary = options.core ?? coreBinary();
    const core = withSimulatedFaults(instantiateCore(this.binary), this.config);
    const table = new Uint32Array(core.memory.buffer, core.settings_address(), Setting.COUNT);
    if (options.settings) table.set(options.settings.subarray(0, Setting.COUNT));
    else writeSettings(this.config, this.mode, table);
    this.settings = table.slice();
    if (core.configure() !== 1) {
      throw new VpatchError("VPATCH_ENGINE", "the core cannot have the memory its configuration asks for", {
        remedy: "lower the sizes under vpatch.capacity",
      });
    }
    this.core = core;
    const { buffer } = core.memory;
    const slots = this.settings[Setting.FrameSlots]!;
    this.batch = new FrameBatch({
      memory: buffer,
      records: core.slots_address(),
      slots,
      area: core.frames_address(),
      areaBytes: this.settings[Setting.FrameBytes]!,
    });
    this.verdictBytes = new Uint8Array(buffer, core.verdicts_address(), slots);
  }

  /**
   * Adopts a database between two batches; flows keep their state.
   * @param describe whether `rules` is read from it; a data path that hands its event records on has no use for descriptions
   * @throws VpatchError when it is damaged, of another version or too large; the one before stays in force
   */
  load(database: Uint8Array, file?: string, describe = true): void {
    const place = this.placeFor(database.length, file);
    place.set(database);
    this.adopt(place, file, describe);
    this.recorder?.loaded(database);
  }

  /** Adopts the database of a file, which is read to where the core wants it: no other copy is made. @throws VpatchError as `load` */
  loadFile(file: string): void {
    let place: Uint8Array;
    try {
      const fd = openSync(file, "r");
      try {
        this.placeFor(fstatSync(fd).size, file);
        place = this.placeFor(this.settings[Setting.DatabaseBytes]!, file);
        let length = 0;
        for (let read = 1; read > 0 && length < place.length; length += read)
          read = readSync(fd, place, length, place.length - length, null);
        place = place.subarray(0, length);
      } finally {
        closeSync(fd);
      }
    } catch (cause) {
      throw fileError(cause, file);
    }
    this.adopt(place, file, true);
    this.recorder?.loaded(place.slice());
  }

  /** Where the core wants a database of `length` bytes. */
  private placeFor(length: number, file: string | undefined): Uint8Array {
    const room = this.settings[Setting.DatabaseBytes]!;
    if (length <= room) return this.batch.bytes.subarray(this.core.database_address()).subarray(0, length);
    throw new VpatchError("VPATCH_DATABASE", `the database has ${length} bytes, there is room for ${room}`, {
      ...(file === undefined ? {} : { location: { file } }),
      remedy: "raise vpatch.capacity.database-bytes",
    });
  }

  private adopt(database: Uint8Array, file: string | undefined, describe: boolean): void {
    const rules = describe ? readRuleDescriptions(database, file) : this.rules;
    const refused = this.core.load(database.length);
    if (refused !== 0) {
      throw new VpatchError("VPATCH_DATABASE", `the database is damaged (check ${refused} failed)`, {
        ...(file === undefined ? {} : { location: { file } }),
        remedy: "compile the rules again",
      });
    }
    this.rules = rules;
  }

  /** Adds a frame to the batch. False: the batch is full, `inspect` first. @throws RangeError when no batch could hold it */
  write(frame: FrameInput): boolean {
    const { data } = frame;
    const { batch } = this;
    const address = batch.take(data.length);
    if (address === 0) {
      if (batch.fits(data.length)) return false;
      throw new RangeError(`a frame of ${data.length} bytes does not fit into vpatch.capacity.frame-bytes`);
    }
    batch.bytes.set(data, address);
    this.frameNumber = frame.number ?? this.frameNumber + 1;
    const flags = (frame.partialChecksum ? FrameFlag.PartialChecksum : 0) | (frame.egress ? FrameFlag.Egress : 0);
    const wireLength = Math.max(frame.wireLength ?? data.length, data.length);
    batch.place(address, data.length, frame.timestamp, this.frameNumber, frame.linkType, flags, wireLength);
    return true;
  }

  /**
   * Changes between detection and prevention, between two batches; flows keep their state. The core takes the new settings over with a
   * database: `database` is the one in force.
   * @throws VpatchError when the configuration has no meaning in this mode; the one before stays in force
   */
  setMode(mode: Mode, database: Uint8Array): void {
    const table = new Uint32Array(this.core.memory.buffer, this.core.settings_address(), Setting.COUNT);
    const { settings } = this;
    try {
      writeSettings(this.config, mode, table);
      this.settings = table.slice();
      this.load(database, undefined, false);
      this.mode = mode;
    } catch (error) {
      table.set(settings);
      this.settings = settings;
      throw error;
    }
  }

  /**
   * Inspects the batch.
   * @returns a verdict a frame (`Verdict`), in the order written; a view that holds until the next `write`
   * @throws CoreTrap when the core stops: the verdicts of the frames it decided are in `verdicts`, the frames in `frame`
   */
  inspect(): Uint8Array {
    const { count } = this.batch;
    this.verdictBytes.fill(UNDECIDED, 0, count);
    this.answers.length = 0;
    // Before the core: it may rewrite them.
    const inputs = this.recorder ? Array.from({ length: count }, (_, index) => this.input(index)) : [];
    try {
      this.inspectBatch(count);
    } finally {
      this.recorder?.batch(
        this,
        inputs.map((input, index) => {
          const verdict = this.verdictBytes[index];
          return verdict === UNDECIDED || verdict === undefined ? input : { ...input, verdict };
        }),
      );
    }
    this.batch.reset();
    return this.verdictBytes.subarray(0, count);
  }

  private inspectBatch(count: number): void {
    for (let first = 0; first < count; ) {
      const done = this.contained(() => this.core.inspect(first, count - first));
      if (done === 0 && this.core.events_used() === 0) {
        throw new VpatchError("VPATCH_ENGINE", "the core inspected no frame of a batch", {
          remedy: "raise vpatch.capacity.event-bytes",
        });
      }
      first += done;
      this.drain();
    }
  }

  /** Frames to send: the answers to the rejected frames of the last batch, in order. */
  get replies(): readonly EngineReply[] {
    return this.answers;
  }

  /** The verdicts of the batch as far as they are decided. */
  get verdicts(): Uint8Array {
    return this.verdictBytes;
  }

  /** The bytes of a frame of the last batch as the core left them (`Verdict.Modified`: rewritten). */
  frame(index: number): Uint8Array {
    return this.batch.frame(index);
  }

  /** What a frame of the last batch belongs to (`FrameGroups`), as far as it was inspected. */
  groups(index: number): bigint[] {
    const address = this.core.groups_address() + index * FrameGroups.size;
    const groups = new BigUint64Array(this.core.memory.buffer, address, FRAME_GROUPS);
    return [...groups].filter((group) => group !== 0n);
  }

  /** Frames written since the last `inspect`. */
  get pending(): number {
    return this.batch.count;
  }

  /** A copy of a frame of the batch as it was written. */
  input(index: number): RecordedFrame {
    const { batch } = this;
    const flags = batch.flags(index);
    return {
      data: this.frame(index).slice(),
      linkType: batch.linkType(index),
      timestamp: batch.timestamp(index),
      number: batch.number(index),
      wireLength: batch.wireLength(index),
      partialChecksum: (flags & FrameFlag.PartialChecksum) !== 0,
      egress: (flags & FrameFlag.Egress) !== 0,
    };
  }

  /** Lets time go on without a frame: flows time out. @param now microseconds since 1970 */
  advance(now: number): void {
    while (this.contained(() => this.core.advance(BigInt(now))) !== 0) this.drain();
    this.drain();
    this.recorder?.finished(this);
  }

  /** Ends every flow, as at the end of a capture: what is still to be inspected or reported is. */
  finish(): void {
    while (this.contained(() => this.core.finish()) !== 0) this.drain();
    this.drain();
    this.recorder?.finished(this);
  }

  /** Bytes of memory the core has carved: all it will ever use. */
  get memory(): number {
    return this.core.memory_reserved();
  }

  /** What `formatEvent` needs to write this engine's events. */
  get eve(): EveContext {
    return { options: this.config.outputs, rules: this.rules, prevent: this.mode === "prevent" };
  }

  /** The counters, a copy, by `Counter`. */
  counters(): BigUint64Array {
    const view = new BigUint64Array(this.core.memory.buffer, this.core.counters_address(), Counter.COUNT);
    return view.slice();
  }

  /** What each rule in force cost so far. */
  ruleCosts(): RuleCosts[] {
    return readRuleCosts(new DataView(this.core.memory.buffer), this.core.rule_costs_address(), this.rules.length);
  }

  /** What the packets of each application protocol cost so far. */
  protocolCosts(): ProtocolCosts[] {
    return readProtocolCosts(new DataView(this.core.memory.buffer), this.core.protocol_costs_address());
  }

  /** Calls into the core. What it reported before it stopped still reaches `onEvent`. @throws CoreTrap */
  private contained(call: () => number): number {
    try {
      return call();
    } catch (cause) {
      const undecided = this.verdictBytes.subarray(0, this.batch.count).indexOf(UNDECIDED);
      this.drain();
      throw new CoreTrap(undecided < 0 ? this.batch.count : undecided, cause);
    }
  }

  private reply(): EngineReply {
    const { event, batch } = this;
    let index = 0;
    while (index < batch.count && batch.number(index) !== event.frame) index++;
    return { index, data: event.body.slice(), lead: event.lead, onward: (event.flags & EventFlag.Onward) !== 0 };
  }

  private drain(): void {
    const length = this.core.events_used();
    const address = this.core.events_address();
    if (length > 0) this.onRecords?.(this.batch.bytes.subarray(address, address + length));
    if (length > 0) {
      const area = new DataView(this.batch.memory, address, length);
      for (let at = 0; at < length; ) {
        at += this.event.set(area, at);
        if (this.event.type === EventType.Reply) this.answers.push(this.reply());
        else {
          this.recorder?.event(this.event, this);
          this.onEvent?.(this.event);
        }
      }
    }
    this.core.drain_events();
  }
}

/** Whether a verdict lets the frame by. */
export function isPassed(verdict: number): boolean {
  return verdict === Verdict.Pass || verdict === Verdict.Modified;
}
