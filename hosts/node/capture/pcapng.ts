/**
 * The block-structured capture file: sections, each with its own byte order and interfaces, each interface with its own
 * link type and clock resolution.
 *
 * Layout: https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-02.html. Read: section header, interface description,
 * enhanced, simple and (obsolete) packet blocks. Other blocks are skipped.
 */
import { type CapturedFrame, MAX_FRAME_BYTES } from "./frame.ts";
import type { ByteWindow } from "./window.ts";

enum Block {
  InterfaceDescription = 1,
  Packet = 2,
  SimplePacket = 3,
  EnhancedPacket = 6,
  SectionHeader = 0x0a0d0d0a,
}

enum Option {
  End = 0,
  TimestampResolution = 9,
  TimestampOffset = 14,
}

const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const BYTE_ORDER_MAGIC_SWAPPED = 0x4d3c2b1a;

/** Type and total length before a block's body, the total length again after it. */
const BLOCK_HEAD = 8;
const BLOCK_OVERHEAD = 12;

/** No block a capture tool writes comes near this; a greater length is a corrupt field. */
const MAX_BLOCK_BYTES = 1 << 25;

interface Interface {
  linkType: number;
  snapLength: number;
  /** Clock ticks a second. */
  ticks: bigint;
  /** Seconds to add to every timestamp. */
  offset: bigint;
}

/** Whether four bytes, read little-endian, open a pcapng file: the type of the section header reads alike in both orders. */
export function isPcapng(magic: number): boolean {
  return magic === Block.SectionHeader;
}

/** Decodes a pcapng capture from a window that chunks are appended to. */
export class PcapngDecoder {
  private readonly window: ByteWindow;
  private littleEndian = true;
  private interfaces: Interface[] = [];
  private readonly frame: CapturedFrame = {
    linkType: 0,
    seconds: 0,
    nanoseconds: 0,
    originalLength: 0,
    data: new Uint8Array(0),
  };

  constructor(window: ByteWindow) {
    this.window = window;
  }

  /** The next whole frame of the window, or `undefined` when it needs another chunk. Throws when the capture is corrupt. */
  next(): CapturedFrame | undefined {
    const { window } = this;
    for (;;) {
      const length = this.wholeBlock();
      if (length === undefined) return undefined;
      const type = window.u32(0, this.littleEndian);
      const body = length - BLOCK_OVERHEAD;
      let found = false;
      if (type === Block.SectionHeader) this.interfaces = [];
      else if (type === Block.InterfaceDescription) this.addInterface(body);
      else if (type === Block.EnhancedPacket) this.enhancedPacket(body);
      else if (type === Block.SimplePacket) this.simplePacket(body);
      else if (type === Block.Packet) this.packet(body);
      found = type === Block.EnhancedPacket || type === Block.SimplePacket || type === Block.Packet;
      window.skip(length);
      if (found) return this.frame;
    }
  }

  /** Called at the end of the file: throws when it ends inside a block. */
  finish(): void {
    const { window } = this;
    if (window.available === 0) return;
    if (window.available < BLOCK_OVERHEAD) throw window.truncated("a block header", BLOCK_OVERHEAD);
    throw window.truncated("a block", window.u32(4, this.littleEndian));
  }

  /** Total length of the block at the front when all of it is there. Sets the byte order from a section header. */
  private wholeBlock(): number | undefined {
    const { window } = this;
    if (window.available < BLOCK_OVERHEAD) return undefined;
    if (window.u32(0, true) === Block.SectionHeader) {
      const magic = window.u32(BLOCK_HEAD, true);
      if (magic === BYTE_ORDER_MAGIC) this.littleEndian = true;
      else if (magic === BYTE_ORDER_MAGIC_SWAPPED) this.littleEndian = false;
      else throw window.corrupt("the section header has no byte-order magic", BLOCK_HEAD);
    }
    const length = window.u32(4, this.littleEndian);
    if (length < BLOCK_OVERHEAD || length % 4 !== 0 || length > MAX_BLOCK_BYTES) {
      throw window.corrupt(`a block claims a total length of ${length} bytes`, 4);
    }
    if (window.available < length) return undefined;
    const trailer = window.u32(length - 4, this.littleEndian);
    if (trailer !== length) {
      throw window.corrupt(`a block of ${length} bytes ends with the length ${trailer}`, length - 4);
    }
    return length;
  }

  private addInterface(body: number): void {
    const { window, littleEndian } = this;
    if (body < 8) throw window.corrupt("the interface description is too short");
    const snapLength = window.u32(BLOCK_HEAD + 4, littleEndian);
    const added: Interface = {
      linkType: window.u16(BLOCK_HEAD, littleEndian),
      snapLength: snapLength === 0 ? MAX_FRAME_BYTES : snapLength,
      ticks: 1_000_000n,
      offset: 0n,
    };
    let at = BLOCK_HEAD + 8;
    const end = BLOCK_HEAD + body;
    while (at + 4 <= end) {
      const code = window.u16(at, littleEndian);
      const length = window.u16(at + 2, littleEndian);
      if (code === Option.End) break;
      if (at + 4 + length > end) throw window.corrupt("an option goes beyond its block", at);
      if (code === Option.TimestampResolution && length === 1) added.ticks = this.ticks(at + 4);
      if (code === Option.TimestampOffset && length === 8) added.offset = window.i64(at + 4, littleEndian);
      at += 4 + ((length + 3) & ~3);
    }
    this.interfaces.push(added);
  }

  /** `if_tsresol`: a negative power of ten, or of two when the top bit is set. */
  private ticks(at: number): bigint {
    const value = this.window.u8(at);
    const exponent = value & 0x7f;
    if (value & 0x80 ? exponent > 63 : exponent > 19) {
      throw this.window.corrupt(`a clock resolution of 0x${value.toString(16)} is out of range`, at);
    }
    return (value & 0x80 ? 2n : 10n) ** BigInt(exponent);
  }

  private enhancedPacket(body: number): void {
    const { window, littleEndian } = this;
    if (body < 20) throw window.corrupt("the packet block is too short");
    this.timed(window.u32(BLOCK_HEAD, littleEndian), body);
  }

  private packet(body: number): void {
    const { window, littleEndian } = this;
    if (body < 20) throw window.corrupt("the packet block is too short");
    this.timed(window.u16(BLOCK_HEAD, littleEndian), body);
  }

  /** The fields that the enhanced and the obsolete packet block share. */
  private timed(interfaceId: number, body: number): void {
    const { window, littleEndian, frame } = this;
    const source = this.interface(interfaceId);
    const high = BigInt(window.u32(BLOCK_HEAD + 4, littleEndian));
    const stamp = (high << 32n) | BigInt(window.u32(BLOCK_HEAD + 8, littleEndian));
    const captured = window.u32(BLOCK_HEAD + 12, littleEndian);
    this.data(source, BLOCK_HEAD + 20, captured, body - 20);
    frame.originalLength = window.u32(BLOCK_HEAD + 16, littleEndian);
    if (source.ticks === 1_000_000n && source.offset === 0n && high < 0x20_0000n) {
      const microseconds = Number(stamp);
      frame.seconds = Math.floor(microseconds / 1_000_000);
      frame.nanoseconds = (microseconds % 1_000_000) * 1000;
    } else {
      frame.seconds = Number(stamp / source.ticks + source.offset);
      frame.nanoseconds = Number(((stamp % source.ticks) * 1_000_000_000n) / source.ticks);
    }
  }

  /** A simple packet has no interface (it is the first) and no time. */
  private simplePacket(body: number): void {
    const { window, littleEndian, frame } = this;
    if (body < 4) throw window.corrupt("the simple packet block is too short");
    const source = this.interface(0);
    const original = window.u32(BLOCK_HEAD, littleEndian);
    const captured = Math.min(original, source.snapLength, body - 4);
    this.data(source, BLOCK_HEAD + 4, captured, body - 4);
    frame.originalLength = original;
    frame.seconds = 0;
    frame.nanoseconds = 0;
  }

  private data(source: Interface, at: number, captured: number, room: number): void {
    if (captured > room || captured > MAX_FRAME_BYTES) {
      throw this.window.corrupt(`a packet claims ${captured} captured bytes, its block has room for ${room}`, at);
    }
    this.frame.linkType = source.linkType;
    this.frame.data = this.window.slice(at, captured);
  }

  private interface(id: number): Interface {
    const found = this.interfaces[id];
    if (!found) {
      throw this.window.corrupt(
        `a packet names interface ${id}, the section describes ${this.interfaces.length}`,
        BLOCK_HEAD,
      );
    }
    return found;
  }
}
