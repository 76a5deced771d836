/** Makes ZIP archives and Windows executables for tests. */
import { crc32 } from "./crc32.ts";

export interface ZipEntry {
  name: string;
  content: Uint8Array;
  /** What the directory claims as unpacked size, if not the truth. */
  claimed?: number;
}

/** An archive with stored (uncompressed) entries (PKWARE APPNOTE 4.3). */
export function makeZip(entries: readonly ZipEntry[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content, claimed = content.length } of entries) {
    const bytes = Buffer.from(name);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt32LE(crc32(content), 10);
    fields.writeUInt32LE(claimed === content.length ? content.length : claimed, 14);
    fields.writeUInt32LE(claimed, 18);
    fields.writeUInt16LE(bytes.length, 22);
    parts.push(Buffer.from("PK\x03\x04", "latin1"), fields, bytes, Buffer.from(content));
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    directory.push(Buffer.from("PK\x01\x02\x14\x00", "latin1"), fields, place, bytes);
    offset += 30 + bytes.length + content.length;
  }
  const listing = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", 0, "latin1");
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(listing.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, listing, end]);
}

/** A file that says it is a PE executable of that version, and nothing else. */
export function makePe(version: string): Buffer {
  const [a = 0, b = 0, c = 0, d = 0] = version.split(".").map(Number);
  const bytes = Buffer.alloc(200);
  bytes.write("MZ", 0, "latin1");
  bytes.writeUInt32LE(0xfeef04bd, 100);
  bytes.writeUInt32LE(((a << 16) | b) >>> 0, 108);
  bytes.writeUInt32LE(((c << 16) | d) >>> 0, 112);
  return bytes;
}
