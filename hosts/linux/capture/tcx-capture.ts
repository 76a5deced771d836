/**
 * The system's side of `tcx`: two TAPs and the programs that join them to the interface. All of it lives as long as this process holds its
 * descriptors: its death is open. Where the policy is closed, the attachments are pinned, so that they outlive us and lead nowhere.
 */
import { existsSync } from "node:fs";
import type { Capture, CaptureOptions, CaptureStats, Failure, QueuePlan } from "../../node/driver/driver.ts";
import { AttachType, attach, createArray, loadProgram, ProgramType } from "./bpf.ts";
import { type Pin, pinAt, removePin } from "./bpf-pins.ts";
import { close, ifIndex, mapShared } from "./libc.ts";
import { interfacesOf, planQueues, Wakes } from "./queues.ts";
import { type CaptureState, ownState, removeState, STATE_FOLDER, stateFile, writeState } from "./state.ts";
import { createTap, TAP_QUEUE, type Tap, tapLosses } from "./tap.ts";
import { blockProgram, divertProgram, nextProgram, returnProgram, TcxNumber } from "./tcx-programs.ts";

const DIRECTIONS = [
  { name: "in", type: AttachType.TcxIngress },
  { name: "out", type: AttachType.TcxEgress },
] as const;

/** Frames that may wait for the worker before more go by, `failure.overload` open: some room is left at the TAPs for what is on its way. */
const WAITING = TAP_QUEUE - 512;
const PAGE = 4096;

export function missingForTcx(options: CaptureOptions): string[] {
  const missing: string[] = [];
  if (!existsSync("/dev/net/tun")) missing.push("/dev/net/tun");
  if (options.workers !== 1) missing.push("workers: 1 (both directions of a flow go through one worker)");
  if (options.interfaces.length !== 1) missing.push("exactly one interface");
  if (options.failure.freeze === "open" && options.failure.crash === "closed")
    missing.push("failure.crash: open where failure.freeze is open");
  return missing.length > 0 ? missing : missingKernel();
}

/** Whether the kernel attaches tcx programs: tried with one that does nothing, on the loopback interface. */
function missingKernel(): string[] {
  const fds: number[] = [];
  try {
    fds.push(loadProgram(ProgramType.SchedCls, nextProgram()));
    fds.push(attach(fds[0]!, ifIndex("lo"), AttachType.TcxIngress));
    return [];
  } catch (error) {
    const { message } = error as Error;
    return [message.includes("EINVAL") ? `linux 6.6 or later (${message})` : message];
  } finally {
    for (const fd of fds) close(fd);
  }
}

export class TcxCapture implements Capture {
  readonly driver = "tcx";
  readonly inline = true;
  readonly queues: readonly QueuePlan[];
  private readonly options: CaptureOptions;
  private readonly wakes = new Wakes(1);
  private readonly nic: { name: string; index: number };
  private readonly taps: readonly Tap[];
  private readonly map: number;
  private readonly numbers: BigInt64Array;
  private readonly file: string;
  private readonly folder: string;
  private readonly state: CaptureState & { pins: Pin[] };
  /** Descriptors of what joins the TAPs to the interface, and of what blocks it. */
  private returns: number[] = [];
  private diverts: number[] = [];
  private blocks: number[] = [];
  private losses = 0;
  private closed = false;

  constructor(options: CaptureOptions) {
    this.options = options;
    this.nic = interfacesOf(options)[0]!;
    this.folder = options.stateFolder ?? STATE_FOLDER;
    this.file = stateFile(this.folder, `tcx-${this.nic.name}`);
    this.state = { ...ownState("tcx"), pins: [] };
    this.map = createArray(TcxNumber.COUNT);
    this.numbers = new BigInt64Array(mapShared(this.map, PAGE));
    this.taps = DIRECTIONS.map(({ name }) => createTap(`vpatch-${name}%d`, this.nic.name));
    const [incoming, outgoing] = this.taps;
    const fds = { numbers: this.map, in: incoming!.fd, out: outgoing!.fd };
    this.queues = planQueues("tcx", true, options, this.wakes, () => ({ fds, numbers: {} }));
    this.returns = DIRECTIONS.map((_, side) =>
      this.attach(returnProgram(this.nic.index, side === 0), this.taps[side]!.index, AttachType.TcxIngress),
    );
    if (options.failure.start === "closed") this.block();
    writeState(this.file, this.state);
  }

  engage(): void {
    const { failure } = this.options;
    this.diverts = DIRECTIONS.map(({ type, name }, side) => {
      const program = divertProgram({
        map: this.map,
        tap: this.taps[side]!.index,
        alive: failure.freeze === "open",
        ...(failure.overload === "open" ? { limit: WAITING } : {}),
      });
      const link = this.attach(program, this.nic.index, type);
      this.keep(link, failure.crash, `divert-${name}`);
      return link;
    });
    this.release(this.blocks, "block");
    this.blocks = [];
  }

  disengage(): void {
    if (this.diverts.length === 0) return;
    if (this.options.failure.stop === "closed") this.block();
    this.release(this.diverts, "divert");
    this.diverts = [];
  }

  wake(index: number): void {
    this.wakes.wake(index);
  }

  stats(): CaptureStats {
    if (!this.closed) this.losses = this.taps.reduce((sum, { name }) => sum + tapLosses(name), 0);
    return { bypassed: Number(this.numbers[TcxNumber.Bypassed]!), lost: this.losses };
  }

  close(): void {
    if (this.closed) return;
    this.disengage();
    this.stats();
    this.closed = true;
    for (const fd of this.returns) close(fd);
    for (const { fd } of this.taps) close(fd);
    close(this.map);
    this.wakes.close();
    if (this.options.failure.stop === "closed") {
      writeState(this.file, { ...this.state, blocked: true });
      return;
    }
    this.release(this.blocks, "block");
    removeState(this.file);
  }

  /** Nothing passes any more, whatever becomes of us. */
  private block(): void {
    this.blocks = DIRECTIONS.map(({ type, name }) => {
      const link = this.attach(blockProgram(), this.nic.index, type);
      this.keep(link, "closed", `block-${name}`);
      return link;
    });
  }

  private attach(program: Uint8Array, index: number, type: AttachType): number {
    const fd = loadProgram(ProgramType.SchedCls, program);
    try {
      return attach(fd, index, type);
    } finally {
      close(fd);
    }
  }

  /** Pins an attachment that is to outlive this process. */
  private keep(link: number, failure: Failure, what: string): void {
    if (failure === "open") return;
    const name = `vpatch-${this.nic.name}-${process.pid}-${what}`;
    this.state.pins.push(pinAt(link, name, this.folder));
    writeState(this.file, this.state);
  }

  private release(links: readonly number[], what: string): void {
    for (const fd of links) close(fd);
    for (const pin of this.state.pins.filter(({ path }) => path.includes(`-${what}-`))) {
      removePin(pin);
      this.state.pins.splice(this.state.pins.indexOf(pin), 1);
    }
  }
}
