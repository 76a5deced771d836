/** The roots that processes live in: the host's own, chroots and containers. */
import { readFileSync } from "node:fs";
import type { Process } from "./processes.ts";

export interface ProcessRoot {
  /** "/" for the host, else what names the container or chroot. */
  name: string;
  /** Folder through which it can be read. */
  folder: string;
  key: string;
  processes: Process[];
}

/** Groups processes by root directory; `mainKey` is the `device:inode` of the root that is scanned as "/". */
export function groupRoots(processes: readonly Process[], mainKey: string, proc = "/proc"): ProcessRoot[] {
  const roots = new Map<string, ProcessRoot>();
  for (const process of processes) {
    let root = roots.get(process.rootKey);
    if (!root) {
      const main = process.rootKey === mainKey;
      root = {
        name: main ? "/" : rootName(proc, process.pid),
        folder: main ? "/" : `${proc}/${process.pid}/root`,
        key: process.rootKey,
        processes: [],
      };
      roots.set(process.rootKey, root);
    }
    root.processes.push(process);
  }
  return [...roots.values()];
}

/** The container's identity from its control group (docker, containerd, podman, cri-o, lxc), else the process. */
function rootName(proc: string, pid: number): string {
  let groups = "";
  try {
    groups = readFileSync(`${proc}/${pid}/cgroup`, "latin1");
  } catch {
    // No control groups: named by its process.
  }
  const id = /(?:^|[/:-])([0-9a-f]{12})[0-9a-f]{52}\b/.exec(groups)?.[1] ?? /\/lxc[./]([\w.-]+)/.exec(groups)?.[1];
  return id ? `container:${id}` : `root-of-pid:${pid}`;
}
