/** Reads `Packages`, a Berkeley DB hash database (rpm before 4.16; Berkeley DB, dbinc/db_page.h), of either byte order. */
import type { ByteSource } from "../../../../scan/inventory/byte-source.ts";

const hashMagic = 0x061561;
const hashPages = new Set([2, 13]);
const overflowPage = 7;
const pageHeader = 26;
const offPageItem = 3;
const inlineItem = 1;

export function* bdbBlobs(file: ByteSource): Generator<Buffer> {
  const head = file.bytes(0, 72);
  const little = head.readUInt32LE(12) === hashMagic;
  if (!little && head.readUInt32BE(12) !== hashMagic) throw new Error("Packages: not a Berkeley DB hash database");
  const u16 = (b: Buffer, at: number): number => (little ? b.readUInt16LE(at) : b.readUInt16BE(at));
  const u32 = (b: Buffer, at: number): number => (little ? b.readUInt32LE(at) : b.readUInt32BE(at));
  const pageSize = u32(head, 20);
  if (pageSize < 512 || pageSize > 65_536) throw new Error(`Packages: page size ${pageSize} is not possible`);
  const last = Math.min(u32(head, 32), Math.floor(file.length / pageSize) - 1);
  if (u32(head, 32) > last) throw new Error(`Packages: cut off: ${u32(head, 32) - last} pages are missing`);

  const overflow = (first: number, length: number): Buffer => {
    const parts: Buffer[] = [];
    let left = length;
    for (let number = first; left > 0 && number !== 0; ) {
      const page = file.bytes(number * pageSize, pageSize);
      if (page[25] !== overflowPage) throw new Error(`Packages: page ${number} is no overflow page`);
      const count = Math.min(left, u16(page, 22));
      if (count === 0) throw new Error(`Packages: overflow page ${number} is empty`);
      parts.push(page.subarray(pageHeader, pageHeader + count));
      left -= count;
      number = u32(page, 16);
    }
    if (left > 0) throw new Error("Packages: a package header is cut off");
    return Buffer.concat(parts);
  };

  for (let number = 1; number <= last; number++) {
    const page = file.bytes(number * pageSize, pageSize);
    if (!hashPages.has(page[25] ?? 0)) continue;
    const entries = Math.min(u16(page, 20), (pageSize - pageHeader) >> 1);
    // Items come in pairs, key then value; each item ends where the one before it starts.
    for (let i = 0; i + 1 < entries; i += 2) {
      const key = u16(page, pageHeader + i * 2);
      const value = u16(page, pageHeader + (i + 1) * 2);
      if (key > pageSize - 5 || value > pageSize - 5) throw new Error(`Packages: page ${number} is damaged`);
      // Package number 0 holds the last number given out.
      if (page[key] === inlineItem && u32(page, key + 1) === 0) continue;
      if (page[value] === offPageItem) yield overflow(u32(page, value + 4), u32(page, value + 8));
      else if (page[value] === inlineItem) yield page.subarray(value + 1, key);
    }
  }
}
