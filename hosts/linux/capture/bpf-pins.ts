/** Names of eBPF objects in a bpf file system: what has one outlives the process. */
import { mkdirSync, readdirSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { pin } from "./bpf.ts";
import { check, mount, umount } from "./libc.ts";

const BPF_FILE_SYSTEM = 0xcafe4a11;
const SYSTEM_FOLDER = "/sys/fs/bpf";

/** A pinned object, for the state file. */
export interface Pin {
  path: string;
  /** A bpf file system that was mounted for it. */
  mounted?: string;
}

/** Pins an object. @param folder where a bpf file system is mounted when the system has none */
export function pinAt(fd: number, name: string, folder: string): Pin {
  const { root, mounted } = bpfFolder(folder);
  const path = join(root, name);
  rmSync(path, { force: true });
  pin(fd, path);
  return mounted === undefined ? { path } : { path, mounted };
}

/** Takes the name away; the last one takes our file system with it. */
export function removePin({ path, mounted }: Pin): void {
  rmSync(path, { force: true });
  // The file system has files of its own besides.
  const ours =
    mounted !== undefined && isBpf(mounted) ? readdirSync(mounted).filter((name) => name.startsWith("vpatch")) : [path];
  if (mounted !== undefined && ours.length === 0 && umount(mounted, 0) === 0)
    rmSync(mounted, { recursive: true, force: true });
}

/** Mounts a bpf file system below `folder` when the system has none: for a process that will lose the right to. Never throws. */
export function prepareBpfFolder(folder: string): void {
  try {
    bpfFolder(folder);
  } catch {
    // The driver that needs one will say so.
  }
}

function bpfFolder(folder: string): { root: string; mounted?: string } {
  if (isBpf(SYSTEM_FOLDER)) return { root: SYSTEM_FOLDER };
  const mounted = join(folder, "bpf");
  mkdirSync(mounted, { recursive: true, mode: 0o700 });
  if (!isBpf(mounted)) check(mount("vpatch", mounted, "bpf", 0, 0), `mount a bpf file system on ${mounted}`);
  return { root: mounted, mounted };
}

function isBpf(folder: string): boolean {
  try {
    return statfsSync(folder).type === BPF_FILE_SYSTEM;
  } catch {
    return false;
  }
}
