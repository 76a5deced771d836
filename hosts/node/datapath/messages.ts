/**
 * What goes between the agent's main thread and a data-path worker. Commands carry an `id` that their answer repeats.
 *
 * Counters do not travel as messages: worker and main share a block of 64-bit numbers ({@link Share}), which the main thread reads at any time.
 */
import type { MessagePort } from "node:worker_threads";
import { Counter } from "../../../assembly/abi/counters.ts";
import type { Configuration } from "../config/schema/root.ts";
import type { QueuePlan } from "../driver/driver.ts";
import type { Mode } from "../engine/settings.ts";
import type { NamedEvidence } from "../evidence/crash.ts";

/** `workerData` of a worker. */
export interface WorkerSetup {
  plan: QueuePlan;
  mode: Mode;
  config: Configuration;
  /** The rule database; its generation names it in event batches. */
  database: Uint8Array;
  generation: number;
  /** Commands come in, reports go out. */
  port: MessagePort;
  /** Share.COUNT + Counter.COUNT numbers of 64 bits. */
  share: SharedArrayBuffer;
}

export type Command =
  /** Put this database in force between two batches. Answer: `adopted` or `refused`. */
  | { type: "adopt"; id: number; database: Uint8Array; generation: number }
  /** Change the mode between two batches. Answer: `adopted` or `refused`. */
  | { type: "mode"; id: number; mode: Mode }
  /** Finish: what waits is settled, flows end and are reported. Answer: `stopped`, then the thread ends. */
  | { type: "stop"; id: number };

/** An error that crossed a thread. */
export interface ReportedError {
  code: string;
  message: string;
  remedy?: string;
}

/** Evidence of an event, which its record names by these members. */
export interface KeptEvidence extends NamedEvidence {
  type: "alert" | "drop";
  flow: bigint;
  frame: number;
  rule: number | undefined;
  /** Bytes it takes on its way. */
  bytes: number;
}

export type Report =
  /** The queue is open, the database in force; `descriptors` are what the driver has opened. */
  | { type: "ready"; descriptors: readonly number[] }
  | { type: "adopted"; id: number }
  | { type: "refused"; id: number; error: ReportedError }
  /** Event records (abi/frames.ts EventRecord) of one or more batches, in order. Rule indexes are those of `generation`. */
  | {
      type: "events";
      records: Uint8Array;
      /** Evidence of some of them. */
      evidence: KeptEvidence[];
      /** Of records and evidence: what is to be acknowledged. */
      bytes: number;
      generation: number;
      mode: Mode;
    }
  /** The core stopped; frames got `failure.crash`, another instance goes on. */
  | { type: "core-stopped"; error: ReportedError; evidence: NamedEvidence }
  /** The worker cannot go on; the thread ends. */
  | { type: "failed"; error: ReportedError }
  | { type: "stopped"; id: number };

/** The numbers a worker shares, ahead of the core's counters. All but `Acknowledged` are written by the worker. */
export enum Share {
  Frames = 0,
  Bytes,
  Passed,
  Dropped,
  Rejected,
  Modified,
  Errors,
  Oversized,
  Lost,
  /** Calls of the core. */
  Batches,
  /** Bytes of event records and evidence sent. */
  EventBytes,
  /** Written by the main thread: bytes of those it has dealt with. */
  Acknowledged,
  /** Event records lost because the main thread did not keep up. */
  EventsLost,
  /** Evidence lost for the same reason. */
  EvidenceLost,
  /** CLOCK_MONOTONIC, nanoseconds, of the last turn of the loop. */
  Alive,
  /** Longest time one batch took, nanoseconds, since the main thread last set it to 0. */
  LongestBatch,
  COUNT,
}

/** Bytes of a worker's shared block. */
export const SHARE_BYTES = (Share.COUNT + Counter.COUNT) * 8;

/** Most bytes of event records and evidence on their way to the main thread; beyond, they are counted as lost. */
export const MAX_EVENTS_UNDER_WAY = 32 * 1024 * 1024;
