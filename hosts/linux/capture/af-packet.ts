/**
 * The driver `af-packet`: detection's default. It sees copies of what the interfaces receive and send, and changes nothing.
 *
 * Paced: while there is traffic it waits a millisecond between two rounds instead of waking for every frame. Several workers share an
 * interface by a fanout group that keeps both directions of a flow together.
 */
import type { Driver, DriverStats, QueuePlan, Reply } from "../../node/driver/driver.ts";
import type { FrameBatch } from "../../node/engine/batch.ts";
import { check, close, setOption, Waiting } from "./libc.ts";
import { PacketSocket, SOL_PACKET, slotsOf } from "./packet-socket.ts";
import { emptyStats } from "./stats.ts";

const PACKET_FANOUT = 18;
const PACKET_IGNORE_OUTGOING = 23;
/** PACKET_FANOUT_HASH with PACKET_FANOUT_FLAG_DEFRAG. */
const FANOUT_HASH = 0x8000;
const PACE_MS = 1;
/** Rounds between two looks at what the kernel dropped. */
const LOSS_ROUNDS = 512;

/** A fanout group's number is the kernel's to compare within a network namespace: our process's is our own. */
export const fanoutGroup = (): number => process.pid & 0xffff;

export class AfPacketDriver implements Driver {
  readonly inline = false;
  readonly stats: DriverStats = emptyStats();
  private readonly sockets: readonly PacketSocket[];
  private readonly waiting: Waiting;
  private busy = false;
  private round = 0;

  constructor(plan: QueuePlan) {
    const { interfaces, workers, numbers } = plan;
    this.sockets = interfaces.map(
      (device, index) =>
        new PacketSocket({
          interface: device,
          // On the loopback interface every frame is seen when it arrives as well.
          prepare: (fd) => device.name === "lo" && setOption(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1),
          finish: (fd) => {
            const group = (numbers.group! + index) & 0xffff;
            if (workers > 1)
              check(setOption(fd, SOL_PACKET, PACKET_FANOUT, (FANOUT_HASH << 16) | group), "PACKET_FANOUT");
          },
        }),
    );
    this.waiting = new Waiting(plan.wake, ...this.sockets.map(({ fd }) => fd));
  }

  get descriptors(): number[] {
    return this.sockets.map(({ fd }) => fd);
  }

  receive(batch: FrameBatch, timeout: number): number {
    if (this.busy) {
      this.waiting.pause(PACE_MS);
    } else if (!this.waiting.wait(timeout)) {
      this.loss();
      return 0;
    }
    const slots = slotsOf(batch);
    let slot = 0;
    for (const socket of this.sockets) slot += socket.receive(batch, slot, slots - slot, this.stats);
    this.busy = slot > 0;
    if (++this.round % LOSS_ROUNDS === 0) this.loss();
    return batch.count;
  }

  settle(_batch: FrameBatch, verdicts: Uint8Array, _replies: readonly Reply[]): void {
    this.stats.passed += verdicts.length;
  }

  beat(): void {}

  close(): void {
    for (const { fd } of this.sockets) close(fd);
  }

  private loss(): void {
    for (const socket of this.sockets) this.stats.lost += socket.lost();
  }
}
