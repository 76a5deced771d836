/** The drivers of Linux, by name. */
import { setPriority } from "node:os";
import type { Capture, CaptureOptions, Driver, DriverName, DriverProbe, QueuePlan } from "../../node/driver/driver.ts";
import { VpatchError } from "../../node/errors.ts";
import { removeRules } from "./firewall.ts";
import { removeFilter } from "./heartbeat.ts";
import { NfqueueDriver } from "./nfqueue.ts";
import { missingForNfqueue, NfqueueCapture } from "./nfqueue-capture.ts";
import { removeState, STATE_FOLDER, staleStates } from "./state.ts";

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
};

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

export function cleanUp({ stateFolder = STATE_FOLDER }: Pick<CaptureOptions, "stateFolder">): string[] {
  const removed: string[] = [];
  for (const { file, state } of staleStates(stateFolder)) {
    const { firewall, filter } = state;
    if (firewall !== undefined) {
      removeRules(firewall);
      removed.push(`firewall chain ${firewall.chain}`);
    }
    if (filter !== undefined) {
      removeFilter(filter);
      removed.push(`eBPF pin ${filter.path}`);
    }
    removeState(file);
  }
  return removed;
}

export function prepare(name: DriverName, options: CaptureOptions): Capture {
  const { missing } = probe(name, options);
  if (missing.length > 0) throw new VpatchError("VPATCH_DRIVER", `the driver ${name} needs ${missing.join(", ")}`);
  return driverOf(name).prepare(options);
}

/** Ahead of ordinary programs: what waits for a verdict should not wait for a compiler as well. */
const PRIORITY = -10;

export function openDriver(plan: QueuePlan): Driver {
  try {
    // On Linux this is the priority of the calling thread alone.
    setPriority(0, PRIORITY);
  } catch {
    // Without the right to it, the worker is as fast as the others.
  }
  return driverOf(plan.driver).open(plan);
}
