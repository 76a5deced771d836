/**
 * Writes captures: classic nanosecond-free pcap for one link type, pcapng when the name ends in `.pcapng`, for any mix.
 * Frames are gathered and written in large pieces.
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { fileError, VpatchError } from "../errors.ts";
import { type CapturedFrame, MAX_FRAME_BYTES } from "./frame.ts";

const BUFFER_BYTES = 1 << 20;

/** Frames to a capture file. Call {@link close} to write what is gathered. */
export class CaptureWriter {
  readonly file: string;
  private readonly fd: number;
  private readonly buffer = Buffer.alloc(BUFFER_BYTES + MAX_FRAME_BYTES + 64);
  private fill = 0;
  private readonly blocks: boolean;
  private readonly interfaces = new Map<number, number>();

  constructor(file: string) {
    this.file = file;
    this.blocks = file.endsWith(".pcapng");
    try {
      this.fd = openSync(file, "w");
    } catch (cause) {
      throw fileError(cause, file);
    }
  }

  write(frame: CapturedFrame): void {
    if (this.blocks) this.writeBlock(frame);
    else this.writeRecord(frame);
    if (this.fill >= BUFFER_BYTES) this.flush();
  }

  /** Writes what is gathered and closes the file; a capture without frames is still a valid one. */
  close(): void {
    if (this.interfaces.size === 0) this.describe(1);
    this.flush();
    closeSync(this.fd);
  }

  private writeRecord(frame: CapturedFrame): void {
    if (!this.interfaces.has(frame.linkType)) {
      const [first] = this.interfaces.keys();
      if (first !== undefined) {
        throw new VpatchError(
          "VPATCH_CAPTURE_FORMAT",
          `a pcap file holds one link type: it has ${first}, a frame has ${frame.linkType}`,
          { location: { file: this.file }, remedy: "name the file .pcapng, which holds any mix" },
        );
      }
      this.describe(frame.linkType);
    }
    this.u32(frame.seconds);
    this.u32(Math.floor(frame.nanoseconds / 1000));
    this.u32(frame.data.length);
    this.u32(frame.originalLength);
    this.bytes(frame.data);
  }

  private writeBlock(frame: CapturedFrame): void {
    if (!this.interfaces.has(frame.linkType)) this.describe(frame.linkType);
    const padded = (frame.data.length + 3) & ~3;
    const stamp = BigInt(frame.seconds) * 1_000_000_000n + BigInt(frame.nanoseconds);
    this.u32(6);
    this.u32(32 + padded);
    this.u32(this.interfaces.get(frame.linkType)!);
    this.u32(Number(stamp >> 32n));
    this.u32(Number(stamp & 0xffff_ffffn));
    this.u32(frame.data.length);
    this.u32(frame.originalLength);
    this.bytes(frame.data);
    this.buffer.fill(0, this.fill, this.fill + padded - frame.data.length);
    this.fill += padded - frame.data.length;
    this.u32(32 + padded);
  }

  /** The file header, or in pcapng the description of a link type's interface. */
  private describe(linkType: number): void {
    if (!this.blocks) {
      for (const value of [0xa1b2c3d4, 0x0004_0002, 0, 0, MAX_FRAME_BYTES, linkType]) this.u32(value);
    } else {
      if (this.interfaces.size === 0) {
        for (const value of [0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0xffff_ffff, 0xffff_ffff, 28]) this.u32(value);
      }
      // One option, if_tsresol (9) of length 1 with the value 9: nanoseconds.
      for (const value of [1, 32, linkType, MAX_FRAME_BYTES, 0x0001_0009, 9, 0, 32]) this.u32(value);
    }
    this.interfaces.set(linkType, this.interfaces.size);
  }

  private u32(value: number): void {
    this.fill = this.buffer.writeUInt32LE(value >>> 0, this.fill);
  }

  private bytes(data: Uint8Array): void {
    this.buffer.set(data, this.fill);
    this.fill += data.length;
  }

  private flush(): void {
    try {
      for (let at = 0; at < this.fill; ) at += writeSync(this.fd, this.buffer, at, this.fill - at);
    } catch (cause) {
      throw fileError(cause, this.file);
    }
    this.fill = 0;
  }
}
