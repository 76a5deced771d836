/** Lays out directories for tests: a root file system, and a /proc with processes in it. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export function layOut(files: Record<string, string | Uint8Array>): string {
  const folder = mkdtempSync(join(tmpdir(), "vpatch-scan-"));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

export function remove(...folders: string[]): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}

export interface FakeProcess {
  pid: number;
  /** What /proc/PID/exe shows, " (deleted)" included. */
  exe: string;
  maps?: string[];
  cmdline?: string[];
  /** Inodes of its sockets. */
  sockets?: number[];
  /** Ticks after boot. */
  start?: number;
}

/** A /proc whose processes live in `root`. `tcp` lists listening sockets as [hex address, hex port, inode]. */
export function layOutProc(root: string, processes: FakeProcess[], tcp: [string, string, number][]): string {
  const table = tcp.map(
    ([address, port, inode], i) => `${i}: ${address}:${port} 00000000:0000 0A 0:0 0:0 0 0 0 ${inode}`,
  );
  const proc = layOut({
    stat: "btime 1700000000\n",
    "net/tcp": `header\n${table.join("\n")}\n`,
    "net/udp": "header\n",
  });
  for (const { pid, exe, maps = [], cmdline = [], sockets = [], start = 0 } of processes) {
    const folder = join(proc, `${pid}`);
    for (const each of ["fd", "ns", "net"]) mkdirSync(join(folder, each), { recursive: true });
    symlinkSync(root + exe, join(folder, "exe"));
    symlinkSync(root, join(folder, "root"));
    symlinkSync(root, join(folder, "cwd"));
    symlinkSync("net:[1]", join(folder, "ns", "net"));
    writeFileSync(join(folder, "maps"), maps.map((path) => `00-01 r-xp 0 08:01 1   ${root}${path}\n`).join(""));
    writeFileSync(join(folder, "cmdline"), cmdline.map((part) => `${part}\0`).join(""));
    writeFileSync(join(folder, "stat"), `${pid} (a b) S ${"0 ".repeat(18)}${start} 0`);
    writeFileSync(join(folder, "net", "tcp"), `header\n${table.join("\n")}\n`);
    writeFileSync(join(folder, "net", "udp"), "header\n");
    sockets.forEach((inode, i) => {
      symlinkSync(`socket:[${inode}]`, join(folder, "fd", `${i}`));
    });
  }
  return proc;
}
