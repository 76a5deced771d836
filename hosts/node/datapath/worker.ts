/**
 * A data-path worker: one thread, one core, one queue of the capture. It never yields to an event loop: it waits in the driver, which
 * an eventfd wakes, and takes commands between two batches. So nothing the main thread does (compiling, writing events) delays a frame.
 */
import { receiveMessageOnPort, workerData } from "node:worker_threads";
import { EventFlag } from "../../../assembly/abi/frames.ts";
import type { Driver } from "../driver/driver.ts";
import { driverModule } from "../driver/module.ts";
import { VpatchError } from "../errors.ts";
import type { EvidenceEvent } from "../evidence/container.ts";
import { EvidenceRecorder } from "../evidence/recorder.ts";
import { ContainedCore } from "./contained-core.ts";
import { EventSender, GATHERED_MS } from "./event-sender.ts";
import { type Command, type Report, type ReportedError, Share, type WorkerSetup } from "./messages.ts";

/** Milliseconds between two looks at timers and counters when nothing else happens. */
const IDLE_MS = 100;
/** Nanoseconds between two copies of the core's counters. */
const COUNTERS_NS = 500_000_000n;
/** Batches that an orderly stop still settles. */
const LAST_BATCHES = 200;

class DataPathWorker {
  private readonly setup: WorkerSetup;
  private readonly core: ContainedCore;
  private readonly driver: Driver;
  private readonly share: BigInt64Array;
  private readonly events: EventSender;
  private generation: number;
  private stopping: number | undefined;
  private copied = 0n;
  private advanced = 0n;

  constructor(setup: WorkerSetup, openDriver: (plan: WorkerSetup["plan"]) => Driver) {
    this.setup = setup;
    this.share = new BigInt64Array(setup.share);
    this.generation = setup.generation;
    this.events = new EventSender(this.share, setup, (report, transfer) => setup.port.postMessage(report, transfer));
    this.core = new ContainedCore({
      mode: setup.mode,
      config: setup.config,
      database: setup.database,
      failure: setup.plan.failure.crash,
      onRecords: (records) => this.events.add(records),
      onStop: (error, evidence) => this.report({ type: "core-stopped", error: reportedError(error), evidence }),
      ...(setup.config.vpatch.evidence.enabled ? { recorder: this.recorder() } : {}),
    });
    this.driver = openDriver(setup.plan);
  }

  private recorder(): EvidenceRecorder {
    const { evidence } = this.setup.config.vpatch;
    return new EvidenceRecorder({
      flowBytes: evidence["flow-size"],
      totalBytes: evidence.memory,
      keep: (finding) => this.events.find(finding),
      ...(evidence.events === "blocked" ? { accepts: isBlocked } : {}),
    });
  }

  run(): void {
    const { driver, core } = this;
    const timeout = Math.max(1, Math.min(IDLE_MS, Math.floor(this.setup.plan.heartbeat / 4)));
    try {
      this.report({ type: "ready", descriptors: driver.descriptors });
      while (this.stopping === undefined) {
        driver.beat();
        this.commands();
        this.turn(timeout);
      }
      for (let left = LAST_BATCHES; left > 0 && this.turn(0) > 0; left--);
      core.finish();
      this.count(process.hrtime.bigint(), true);
    } finally {
      this.events.send();
      driver.close();
    }
    this.report({ type: "stopped", id: this.stopping });
  }

  /** Receives, inspects and settles one batch. Frames it had. */
  private turn(timeout: number): number {
    const { driver, core, share } = this;
    core.recover();
    const { batch } = core;
    batch.reset();
    const count = driver.receive(batch, this.events.waiting ? Math.min(timeout, GATHERED_MS) : timeout);
    const now = process.hrtime.bigint();
    if (count > 0) {
      const verdicts = core.inspect();
      const replies = core.replies.map(({ index, data, lead, onward }) => ({
        frame: index,
        packet: data.subarray(lead),
        onward,
      }));
      driver.settle(batch, verdicts, replies);
      const took = process.hrtime.bigint() - now;
      share[Share.Batches] = share[Share.Batches]! + 1n;
      if (took > share[Share.LongestBatch]!) share[Share.LongestBatch] = took;
    }
    if (now - this.advanced > BigInt(IDLE_MS) * 1_000_000n) {
      this.advanced = now;
      core.advance(Date.now() * 1000);
    }
    this.events.settled();
    this.count(now, false);
    return count;
  }

  /** Tells the main thread how far we are. */
  private count(now: bigint, all: boolean): void {
    const { share, driver } = this;
    const { stats } = driver;
    share[Share.Frames] = BigInt(stats.frames);
    share[Share.Alive] = now;
    if (!all && now - this.copied < COUNTERS_NS) return;
    this.copied = now;
    share[Share.Bytes] = BigInt(stats.bytes);
    share[Share.Passed] = BigInt(stats.passed);
    share[Share.Dropped] = BigInt(stats.dropped);
    share[Share.Rejected] = BigInt(stats.rejected);
    share[Share.Modified] = BigInt(stats.modified);
    share[Share.Errors] = BigInt(stats.errors);
    share[Share.Oversized] = BigInt(stats.oversized);
    share[Share.Lost] = BigInt(stats.lost);
    share.set(this.core.counters() as unknown as BigInt64Array, Share.COUNT);
  }

  private commands(): void {
    for (;;) {
      const received = receiveMessageOnPort(this.setup.port);
      if (received === undefined) return;
      this.obey(received.message as Command);
    }
  }

  private obey(command: Command): void {
    const { id } = command;
    try {
      if (command.type === "stop") {
        this.stopping = id;
        return;
      }
      if (command.type === "adopt") {
        this.core.load(command.database);
        this.generation = command.generation;
      } else {
        this.core.setMode(command.mode);
      }
      this.events.changed(this.generation, this.core.mode);
      this.report({ type: "adopted", id });
    } catch (error) {
      this.report({ type: "refused", id, error: reportedError(error) });
    }
  }

  private report(report: Report): void {
    this.setup.port.postMessage(report);
  }
}

function isBlocked({ flags }: EvidenceEvent): boolean {
  return (flags & EventFlag.Dropped) !== 0;
}

function reportedError(error: unknown): ReportedError {
  if (error instanceof VpatchError) {
    return {
      code: error.code,
      message: error.message,
      ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    };
  }
  return { code: "VPATCH_ENGINE", message: error instanceof Error ? error.message : String(error) };
}

const setup = workerData as WorkerSetup;
try {
  const { openDriver } = await driverModule(setup.plan.driver);
  new DataPathWorker(setup, openDriver).run();
} catch (error) {
  setup.port.postMessage({ type: "failed", error: reportedError(error) } satisfies Report);
}
setup.port.close();
