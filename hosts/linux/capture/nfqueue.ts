/**
 * The driver `nfqueue`: prevention's default. Netfilter hands every IP packet of the interfaces to a queue and waits for its verdict;
 * large segments (GSO) stay whole. Needs no change of routes or devices, and other firewall rules keep their meaning.
 *
 * A packet's message is received into the frame area, so its payload is inspected where it lies. Verdicts go back in one send: single
 * ones for what is dropped or was rewritten, then one that accepts all the rest (NFQNL_MSG_VERDICT_BATCH accepts every id up to its own).
 */
import { LinkType, Verdict } from "../../../assembly/abi/codes.ts";
import { FRAME_SLACK, FrameFlag } from "../../../assembly/abi/frames.ts";
import { repairChecksum } from "../../node/datapath/checksum.ts";
import type { Driver, DriverStats, QueuePlan, Reply } from "../../node/driver/driver.ts";
import type { FrameBatch } from "../../node/engine/batch.ts";
import { Heartbeat } from "./heartbeat.ts";
import {
  addressOf,
  check,
  close,
  EAGAIN,
  EINTR,
  ENOBUFS,
  MSG_DONTWAIT,
  recvmmsg,
  SO_RCVBUFFORCE,
  SOL_SOCKET,
  send,
  setOption,
  systemError,
  Waiting,
} from "./libc.ts";
import { MessageVector } from "./message-vector.ts";
import {
  ConfigAttribute,
  MESSAGE_HEAD,
  MessageWriter,
  openNetlink,
  PacketAttribute,
  QueueMessage,
  request,
} from "./netlink.ts";
import { RawSender } from "./raw-sender.ts";
import { emptyStats } from "./stats.ts";

/** A message of 64 KB payload with its attributes. */
const SLOT = 68 * 1024;
const RECEIVE_BUFFER = 64 * 1024 * 1024;
const COPY_PACKET = 2;
const COPY_BYTES = 0xffff;
const QUEUE_LENGTH = 8192;
const FLAG_FAIL_OPEN = 1;
const FLAG_GSO = 4;
const SKB_CHECKSUM_NOT_READY = 1;
const SOL_NETLINK = 270;
const NETLINK_NO_ENOBUFS = 5;
const NF_DROP = 0;
const NF_ACCEPT = 1;
const HOOK_POST_ROUTING = 4;
const ATTRIBUTE_TYPE = 0x3fff;

export class NfqueueDriver implements Driver {
  readonly inline = true;
  readonly stats: DriverStats = emptyStats();
  private readonly plan: QueuePlan;
  private readonly queue: number;
  private readonly fd: number;
  private readonly waiting: Waiting;
  private readonly heartbeat: Heartbeat | undefined;
  private readonly sender = new RawSender();
  private readonly writer = new MessageWriter(2 * 1024 * 1024);
  /** Message ids of the batch. */
  private readonly ids: Uint32Array;
  private vector: MessageVector | undefined;
  private memory: ArrayBuffer | undefined;

  constructor(plan: QueuePlan) {
    this.plan = plan;
    this.queue = plan.numbers.queue!;
    this.fd = openNetlink();
    try {
      check(setOption(this.fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER), "receive buffer");
      check(setOption(this.fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, 1), "NETLINK_NO_ENOBUFS");
      this.bindQueue();
    } catch (error) {
      close(this.fd);
      throw error;
    }
    this.waiting = new Waiting(plan.wake, this.fd);
    this.ids = new Uint32Array(4096);
    const map = plan.fds.deadlines;
    this.heartbeat = map === undefined ? undefined : new Heartbeat(map, plan.index, plan.heartbeat);
    this.beat();
  }

  get descriptors(): number[] {
    return [this.fd, ...this.sender.descriptors];
  }

  receive(batch: FrameBatch, timeout: number): number {
    const vector = this.vectorOf(batch);
    let count = recvmmsg(this.fd, vector.address, vector.count, MSG_DONTWAIT, 0);
    if (count === -EAGAIN) {
      if (timeout === 0 || !this.waiting.wait(timeout)) return 0;
      count = recvmmsg(this.fd, vector.address, vector.count, MSG_DONTWAIT, 0);
    }
    if (count < 0) {
      if (count === -EAGAIN || count === -EINTR || count === -ENOBUFS) return 0;
      throw systemError("netfilter queue", count);
    }
    const timestamp = Date.now() * 1000;
    for (let index = 0; index < count; index++)
      this.place(batch, batch.area + index * SLOT, vector.length(index), timestamp);
    return batch.count;
  }

  settle(batch: FrameBatch, verdicts: Uint8Array, replies: readonly Reply[]): void {
    const { writer, stats, ids } = this;
    const count = verdicts.length;
    let accepted = -1;
    writer.reset();
    for (let index = 0; index < count; index++) {
      switch (verdicts[index]) {
        case Verdict.Drop:
          stats.dropped++;
          this.verdict(ids[index]!, NF_DROP);
          break;
        case Verdict.Reject:
          stats.rejected++;
          this.verdict(ids[index]!, NF_DROP);
          break;
        case Verdict.Modified:
          stats.modified++;
          stats.passed++;
          this.rewrite(ids[index]!, batch.frame(index));
          break;
        default:
          stats.passed++;
          accepted = ids[index]!;
      }
    }
    if (accepted >= 0) {
      writer.begin(QueueMessage.VerdictBatch, this.queue);
      const at = writer.attribute(PacketAttribute.VerdictHeader, 8);
      writer.view.setUint32(at, NF_ACCEPT);
      writer.view.setUint32(at + 4, accepted);
      writer.end();
    }
    this.flush();
    for (const { packet } of replies) if (!this.sender.send(packet)) stats.errors++;
  }

  beat(): void {
    this.heartbeat?.beat();
  }

  close(): void {
    close(this.fd);
    this.sender.close();
  }

  private bindQueue(): void {
    const { writer, queue, fd } = this;
    const configure = (what: string, fill: () => void): void => {
      writer.reset();
      writer.begin(QueueMessage.Config, queue, 1, true);
      fill();
      writer.end();
      // A packet that comes before all is set up is let by or lost, as with a queue that nobody listens to.
      request(fd, what, writer, () => undefined);
    };
    configure(`bind netfilter queue ${queue}`, () => {
      writer.view.setUint32(writer.attribute(ConfigAttribute.Command, 4), 0x0100_0000);
    });
    configure("netfilter queue flags", () => {
      const flags = FLAG_GSO | (this.plan.failure.overload === "open" ? FLAG_FAIL_OPEN : 0);
      writer.view.setUint32(writer.attribute(ConfigAttribute.Flags, 4), flags);
      writer.view.setUint32(writer.attribute(ConfigAttribute.Mask, 4), FLAG_GSO | FLAG_FAIL_OPEN);
      writer.view.setUint32(writer.attribute(ConfigAttribute.MaxLength, 4), QUEUE_LENGTH);
    });
    configure("netfilter queue mode", () => {
      const at = writer.attribute(ConfigAttribute.Parameters, 5);
      writer.view.setUint32(at, COPY_BYTES);
      writer.view.setUint8(at + 4, COPY_PACKET);
    });
  }

  /** The receive vector over this batch's area; made anew when the engine was. */
  private vectorOf(batch: FrameBatch): MessageVector {
    if (this.vector !== undefined && this.memory === batch.memory) return this.vector;
    const slots = Math.min(batch.slots, Math.floor((batch.areaBytes - FRAME_SLACK) / SLOT), this.ids.length);
    const vector = new MessageVector(slots);
    const base = addressOf(batch.memory) + batch.area;
    for (let index = 0; index < slots; index++) vector.data(index, base + index * SLOT, SLOT - FRAME_SLACK);
    this.vector = vector;
    this.memory = batch.memory;
    return vector;
  }

  /** Reads a packet message at `at` and places its payload. */
  private place(batch: FrameBatch, at: number, length: number, timestamp: number): void {
    const { view } = batch;
    const end = at + Math.min(length, view.getUint32(at, true));
    if (length < MESSAGE_HEAD || view.getUint16(at + 4, true) !== QueueMessage.Packet) return;
    let id = -1;
    let payload = 0;
    let bytes = 0;
    let flags = 0;
    let wire = 0;
    for (let attribute = at + MESSAGE_HEAD; attribute + 4 <= end; ) {
      const size = view.getUint16(attribute, true);
      if (size < 4) break;
      switch (view.getUint16(attribute + 2, true) & ATTRIBUTE_TYPE) {
        case PacketAttribute.Header:
          id = view.getUint32(attribute + 4);
          if (view.getUint8(attribute + 10) === HOOK_POST_ROUTING) flags |= FrameFlag.Egress;
          break;
        case PacketAttribute.SkbInfo:
          if (view.getUint32(attribute + 4) & SKB_CHECKSUM_NOT_READY) flags |= FrameFlag.PartialChecksum;
          break;
        case PacketAttribute.CapturedLength:
          wire = view.getUint32(attribute + 4);
          break;
        case PacketAttribute.Payload:
          payload = attribute + 4;
          bytes = size - 4;
      }
      attribute += (size + 3) & ~3;
    }
    if (id < 0) return;
    const { stats } = this;
    stats.frames++;
    stats.bytes += bytes;
    if (wire > bytes) stats.oversized++;
    this.ids[batch.count] = id;
    batch.place(
      payload === 0 ? at : payload,
      bytes,
      timestamp,
      stats.frames,
      LinkType.Raw,
      flags,
      Math.max(wire, bytes),
    );
  }

  private verdict(id: number, verdict: number): void {
    const { writer } = this;
    if (writer.length + 64 > writer.bytes.length) this.flush();
    writer.begin(QueueMessage.Verdict, this.queue);
    const at = writer.attribute(PacketAttribute.VerdictHeader, 8);
    writer.view.setUint32(at, verdict);
    writer.view.setUint32(at + 4, id);
    writer.end();
  }

  /** Accepts a packet with other bytes. The kernel takes its checksum as final then. */
  private rewrite(id: number, frame: Uint8Array): void {
    const { writer } = this;
    if (writer.length + frame.length + 128 > writer.bytes.length) this.flush();
    repairChecksum(frame, LinkType.Raw);
    writer.begin(QueueMessage.Verdict, this.queue);
    const at = writer.attribute(PacketAttribute.VerdictHeader, 8);
    writer.view.setUint32(at, NF_ACCEPT);
    writer.view.setUint32(at + 4, id);
    writer.bytes.set(frame, writer.attribute(PacketAttribute.Payload, frame.length));
    writer.end();
  }

  private flush(): void {
    const { writer } = this;
    if (writer.length > 0 && send(this.fd, writer.address, writer.length, 0) < 0) this.stats.errors++;
    writer.reset();
  }
}
