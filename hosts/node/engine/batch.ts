/**
 * The frames of one call of the core, as a driver fills them: bytes go straight into the frame area, a record says where they lie.
 *
 * Contract: `reset`, then bytes and `place` in order, then `Engine.inspect`. Addresses are offsets into `memory` and hold until the
 * engine is rebuilt; then the engine has another batch, so a driver asks for it anew on every call.
 */
import { FRAME_SLACK, Frame } from "../../../assembly/abi/frames.ts";

/** Where a batch lies in the core's memory. */
export interface BatchLayout {
  memory: ArrayBuffer;
  /** Address of the frame records. */
  records: number;
  /** Most frames of a batch. */
  slots: number;
  /** Address and length of the frame area. */
  area: number;
  areaBytes: number;
}

export class FrameBatch {
  readonly memory: ArrayBuffer;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly slots: number;
  readonly area: number;
  readonly areaBytes: number;
  /** Frames placed since `reset`. */
  count = 0;
  /** Bytes of the area taken by `take`. */
  private fill = 0;
  private readonly records: number;

  constructor({ memory, records, slots, area, areaBytes }: BatchLayout) {
    this.memory = memory;
    this.bytes = new Uint8Array(memory);
    this.view = new DataView(memory);
    this.records = records;
    this.slots = slots;
    this.area = area;
    this.areaBytes = areaBytes;
  }

  reset(): void {
    this.count = 0;
    this.fill = 0;
  }

  /** Takes the next `length` bytes of the area and the slack behind them. Their address, or 0: there is no room. */
  take(length: number): number {
    const needed = stride(length);
    if (this.count === this.slots || this.fill + needed > this.areaBytes) return 0;
    const address = this.area + this.fill;
    this.fill += needed;
    return address;
  }

  /** Whether an empty batch has room for `length` bytes. */
  fits(length: number): boolean {
    return stride(length) <= this.areaBytes;
  }

  /**
   * Adds the frame that lies at `address`, with FRAME_SLACK readable bytes behind it.
   * @param timestamp microseconds since 1970
   * @param number the host's number of the frame, counted from 1
   * @param flags FrameFlag bits
   */
  place(
    address: number,
    length: number,
    timestamp: number,
    number: number,
    linkType: number,
    flags: number,
    wireLength = length,
  ): void {
    const record = this.records + this.count * Frame.size;
    const { view } = this;
    view.setUint32(record + Frame.data, address, true);
    view.setUint32(record + Frame.length, length, true);
    setU53(view, record + Frame.timestamp, timestamp);
    setU53(view, record + Frame.number, number);
    view.setUint16(record + Frame.linkType, linkType, true);
    view.setUint16(record + Frame.flags, flags, true);
    view.setUint32(record + Frame.wireLength, wireLength, true);
    this.count++;
  }

  /** Address of a frame of the batch. */
  address(index: number): number {
    return this.view.getUint32(this.records + index * Frame.size + Frame.data, true);
  }

  length(index: number): number {
    return this.view.getUint32(this.records + index * Frame.size + Frame.length, true);
  }

  /** The host's number of a frame. */
  number(index: number): number {
    return this.u53(index, Frame.number);
  }

  /** Microseconds since 1970. */
  timestamp(index: number): number {
    return this.u53(index, Frame.timestamp);
  }

  flags(index: number): number {
    return this.view.getUint16(this.records + index * Frame.size + Frame.flags, true);
  }

  wireLength(index: number): number {
    return this.view.getUint32(this.records + index * Frame.size + Frame.wireLength, true);
  }

  linkType(index: number): number {
    return this.view.getUint16(this.records + index * Frame.size + Frame.linkType, true);
  }

  /** A frame's bytes where they lie: as received, or as the core rewrote them (`Verdict.Modified`). */
  frame(index: number): Uint8Array {
    const address = this.address(index);
    return this.bytes.subarray(address, address + this.length(index));
  }

  private u53(index: number, field: Frame): number {
    const at = this.records + index * Frame.size + field;
    return this.view.getUint32(at, true) + this.view.getUint32(at + 4, true) * 0x1_0000_0000;
  }
}

/** Bytes of the area that a frame of `length` takes. */
export function stride(length: number): number {
  return (length + FRAME_SLACK + 7) & ~7;
}

function setU53(view: DataView, at: number, value: number): void {
  view.setUint32(at, value % 0x1_0000_0000, true);
  view.setUint32(at + 4, Math.floor(value / 0x1_0000_0000), true);
}
