/**
 * The driver `bridge`: prevention between two interfaces that nothing else joins, as a gateway. What passes goes out on the other one.
 *
 * Frames come and go through packet sockets with virtio headers, so that large segments and unfinished checksums stay as they are. When the
 * agent does not run, nothing passes: this driver is closed by its nature.
 */
import { LinkType, Verdict } from "../../../assembly/abi/codes.ts";
import { FrameFlag } from "../../../assembly/abi/frames.ts";
import { repairChecksum } from "../../node/datapath/checksum.ts";
import type { CaptureOptions, Driver, DriverStats, QueuePlan, Reply } from "../../node/driver/driver.ts";
import type { FrameBatch } from "../../node/engine/batch.ts";
import { answerFrame } from "./answer-frame.ts";
import {
  addressOf,
  CLOEXEC,
  check,
  close,
  MSG_DONTWAIT,
  SOCK_RAW,
  send,
  setOption,
  setsockopt,
  socket,
  Waiting,
} from "./libc.ts";
import { PacketSocket, SOL_PACKET, slotsOf } from "./packet-socket.ts";
import { emptyStats } from "./stats.ts";

const PACKET_ADD_MEMBERSHIP = 1;
const PACKET_VNET_HDR = 15;
const PACKET_QDISC_BYPASS = 20;
const PACKET_IGNORE_OUTGOING = 23;
const MEMBERSHIP_PROMISCUOUS = 1;
const HEADER = 10;
const AF_PACKET = 17;
const EMPTY_ROUNDS = 4096;

export function missingForBridge({ interfaces, workers, failure }: CaptureOptions): string[] {
  const missing: string[] = [];
  if (interfaces.length !== 2) missing.push("exactly two interfaces");
  if (workers !== 1) missing.push("workers: 1 (both directions of a flow go through one worker)");
  const open = Object.entries(failure).filter(([, value]) => value === "open");
  if (open.length > 0) {
    const names = open.map(([name]) => `failure.${name}`).join(", ");
    missing.push(`closed for ${names} (nothing but the agent joins the two interfaces)`);
  }
  if (missing.length > 0) return missing;
  const fd = socket(AF_PACKET, SOCK_RAW | CLOEXEC, 0);
  if (fd >= 0) close(fd);
  return fd >= 0 ? [] : ["the right to open packet sockets (CAP_NET_RAW)"];
}

export class BridgeDriver implements Driver {
  readonly inline = true;
  readonly stats: DriverStats = emptyStats();
  private readonly sockets: readonly [PacketSocket, PacketSocket];
  private readonly waiting: Waiting;
  /** Frames of the batch that came from the first interface; the others came from the second. */
  private fromFirst = 0;
  private round = 0;
  private base = 0;
  private memory: ArrayBuffer | undefined;

  constructor({ interfaces, wake }: QueuePlan) {
    const [west, east] = interfaces.map((device) => openSide(device));
    this.sockets = [west!, east!];
    this.waiting = new Waiting(wake, west!.fd, east!.fd);
  }

  get descriptors(): number[] {
    return this.sockets.map(({ fd }) => fd);
  }

  receive(batch: FrameBatch, timeout: number): number {
    if (this.memory !== batch.memory) {
      this.memory = batch.memory;
      this.base = addressOf(batch.memory);
    }
    if (this.fill(batch) === 0 && timeout > 0 && this.waiting.wait(timeout)) this.fill(batch);
    if (batch.count === 0 || ++this.round % EMPTY_ROUNDS === 0)
      for (const side of this.sockets) this.stats.lost += side.lost();
    return batch.count;
  }

  settle(batch: FrameBatch, verdicts: Uint8Array, replies: readonly Reply[]): void {
    const { stats, base } = this;
    for (let index = 0; index < verdicts.length; index++) {
      const verdict = verdicts[index];
      if (verdict === Verdict.Drop || verdict === Verdict.Reject) {
        if (verdict === Verdict.Drop) stats.dropped++;
        else stats.rejected++;
        continue;
      }
      const address = batch.address(index);
      if (verdict === Verdict.Modified) {
        stats.modified++;
        if ((batch.flags(index) & FrameFlag.PartialChecksum) === 0)
          repairChecksum(batch.frame(index), LinkType.Ethernet);
      }
      const out = this.sockets[index < this.fromFirst ? 1 : 0]!;
      if (send(out.fd, base + address - HEADER, batch.length(index) + HEADER, MSG_DONTWAIT) >= 0) stats.passed++;
      else stats.errors++;
    }
    for (const reply of replies) this.answer(batch, reply);
  }

  beat(): void {}

  close(): void {
    for (const { fd } of this.sockets) close(fd);
  }

  private fill(batch: FrameBatch): number {
    const slots = slotsOf(batch);
    const half = slots >> 1;
    const [west, east] = this.sockets;
    // Neither side may starve the other: each has half of the slots.
    this.fromFirst = west.receive(batch, 0, half, this.stats);
    east.receive(batch, half, slots - half, this.stats);
    return batch.count;
  }

  private answer(batch: FrameBatch, { frame, packet, onward }: Reply): void {
    const bytes = answerFrame(batch.frame(frame), packet, onward);
    const from = frame < this.fromFirst ? 0 : 1;
    const out = this.sockets[onward ? 1 - from : from]!;
    const buffer = new ArrayBuffer(bytes.length + HEADER);
    new Uint8Array(buffer).set(bytes, HEADER);
    if (send(out.fd, addressOf(buffer), buffer.byteLength, MSG_DONTWAIT) < 0) this.stats.errors++;
  }
}

function openSide(device: { name: string; index: number }): PacketSocket {
  return new PacketSocket({
    interface: device,
    header: HEADER,
    prepare(fd) {
      check(setOption(fd, SOL_PACKET, PACKET_VNET_HDR, 1), "PACKET_VNET_HDR");
      check(setOption(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1), "PACKET_IGNORE_OUTGOING");
      setOption(fd, SOL_PACKET, PACKET_QDISC_BYPASS, 1);
    },
    finish(fd) {
      const membership = new Uint8Array(16);
      const view = new DataView(membership.buffer);
      view.setInt32(0, device.index, true);
      view.setUint16(4, MEMBERSHIP_PROMISCUOUS, true);
      check(setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, membership, membership.length), "promiscuous mode");
    },
  });
}
