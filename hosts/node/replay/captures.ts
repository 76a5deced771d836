/** Which captures a replay reads: files as given, and the captures of folders. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileError, VpatchError } from "../errors.ts";

const CAPTURE_NAME = /\.(?:pcap|pcapng|cap|dmp)(?:\.gz)?$/i;

export interface CaptureFile {
  file: string;
  /** Bytes on disk. */
  size: number;
}

/** The captures of files and folders (with what lies below them, by name). @throws VpatchError when one is missing or there is none */
export function findCaptures(paths: readonly string[]): CaptureFile[] {
  const found = paths.flatMap((path) => {
    try {
      const stat = statSync(path);
      if (!stat.isDirectory()) return [{ file: path, size: stat.size }];
      const names = readdirSync(path, { recursive: true }) as string[];
      return names
        .filter((name) => CAPTURE_NAME.test(name))
        .sort()
        .map((name) => ({ file: join(path, name), size: statSync(join(path, name)).size }));
    } catch (cause) {
      throw fileError(cause, path);
    }
  });
  if (found.length === 0) {
    throw new VpatchError("VPATCH_CAPTURE_FORMAT", `no capture in ${paths.join(", ")}`, {
      remedy: "give pcap or pcapng files; in folders those named *.pcap, *.pcapng, *.cap (also .gz) are read",
    });
  }
  return found;
}
