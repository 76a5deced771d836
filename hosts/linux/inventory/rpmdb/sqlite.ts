/**
 * Reads the `Packages` table of `rpmdb.sqlite` (SQLite file format, sqlite.org/fileformat2.html: table b-trees, overflow
 * pages, and the write-ahead log that a running rpm may not have merged yet). Reads only; needs no SQLite.
 */
import type { ByteSource } from "../../../../scan/inventory/byte-source.ts";

const interiorTable = 5;
const leafTable = 13;
/** Deeper than any real table: a page that leads to itself must not loop. */
const depthLimit = 24;

export function* sqliteBlobs(file: ByteSource, log?: ByteSource): Generator<Buffer> {
  const head = file.bytes(0, 100);
  if (head.toString("latin1", 0, 15) !== "SQLite format 3") throw new Error("rpmdb.sqlite: not an SQLite database");
  const declared = head.readUInt16BE(16);
  const pageSize = declared === 1 ? 65_536 : declared;
  const pages = new Pages(file, pageSize, head[20]!, log);
  let packages = 0;
  for (const row of pages.rows(1)) {
    const columns = readRecord(row);
    if (columns[0]?.toString() === "table" && columns[1]?.toString() === "Packages") {
      packages = toNumber(columns[3]);
    }
  }
  if (packages === 0) throw new Error("rpmdb.sqlite: has no table named Packages");
  for (const row of pages.rows(packages)) {
    const blob = readRecord(row)[1];
    if (blob) yield blob;
  }
}

class Pages {
  readonly #file: ByteSource;
  readonly #log: ByteSource | undefined;
  readonly #size: number;
  readonly #usable: number;
  /** Page number to the offset of its newest committed copy in the write-ahead log. */
  readonly #logged: Map<number, number>;

  constructor(file: ByteSource, size: number, reserved: number, log: ByteSource | undefined) {
    this.#file = file;
    this.#log = log;
    this.#size = size;
    this.#usable = size - reserved;
    this.#logged = log ? committedPages(log, size) : new Map();
  }

  #page(number: number): Buffer {
    const logged = this.#logged.get(number);
    if (logged !== undefined) return this.#log!.bytes(logged, this.#size);
    return this.#file.bytes((number - 1) * this.#size, this.#size);
  }

  /** Payload of every row of the table whose root is page `number`, in rowid order. */
  *rows(number: number, depth = 0): Generator<Buffer> {
    if (depth > depthLimit) throw new Error("rpmdb.sqlite: the table's pages form a circle");
    const page = this.#page(number);
    const start = number === 1 ? 100 : 0;
    const type = page[start];
    const cells = page.readUInt16BE(start + 3);
    const array = start + (type === interiorTable ? 12 : 8);
    if (type !== interiorTable && type !== leafTable) throw new Error(`rpmdb.sqlite: page ${number} is no table page`);
    for (let i = 0; i < cells; i++) {
      const cell = page.readUInt16BE(array + i * 2);
      if (type === interiorTable) yield* this.rows(page.readUInt32BE(cell), depth + 1);
      else yield this.#payload(page, cell);
    }
    if (type === interiorTable) yield* this.rows(page.readUInt32BE(start + 8), depth + 1);
  }

  #payload(page: Buffer, cell: number): Buffer {
    const [length, afterLength] = readVarint(page, cell);
    const [, start] = readVarint(page, afterLength);
    const most = this.#usable - 35;
    if (length <= most) return page.subarray(start, start + length);
    const least = Math.floor(((this.#usable - 12) * 32) / 255) - 23;
    const fit = least + ((length - least) % (this.#usable - 4));
    const local = fit <= most ? fit : least;
    const parts = [page.subarray(start, start + local)];
    let next = page.readUInt32BE(start + local);
    for (let left = length - local; left > 0 && next !== 0; ) {
      const overflow = this.#page(next);
      const count = Math.min(left, this.#usable - 4);
      parts.push(overflow.subarray(4, 4 + count));
      left -= count;
      next = overflow.readUInt32BE(0);
    }
    return Buffer.concat(parts);
  }
}

/** Frames count up to the last commit frame, and only while their salt is the header's. */
function committedPages(log: ByteSource, pageSize: number): Map<number, number> {
  const committed = new Map<number, number>();
  if (log.length < 32) return committed;
  const head = log.bytes(0, 32);
  const salt = head.subarray(16, 24);
  if ((head.readUInt32BE(0) & ~1) !== 0x377f0682 || head.readUInt32BE(8) !== pageSize) return committed;
  let pending = new Map<number, number>();
  for (let at = 32; at + 24 + pageSize <= log.length; at += 24 + pageSize) {
    const frame = log.bytes(at, 24);
    if (!frame.subarray(8, 16).equals(salt)) break;
    pending.set(frame.readUInt32BE(0), at + 24);
    if (frame.readUInt32BE(4) !== 0) {
      for (const [page, offset] of pending) committed.set(page, offset);
      pending = new Map();
    }
  }
  return committed;
}

function readVarint(bytes: Buffer, start: number): [value: number, next: number] {
  let value = 0;
  for (let i = 0; i < 8; i++) {
    const byte = bytes[start + i] ?? 0;
    value = value * 128 + (byte & 127);
    if (byte < 128) return [value, start + i + 1];
  }
  return [value * 256 + (bytes[start + 8] ?? 0), start + 9];
}

const integerSizes = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0];

/** Columns of a record as raw bytes. */
function readRecord(row: Buffer): Buffer[] {
  const [headerLength, first] = readVarint(row, 0);
  const columns: Buffer[] = [];
  let data = headerLength;
  for (let at = first; at < headerLength; ) {
    const [type, next] = readVarint(row, at);
    const size = type >= 12 ? Math.floor((type - 12) / 2) : (integerSizes[type] ?? 0);
    columns.push(row.subarray(data, data + size));
    data += size;
    at = next;
  }
  return columns;
}

function toNumber(bytes: Buffer | undefined): number {
  return bytes && bytes.length > 0 && bytes.length <= 6 ? bytes.readUIntBE(0, bytes.length) : 0;
}
