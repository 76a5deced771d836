/** Captures for the suites: generated once into the temporary folder, and any captures as frames in memory. */
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CapturedFrame } from "../../hosts/node/capture/frame.ts";
import { readCapture } from "../../hosts/node/capture/reader.ts";
import { CaptureWriter } from "../../hosts/node/capture/writer.ts";
import type { FrameInput } from "../../hosts/node/engine/engine.ts";
import { capturesIn } from "../payloads.ts";
import { mixedFrames } from "./mixed.ts";

/** Changes when the generator makes other traffic of the same name. */
const VERSION = 1;

/** A capture file of about `bytes` of mixed traffic. */
export function mixedCapture(bytes: number): string {
  return generated(`mixed-${bytes}`, () => mixedFrames(bytes));
}

/** The generated capture of this name; made when it is not there yet. */
export function generated(name: string, frames: () => Iterable<CapturedFrame>): string {
  const folder = join(tmpdir(), "vpatch-bench");
  const file = join(folder, `${name}-${VERSION}.pcap`);
  if (existsSync(file)) return file;
  mkdirSync(folder, { recursive: true });
  const part = `${file}.${process.pid}`;
  const writer = new CaptureWriter(part);
  for (const frame of frames()) writer.write(frame);
  writer.close();
  renameSync(part, file);
  return file;
}

/** Frames that lie in memory, and their bytes. */
export interface Traffic {
  name: string;
  frames: FrameInput[];
  bytes: number;
}

/** The frames of captures, at most `limit` bytes of them; a damaged capture ends where the damage is. */
export async function trafficOf(
  name: string,
  files: readonly string[],
  limit = Number.POSITIVE_INFINITY,
): Promise<Traffic> {
  const traffic: Traffic = { name, frames: [], bytes: 0 };
  for (const file of files) {
    try {
      for await (const frames of readCapture(file))
        for (const frame of frames) if (traffic.bytes < limit) keep(traffic, frame);
    } catch {
      // The frames before the damage are good.
    }
  }
  return traffic;
}

/** The frames of every capture in folders. */
export function trafficIn(folders: readonly string[], limit?: number): Promise<Traffic> {
  return trafficOf("captures", folders.flatMap(capturesIn), limit);
}

function keep(traffic: Traffic, frame: CapturedFrame): void {
  traffic.bytes += frame.data.length;
  traffic.frames.push({
    data: frame.data.slice(),
    linkType: frame.linkType,
    timestamp: frame.seconds * 1_000_000 + Math.floor(frame.nanoseconds / 1000),
    wireLength: frame.originalLength,
  });
}
