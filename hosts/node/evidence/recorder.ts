/**
 * Keeps the frames of every open flow within a bound and writes evidence of alerts and drops.
 *
 * Given to an engine (`EngineOptions.recorder`) it sees every batch before and after the core; a flow keeps its first and its last frames when
 * it is longer than its bound, and flows that were quiet longest give way when all of them together are beyond theirs.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { EventType, GroupKind } from "../../../assembly/abi/frames.ts";
import type { Engine, FrameRecorder } from "../engine/engine.ts";
import { RuleReader } from "../engine/rule_records.ts";
import { fileError } from "../errors.ts";
import type { EventView } from "../eve/record.ts";
import type { RuleDescription } from "../eve/rules.ts";
import {
  EVIDENCE_VERSION,
  type EvidenceEvent,
  type EvidenceFrame,
  type EvidenceManifest,
  writeEvidence,
} from "./container.ts";
import { crossFlowState } from "./dependencies.ts";
import { configurationDigest, databaseDigest, engineDigest } from "./digest.ts";

export interface RecorderOptions {
  /** Folder for the files; made when it is not there. */
  folder: string;
  /** Bytes of frames one flow keeps. */
  flowBytes?: number;
  /** Bytes of frames all flows keep. */
  totalBytes?: number;
  /** Files written at most; later evidence is counted in `omitted`. */
  files?: number;
  /** Called for each file written. */
  onEvidence?: (file: string, event: EvidenceEvent) => void;
  /** The host's clock in milliseconds; left out: `Date.now`. */
  now?: () => number;
}

const FLOW_BYTES = 1 << 20;
const TOTAL_BYTES = 64 << 20;
const MAX_FILES = 10_000;
/** What a frame costs besides its bytes. */
const OVERHEAD = 128;
/** Events of a flow that are told at most. */
const MAX_EVENTS = 100;
const KIND_SHIFT = 56n;
const ID_MASK = (1n << KIND_SHIFT) - 1n;

/** The frames of one flow, or of one datagram's fragments. */
interface Log {
  head: EvidenceFrame[];
  tail: EvidenceFrame[];
  links: Set<bigint>;
  bytes: number;
  headBytes: number;
  missing: number;
  events: EvidenceEvent[];
  written: Set<string>;
  /** The database that was in force when it began. */
  generation: number;
}

interface Pending {
  flow: bigint;
  event: EvidenceEvent;
  rule: number | undefined;
}

export class EvidenceRecorder implements FrameRecorder {
  /** Evidence not written because `files` was reached. */
  omitted = 0;
  private readonly options: Required<Omit<RecorderOptions, "onEvidence">> & Pick<RecorderOptions, "onEvidence">;
  private readonly logs = new Map<bigint, Log>();
  private readonly recorded = new WeakMap<EvidenceFrame, number>();
  private sequence = 0;
  private bytes = 0;
  private pending: Pending[] = [];
  private database: Uint8Array = new Uint8Array();
  private digests: Pick<EvidenceManifest, "database"> | undefined;
  private generation = 0;
  private files = 0;

  /** @throws VpatchError when the folder cannot be made */
  constructor(options: RecorderOptions) {
    this.options = {
      flowBytes: FLOW_BYTES,
      totalBytes: TOTAL_BYTES,
      files: MAX_FILES,
      now: Date.now,
      ...options,
    };
    try {
      mkdirSync(options.folder, { recursive: true });
    } catch (cause) {
      throw fileError(cause, options.folder);
    }
  }

  /** A core without flows: what is kept are flows of one that is gone. */
  opened(): void {
    this.logs.clear();
    this.bytes = 0;
    this.pending = [];
  }

  /** The engine adopted a database. */
  loaded(database: Uint8Array): void {
    this.database = database;
    this.digests = undefined;
    this.generation++;
  }

  /** An event of the core, during `inspect` or `finish`. */
  event(view: EventView, { rules }: Engine): void {
    if ((view.type !== EventType.Alert && view.type !== EventType.Drop) || view.flow === 0n) return;
    const { sid = 0, gid = 1, rev = 0, msg = "" } = this.describe(view.rule, rules);
    const event: EvidenceEvent = evidenceEvent(view, { sid, gid, rev, msg });
    this.pending.push({ flow: view.flow, event, rule: view.rule });
  }

  /** A batch after the core: frames as they came, what each belongs to, its verdict (absent: the core stopped before it). */
  batch(engine: Engine, frames: readonly EvidenceFrame[]): void {
    for (const [index, frame] of frames.entries()) {
      this.sequence++;
      this.recorded.set(frame, this.sequence);
      this.keep(frame, engine.groups(index));
      this.settle(engine, frame.number);
    }
    this.settle(engine);
  }

  /** The engine ended every flow. */
  finished(engine: Engine): void {
    this.settle(engine);
  }

  /** The frames of the conversations a frame belongs to, in the order they came. */
  framesOf(groups: readonly bigint[]): { frames: EvidenceFrame[]; missing: number } {
    const logs = new Set<Log>();
    for (const group of groups) this.collect(group, logs);
    const frames = new Set([...logs].flatMap(({ head, tail }) => [...head, ...tail]));
    const order = (frame: EvidenceFrame): number => this.recorded.get(frame) ?? 0;
    return {
      frames: [...frames].sort((a, b) => order(a) - order(b)),
      missing: [...logs].reduce((sum, { missing }) => sum + missing, 0),
    };
  }

  /** A data path without descriptions has at least the numbers of the database. */
  private describe(rule: number | undefined, rules: readonly RuleDescription[]): Partial<RuleDescription> {
    if (rule === undefined) return {};
    return rules[rule] ?? new RuleReader(this.database).rule(rule);
  }

  private collect(group: bigint, into: Set<Log>): void {
    const parent = group >> KIND_SHIFT === BigInt(GroupKind.Parent);
    const log = this.logs.get(parent ? flowGroup(group & ID_MASK) : group);
    if (!log || into.has(log)) return;
    into.add(log);
    for (const link of log.links) this.collect(link, into);
  }

  private keep(frame: EvidenceFrame, groups: readonly bigint[]): void {
    const kindOf = (group: bigint): number => Number(group >> KIND_SHIFT);
    for (const group of groups) {
      if (kindOf(group) === GroupKind.Parent) continue;
      const log = this.log(group);
      if (kindOf(group) === GroupKind.Flow) {
        for (const other of groups) if (kindOf(other) !== GroupKind.Flow) log.links.add(other);
      }
      this.append(log, frame);
    }
    while (this.bytes > this.options.totalBytes) {
      const oldest = this.logs.keys().next();
      if (oldest.done) break;
      this.drop(oldest.value);
    }
  }

  /** The log of a group, the newest of all from now on. */
  private log(group: bigint): Log {
    const log = this.logs.get(group) ?? {
      head: [],
      tail: [],
      links: new Set(),
      bytes: 0,
      headBytes: 0,
      missing: 0,
      events: [],
      written: new Set(),
      generation: this.generation,
    };
    this.logs.delete(group);
    this.logs.set(group, log);
    return log;
  }

  private append(log: Log, frame: EvidenceFrame): void {
    const { flowBytes } = this.options;
    const size = frame.data.length + OVERHEAD;
    const toHead = log.tail.length === 0 && log.headBytes + size <= flowBytes / 2;
    (toHead ? log.head : log.tail).push(frame);
    if (toHead) log.headBytes += size;
    log.bytes += size;
    this.bytes += size;
    while (log.bytes > flowBytes && log.tail.length > 1) {
      const gone = log.tail.shift()!.data.length + OVERHEAD;
      log.bytes -= gone;
      this.bytes -= gone;
      log.missing++;
    }
  }

  private drop(group: bigint): void {
    const log = this.logs.get(group);
    this.logs.delete(group);
    if (log) this.bytes -= log.bytes;
  }

  /** Writes the evidence of what happened in frame `number`; without a number, of all that is left. */
  private settle(engine: Engine, number?: number): void {
    if (this.pending.length === 0) return;
    const due = this.pending.filter(({ event }) => number === undefined || event.frame === number);
    if (due.length === 0) return;
    this.pending = this.pending.filter((each) => !due.includes(each));
    for (const { flow, event } of due) {
      const { events } = this.log(flowGroup(flow));
      if (events.length < MAX_EVENTS) events.push(event);
    }
    for (const each of due) this.write(engine, each);
  }

  private write(engine: Engine, { flow, event, rule }: Pending): void {
    const log = this.log(flowGroup(flow));
    // One file a rule and flow, and one for a drop that no rule asked for; the drops that follow in the flow tell nothing new.
    const name = event.type === "alert" ? `${event.gid}:${event.sid}` : "drop";
    if (log.written.has(name) || (event.type === "drop" && log.written.size > 0)) return;
    log.written.add(name);
    if (this.files >= this.options.files) {
      this.omitted++;
      return;
    }
    this.files++;
    const { frames, missing } = this.framesOf([flowGroup(flow)]);
    const limits = rule === undefined ? [] : crossFlowState(this.database, rule);
    if (missing > 0) limits.push(`${missing} frames of the flow did not fit into the bound of the evidence`);
    if (log.generation !== this.generation) limits.push("the database was replaced while the flow was open");
    const text = rule === undefined ? undefined : engine.rules[rule]?.text;
    const manifest: EvidenceManifest = {
      ...this.parties(engine),
      kind: event.type,
      timestamp: event.timestamp,
      event,
      events: log.events,
      missing,
      limits,
      ...(text === undefined ? {} : { rule: text }),
    };
    const stamp = new Date(event.timestamp / 1000).toISOString().replaceAll(/[-:]/g, "");
    const file = join(this.options.folder, `${stamp}-${flow}-${event.sid || "drop"}.pcapng`);
    writeEvidence(file, { manifest, frames });
    this.options.onEvidence?.(file, event);
  }

  /** The members every manifest has. */
  parties(
    engine: Pick<Engine, "binary" | "settings">,
  ): Pick<EvidenceManifest, "vpatch-evidence" | "written" | "engine" | "database" | "configuration"> {
    this.digests ??= { database: databaseDigest(this.database) };
    return {
      "vpatch-evidence": EVIDENCE_VERSION,
      written: new Date(this.options.now()).toISOString(),
      engine: engineDigest(engine.binary),
      database: this.digests.database,
      configuration: configurationDigest(engine.settings),
    };
  }
}

function flowGroup(id: bigint): bigint {
  return (BigInt(GroupKind.Flow) << KIND_SHIFT) | (id & ID_MASK);
}

/** An event without what hangs on the rest of the traffic: flow ids. */
export function evidenceEvent(
  view: EventView,
  rule: Pick<EvidenceEvent, "sid" | "gid" | "rev" | "msg">,
): EvidenceEvent {
  return {
    type: view.type === EventType.Alert ? "alert" : "drop",
    frame: view.frame,
    timestamp: view.timestamp,
    ...rule,
    action: view.action,
    packetAction: view.packetAction,
    reason: view.reason,
    flags: view.flags,
    ...(view.txId === undefined ? {} : { tx: String(view.txId) }),
  };
}
