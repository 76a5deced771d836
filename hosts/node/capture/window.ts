/** The unread bytes of a capture: chunks are appended, records are taken from the front. Counts the absolute offset. */
import { VpatchError } from "../errors.ts";

export class ByteWindow {
  readonly file: string;
  /** Its first `length` bytes are the capture's; it grows to one record and one chunk, and is used again and again. */
  private bytes: Uint8Array = new Uint8Array(0);
  private view = new DataView(this.bytes.buffer);
  private length = 0;
  private position = 0;
  private consumed = 0;

  constructor(file: string) {
    this.file = file;
  }

  /** Appends a copy of a chunk. Bytes already taken are let go, and views of them end. */
  append(chunk: Uint8Array): void {
    const { bytes, position } = this;
    const left = this.length - position;
    this.consumed += position;
    this.position = 0;
    this.length = left + chunk.length;
    if (this.length > bytes.length) {
      this.bytes = new Uint8Array(this.length);
      this.view = new DataView(this.bytes.buffer);
      this.bytes.set(bytes.subarray(position, position + left));
    } else bytes.copyWithin(0, position, position + left);
    this.bytes.set(chunk, left);
  }

  /** Bytes that are there and not yet taken. */
  get available(): number {
    return this.length - this.position;
  }

  /** Offset in the capture of the next byte to take. */
  get offset(): number {
    return this.consumed + this.position;
  }

  /** Reads without taking; the caller has checked `available`. */
  u16(at: number, littleEndian: boolean): number {
    return this.view.getUint16(this.position + at, littleEndian);
  }

  u32(at: number, littleEndian: boolean): number {
    return this.view.getUint32(this.position + at, littleEndian);
  }

  u64(at: number, littleEndian: boolean): bigint {
    return this.view.getBigUint64(this.position + at, littleEndian);
  }

  i64(at: number, littleEndian: boolean): bigint {
    return this.view.getBigInt64(this.position + at, littleEndian);
  }

  u8(at: number): number {
    return this.view.getUint8(this.position + at);
  }

  /** A view of `length` bytes from `at`, without taking them. */
  slice(at: number, length: number): Uint8Array {
    return this.bytes.subarray(this.position + at, this.position + at + length);
  }

  skip(length: number): void {
    this.position += length;
  }

  /** The error for a capture that ends inside `what`. */
  truncated(what: string, needed: number): VpatchError {
    return new VpatchError(
      "VPATCH_CAPTURE_TRUNCATED",
      `the capture ends inside ${what}: ${needed} bytes are needed, ${this.available} are left`,
      {
        location: { file: this.file, offset: this.offset },
        remedy: "the frames before it are kept; capture or copy the file again",
      },
    );
  }

  /** The error for a field that cannot be right, `at` bytes after the next byte. */
  corrupt(message: string, at = 0): VpatchError {
    return new VpatchError("VPATCH_CAPTURE_CORRUPT", message, {
      location: { file: this.file, offset: this.offset + at },
      remedy: "the frames before it are kept; capture or copy the file again",
    });
  }
}
