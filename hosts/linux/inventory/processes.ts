/** Running processes: what they execute and map, and whether those files were replaced on disk since (proc(5)). */
import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";

export interface Process {
  pid: number;
  /** Executable, as seen inside its root, without the kernel's " (deleted)". */
  executable: string;
  arguments: string[];
  directory: string;
  /** Files it executes, maps or holds open, as seen inside its root. */
  files: Set<string>;
  /** Those of `files` that no longer exist under their name: replaced or removed since they were opened. */
  replaced: Set<string>;
  /** ms since 1970; 0 if unknown. */
  startedAt: number;
  /** Identity of its root directory, `device:inode`. */
  rootKey: string;
  /** Identity of its network namespace. */
  network: string;
  /** Inodes of the sockets it holds. */
  sockets: Set<string>;
}

export interface ProcessList {
  processes: Process[];
  /** Processes whose details may not be read (another user's, without root's rights). */
  unreadable: number;
}

const deleted = " (deleted)";
const clockTicks = 100;

/** Reads every process below `proc`. Kernel threads, which execute no file, are left out. */
export function readProcesses(proc = "/proc"): ProcessList {
  const boot = bootTime(proc);
  const processes: Process[] = [];
  let unreadable = 0;
  for (const name of readdirSync(proc)) {
    if (!/^\d+$/.test(name)) continue;
    const folder = `${proc}/${name}`;
    let executable: string;
    try {
      executable = readlinkSync(`${folder}/exe`);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === "EACCES" || code === "EPERM") unreadable++;
      continue;
    }
    try {
      processes.push(readProcess(folder, Number(name), executable, boot));
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      // Gone in the meantime is no problem; out of reach is.
      if (code !== "ENOENT" && code !== "ESRCH") unreadable++;
    }
  }
  return { processes, unreadable };
}

function readProcess(folder: string, pid: number, executable: string, boot: number): Process {
  const prefix = rootPrefix(folder);
  const files = new Set<string>();
  const replaced = new Set<string>();
  const note = (target: string): string => {
    const gone = target.endsWith(deleted);
    const bare = gone ? target.slice(0, -deleted.length) : target;
    const path = prefix !== "" && bare.startsWith(`${prefix}/`) ? bare.slice(prefix.length) : bare;
    if (!path.startsWith("/") || /^\/(?:dev|proc|sys|run|memfd:|SYSV|tmp)\b/.test(path)) return path;
    files.add(path);
    if (gone) replaced.add(path);
    return path;
  };
  const main = note(executable);
  for (const path of mappedFiles(readFileSync(`${folder}/maps`, "latin1"))) note(path);
  const sockets = new Set<string>();
  for (const fd of readdirSync(`${folder}/fd`)) {
    const target = readLink(`${folder}/fd/${fd}`);
    const socket = /^socket:\[(\d+)\]$/.exec(target);
    if (socket) sockets.add(socket[1]!);
    else if (target.startsWith("/")) note(target);
  }
  const command = readFileSync(`${folder}/cmdline`, "utf8")
    .split("\0")
    .filter((part) => part !== "");
  const root = statSync(`${folder}/root/`);
  return {
    pid,
    executable: main,
    arguments: command,
    directory: readLink(`${folder}/cwd`).slice(prefix.length),
    files,
    replaced,
    startedAt: startTime(readFileSync(`${folder}/stat`, "latin1"), boot),
    rootKey: `${root.dev}:${root.ino}`,
    network: readLink(`${folder}/ns/net`),
    sockets,
  };
}

/** The path that links of a chroot'ed process carry before the path inside its root; "" for the host's root. */
function rootPrefix(folder: string): string {
  const root = readLink(`${folder}/root`);
  return root === "/" ? "" : root;
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

function* mappedFiles(maps: string): Generator<string> {
  let last = "";
  for (const line of maps.split("\n")) {
    const slash = line.indexOf("/");
    if (slash < 0) continue;
    const path = line.slice(slash);
    if (path !== last) yield path;
    last = path;
  }
}

function bootTime(proc: string): number {
  try {
    return Number(/^btime (\d+)$/m.exec(readFileSync(`${proc}/stat`, "latin1"))?.[1] ?? 0) * 1000;
  } catch {
    return 0;
  }
}

/** Field 22 of /proc/PID/stat, after the command's name, which may itself hold spaces and parentheses. */
function startTime(stat: string, boot: number): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[19]);
  return boot === 0 || !Number.isFinite(ticks) ? 0 : boot + (ticks * 1000) / clockTicks;
}
