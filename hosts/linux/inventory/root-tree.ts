/** A root directory on disk (the host's own, a chroot, a container's /proc/PID/root) whose links never lead out of it. */
import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, readlinkSync, readSync } from "node:fs";
import type { FileTree, TreeEntry } from "../../../scan/inventory/file-tree.ts";

/** Links followed for one path before it counts as missing (as in Linux: ELOOP after 40). */
const linkLimit = 40;

export class RootTree implements FileTree {
  readonly root: string;

  constructor(root: string) {
    this.root = root === "/" ? "" : root.replace(/\/+$/, "");
  }

  /** The real path of a path inside the root; `undefined` if there is nothing. */
  resolve(path: string): string | undefined {
    let done = "";
    let links = 0;
    const todo = path.split("/").filter((part) => part !== "" && part !== ".");
    while (todo.length > 0) {
      const part = todo.shift()!;
      if (part === "..") {
        done = done.slice(0, Math.max(0, done.lastIndexOf("/")));
        continue;
      }
      const next = `${done}/${part}`;
      try {
        if (!lstatSync(this.root + next).isSymbolicLink()) {
          done = next;
          continue;
        }
        if (++links > linkLimit) return undefined;
        const target = readlinkSync(this.root + next);
        if (target.startsWith("/")) done = "";
        todo.unshift(...target.split("/").filter((each) => each !== "" && each !== "."));
      } catch {
        return undefined;
      }
    }
    return this.root + (done === "" ? "/" : done);
  }

  read(path: string, limit = Number.POSITIVE_INFINITY): Uint8Array | undefined {
    return this.#open(path, (fd, size) => {
      // Files below /proc say size 0 and have content.
      if (size === 0) return readAll(fd, limit);
      return readExactly(fd, 0, Math.min(size, limit));
    });
  }

  readAt(path: string, offset: number, length: number): Uint8Array | undefined {
    return this.#open(path, (fd, size) => readExactly(fd, offset, Math.max(0, Math.min(length, size - offset))));
  }

  size(path: string): number {
    return this.#open(path, (_fd, size) => size) ?? 0;
  }

  list(path: string): readonly TreeEntry[] {
    const real = this.resolve(path);
    if (real === undefined) return [];
    try {
      return readdirSync(real, { withFileTypes: true })
        .map((entry): TreeEntry => {
          const kind = entry.isFile()
            ? "file"
            : entry.isDirectory()
              ? "directory"
              : entry.isSymbolicLink()
                ? "link"
                : "other";
          return { name: entry.name, kind };
        })
        .sort((a, b) => (a.name < b.name ? -1 : 1));
    } catch {
      return [];
    }
  }

  kind(path: string): "file" | "directory" | undefined {
    const real = this.resolve(path);
    if (real === undefined) return undefined;
    try {
      const status = lstatSync(real);
      return status.isFile() ? "file" : status.isDirectory() ? "directory" : undefined;
    } catch {
      return undefined;
    }
  }

  /** Time of last change of content, ms since 1970. */
  modified(path: string): number | undefined {
    const real = this.resolve(path);
    try {
      return real === undefined ? undefined : lstatSync(real).mtimeMs;
    } catch {
      return undefined;
    }
  }

  #open<T>(path: string, use: (fd: number, size: number) => T): T | undefined {
    const real = this.resolve(path);
    if (real === undefined) return undefined;
    let fd: number;
    try {
      // Non-blocking: a FIFO with a file's name must not hang the scan.
      fd = openSync(real, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch {
      return undefined;
    }
    try {
      const status = fstatSync(fd);
      return status.isFile() ? use(fd, status.size) : undefined;
    } catch {
      return undefined;
    } finally {
      closeSync(fd);
    }
  }
}

function readExactly(fd: number, offset: number, length: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const count = readSync(fd, bytes, filled, length - filled, offset + filled);
    if (count === 0) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}

function readAll(fd: number, limit: number): Uint8Array {
  const chunks: Buffer[] = [];
  let total = 0;
  while (total < limit) {
    const chunk = Buffer.allocUnsafe(65_536);
    const count = readSync(fd, chunk, 0, chunk.length, null);
    if (count === 0) break;
    chunks.push(chunk.subarray(0, count));
    total += count;
  }
  return Buffer.concat(chunks).subarray(0, Math.min(total, limit));
}
