/**
 * The data path as the main thread sees it: the workers of a capture, their commands, their events, their numbers.
 *
 * A worker that fails is started again with the rules then in force, while the capture's failure policy decides about its traffic.
 */
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import { Counter } from "../../../assembly/abi/counters.ts";
import { EventType } from "../../../assembly/abi/frames.ts";
import type { Configuration } from "../config/schema/root.ts";
import type { Capture, CaptureStats, DriverStats } from "../driver/driver.ts";
import type { Mode } from "../engine/settings.ts";
import { type ErrorCode, VpatchError } from "../errors.ts";
import { EventView } from "../eve/record.ts";
import type { NamedEvidence } from "../evidence/crash.ts";
import { type Command, type KeptEvidence, type Report, type ReportedError, SHARE_BYTES, Share } from "./messages.ts";

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
}

/** Milliseconds before a failed worker is started again; doubled with each failure in a row, at most `RESTART_MOST`. */
const RESTART_FIRST = 100;
const RESTART_MOST = 10_000;
/** Milliseconds a worker may take to answer. */
const PATIENCE = 10_000;

interface Answer {
  resolve: () => void;
  reject: (error: VpatchError) => void;
}

interface Member {
  worker: Worker;
  port: MessagePort;
  share: BigInt64Array;
  answers: Map<number, Answer>;
  ready: Promise<void>;
  exited: Promise<void>;
  started: number;
}

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
  private readonly options: DataPathOptions;
  private mode: Mode;
  private database: Uint8Array;
  private generation: number;
  private readonly members: Member[] = [];
  /** Counters of workers that are gone. */
  private readonly past = new BigInt64Array(SHARE_BYTES / 8);
  private readonly timers = new Set<NodeJS.Timeout>();
  private nextId = 1;
  private restarts = 0;
  private stopping = false;

  constructor(options: DataPathOptions) {
    this.options = options;
    this.mode = options.mode;
    this.database = shared(options.database);
    this.generation = options.generation;
  }

  /** Starts the workers; when all are ready, traffic is diverted. @throws VpatchError when one cannot start; nothing runs then */
  async start(): Promise<void> {
    const { capture } = this.options;
    for (let index = 0; index < capture.queues.length; index++) this.members[index] = this.spawn(index);
    try {
      await Promise.all(this.members.map(({ ready }) => ready));
    } catch (error) {
      await this.end();
      throw error;
    }
    for (const [index, member] of this.members.entries()) this.watch(index, member);
    capture.engage();
  }

  /** Puts a database in force in every worker, between two batches. @throws VpatchError when it is refused; the one before stays */
  async adopt(database: Uint8Array, generation: number): Promise<void> {
    const copy = shared(database);
    await this.commandAll((id) => ({ type: "adopt", id, database: copy, generation }));
    this.database = copy;
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
    for (const { share } of this.members) {
      const alive = share[Share.Alive]!;
      if (alive > 0n) quiet = Math.max(quiet, Number(now - alive) / 1e6);
    }
    return quiet;
  }

  stats(): DataPathStats {
    const read = (field: Share): number => Number(this.sum(field));
    const system = this.options.capture.stats();
    let longest = 0;
    for (const { share } of this.members) {
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
      bypassed: system.bypassed,
      lost: read(Share.Lost) + system.lost,
    };
  }

  private sum(field: number): bigint {
    let total = this.past[field]!;
    for (const { share } of this.members) total += share[field]!;
    return total;
  }

  private spawn(index: number): Member {
    const { capture, config } = this.options;
    const { port1: port, port2: theirs } = new MessageChannel();
    const buffer = new SharedArrayBuffer(SHARE_BYTES);
    const file = new URL(import.meta.url.endsWith(".js") ? "./worker.js" : "./worker.ts", import.meta.url);
    const worker = new Worker(file, {
      workerData: {
        plan: capture.queues[index],
        mode: this.mode,
        config,
        database: this.database,
        generation: this.generation,
        port: theirs,
        share: buffer,
      },
      transferList: [theirs],
    });
    const answers = new Map<number, Answer>();
    const share = new BigInt64Array(buffer);
    let member: Member;
    const ready = new Promise<void>((resolve, reject) => {
      port.on("message", (report: Report) => {
        if (report.type === "ready") resolve();
        else if (report.type === "failed") {
          const error = toError(report.error);
          reject(error);
          this.failed(index, member, error);
        } else this.take(index, member, report);
      });
      worker.on("error", (cause) => {
        const error = new VpatchError("VPATCH_ENGINE", `a data-path worker failed: ${cause.message}`, { cause });
        reject(error);
        this.failed(index, member, error);
      });
    });
    ready.catch(() => undefined);
    const exited = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
    member = { worker, port, share, answers, ready, exited, started: Date.now() };
    return member;
  }

  private take(index: number, member: Member, report: Report): void {
    switch (report.type) {
      case "events": {
        const { records, evidence, bytes, generation, mode } = report;
        try {
          this.options.onEvents({ worker: index, records, evidence, generation, mode });
        } finally {
          Atomics.add(member.share, Share.Acknowledged, BigInt(bytes));
        }
        return;
      }
      case "core-stopped":
        this.options.onFailure(toError(report.error), index, report.evidence);
        return;
      case "adopted":
      case "stopped":
        member.answers.get(report.id)?.resolve();
        member.answers.delete(report.id);
        return;
      case "refused":
        member.answers.get(report.id)?.reject(toError(report.error));
        member.answers.delete(report.id);
    }
  }

  private readonly reported = new WeakSet<Member>();

  /** A running worker told of its failure, or died of it. */
  private failed(index: number, member: Member | undefined, error: VpatchError): void {
    if (member === undefined || this.reported.has(member)) return;
    this.reported.add(member);
    for (const answer of member.answers.values()) answer.reject(error);
    member.answers.clear();
    if (!this.stopping && this.watched.has(member)) this.options.onFailure(error, index);
  }

  private readonly watched = new WeakSet<Member>();

  /** Starts the worker again when it ends unasked. */
  private watch(index: number, member: Member, failures = 0): void {
    this.watched.add(member);
    void member.exited.then(() => {
      if (this.stopping) return;
      this.failed(index, member, new VpatchError("VPATCH_ENGINE", "a data-path worker ended"));
      for (let field = 0; field < this.past.length; field++)
        this.past[field] = this.past[field]! + member.share[field]!;
      member.share.fill(0n);
      member.port.close();
      const row = Date.now() - member.started > 60_000 ? 0 : failures;
      const timer = setTimeout(
        () => {
          this.timers.delete(timer);
          if (this.stopping) return;
          this.restarts++;
          const next = this.spawn(index);
          this.members[index] = next;
          this.watch(index, next, row + 1);
        },
        Math.min(RESTART_MOST, RESTART_FIRST * 2 ** row),
      );
      this.timers.add(timer);
    });
  }

  /** Sends every worker a command; done when all have answered. */
  private async commandAll(make: (id: number) => Command): Promise<void> {
    await Promise.all(this.members.map((member, index) => this.command(index, member, make)));
  }

  private command(index: number, member: Member, make: (id: number) => Command): Promise<void> {
    const id = this.nextId++;
    return new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        member.answers.delete(id);
        reject(new VpatchError("VPATCH_ENGINE", `data-path worker ${index} does not answer`));
      }, PATIENCE);
      member.answers.set(id, {
        resolve: () => {
          clearTimeout(timer);
          resolve();
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      });
      member.port.postMessage(make(id));
      this.options.capture.wake(index);
    });
  }

  private async end(): Promise<void> {
    this.stopping = true;
    for (const timer of this.timers) clearTimeout(timer);
    this.options.capture.disengage();
    const stopped = this.members.map(async (member, index) => {
      await Promise.race([this.command(index, member, (id) => ({ type: "stop", id })), member.exited]).catch(
        () => undefined,
      );
      await member.exited;
      // The last events of the thread may still wait in the port.
      await new Promise(setImmediate);
      member.port.close();
    });
    await Promise.all(stopped);
    this.options.capture.close();
  }
}

/** One copy for all workers. */
function shared(bytes: Uint8Array): Uint8Array {
  if (bytes.buffer instanceof SharedArrayBuffer) return bytes;
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}

function toError({ code, message, remedy }: ReportedError): VpatchError {
  return new VpatchError(code as ErrorCode, message, remedy === undefined ? {} : { remedy });
}
