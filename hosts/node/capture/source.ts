/**
 * The bytes of a capture file, chunk by chunk, gzip unpacked on the way. Memory is bounded: one chunk in, what it unpacks to out.
 */
import { type FileHandle, open } from "node:fs/promises";
import { createGunzip, type Gunzip } from "node:zlib";
import { fileError, VpatchError } from "../errors.ts";

const CHUNK_BYTES = 1 << 18;

/** A packed chunk is small: deflate can grow it a thousandfold. */
const PACKED_CHUNK_BYTES = 1 << 14;

const GZIP_MAGIC = [0x1f, 0x8b] as const;

/** The chunks of a file, each valid until the next is asked for; an error of the gzip layer comes after every byte unpacked before it. */
export async function* fileChunks(file: string): AsyncGenerator<Uint8Array> {
  let handle: FileHandle;
  try {
    handle = await open(file, "r");
  } catch (cause) {
    throw fileError(cause, file);
  }
  try {
    const head = Buffer.alloc(2);
    const { bytesRead } = await handle.read(head, 0, 2, 0);
    const packed = bytesRead === 2 && head[0] === GZIP_MAGIC[0] && head[1] === GZIP_MAGIC[1];
    const raw = rawChunks(handle, packed ? PACKED_CHUNK_BYTES : CHUNK_BYTES);
    yield* packed ? gunzip(raw, file) : raw;
  } catch (cause) {
    throw fileError(cause, file);
  } finally {
    await handle.close();
  }
}

async function* rawChunks(handle: FileHandle, size: number): AsyncGenerator<Uint8Array> {
  let position = 0;
  const buffer = Buffer.allocUnsafeSlow(size);
  for (;;) {
    const { bytesRead } = await handle.read(buffer, 0, size, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

async function* gunzip(source: AsyncIterable<Uint8Array>, file: string): AsyncGenerator<Uint8Array> {
  const unpacker = createGunzip({ chunkSize: 1 << 16 });
  const out: Uint8Array[] = [];
  let failure: Error | undefined;
  unpacker.on("data", (chunk: Buffer) => out.push(chunk));
  unpacker.on("error", (error) => {
    failure = error;
  });
  let packedOffset = 0;
  for await (const chunk of source) {
    await step(unpacker, chunk);
    yield* out.splice(0);
    if (failure) break;
    packedOffset += chunk.length;
  }
  if (!failure) await step(unpacker, undefined);
  yield* out.splice(0);
  if (failure) {
    const truncated = (failure as NodeJS.ErrnoException).code === "Z_BUF_ERROR";
    throw new VpatchError(
      truncated ? "VPATCH_CAPTURE_TRUNCATED" : "VPATCH_CAPTURE_CORRUPT",
      truncated ? "the gzip data ends before its trailer" : `the gzip data is damaged (${failure.message})`,
      {
        location: { file, offset: packedOffset },
        remedy: "the frames before it are kept; compress or copy the file again",
      },
    );
  }
}

/** Feeds one chunk (or the end) and waits until all it unpacks to has been handed out, or it failed. */
function step(unpacker: Gunzip, chunk: Uint8Array | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      unpacker.off("error", done);
      unpacker.off("end", done);
      resolve();
    };
    unpacker.once("error", done);
    if (chunk) {
      unpacker.write(chunk, done);
    } else {
      unpacker.once("end", done);
      unpacker.end();
    }
  });
}
