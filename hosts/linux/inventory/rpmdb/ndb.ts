/** Reads `Packages.db`, rpm's own "ndb" format (SUSE; rpm sources, lib/backend/ndb/rpmpkg.c): slot pages, then blobs. */
import type { ByteSource } from "../../../../scan/inventory/byte-source.ts";

const blockSize = 16;
const pageSize = 4096;
const slotSize = 16;

export function* ndbBlobs(file: ByteSource): Generator<Buffer> {
  const head = file.bytes(0, 32);
  if (head.toString("latin1", 0, 4) !== "RpmP") throw new Error("Packages.db: not an ndb database");
  const slots = file.bytes(0, head.readUInt32LE(12) * pageSize);
  // The header takes the place of the first two slots.
  for (let at = 2 * slotSize; at + slotSize <= slots.length; at += slotSize) {
    if (slots.toString("latin1", at, at + 4) !== "Slot") throw new Error("Packages.db: a slot is damaged");
    const index = slots.readUInt32LE(at + 4);
    const block = slots.readUInt32LE(at + 8);
    if (index === 0 || block === 0) continue;
    const blob = file.bytes(block * blockSize, 16);
    if (blob.toString("latin1", 0, 4) !== "BlbS" || blob.readUInt32LE(4) !== index) {
      throw new Error(`Packages.db: the blob of package ${index} is damaged`);
    }
    yield file.bytes(block * blockSize + 16, blob.readUInt32LE(12));
  }
}
