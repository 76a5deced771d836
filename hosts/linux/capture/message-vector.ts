/**
 * The array that recvmmsg and sendmmsg take: `mmsghdr` (64 bytes), one `iovec`, one address (24 bytes) and one control area a message. It
 * lies in memory of its own; the data lie in the frame area.
 *
 *     mmsghdr   0 name  8 namelen  16 iov  24 iovlen  32 control  40 controllen  48 flags  56 msg_len
 *     iovec     0 base  8 len
 */
import { addressOf } from "./libc.ts";

const HEADER = 64;
const VECTOR = 16;
const NAME = 24;

export class MessageVector {
  readonly count: number;
  readonly view: DataView;
  readonly address: number;
  private readonly controlBytes: number;
  private readonly names: number;
  private readonly controls: number;

  /** @param controlBytes room for control messages, each, a multiple of 8; 0: neither they nor addresses are received */
  constructor(count: number, controlBytes = 0) {
    this.count = count;
    this.controlBytes = controlBytes;
    this.names = count * (HEADER + VECTOR);
    this.controls = this.names + count * NAME;
    const memory = new ArrayBuffer(this.controls + count * controlBytes);
    this.view = new DataView(memory);
    this.address = addressOf(memory);
    for (let index = 0; index < count; index++) {
      this.pointer(index * HEADER + 16, this.address + count * HEADER + index * VECTOR);
      this.pointer(index * HEADER + 24, 1);
      if (controlBytes === 0) continue;
      this.pointer(index * HEADER, this.address + this.name(index));
      this.pointer(index * HEADER + 32, this.address + this.control(index));
    }
  }

  /** Where message `index` has its data. */
  data(index: number, address: number, length: number): void {
    const vector = this.count * HEADER + index * VECTOR;
    this.pointer(vector, address);
    this.pointer(vector + 8, length);
  }

  /** Before every receive: the kernel overwrote the lengths of the control areas. */
  rearm(count: number): void {
    if (this.controlBytes === 0) return;
    for (let index = 0; index < count; index++) {
      this.view.setUint32(index * HEADER + 8, NAME, true);
      this.view.setUint32(index * HEADER + 40, this.controlBytes, true);
    }
  }

  /** Bytes received into message `index`. */
  length(index: number): number {
    return this.view.getUint32(index * HEADER + 56, true);
  }

  /** Offset of the address message `index` came from (a sockaddr) in `view`. */
  name(index: number): number {
    return this.names + index * NAME;
  }

  /** Offset of the control area of message `index` in `view`. */
  control(index: number): number {
    return this.controls + index * this.controlBytes;
  }

  controlLength(index: number): number {
    return this.view.getUint32(index * HEADER + 40, true);
  }

  private pointer(at: number, value: number): void {
    this.view.setUint32(at, value % 0x1_0000_0000, true);
    this.view.setUint32(at + 4, Math.floor(value / 0x1_0000_0000), true);
  }
}
