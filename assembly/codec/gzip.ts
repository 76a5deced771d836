/**
 * The gzip member header (RFC 1952), read byte by byte and with a browser's tolerance: reserved flags, the header
 * checksum, times and names are skipped unchecked; only the magic bytes and the method must be right.
 */
import { CodecStatus } from "./status";

const enum Flag {
  HeaderCrc = 2,
  Extra = 4,
  Name = 8,
  Comment = 16,
}

const enum Field {
  Fixed = 0,
  ExtraLength = 1,
  Extra = 2,
  Name = 3,
  Comment = 4,
  HeaderCrc = 5,
  Done = 6,
}

const FIXED_SIZE: u32 = 10;
const FLAGS_AT: u32 = 3;
/** ID1, ID2 and CM (deflate), low byte first. */
const MAGIC: u32 = 0x08_8b1f;

@unmanaged
export class GzipHeader {
  field: Field = Field.Fixed;
  flags: u32 = 0;
  /** Bytes of the current field read so far. */
  at: u32 = 0;
  extraLength: u32 = 0;
  consumed: u32 = 0;
}

export function gzipHeaderBegin(h: GzipHeader): void {
  memory.fill(changetype<usize>(h), 0, offsetof<GzipHeader>());
}

/** Reads the header from `input`: `End` once it is complete, `Error` when it is none. `consumed` counts the bytes used. */
export function gzipHeaderStep(h: GzipHeader, input: usize, length: u32): CodecStatus {
  h.consumed = 0;
  skipAbsent(h);
  while (h.field != Field.Done) {
    if (h.consumed >= length) return CodecStatus.NeedInput;
    const byte = <u32>load<u8>(input + h.consumed++);
    h.at++;
    if (h.field == Field.Fixed) {
      if (h.at <= FLAGS_AT && byte != ((MAGIC >> ((h.at - 1) << 3)) & 0xff)) return CodecStatus.Error;
      if (h.at == FLAGS_AT + 1) h.flags = byte;
      if (h.at == FIXED_SIZE) advance(h);
    } else if (h.field == Field.ExtraLength) {
      h.extraLength |= byte << ((h.at - 1) << 3);
      if (h.at == 2) advance(h);
    } else if (h.field == Field.Extra) {
      if (h.at == h.extraLength) advance(h);
    } else if (h.field == Field.HeaderCrc) {
      if (h.at == 2) advance(h);
    } else if (byte == 0) advance(h);
    skipAbsent(h);
  }
  return CodecStatus.End;
}

function advance(h: GzipHeader): void {
  h.field++;
  h.at = 0;
}

/** Steps over the fields that the flags leave out. */
function skipAbsent(h: GzipHeader): void {
  if (h.field == Field.ExtraLength && !(h.flags & Flag.Extra)) advance(h);
  if (h.field == Field.Extra && h.extraLength == 0) advance(h);
  if (h.field == Field.Name && !(h.flags & Flag.Name)) advance(h);
  if (h.field == Field.Comment && !(h.flags & Flag.Comment)) advance(h);
  if (h.field == Field.HeaderCrc && !(h.flags & Flag.HeaderCrc)) advance(h);
}
