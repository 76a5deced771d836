/** Bytes that grow, and the section of plain bytes in which equal pieces are kept once. */

/** A little-endian buffer that grows as it is written. */
export class Growing {
  #bytes: Uint8Array;
  #view: DataView;
  length = 0;

  constructor(capacity = 1 << 16) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Appends `size` zero bytes and gives their start. */
  reserve(size: number): number {
    const at = this.length;
    this.length += size;
    if (this.length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.length, this.#bytes.length * 2));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }

  align(to: number): void {
    const rest = this.length % to;
    if (rest !== 0) this.reserve(to - rest);
  }

  append(bytes: Uint8Array): number {
    const at = this.reserve(bytes.length);
    this.#bytes.set(bytes, at);
    return at;
  }

  u8(at: number, value: number): void {
    this.#view.setUint8(at, value);
  }

  u16(at: number, value: number): void {
    this.#view.setUint16(at, value, true);
  }

  u32(at: number, value: number): void {
    this.#view.setUint32(at, value >>> 0, true);
  }

  i32(at: number, value: number): void {
    this.#view.setInt32(at, value, true);
  }

  u64(at: number, value: bigint): void {
    this.#view.setBigUint64(at, BigInt.asUintN(64, value), true);
  }

  getU32(at: number): number {
    return this.#view.getUint32(at, true);
  }

  /** What was written; valid until the next write. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }
}

/** The section of plain bytes. It is laid out first in the database, so that offsets into it are known at once. */
export class BytePool {
  readonly #out = new Growing(1 << 20);
  readonly #known = new Map<string, number>();
  readonly #base: number;

  /** @param base offset of the section in the database, a multiple of 8 */
  constructor(base: number) {
    this.#base = base;
  }

  /** The offset, in the database, of bytes equal to these. */
  intern(bytes: Uint8Array, align: 1 | 8 = 1): number {
    const key = `${align}${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1")}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const offset = this.add(bytes, align);
    this.#known.set(key, offset);
    return offset;
  }

  /** The same without looking for equal bytes. */
  add(bytes: Uint8Array, align: 1 | 8 = 8): number {
    this.#out.align(align);
    return this.#base + this.#out.append(bytes);
  }

  get bytes(): Uint8Array {
    return this.#out.bytes;
  }
}
