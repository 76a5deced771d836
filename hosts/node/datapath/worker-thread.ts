/** A data-path worker as the main thread sees it: its thread, its commands and their answers, its numbers, its signs of life. */
import { closeSync, fstatSync } from "node:fs";
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import { type ErrorCode, VpatchError } from "../errors.ts";
import type { NamedEvidence } from "../evidence/crash.ts";
import { type Command, type Report, type ReportedError, SHARE_BYTES, Share, type WorkerSetup } from "./messages.ts";

/** Milliseconds a worker may take to answer. */
const PATIENCE = 10_000;

/** What a thread tells. */
export interface ThreadListener {
  events: (report: Extract<Report, { type: "events" }>) => void;
  coreStopped: (error: VpatchError, evidence: NamedEvidence) => void;
  /** It cannot go on, or died. Called once. */
  failed: (error: VpatchError) => void;
}

interface Answer {
  resolve: () => void;
  reject: (error: VpatchError) => void;
}

export class WorkerThread {
  readonly share: BigInt64Array;
  /** Settled when the queue is open and the database in force. */
  readonly ready: Promise<void>;
  /** Settled when the thread has ended and its last report was taken. */
  readonly ended: Promise<void>;
  readonly started = Date.now();
  private readonly worker: Worker;
  private readonly port: MessagePort;
  private readonly listener: ThreadListener;
  private readonly answers = new Map<number, Answer>();
  private nextId = 1;
  private failure: VpatchError | undefined;
  /** Descriptors its driver has opened: number and identity. They are the process's, and outlive a thread that did not close them. */
  private descriptors: { fd: number; identity: string }[] = [];
  /** The turn at the last look, and looks since then. */
  private turn = 0n;
  private looks = 0;

  constructor(setup: Omit<WorkerSetup, "port" | "share">, listener: ThreadListener) {
    const { port1: port, port2: theirs } = new MessageChannel();
    const share = new SharedArrayBuffer(SHARE_BYTES);
    const file = new URL(import.meta.url.endsWith(".js") ? "./worker.js" : "./worker.ts", import.meta.url);
    const workerData: WorkerSetup = { ...setup, port: theirs, share };
    this.worker = new Worker(file, { workerData, transferList: [theirs] });
    this.port = port;
    this.share = new BigInt64Array(share);
    this.listener = listener;
    this.ready = new Promise((resolve, reject) => {
      port.on("message", (report: Report) => {
        this.take(report);
        if (report.type === "ready") resolve();
        else if (report.type === "failed") reject(toError(report.error));
      });
      this.worker.on("error", (cause) => {
        reject(this.fail(new VpatchError("VPATCH_ENGINE", `a data-path worker failed: ${cause.message}`, { cause })));
      });
    });
    this.ready.catch(() => undefined);
    this.ended = this.end();
  }

  /** Sends a command; done when it is answered. @throws VpatchError when it is refused, or there is no answer */
  command(make: (id: number) => Command, wake: () => void): Promise<void> {
    const id = this.nextId++;
    return new Promise<void>((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        this.answers.delete(id);
      };
      const timer = setTimeout(() => {
        settle();
        reject(new VpatchError("VPATCH_ENGINE", "a data-path worker does not answer"));
      }, PATIENCE);
      this.answers.set(id, {
        resolve: () => {
          settle();
          resolve();
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      });
      this.port.postMessage(make(id));
      wake();
    });
  }

  /** To be called at regular intervals: how many times in a row it was without a sign of life. A process that was stopped itself looks once. */
  quietLooks(): number {
    const turn = this.share[Share.Alive]!;
    this.looks = turn === this.turn || turn === 0n ? this.looks + 1 : 0;
    this.turn = turn;
    return turn === 0n ? 0 : this.looks;
  }

  /** Ends a thread that hangs, in the middle of whatever it does. What it decided nothing about gets what the failure policy says. */
  kill(reason: VpatchError): void {
    this.fail(reason);
    void this.worker.terminate();
  }

  /** Notes that it cannot answer any more. The first reason is the one that is told. */
  fail(error: VpatchError): VpatchError {
    for (const answer of [...this.answers.values()]) answer.reject(error);
    if (this.failure === undefined) this.listener.failed(error);
    this.failure ??= error;
    return this.failure;
  }

  private async end(): Promise<void> {
    await new Promise<void>((resolve) => this.worker.once("exit", () => resolve()));
    // The last reports may still wait in the port.
    for (let last = receiveMessageOnPort(this.port); last; last = receiveMessageOnPort(this.port))
      this.take(last.message as Report);
    this.port.close();
    for (const { fd, identity } of this.descriptors) if (identityOf(fd) === identity) closeSync(fd);
    this.descriptors = [];
  }

  private take(report: Report): void {
    switch (report.type) {
      case "ready":
        this.descriptors = report.descriptors.map((fd) => ({ fd, identity: identityOf(fd) }));
        return;
      case "failed":
        this.descriptors = [];
        this.fail(toError(report.error));
        return;
      case "events":
        try {
          this.listener.events(report);
        } finally {
          Atomics.add(this.share, Share.Acknowledged, BigInt(report.bytes));
        }
        return;
      case "core-stopped":
        this.listener.coreStopped(toError(report.error), report.evidence);
        return;
      case "stopped":
        this.descriptors = [];
        this.answers.get(report.id)?.resolve();
        return;
      case "adopted":
        this.answers.get(report.id)?.resolve();
        return;
      case "refused":
        this.answers.get(report.id)?.reject(toError(report.error));
    }
  }
}

/** What tells an open file from another that has its number later; empty when nothing is open. */
function identityOf(fd: number): string {
  try {
    const { dev, ino } = fstatSync(fd);
    return `${dev}:${ino}`;
  } catch {
    return "";
  }
}

function toError({ code, message, remedy }: ReportedError): VpatchError {
  return new VpatchError(code as ErrorCode, message, remedy === undefined ? {} : { remedy });
}
