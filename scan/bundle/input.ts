/** Reads the sources of a bundle as streams: folders, `.tar.gz`, `.zip`, `.gz` and plain files. Memory stays small. */
import { createReadStream } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { createGunzip } from "node:zlib";
import { fromFd, type ZipFile } from "yauzl";
import { entriesOf } from "../inventory/archive.ts";

export interface InputFile {
  name: string;
  stream: AsyncIterable<Uint8Array>;
}

/** Largest single document. */
const documentLimit = 256 << 20;

/** Every file that `path` holds, in order. Each stream must be read to its end before the next file is asked for. */
export async function* inputFiles(path: string): AsyncGenerator<InputFile> {
  if ((await stat(path)).isDirectory()) {
    for (const name of (await readdir(path)).sort()) {
      if (!name.startsWith(".")) yield* inputFiles(join(path, name));
    }
  } else if (/\.(?:tar\.gz|tgz)$/.test(path)) yield* tarFiles(createReadStream(path).pipe(createGunzip()), path);
  else if (path.endsWith(".tar")) yield* tarFiles(createReadStream(path), path);
  else if (path.endsWith(".zip")) yield* zipFiles(path);
  else if (path.endsWith(".gz")) yield { name: path.slice(0, -3), stream: createReadStream(path).pipe(createGunzip()) };
  else yield { name: path, stream: createReadStream(path) };
}

export async function readAll(file: InputFile): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let total = 0;
  for await (const part of file.stream) {
    total += part.length;
    if (total > documentLimit) throw new Error(`${file.name}: larger than ${documentLimit} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** Lines of a text file, without their ends. */
export async function* linesOf(file: InputFile): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const part of file.stream) {
    const lines = (rest + decoder.decode(part, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield line.endsWith("\r") ? line.slice(0, -1) : line;
  }
  if (rest !== "") yield rest;
}

const block = 512;

/** Regular files of a tar stream (POSIX ustar, with GNU and pax long names). */
async function* tarFiles(source: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<InputFile> {
  const bytes = new Pull(source, path);
  let longName: string | undefined;
  for (;;) {
    const header = await bytes.take(block);
    if (header === undefined || header.every((byte) => byte === 0)) return;
    const text = (from: number, length: number): string =>
      header.toString("utf8", from, from + length).replace(/\0.*$/s, "");
    const size = Number.parseInt(text(124, 12).trim() || "0", 8);
    if (!(size >= 0) || text(257, 5) !== "ustar") throw new Error(`${path}: not a tar archive, or damaged`);
    const type = text(156, 1);
    const prefix = text(345, 155);
    const name: string = longName ?? (prefix ? `${prefix}/${text(0, 100)}` : text(0, 100));
    longName = undefined;
    const padding = (block - (size % block)) % block;
    if (type === "0" || type === "") {
      const file = { name, stream: bytes.stream(size) };
      yield file;
      for await (const _ of file.stream) {
        // What the reader left.
      }
    } else {
      const content = await bytes.take(Math.min(size, documentLimit));
      if (type === "L") longName = content?.toString().replace(/\0.*$/s, "");
      else if (type === "x") longName = /^\d+ path=(.*)$/m.exec(content?.toString() ?? "")?.[1];
    }
    if (padding > 0) await bytes.take(padding);
  }
}

/** Takes exact amounts from a stream of chunks. */
class Pull {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #path: string;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Uint8Array>, path: string) {
    this.#source = source[Symbol.asyncIterator]();
    this.#path = path;
  }

  /** `undefined` at the very end; an error in the middle of something. */
  async take(length: number): Promise<Buffer | undefined> {
    const parts: Buffer[] = [];
    for await (const part of this.stream(length, true)) parts.push(part);
    return parts.length === 0 && length > 0 ? undefined : Buffer.concat(parts);
  }

  async *stream(length: number, endAllowed = false): AsyncGenerator<Buffer> {
    let left = length;
    while (left > 0) {
      if (this.#rest.length === 0) {
        const next = await this.#source.next();
        if (next.done) {
          if (endAllowed && left === length) return;
          throw new Error(`${this.#path}: cut off`);
        }
        this.#rest = Buffer.from(next.value);
      }
      const part = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(part.length);
      left -= part.length;
      yield part;
    }
  }
}

async function* zipFiles(path: string): AsyncGenerator<InputFile> {
  const handle = await open(path);
  const zip = await new Promise<ZipFile>((resolve, reject) => {
    fromFd(handle.fd, { lazyEntries: true, autoClose: false }, (error, opened) =>
      error ? reject(error) : resolve(opened),
    );
  });
  try {
    for await (const entry of entriesOf(zip)) {
      if (entry.fileName.endsWith("/")) continue;
      const stream = await new Promise<AsyncIterable<Uint8Array>>((resolve, reject) => {
        zip.openReadStream(entry, (error, opened) => (error ? reject(error) : resolve(opened)));
      });
      yield { name: entry.fileName, stream };
    }
  } finally {
    await handle.close();
  }
}
