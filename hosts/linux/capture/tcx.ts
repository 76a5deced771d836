/**
 * The driver `tcx`: prevention of everything an interface carries, ARP and every other protocol of layer 2 included. Frames come through
 * two TAPs, one a direction, and those that pass are written back to where they came from (tcx-programs.ts has the way).
 *
 * Frames lie one behind another in the frame area, each after its virtio header, which goes back unchanged: offloads are kept.
 */
import { LinkType, Verdict } from "../../../assembly/abi/codes.ts";
import { FRAME_SLACK, FrameFlag } from "../../../assembly/abi/frames.ts";
import { repairChecksum } from "../../node/datapath/checksum.ts";
import type { Driver, DriverStats, QueuePlan, Reply } from "../../node/driver/driver.ts";
import type { FrameBatch } from "../../node/engine/batch.ts";
import { answerFrame } from "./answer-frame.ts";
import { addressOf, mapShared, read, Waiting, write } from "./libc.ts";
import { emptyStats } from "./stats.ts";
import { TAP_HEADER } from "./tap.ts";
import { TcxNumber } from "./tcx-programs.ts";

const PAGE = 4096;
/** The largest frame with its header. */
const LARGEST = 66 * 1024;
/** The virtio header ends on a multiple of 8. */
const HEADROOM = 16;
const NEEDS_CHECKSUM = 1;
const OUT = 1;

export class TcxDriver implements Driver {
  readonly inline = true;
  readonly stats: DriverStats = emptyStats();
  readonly descriptors = [];
  private readonly taps: readonly [number, number];
  private readonly waiting: Waiting;
  private readonly numbers: BigInt64Array;
  private readonly span: bigint;
  /** Which TAP each frame of the batch came from. */
  private readonly sides = new Uint8Array(4096);
  private base = 0;
  private memory: ArrayBuffer | undefined;

  constructor({ fds, wake, heartbeat }: QueuePlan) {
    this.taps = [fds.in!, fds.out!];
    this.waiting = new Waiting(wake, ...this.taps);
    this.numbers = new BigInt64Array(mapShared(fds.numbers!, PAGE));
    this.span = BigInt(heartbeat) * 1_000_000n;
    this.beat();
  }

  receive(batch: FrameBatch, timeout: number): number {
    if (this.memory !== batch.memory) {
      this.memory = batch.memory;
      this.base = addressOf(batch.memory);
    }
    this.fill(batch);
    if (batch.count === 0 && timeout > 0 && this.waiting.wait(timeout)) this.fill(batch);
    return batch.count;
  }

  settle(batch: FrameBatch, verdicts: Uint8Array, replies: readonly Reply[]): void {
    const { stats, base, taps, sides } = this;
    for (let index = 0; index < verdicts.length; index++) {
      const verdict = verdicts[index];
      if (verdict === Verdict.Drop) {
        stats.dropped++;
        continue;
      }
      if (verdict === Verdict.Reject) {
        stats.rejected++;
        continue;
      }
      const address = batch.address(index);
      if (verdict === Verdict.Modified) {
        stats.modified++;
        if ((batch.bytes[address - TAP_HEADER]! & NEEDS_CHECKSUM) === 0)
          repairChecksum(batch.frame(index), LinkType.Ethernet);
      }
      const length = batch.length(index) + TAP_HEADER;
      if (write(taps[sides[index]!]!, base + address - TAP_HEADER, length) === length) stats.passed++;
      else stats.errors++;
    }
    for (const reply of replies) this.answer(batch, reply);
  }

  beat(): void {
    this.numbers[TcxNumber.Deadline] = process.hrtime.bigint() + this.span;
  }

  close(): void {
    // The descriptors are the capture's: traffic waits in the TAPs for the next worker.
  }

  /** Reads both TAPs in turns until they are empty or the batch is full. */
  private fill(batch: FrameBatch): void {
    const { numbers, taps, stats } = this;
    const diverted = numbers[TcxNumber.Diverted]!;
    const end = batch.area + batch.areaBytes;
    const timestamp = Date.now() * 1000;
    let at = batch.area;
    let open = 3;
    const before = batch.count;
    while (
      open !== 0 &&
      batch.count < Math.min(batch.slots, this.sides.length) &&
      at + LARGEST + HEADROOM + FRAME_SLACK <= end
    ) {
      const side = open === 3 ? batch.count & 1 : open - 1;
      const address = at + HEADROOM;
      const bytes = read(taps[side]!, this.base + address - TAP_HEADER, LARGEST);
      if (bytes <= TAP_HEADER) {
        open &= ~(1 << side);
        continue;
      }
      const length = bytes - TAP_HEADER;
      let flags = side === OUT ? FrameFlag.Egress : 0;
      if (batch.bytes[address - TAP_HEADER]! & NEEDS_CHECKSUM) flags |= FrameFlag.PartialChecksum;
      this.sides[batch.count] = side;
      stats.frames++;
      stats.bytes += length;
      batch.place(address, length, timestamp, stats.frames, LinkType.Ethernet, flags);
      at = (address + length + FRAME_SLACK + 7) & ~7;
    }
    // Both are empty: what was diverted before has been read, or lost at the TAP.
    numbers[TcxNumber.Settled] = open === 0 ? diverted : numbers[TcxNumber.Settled]! + BigInt(batch.count - before);
  }

  private answer(batch: FrameBatch, { frame, packet, onward }: Reply): void {
    const bytes = answerFrame(batch.frame(frame), packet, onward);
    const side = onward ? this.sides[frame]! : 1 - this.sides[frame]!;
    const buffer = new ArrayBuffer(Math.max(72, bytes.length + TAP_HEADER));
    new Uint8Array(buffer).set(bytes, TAP_HEADER);
    if (write(this.taps[side]!, addressOf(buffer), bytes.length + TAP_HEADER) < 0) this.stats.errors++;
  }
}
