/**
 * The system's side of drivers that work through packet sockets (`af-packet`, `bridge`): there is nothing to set up but the sockets, which
 * the workers open and which go with them. What was lost the sockets tell, to the workers.
 */
import type { Capture, CaptureOptions, CaptureStats, DriverName, QueuePlan } from "../../node/driver/driver.ts";
import { planQueues, Wakes } from "./queues.ts";

export class PacketCapture implements Capture {
  readonly driver: DriverName;
  readonly inline: boolean;
  readonly queues: readonly QueuePlan[];
  private readonly wakes: Wakes;
  private closed = false;

  /** @param numbers the driver's own, for every worker */
  constructor(driver: DriverName, inline: boolean, options: CaptureOptions, numbers: QueuePlan["numbers"] = {}) {
    this.driver = driver;
    this.inline = inline;
    this.wakes = new Wakes(options.workers);
    this.queues = planQueues(driver, inline, options, this.wakes, () => ({ fds: {}, numbers }));
  }

  engage(): void {}

  disengage(): void {}

  wake(index: number): void {
    this.wakes.wake(index);
  }

  stats(): CaptureStats {
    return { bypassed: 0, lost: 0 };
  }

  close(): void {
    if (!this.closed) this.wakes.close();
    this.closed = true;
  }
}
