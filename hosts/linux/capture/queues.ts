/** What the captures of Linux have in common: interfaces by name, an eventfd a worker, the plans made of them. */
import { writeSync } from "node:fs";
import type { CaptureOptions, DriverName, QueuePlan } from "../../node/driver/driver.ts";
import { VpatchError } from "../../node/errors.ts";
import { CLOEXEC, check, close, eventfd, ifIndex, NONBLOCK } from "./libc.ts";

export const DEFAULT_HEARTBEAT = 300;

/** @throws VpatchError naming the interface that does not exist */
export function interfacesOf({ interfaces }: CaptureOptions): { name: string; index: number }[] {
  return interfaces.map((name) => {
    const index = ifIndex(name);
    if (index > 0) return { name, index };
    throw new VpatchError("VPATCH_DRIVER", `there is no network interface "${name}"`, {
      remedy: "ip link shows those there are",
    });
  });
}

/** The eventfds that wake the workers. */
export class Wakes {
  readonly fds: readonly number[];

  constructor(workers: number) {
    this.fds = Array.from({ length: workers }, () => check(eventfd(0, CLOEXEC | NONBLOCK), "eventfd"));
  }

  wake(index: number): void {
    const one = new Uint8Array(8);
    one[0] = 1;
    writeSync(this.fds[index]!, one);
  }

  close(): void {
    for (const fd of this.fds) close(fd);
  }
}

/** The plans of a driver's workers. */
export function planQueues(
  driver: DriverName,
  inline: boolean,
  options: CaptureOptions,
  wakes: Wakes,
  own: (index: number) => Pick<QueuePlan, "fds" | "numbers">,
): QueuePlan[] {
  const interfaces = interfacesOf(options);
  return wakes.fds.map((wake, index) => ({
    driver,
    inline,
    index,
    workers: wakes.fds.length,
    interfaces,
    failure: options.failure,
    heartbeat: options.heartbeat ?? DEFAULT_HEARTBEAT,
    wake,
    ...own(index),
  }));
}
