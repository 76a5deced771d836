/** Files that survive a crash at any moment: written beside, flushed, renamed over, with the directory flushed too. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";

/** Replaces `path`. With `keep`, the version before stays as `path.previous`. */
export function writeDurably(path: string, content: string | Uint8Array, keep = false): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.new`;
  const fd = openSync(temporary, "w", 0o644);
  try {
    const bytes = typeof content === "string" ? Buffer.from(content) : content;
    for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
    fsyncSync(fd);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
  if (keep && existsSync(path)) {
    rmSync(`${path}.previous`, { force: true });
    linkSync(path, `${path}.previous`);
  }
  renameSync(temporary, path);
  flushDirectory(dirname(path));
}

/** Windows cannot flush a directory, and needs not to. */
function flushDirectory(path: string): void {
  if (process.platform === "win32") return;
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
