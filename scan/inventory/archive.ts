/** ZIP archives inside a file tree (yauzl), with every size bounded before anything is unpacked. */
import { Readable } from "node:stream";
import { type Entry, fromBuffer, fromRandomAccessReader, RandomAccessReader, type ZipFile } from "yauzl";
import { ByteSource } from "./byte-source.ts";
import type { FileTree } from "./file-tree.ts";

export type { Entry, ZipFile } from "yauzl";

export function openArchive(tree: FileTree, path: string): Promise<ZipFile> {
  return new Promise((resolve, reject) => {
    const reader = new TreeReader(tree, path);
    fromRandomAccessReader(reader, tree.size(path), { lazyEntries: true, autoClose: false }, (error, zip) =>
      error ? reject(error) : resolve(zip),
    );
  });
}

export function openBuffer(bytes: Buffer): Promise<ZipFile> {
  return new Promise((resolve, reject) => {
    fromBuffer(bytes, { lazyEntries: true }, (error, zip) => (error ? reject(error) : resolve(zip)));
  });
}

export async function* entriesOf(zip: ZipFile): AsyncGenerator<Entry> {
  const waiting: { resolve: (entry: Entry | undefined) => void; reject: (error: Error) => void }[] = [];
  zip.on("entry", (entry: Entry) => waiting.shift()?.resolve(entry));
  zip.on("end", () => waiting.shift()?.resolve(undefined));
  zip.on("error", (error: Error) => waiting.shift()?.reject(error));
  for (;;) {
    const entry = await new Promise<Entry | undefined>((resolve, reject) => {
      waiting.push({ resolve, reject });
      zip.readEntry();
    });
    if (entry === undefined) return;
    yield entry;
  }
}

/** Unpacks one entry. yauzl checks what comes out against the declared size, which `limit` bounds. */
export async function unpackEntry(zip: ZipFile, entry: Entry, limit: number): Promise<Buffer> {
  const size = entry.uncompressedSize;
  if (size > limit) throw new Error(`${entry.fileName}: ${size} bytes unpacked, limit ${limit}`);
  const stream = await new Promise<Readable>((resolve, reject) => {
    zip.openReadStream(entry, (error, opened) => (error ? reject(error) : resolve(opened)));
  });
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** The text of one named entry; `undefined` if the file is no archive or has no such entry. */
export async function readArchiveText(tree: FileTree, path: string, name: string): Promise<string | undefined> {
  try {
    const zip = await openArchive(tree, path);
    for await (const entry of entriesOf(zip)) {
      if (entry.fileName === name) return (await unpackEntry(zip, entry, 1 << 20)).toString();
    }
  } catch {
    // A damaged archive names no version; the next way of the detector is tried.
  }
  return undefined;
}

/** Serves yauzl's many small reads from a few cached windows of the file. */
class TreeReader extends RandomAccessReader {
  readonly #source: ByteSource;

  constructor(tree: FileTree, path: string) {
    super();
    this.#source = new ByteSource(tree, path);
  }

  override read(buffer: Buffer, offset: number, length: number, position: number, callback: ReadCallback): void {
    try {
      buffer.set(this.#source.bytes(position, length), offset);
    } catch (error) {
      callback(error as Error);
      return;
    }
    callback(null);
  }

  override _readStreamForRange(start: number, end: number): Readable {
    const source = this.#source;
    let at = start;
    return new Readable({
      read(): void {
        const length = Math.min(65_536, end - at);
        try {
          this.push(length > 0 ? source.bytes(at, length) : null);
        } catch (error) {
          this.destroy(error as Error);
        }
        at += length;
      },
    });
  }
}

type ReadCallback = (error: Error | null) => void;
