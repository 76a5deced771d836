/** Reads a capture file of any supported format, frame by frame, in bounded memory. */
import { ExitCode, VpatchError } from "../errors.ts";
import type { CapturedFrame } from "./frame.ts";
import { PcapDecoder, pcapByteOrder } from "./pcap.ts";
import { isPcapng, PcapngDecoder } from "./pcapng.ts";
import { fileChunks } from "./source.ts";
import { ByteWindow } from "./window.ts";

export interface Decoder {
  next(): CapturedFrame | undefined;
  finish(): void;
}

/**
 * The frames of a capture, a chunk of the file at a time: `for await (const frames of readCapture(f)) for (const frame of frames)`.
 * A damaged capture gives every frame before the damage, then throws a {@link VpatchError} that names the file and the offset.
 * An inner iterator must be used up before the next is asked for; a frame is valid until its successor.
 */
export async function* readCapture(file: string): AsyncGenerator<Iterable<CapturedFrame>> {
  const window = new ByteWindow(file);
  let decoder: Decoder | undefined;
  try {
    for await (const chunk of fileChunks(file)) {
      window.append(chunk);
      decoder ??= decoderOf(window);
      if (decoder) yield frames(decoder);
    }
    if (decoder) decoder.finish();
    else throw noDecoder(window);
  } catch (error) {
    throw decoder ? damaged(error) : error;
  }
}

function* frames(decoder: Decoder): Generator<CapturedFrame> {
  for (let frame = decoder.next(); frame; frame = decoder.next()) yield frame;
}

/** The decoder of a capture's format; `undefined` when there are too few bytes to tell. @throws VpatchError when it is none */
export function decoderOf(window: ByteWindow): Decoder | undefined {
  if (window.available < 4) return undefined;
  const magic = window.u32(0, true);
  const byteOrder = pcapByteOrder(magic);
  if (byteOrder) return new PcapDecoder(window, byteOrder);
  if (isPcapng(magic)) return new PcapngDecoder(window);
  throw new VpatchError("VPATCH_CAPTURE_FORMAT", `not a capture: it starts with 0x${hex(window.slice(0, 4))}`, {
    location: { file: window.file, offset: 0 },
    remedy: "give a pcap or pcapng file, plain or gzipped",
  });
}

function noDecoder(window: ByteWindow): VpatchError {
  const message = window.available === 0 ? "the capture is empty" : "the capture ends inside its magic number";
  return new VpatchError("VPATCH_CAPTURE_TRUNCATED", message, {
    location: { file: window.file, offset: 0 },
    remedy: "give a pcap or pcapng file, plain or gzipped",
  });
}

/** Damage after a good start leaves the events so far in force: the command's exit code says so. */
function damaged(error: unknown): unknown {
  if (!(error instanceof VpatchError) || !error.code.startsWith("VPATCH_CAPTURE")) return error;
  return new VpatchError(error.code, error.message, {
    location: error.location,
    exitCode: ExitCode.DamagedCapture,
    ...(error.remedy ? { remedy: error.remedy } : {}),
  });
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
