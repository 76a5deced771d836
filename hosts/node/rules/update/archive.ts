/**
 * Rule archives as files by name: tar (also gzipped), zip, a gzipped or a plain rule file. What is inside is trusted in nothing: sizes
 * and counts are bounded while unpacking, names that lead out of the archive refuse it, and links are passed over.
 */
import { posix } from "node:path";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { extract } from "tar-stream";
import { entriesOf, openBuffer, unpackEntry } from "../../../../scan/inventory/archive.ts";
import { VpatchError } from "../../errors.ts";
import type { UpdateLimits } from "./limits.ts";

/** Content by normalized name, in the archive's order. */
export type ArchiveFiles = ReadonlyMap<string, Buffer>;

/**
 * @param name of the archive, for errors and as the name of a plain file's content
 * @throws VpatchError `VPATCH_RULES` for anything that is no whole, bounded, well-behaved archive
 */
export async function unpackArchive(name: string, bytes: Buffer, limits: UpdateLimits): Promise<ArchiveFiles> {
  try {
    if (isZip(bytes)) return await unzip(bytes, limits);
    const plain = isGzip(bytes) ? await gunzip(bytes, limits) : bytes;
    if (isTar(plain)) return await untar(plain, limits);
    return new Map([[plainName(name), asText(plain)]]);
  } catch (error) {
    if (error instanceof VpatchError) throw error;
    throw refusal(`the archive is damaged or cut off (${(error as Error).message})`);
  }
}

function refusal(message: string): VpatchError {
  return new VpatchError("VPATCH_RULES", message);
}

const isGzip = (bytes: Buffer): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;
const isZip = (bytes: Buffer): boolean => ["504b0304", "504b0506"].includes(bytes.toString("hex", 0, 4));
const isTar = (bytes: Buffer): boolean => bytes.length >= 512 && bytes.toString("latin1", 257, 262) === "ustar";

/** `emerging.rules.gz` holds `emerging.rules`. */
function plainName(name: string): string {
  const base = posix.basename(name).replace(/\.gz$/, "");
  return base.endsWith(".rules") ? base : `${base}.rules`;
}

/** A page of a portal or a picture is no rule file. */
function asText(bytes: Buffer): Buffer {
  if (bytes.includes(0)) throw refusal("it is neither an archive nor a text");
  if (/^\s*<(?:!doctype|html|\?xml)/i.test(bytes.toString("latin1", 0, 200)))
    throw refusal("it is a web page, not rules");
  return bytes;
}

async function gunzip(bytes: Buffer, { unpacked }: UpdateLimits): Promise<Buffer> {
  const parts: Buffer[] = [];
  let total = 0;
  for await (const part of Readable.from([bytes]).pipe(createGunzip())) {
    total += (part as Buffer).length;
    if (total > unpacked) throw refusal(`it unpacks to more than ${unpacked} bytes`);
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts);
}

/** Counts what has been unpacked. */
class Unpacked {
  readonly files = new Map<string, Buffer>();
  readonly #limits: UpdateLimits;
  #bytes = 0;
  #count = 0;

  constructor(limits: UpdateLimits) {
    this.#limits = limits;
  }

  /** Before an entry is read. @throws VpatchError */
  admit(name: string, size: number): void {
    this.#count++;
    this.#bytes += size;
    if (this.#count > this.#limits.files) throw refusal(`it holds more than ${this.#limits.files} files`);
    if (this.#bytes > this.#limits.unpacked) throw refusal(`it unpacks to more than ${this.#limits.unpacked} bytes`);
    safeName(name);
  }

  add(name: string, content: Buffer): void {
    this.files.set(safeName(name), content);
  }
}

function safeName(name: string): string {
  const parts = name.replaceAll("\\", "/").split("/");
  if (name.startsWith("/") || /^[A-Za-z]:/.test(name) || parts.includes("..") || name.includes("\0")) {
    throw refusal(`it holds a file whose name leads out of the archive: ${JSON.stringify(name)}`);
  }
  return posix.normalize(parts.filter((part) => part !== "" && part !== ".").join("/"));
}

async function untar(bytes: Buffer, limits: UpdateLimits): Promise<ArchiveFiles> {
  const unpacked = new Unpacked(limits);
  const stream = extract();
  stream.end(bytes);
  for await (const entry of stream) {
    const { name, type, size = 0 } = entry.header;
    unpacked.admit(name, type === "file" ? size : 0);
    if (type !== "file") {
      entry.resume();
      continue;
    }
    const parts: Buffer[] = [];
    for await (const part of entry) parts.push(part as Buffer);
    const content = Buffer.concat(parts);
    if (content.length !== size) throw refusal(`the archive is cut off within ${name}`);
    unpacked.add(name, content);
  }
  return unpacked.files;
}

async function unzip(bytes: Buffer, limits: UpdateLimits): Promise<ArchiveFiles> {
  const unpacked = new Unpacked(limits);
  const zip = await openBuffer(bytes);
  for await (const entry of entriesOf(zip)) {
    unpacked.admit(entry.fileName, entry.uncompressedSize);
    if (entry.fileName.endsWith("/")) continue;
    unpacked.add(entry.fileName, await unpackEntry(zip, entry, limits.unpacked));
  }
  return unpacked.files;
}
