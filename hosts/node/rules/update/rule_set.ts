/**
 * The sets of rules in a rule directory:
 *
 *     current -> sets/ID        what is in force; replaced at once, by a rename
 *     sets/ID/SOURCE/...        the files of each source as filters left them, and set.json, which tells of the update
 *     cache/                    archives as they came
 *     sources.json, enable.conf, disable.conf, drop.conf, modify.conf
 *
 * The set before stays, so that a reader who is at it can go on.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileError } from "../../errors.ts";

/** What a set says of itself. */
export interface SetRecord {
  /** When it was made. */
  made: string;
  sources: { name: string; url: string; sha256: string; rules: number }[];
  rules: number;
  enabled: number;
}

const RECORD = "set.json";

/** Where readers find the rules in force. */
export const currentFolder = (directory: string): string => join(directory, "current");

/** The record of the set in force; undefined when there is none. */
export function currentRecord(directory: string): SetRecord | undefined {
  const file = join(currentFolder(directory), RECORD);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as SetRecord) : undefined;
}

/**
 * Writes a set beside the one in force, flushes it and puts it in its place. If anything fails, what was in force stays.
 * @param files content by name within the set
 */
export function replaceSet(
  directory: string,
  record: SetRecord,
  files: ReadonlyMap<string, string | Uint8Array>,
): void {
  const id = `${record.made.replace(/[^0-9]/g, "")}-${process.pid}`;
  const folder = join(directory, "sets", id);
  try {
    for (const [name, content] of [...files, [RECORD, `${JSON.stringify(record, undefined, 1)}\n`] as const]) {
      writeFlushed(join(folder, name), content);
    }
    const link = join(directory, `current.${process.pid}.new`);
    rmSync(link, { force: true });
    symlinkSync(join("sets", id), link, "junction");
    if (process.platform === "win32") rmSync(currentFolder(directory), { force: true, recursive: true });
    renameSync(link, currentFolder(directory));
  } catch (cause) {
    rmSync(folder, { recursive: true, force: true });
    throw fileError(cause, directory);
  }
  prune(directory, id);
}

function writeFlushed(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  const fd = openSync(path, "w", 0o644);
  try {
    const bytes = typeof content === "string" ? Buffer.from(content) : content;
    for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Keeps the newest set and the one before. */
function prune(directory: string, newest: string): void {
  const folder = join(directory, "sets");
  const [, ...old] = readdirSync(folder)
    .filter((name) => name !== newest)
    .sort()
    .reverse();
  const inForce = basename(readlinkSync(currentFolder(directory)));
  for (const name of old) if (name !== inForce) rmSync(join(folder, name), { recursive: true, force: true });
}
