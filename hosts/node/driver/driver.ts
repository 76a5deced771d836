/**
 * The border between the agent and an operating system: how frames come in, how verdicts go out, and what state of the system that needs.
 *
 * Two halves. A {@link Capture} is one for the agent: it probes, sets the system up (rules, programs, devices), begins and ends the
 * diversion of traffic, and removes what it made. A {@link Driver} is one a worker: it opens one queue of the capture, in the worker's thread,
 * and moves batches. Between them goes a {@link QueuePlan}, plain data that can be posted to a thread.
 */
import type { FrameBatch } from "../engine/batch.ts";

/** Drivers by name; `auto` is the host's choice among those that work here. */
export const DRIVERS = ["af-packet", "nfqueue", "tcx", "bridge", "replay"] as const;
export type DriverName = (typeof DRIVERS)[number];

/** What happens to traffic that cannot be inspected: it passes, or it does not. */
export type Failure = "open" | "closed";

/** What happens to traffic in each kind of failure. */
export interface FailurePolicy {
  /** The agent has died. */
  crash: Failure;
  /** The agent lives but does not answer. `open` needs `crash: open`: nobody is left to tell the two apart. */
  freeze: Failure;
  /** More traffic than the agent can inspect. */
  overload: Failure;
  /** Before the first rule set is in force. `closed` blocks from `prepare` on. */
  start: Failure;
  /** After an orderly stop. */
  stop: Failure;
}

/** A policy that is open, or closed, in every case. */
export function uniformPolicy(failure: Failure): FailurePolicy {
  return { crash: failure, freeze: failure, overload: failure, start: failure, stop: failure };
}

export interface CaptureOptions {
  /** Network interfaces; the bridge takes two, the others at least one. */
  interfaces: readonly string[];
  /** Worker threads, each with a core of its own; a flow stays with one worker. */
  workers: number;
  failure: FailurePolicy;
  /** Milliseconds without a sign of life before `freeze` applies. Default 300. */
  heartbeat?: number;
  /** Folder of the state file that tells the next start what a crash left behind. Default /run/vpatch. */
  stateFolder?: string;
  /** nfqueue: number of the first queue (as many as workers follow). Default 0x7670. */
  queue?: number;
}

/** Whether a driver can work here. */
export interface DriverProbe {
  driver: DriverName;
  /** Whether it can block; otherwise it only sees. */
  inline: boolean;
  usable: boolean;
  /** What the system lacks, in words for the user; empty when usable. */
  missing: readonly string[];
}

/** What a worker needs to open its queue: plain data. `fds` are numbers in this process. */
export interface QueuePlan {
  driver: DriverName;
  inline: boolean;
  /** Index of the worker, and how many there are. */
  index: number;
  workers: number;
  interfaces: readonly { name: string; index: number }[];
  failure: FailurePolicy;
  /** Milliseconds. */
  heartbeat: number;
  /** An eventfd: readable when the worker is to look at its messages. */
  wake: number;
  /** Descriptors the capture opened for this queue, by the driver's own names. */
  fds: Readonly<Record<string, number>>;
  /** The driver's own numbers. */
  numbers: Readonly<Record<string, number>>;
}

/** Counters of the system's side of a capture. */
export interface CaptureStats {
  /** Packets the system let by uninspected: overload or heartbeat, policy open. */
  bypassed: number;
  /** Packets the system dropped because the agent did not take them in time. */
  lost: number;
}

/** The system's side of a capture: one an agent, used from the main thread. Needs root or CAP_NET_ADMIN (and CAP_BPF, CAP_NET_RAW). */
export interface Capture {
  readonly driver: DriverName;
  readonly inline: boolean;
  /** One a worker. */
  readonly queues: readonly QueuePlan[];
  /** Begins the diversion: from now on traffic of the interfaces runs through the queues. Called once all workers are ready. */
  engage(): void;
  /** Ends the diversion as `failure.stop` says; the queues stay open so that what waits in them can be settled. Idempotent. */
  disengage(): void;
  /** Wakes a worker out of its wait. */
  wake(index: number): void;
  stats(): CaptureStats;
  /** Removes everything the capture made; with `failure.stop` closed, what blocks stays. Idempotent. */
  close(): void;
}

/** Where a driver counts. */
export interface DriverStats {
  frames: number;
  bytes: number;
  passed: number;
  dropped: number;
  rejected: number;
  modified: number;
  /** Frames that could not be sent on, or whose verdict could not be given. */
  errors: number;
  /** Frames too large for a slot: passed or dropped by `failure.overload`, uninspected. */
  oversized: number;
  /** Frames the system dropped because they were not taken in time, as far as the queue itself knows. */
  lost: number;
}

/** A frame the data path made itself, to be sent: an answer to a rejected one. */
export interface Reply {
  /** Index in the batch of the frame it answers. */
  frame: number;
  /** From the network layer on (an IPv4 or IPv6 packet). */
  packet: Uint8Array;
  /** It goes where the frame was going; otherwise back where the frame came from. */
  onward: boolean;
}

/** One open queue: used from one worker's thread. */
export interface Driver {
  readonly inline: boolean;
  readonly stats: DriverStats;
  /** What it has opened and `close` closes: for whoever ends a worker that hangs. */
  readonly descriptors: readonly number[];
  /**
   * Waits up to `timeout` milliseconds for frames or a wake-up, then places what is there into the empty batch.
   * @returns frames placed; 0 after a timeout or a wake-up
   */
  receive(batch: FrameBatch, timeout: number): number;
  /**
   * Gives the frames of the last `receive` their verdicts (`Verdict`, in order) and sends the replies. Passive drivers only count.
   * Every frame of an inline `receive` is settled exactly once, before the next one.
   */
  settle(batch: FrameBatch, verdicts: Uint8Array, replies: readonly Reply[]): void;
  /** A sign of life; called at least every third of the plan's heartbeat while the worker can inspect. */
  beat(): void;
  close(): void;
}

/** What a host's driver module exports. */
export interface DriverModule {
  probe(driver: DriverName, options: CaptureOptions): DriverProbe;
  /**
   * Removes what a crashed agent left behind. What is not tagged as ours stays. With `failure.start` closed it does nothing: `prepare`
   * puts what blocks in place first. Returns what was removed, in words.
   */
  cleanUp(options: Pick<CaptureOptions, "stateFolder"> & Partial<Pick<CaptureOptions, "failure">>): string[];
  /** Sets up. @throws VpatchError (VPATCH_DRIVER) saying what is missing; nothing is left behind then */
  prepare(driver: DriverName, options: CaptureOptions): Capture;
  openDriver(plan: QueuePlan): Driver;
}
