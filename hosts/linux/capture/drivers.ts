/** The drivers of Linux, by name. */
import { readdirSync } from "node:fs";
import { setPriority } from "node:os";
import type { Capture, CaptureOptions, Driver, DriverName, DriverProbe, QueuePlan } from "../../node/driver/driver.ts";
import { VpatchError } from "../../node/errors.ts";
import { AfPacketDriver, fanoutGroup } from "./af-packet.ts";
import { removePin } from "./bpf-pins.ts";
import { BridgeDriver, missingForBridge } from "./bridge.ts";
import { removeRules } from "./firewall.ts";
import { CLOEXEC, close, SOCK_RAW, socket } from "./libc.ts";
import { NfqueueDriver } from "./nfqueue.ts";
import { missingForNfqueue, NfqueueCapture } from "./nfqueue-capture.ts";
import { PacketCapture } from "./packet-capture.ts";
import { readState, removeState, STATE_FOLDER, staleStates } from "./state.ts";
import { TcxDriver } from "./tcx.ts";
import { missingForTcx, TcxCapture } from "./tcx-capture.ts";

/** One driver: what it needs, how it is set up, how a worker opens its queue. */
export interface LinuxDriver {
  inline: boolean;
  /** What the system lacks, in words. */
  missing(options: CaptureOptions): string[];
  prepare(options: CaptureOptions): Capture;
  open(plan: QueuePlan): Driver;
}

const drivers: Partial<Record<DriverName, LinuxDriver>> = {
  nfqueue: {
    inline: true,
    missing: missingForNfqueue,
    prepare: (options) => new NfqueueCapture(options),
    open: (plan) => new NfqueueDriver(plan),
  },
  "af-packet": {
    inline: false,
    missing: missingForPackets,
    prepare: (options) => new PacketCapture("af-packet", false, options, { group: fanoutGroup() }),
    open: (plan) => new AfPacketDriver(plan),
  },
  tcx: {
    inline: true,
    missing: missingForTcx,
    prepare: (options) => new TcxCapture(options),
    open: (plan) => new TcxDriver(plan),
  },
  bridge: {
    inline: true,
    missing: missingForBridge,
    prepare: (options) => new PacketCapture("bridge", true, options),
    open: (plan) => new BridgeDriver(plan),
  },
};

function missingForPackets(): string[] {
  const fd = socket(17, SOCK_RAW | CLOEXEC, 0);
  if (fd < 0) return ["the right to open packet sockets (CAP_NET_RAW)"];
  close(fd);
  return [];
}

function driverOf(name: DriverName): LinuxDriver {
  const driver = drivers[name];
  if (driver === undefined) throw new VpatchError("VPATCH_DRIVER", `there is no driver ${name} on Linux`);
  return driver;
}

export function probe(name: DriverName, options: CaptureOptions): DriverProbe {
  const driver = drivers[name];
  if (driver === undefined) return { driver: name, inline: false, usable: false, missing: ["not for Linux"] };
  const missing = driver.missing(options);
  return { driver: name, inline: driver.inline, usable: missing.length === 0, missing };
}

export function cleanUp(
  options: Pick<CaptureOptions, "stateFolder"> & Partial<Pick<CaptureOptions, "failure">>,
): string[] {
  return options.failure?.start === "closed" ? [] : removeStale(staleStates(options.stateFolder ?? STATE_FOLDER));
}

/** Undoes what agents left that are gone, but for what a capture of ours has taken over since. */
function removeStale(stale: ReturnType<typeof staleStates>): string[] {
  const removed: string[] = [];
  for (const { file, state } of stale) {
    const now = readState(file);
    const heir = now?.pid === process.pid ? now : undefined;
    const { firewall, pins = [] } = state;
    if (firewall !== undefined && heir === undefined) {
      removeRules(firewall);
      removed.push(`firewall chain ${firewall.chain}`);
    }
    for (const pin of pins) {
      if (heir?.pins?.some(({ path }) => path === pin.path)) continue;
      removePin(pin);
      removed.push(`eBPF pin ${pin.path}`);
    }
    if (heir === undefined) removeState(file);
  }
  return removed;
}

export function prepare(name: DriverName, options: CaptureOptions): Capture {
  const { missing } = probe(name, options);
  if (missing.length > 0) throw new VpatchError("VPATCH_DRIVER", `the driver ${name} needs ${missing.join(", ")}`);
  const stale = staleStates(options.stateFolder ?? STATE_FOLDER);
  // Closed at the start: what blocks now is in place before what blocked until now goes.
  if (options.failure.start === "open") removeStale(stale);
  const capture = driverOf(name).prepare(options);
  if (options.failure.start === "closed") removeStale(stale);
  lowerOthers();
  return capture;
}

/** Workers go ahead of ordinary programs: what waits for a verdict should not wait for a compiler as well. */
const WORKER_PRIORITY = -10;
/** Threads that write events, answer questions and compile come after them. */
const OTHER_PRIORITY = 5;

/** On Linux a thread has a priority of its own; 0 is the calling one. False without the right to raise it (CAP_SYS_NICE). */
function takePriority(priority: number, thread = 0): boolean {
  try {
    setPriority(thread, priority);
    return true;
  } catch {
    return false;
  }
}

let lowered = false;

/** Before there are workers: they begin with the priority of the thread that makes them, so only one that may be raised again is lowered. */
function lowerOthers(): void {
  if (lowered || !takePriority(WORKER_PRIORITY)) return;
  lowered = true;
  for (const thread of readdirSync("/proc/self/task")) takePriority(OTHER_PRIORITY, Number(thread));
}

export function openDriver(plan: QueuePlan): Driver {
  takePriority(WORKER_PRIORITY);
  return driverOf(plan.driver).open(plan);
}
