/**
 * Keeps the frames of every open flow within a bound and makes evidence of alerts and drops, as files or for a host that writes them.
 *
 * Given to an engine (`EngineOptions.recorder`) it sees every batch before and after the core; a flow keeps its first and its last frames when
 * it is longer than its bound, and flows that were quiet longest give way when all of them together are beyond theirs.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DropReason } from "../../../assembly/abi/codes.ts";
import { EventType, GroupKind } from "../../../assembly/abi/frames.ts";
import type { Engine, FrameRecorder } from "../engine/engine.ts";
import { RuleReader } from "../engine/rule_records.ts";
import { fileError } from "../errors.ts";
import type { EventView } from "../eve/record.ts";
import type { RuleDescription } from "../eve/rules.ts";
import {
  type Evidence,
  type EvidenceEvent,
  type EvidenceFrame,
  type EvidenceManifest,
  evidenceName,
  writeEvidence,
} from "./container.ts";
import { crossFlowState } from "./dependencies.ts";
import { databaseDigest, type EvidenceParties, partiesOf } from "./digest.ts";

/** Evidence of one event, to be kept. */
export interface Finding {
  /** Name of its file. */
  name: string;
  /** The event it is about, and the flow and rule (an index) of its record. */
  event: EvidenceEvent;
  flow: bigint;
  rule: number | undefined;
  /** Makes the evidence, which takes longer than noting it: a data path does so when its verdicts are given. */
  make: () => Evidence;
}

export interface RecorderOptions {
  /** Folder for the files; made when it is not there. Left out: `keep` is called instead. */
  folder?: string;
  /** Called for each finding, during the engine's call. */
  keep?: (finding: Finding) => void;
  /** Whether an event leaves evidence of its own; left out: each does. */
  accepts?: (event: EvidenceEvent) => boolean;
  /** Bytes of frames one flow keeps. */
  flowBytes?: number;
  /** Bytes of frames all flows keep. */
  totalBytes?: number;
  /** Files written to `folder` at most; later evidence is counted in `omitted`. */
  files?: number;
  /** The host's clock in milliseconds; left out: `Date.now`. */
  now?: () => number;
}

const FLOW_BYTES = 1 << 20;
const TOTAL_BYTES = 64 << 20;
const MAX_FILES = 10_000;
/** What a frame costs besides its bytes, and a flow besides its frames. */
const OVERHEAD = 384;
/** Events of a flow that are told at most. */
export const MAX_EVENTS = 100;
/** Findings of one rule in packets without a flow: a flood of them must not use up all files. */
const LOOSE_FINDINGS = 16;
const KIND_SHIFT = 56n;
const ID_MASK = (1n << KIND_SHIFT) - 1n;
const FLOW_KIND = BigInt(GroupKind.Flow);
/** Reasons of drops when a pool was exhausted. */
const SHORTAGES: ReadonlySet<number> = new Set([
  DropReason.DefragMemcap,
  DropReason.FlowMemcap,
  DropReason.AppLayerMemcap,
  DropReason.StreamMemcap,
]);

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
  /** The database that was in force when it began, and the core's settings. */
  generation: number;
  settings: Uint32Array;
}

/** A frame, and what it belongs to. */
interface Here {
  frame: EvidenceFrame;
  groups: readonly bigint[];
}

interface Pending {
  flow: bigint;
  event: EvidenceEvent;
  rule: number | undefined;
}

export class EvidenceRecorder implements FrameRecorder {
  /** Evidence not written because `files` was reached. */
  omitted = 0;
  private readonly options: Required<Omit<RecorderOptions, "folder" | "keep" | "accepts">> & RecorderOptions;
  private readonly logs = new Map<bigint, Log>();
  private readonly recorded = new WeakMap<EvidenceFrame, number>();
  private sequence = 0;
  private bytes = 0;
  private pending: Pending[] = [];
  private database: Uint8Array = new Uint8Array();
  private digest: EvidenceManifest["database"] = { sha256: "", "rules-sha256": "" };
  private generation = 0;
  private files = 0;
  /** Findings without a flow, by rule. */
  private readonly loose = new Map<string, number>();

  /** @throws VpatchError when the folder cannot be made */
  constructor(options: RecorderOptions) {
    this.options = {
      flowBytes: FLOW_BYTES,
      totalBytes: TOTAL_BYTES,
      files: MAX_FILES,
      now: Date.now,
      ...options,
    };
    const { folder } = options;
    if (folder === undefined) return;
    try {
      mkdirSync(folder, { recursive: true });
    } catch (cause) {
      throw fileError(cause, folder);
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
    this.digest = databaseDigest(database);
    this.generation++;
  }

  /** An event of the core, during `inspect` or `finish`. */
  event(view: EventView, { rules }: Engine): void {
    if (view.type !== EventType.Alert && view.type !== EventType.Drop) return;
    const { sid = 0, gid = 1, rev = 0, msg = "" } = this.describe(view.rule, rules);
    const event: EvidenceEvent = evidenceEvent(view, { sid, gid, rev, msg });
    this.pending.push({ flow: view.flow, event, rule: view.rule });
  }

  /** A batch after the core: frames as they came, what each belongs to, its verdict (absent: the core stopped before it). */
  batch(engine: Engine, frames: readonly EvidenceFrame[]): void {
    for (const [index, frame] of frames.entries()) {
      this.sequence++;
      this.recorded.set(frame, this.sequence);
      const groups = engine.groups(index);
      this.keep(frame, groups, engine.settings);
      this.settle(engine, { frame, groups });
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

  private keep(frame: EvidenceFrame, groups: readonly bigint[], settings: Uint32Array): void {
    const kindOf = (group: bigint): number => Number(group >> KIND_SHIFT);
    for (const group of groups) {
      if (kindOf(group) === GroupKind.Parent) continue;
      const log = this.log(group, settings);
      if (kindOf(group) === GroupKind.Flow) {
        for (const other of groups) if (kindOf(other) !== GroupKind.Flow) log.links.add(other);
      }
      this.append(log, frame);
    }
    this.bound();
  }

  /** Flows that were quiet longest give way. */
  private bound(): void {
    while (this.bytes > this.options.totalBytes) {
      const oldest = this.logs.keys().next();
      if (oldest.done) break;
      this.drop(oldest.value);
    }
  }

  /** The log of a group, the newest of all from now on. */
  private log(group: bigint, settings: Uint32Array): Log {
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
      settings,
    };
    if (!this.logs.delete(group)) this.bytes += OVERHEAD;
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
    if (log) this.bytes -= log.bytes + OVERHEAD;
  }

  /** Makes the evidence of what happened up to a frame; without one, of all that is left. */
  private settle(engine: Engine, here?: Here): void {
    // What ends a flow has no frame: it stands in the order in which it was told.
    const last = this.pending.findLastIndex(({ event }) => here === undefined || event.frame === here.frame.number);
    if (last < 0) return;
    const due = this.pending.splice(0, last + 1);
    for (const { flow, event } of due) {
      if (flow === 0n) continue;
      const { events } = this.log(flowGroup(flow), engine.settings);
      if (events.length < MAX_EVENTS) events.push(event);
    }
    for (const each of due) {
      if (each.flow !== 0n) this.find(engine, each);
      else if (here) this.findLoose(engine, each, due, here);
    }
    this.bound();
  }

  private find(engine: Engine, pending: Pending): void {
    const { flow, event, rule } = pending;
    const log = this.log(flowGroup(flow), engine.settings);
    // One file a rule and flow, and one for a drop that no rule asked for; the drops that follow in the flow tell nothing new.
    const name = event.type === "alert" ? `${event.gid}:${event.sid}` : "drop";
    if (log.written.has(name) || (event.type === "drop" && log.written.size > 0)) return;
    if (this.options.accepts?.(event) === false) return;
    log.written.add(name);
    const { frames, missing } = this.framesOf([flowGroup(flow)]);
    const events = [...log.events];
    const limits = [
      ...(rule === undefined ? [] : crossFlowState(this.database, rule)),
      ...shortage(event),
      ...(missing > 0 ? [`${missing} frames of the flow did not fit into the bound of the evidence`] : []),
      ...(events.length >= MAX_EVENTS ? [`of the flow's events the first ${MAX_EVENTS} are told`] : []),
      ...(log.generation === this.generation ? [] : ["the database was replaced while the flow was open"]),
      ...(log.settings === engine.settings ? [] : ["the mode was changed while the flow was open"]),
    ];
    this.hand(engine, pending, `${flow}-${event.sid || "drop"}`, { events, missing, limits }, frames);
  }

  /** Of a packet without a flow: it alone, or with the other fragments of its datagram. */
  private findLoose(engine: Engine, pending: Pending, due: readonly Pending[], { frame, groups }: Here): void {
    const { event, rule } = pending;
    const name = event.type === "alert" ? `${event.gid}:${event.sid}` : "drop";
    const count = this.loose.get(name) ?? 0;
    const told = due.some((other) => other.flow === 0n && other.event.type === "alert");
    if (count >= LOOSE_FINDINGS || (event.type === "drop" && told)) return;
    if (this.options.accepts?.(event) === false) return;
    this.loose.set(name, count + 1);
    const { frames, missing } = this.framesOf(groups.filter((group) => group >> KIND_SHIFT !== FLOW_KIND));
    const events = due.filter(({ flow }) => flow === 0n).map((each) => each.event);
    const limits = [...(rule === undefined ? [] : crossFlowState(this.database, rule)), ...shortage(event)];
    const all = frames.includes(frame) ? frames : [...frames, frame];
    this.hand(engine, pending, `frame${event.frame}-${event.sid || "drop"}`, { events, missing, limits }, all);
  }

  private hand(
    engine: Engine,
    { flow, event, rule }: Pending,
    about: string,
    found: Pick<EvidenceManifest, "events" | "missing" | "limits">,
    frames: EvidenceFrame[],
  ): void {
    const text = rule === undefined ? undefined : engine.rules[rule]?.text;
    const { type: kind, timestamp } = event;
    const make = (): Evidence => ({
      manifest: {
        ...this.parties(engine),
        kind,
        timestamp,
        event,
        ...found,
        ...(text === undefined ? {} : { rule: text }),
      },
      frames,
    });
    const { keep = (finding) => this.write(finding) } = this.options;
    keep({ name: evidenceName(timestamp / 1000, about), event, flow, rule, make });
  }

  private write({ name, make }: Finding): void {
    if (this.files >= this.options.files) {
      this.omitted++;
      return;
    }
    this.files++;
    writeEvidence(join(this.options.folder ?? "", name), make());
  }

  /** The members of a manifest that tell who judged. */
  parties(engine: Pick<Engine, "binary" | "settings">): EvidenceParties {
    return partiesOf(engine, this.digest, this.options.now());
  }
}

/** What other flows had a part in when memory was short. */
function shortage({ reason }: EvidenceEvent): string[] {
  return SHORTAGES.has(reason) ? ["memory was short: other flows had a part in that"] : [];
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
