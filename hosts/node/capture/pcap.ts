/**
 * The classic capture file: a 24 byte header, then records.
 *
 * Both byte orders, microseconds and nanoseconds, and the "modified" form whose record header is 8 bytes longer.
 * Layout: https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html; swapped lengths before version 2.4: libpcap's sf-pcap.c.
 */
import { type CapturedFrame, MAX_FRAME_BYTES } from "./frame.ts";
import type { ByteWindow } from "./window.ts";

/** Magic numbers as they read in the writer's own byte order. */
enum Magic {
  Microseconds = 0xa1b2c3d4,
  Nanoseconds = 0xa1b23c4d,
  Modified = 0xa1b2cd34,
}

const FILE_HEADER = 24;

/** Fields of the file header. */
enum Header {
  MinorVersion = 6,
  SnapLength = 16,
  LinkType = 20,
}

/** Fields of a record header. */
enum Field {
  Seconds = 0,
  Fraction = 4,
  CapturedLength = 8,
  OriginalLength = 12,
}

/** The upper bits of the link type field tell of a frame check sequence, not of the link. */
const LINK_TYPE_MASK = 0x03ff_ffff;

/** Whether four bytes, read little-endian, open a classic capture; its byte order if so. */
export function pcapByteOrder(magic: number): "little" | "big" | undefined {
  if (isMagic(magic)) return "little";
  return isMagic(swap32(magic)) ? "big" : undefined;
}

function isMagic(value: number): boolean {
  return value === Magic.Microseconds || value === Magic.Nanoseconds || value === Magic.Modified;
}

function swap32(value: number): number {
  return (((value & 0xff) << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0;
}

/** Decodes a classic capture from a window that chunks are appended to. */
export class PcapDecoder {
  private readonly window: ByteWindow;
  private readonly littleEndian: boolean;
  private headerRead = false;
  private recordHeader = 16;
  private nanosecondFactor = 1000;
  private snapLength = MAX_FRAME_BYTES;
  private minorVersion = 4;
  private readonly frame: CapturedFrame = {
    linkType: 0,
    seconds: 0,
    nanoseconds: 0,
    originalLength: 0,
    data: new Uint8Array(0),
  };

  constructor(window: ByteWindow, byteOrder: "little" | "big") {
    this.window = window;
    this.littleEndian = byteOrder === "little";
  }

  /** The next whole frame of the window, or `undefined` when it needs another chunk. Throws when the capture is corrupt. */
  next(): CapturedFrame | undefined {
    const { window, littleEndian, frame } = this;
    if (!this.headerRead && !this.readHeader()) return undefined;
    if (window.available < this.recordHeader) return undefined;
    let captured = window.u32(Field.CapturedLength, littleEndian);
    let original = window.u32(Field.OriginalLength, littleEndian);
    if (this.minorVersion < 3 || (this.minorVersion === 3 && captured > original)) {
      [captured, original] = [original, captured];
    }
    if (captured > MAX_FRAME_BYTES) {
      throw window.corrupt(
        `the record claims ${captured} captured bytes, a frame has at most ${MAX_FRAME_BYTES}`,
        Field.CapturedLength,
      );
    }
    if (window.available < this.recordHeader + captured) return undefined;
    frame.seconds = window.u32(Field.Seconds, littleEndian);
    frame.nanoseconds = window.u32(Field.Fraction, littleEndian) * this.nanosecondFactor;
    if (frame.nanoseconds >= 1_000_000_000) {
      frame.seconds += Math.floor(frame.nanoseconds / 1_000_000_000);
      frame.nanoseconds %= 1_000_000_000;
    }
    frame.originalLength = original;
    frame.data = window.slice(this.recordHeader, Math.min(captured, this.snapLength));
    window.skip(this.recordHeader + captured);
    return frame;
  }

  /** Called at the end of the file: throws when it ends inside the header or a record. */
  finish(): void {
    const { window } = this;
    if (!this.headerRead) throw window.truncated("the file header", FILE_HEADER);
    if (window.available === 0) return;
    if (window.available < this.recordHeader) throw window.truncated("a record header", this.recordHeader);
    const needed = this.recordHeader + window.u32(Field.CapturedLength, this.littleEndian);
    throw window.truncated("a record", needed);
  }

  private readHeader(): boolean {
    const { window, littleEndian } = this;
    if (window.available < FILE_HEADER) return false;
    const magic = window.u32(0, littleEndian);
    if (magic === Magic.Nanoseconds) this.nanosecondFactor = 1;
    if (magic === Magic.Modified) this.recordHeader = 24;
    this.minorVersion = window.u16(Header.MinorVersion, littleEndian);
    const snapLength = window.u32(Header.SnapLength, littleEndian);
    if (snapLength > 0 && snapLength < MAX_FRAME_BYTES) this.snapLength = snapLength;
    this.frame.linkType = window.u32(Header.LinkType, littleEndian) & LINK_TYPE_MASK;
    window.skip(FILE_HEADER);
    this.headerRead = true;
    return true;
  }
}
