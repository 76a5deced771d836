/** The drivers of Linux, by name. */
import type { Capture, CaptureOptions, Driver, DriverName, DriverProbe, QueuePlan } from "../../node/driver/driver.ts";
import { VpatchError } from "../../node/errors.ts";

/** One driver: what it needs, how it is set up, how a worker opens its queue. */
export interface LinuxDriver {
  inline: boolean;
  /** What the system lacks, in words. */
  missing(options: CaptureOptions): string[];
  prepare(options: CaptureOptions): Capture;
  open(plan: QueuePlan): Driver;
}

const drivers: Partial<Record<DriverName, LinuxDriver>> = {};

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

export function cleanUp(_options: Pick<CaptureOptions, "stateFolder">): string[] {
  return [];
}

export function prepare(name: DriverName, options: CaptureOptions): Capture {
  const { missing } = probe(name, options);
  if (missing.length > 0) throw new VpatchError("VPATCH_DRIVER", `the driver ${name} needs ${missing.join(", ")}`);
  return driverOf(name).prepare(options);
}

export function openDriver(plan: QueuePlan): Driver {
  return driverOf(plan.driver).open(plan);
}
