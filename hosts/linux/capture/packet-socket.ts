/**
 * A packet socket (packet(7)) on one interface: frames of its link layer, received in batches into the frame area.
 *
 * The kernel takes a VLAN tag out of a frame and tells it beside the frame (PACKET_AUXDATA); it is put back here.
 */

import { readFileSync } from "node:fs";
import { LinkType } from "../../../assembly/abi/codes.ts";
import { FRAME_SLACK, FrameFlag } from "../../../assembly/abi/frames.ts";
import type { DriverStats } from "../../node/driver/driver.ts";
import type { FrameBatch } from "../../node/engine/batch.ts";
import {
  addressOf,
  bindSocket,
  CLOEXEC,
  check,
  EAGAIN,
  getsockopt,
  MSG_DONTWAIT,
  recvmmsg,
  SO_RCVBUFFORCE,
  SOCK_RAW,
  SOL_SOCKET,
  setOption,
  socket,
} from "./libc.ts";
import { MessageVector } from "./message-vector.ts";

const AF_PACKET = 17;
const ETH_P_ALL = 0x0003;
export const SOL_PACKET = 263;
const PACKET_STATISTICS = 6;
const PACKET_AUXDATA = 8;
const SO_TIMESTAMPNS = 35;
const PACKET_OUTGOING = 4;
/** `tp_status` of PACKET_AUXDATA. */
const STATUS_CHECKSUM_NOT_READY = 8;
const STATUS_VLAN_VALID = 16;
const STATUS_TPID_VALID = 64;
const TPID_VLAN = 0x8100;
/** Room for one PACKET_AUXDATA and one SCM_TIMESTAMPNS. */
const CONTROL = 80;
const RECEIVE_BUFFER = 64 * 1024 * 1024;
const ARPHRD_ETHER = "1";
const ARPHRD_LOOPBACK = "772";

/** A slot of the frame area: room for a tag and a virtio header before a frame of 64 KB. */
export const SLOT = 68 * 1024;
const HEADROOM = 24;
const TAG = 4;

export interface PacketSocketOptions {
  interface: { name: string; index: number };
  /** Bytes the kernel puts before each frame (PACKET_VNET_HDR: 10). */
  header?: number;
  /** Set before the socket is bound. */
  prepare?: (fd: number) => void;
  /** Set after it is bound. */
  finish?: (fd: number) => void;
}

export class PacketSocket {
  readonly fd: number;
  readonly name: string;
  readonly linkType: LinkType;
  private readonly header: number;
  private readonly statistics = new ArrayBuffer(16);
  private readonly statisticsAddress = addressOf(this.statistics);
  private vector: MessageVector | undefined;
  private memory: ArrayBuffer | undefined;
  private first = -1;

  constructor(options: PacketSocketOptions) {
    const { name, index } = options.interface;
    this.name = name;
    this.linkType = linkTypeOf(name);
    this.header = options.header ?? 0;
    this.fd = check(socket(AF_PACKET, SOCK_RAW | CLOEXEC, 0), "packet socket");
    check(setOption(this.fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER), "receive buffer");
    check(setOption(this.fd, SOL_PACKET, PACKET_AUXDATA, 1), "PACKET_AUXDATA");
    check(setOption(this.fd, SOL_SOCKET, SO_TIMESTAMPNS, 1), "SO_TIMESTAMPNS");
    options.prepare?.(this.fd);
    const address = new Uint8Array(20);
    const view = new DataView(address.buffer);
    view.setUint16(0, AF_PACKET, true);
    view.setUint16(2, ETH_P_ALL);
    view.setInt32(4, index, true);
    check(bindSocket(this.fd, address, address.length), `bind to ${name}`);
    options.finish?.(this.fd);
  }

  /**
   * Receives what is there into the slots from `slot` on and places it.
   * @returns frames received; when as many as `most`, there may be more
   */
  receive(batch: FrameBatch, slot: number, most: number, stats: DriverStats): number {
    const vector = this.vectorOf(batch, slot);
    const wanted = Math.min(most, vector.count);
    if (wanted <= 0) return 0;
    vector.rearm(wanted);
    const count = recvmmsg(this.fd, vector.address, wanted, MSG_DONTWAIT, 0);
    if (count <= 0) {
      // An interface that went down says so once; the socket serves again when it is up.
      if (count !== -EAGAIN && count !== 0) stats.errors++;
      return 0;
    }
    const now = Date.now() * 1000;
    for (let index = 0; index < count; index++) this.place(batch, vector, index, slot + index, now, stats);
    return count;
  }

  /** Frames the kernel dropped since the last call. */
  lost(): number {
    const view = new DataView(this.statistics);
    view.setUint32(8, 8, true);
    const result = getsockopt(
      this.fd,
      SOL_PACKET,
      PACKET_STATISTICS,
      this.statisticsAddress,
      this.statisticsAddress + 8,
    );
    return result < 0 ? 0 : view.getUint32(4, true);
  }

  private vectorOf(batch: FrameBatch, slot: number): MessageVector {
    if (this.vector !== undefined && this.memory === batch.memory && this.first === slot) return this.vector;
    const room = slotsOf(batch) - slot;
    const vector = this.vector?.count === room ? this.vector : new MessageVector(room, CONTROL);
    const base = addressOf(batch.memory) + batch.area + HEADROOM - this.header;
    for (let index = 0; index < room; index++) {
      vector.data(index, base + (slot + index) * SLOT, SLOT - HEADROOM + this.header - FRAME_SLACK);
    }
    this.vector = vector;
    this.memory = batch.memory;
    this.first = slot;
    return vector;
  }

  private place(
    batch: FrameBatch,
    vector: MessageVector,
    index: number,
    slot: number,
    now: number,
    stats: DriverStats,
  ): void {
    const { view } = vector;
    let address = batch.area + slot * SLOT + HEADROOM;
    let length = Math.max(0, vector.length(index) - this.header);
    let flags = view.getUint8(vector.name(index) + 10) === PACKET_OUTGOING ? FrameFlag.Egress : 0;
    let wire = length;
    let timestamp = now;
    const from = vector.control(index);
    const end = from + Math.min(CONTROL, vector.controlLength(index));
    for (let at = from; at + 16 <= end; ) {
      const size = view.getUint32(at, true);
      if (size < 16) break;
      const level = view.getInt32(at + 8, true);
      if (level === SOL_PACKET) {
        const status = view.getUint32(at + 16, true);
        wire = Math.max(length, view.getUint32(at + 20, true));
        if (status & STATUS_CHECKSUM_NOT_READY) flags |= FrameFlag.PartialChecksum;
        if (status & STATUS_VLAN_VALID && this.linkType === LinkType.Ethernet && length >= 12) {
          const tpid = status & STATUS_TPID_VALID ? view.getUint16(at + 34, true) : TPID_VLAN;
          this.restoreTag(batch, address, tpid, view.getUint16(at + 32, true));
          address -= TAG;
          length += TAG;
          wire += TAG;
        }
      } else if (level === SOL_SOCKET) {
        timestamp =
          Number(view.getBigInt64(at + 16, true)) * 1_000_000 + Math.floor(view.getUint32(at + 24, true) / 1000);
      }
      at += (size + 7) & ~7;
    }
    stats.frames++;
    stats.bytes += length;
    if (wire > length) stats.oversized++;
    batch.place(address, length, timestamp, stats.frames, this.linkType, flags, wire);
  }

  /** Moves the addresses of an Ethernet frame, and the virtio header before them, forward, and writes the tag behind them. */
  private restoreTag(batch: FrameBatch, address: number, tpid: number, tci: number): void {
    const { header } = this;
    const { bytes, view } = batch;
    bytes.copyWithin(address - TAG - header, address - header, address + 12);
    view.setUint16(address - TAG + 12, tpid);
    view.setUint16(address - TAG + 14, tci);
    if (header === 0) return;
    // virtio_net_hdr: hdr_len at 2, csum_start at 6, both counted from the frame's first byte.
    const at = address - TAG - header;
    for (const field of [at + 2, at + 6]) {
      const value = view.getUint16(field, true);
      if (value > 0) view.setUint16(field, value + TAG, true);
    }
  }
}

/** Slots of the frame area. */
export function slotsOf(batch: FrameBatch): number {
  return Math.min(batch.slots, Math.floor((batch.areaBytes - FRAME_SLACK) / SLOT));
}

/** What lies first in the frames of an interface. */
function linkTypeOf(name: string): LinkType {
  let type = ARPHRD_ETHER;
  try {
    type = readFileSync(`/sys/class/net/${name}/type`, "utf8").trim();
  } catch {
    // sysfs of another network namespace: nearly every interface there is has Ethernet frames.
  }
  return type === ARPHRD_ETHER || type === ARPHRD_LOOPBACK ? LinkType.Ethernet : LinkType.Raw;
}
