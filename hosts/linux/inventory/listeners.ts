/** Listening sockets with their owners, for each network namespace that a scanned process lives in. */
import type { CollectorStatus, Component, Listener } from "../../../scan/inventory/types.ts";
import { runCollector } from "./collector.ts";
import type { Process } from "./processes.ts";
import type { ProcessRoot } from "./roots.ts";
import { readSockets } from "./sockets.ts";

export function collectListeners(
  proc: string,
  roots: readonly ProcessRoot[],
  components: readonly Component[],
  mainKey: string,
  statuses: CollectorStatus[],
): Listener[] {
  const byPid = new Map<number, string[]>();
  for (const each of components) {
    for (const pid of each.usage.pids) byPid.set(pid, [...(byPid.get(pid) ?? []), each.id]);
  }
  const owners = new Map<string, { process: Process; root: ProcessRoot }[]>();
  const networks = new Map<string, { folder: string; root: string }>();
  for (const root of roots) {
    for (const process of root.processes) {
      if (!networks.has(process.network)) {
        networks.set(process.network, { folder: `${proc}/${process.pid}/net`, root: root.name });
      }
      for (const inode of process.sockets) owners.set(inode, [...(owners.get(inode) ?? []), { process, root }]);
    }
  }
  // A root that no process lives in, or the host itself seen without any readable process.
  const offline = !roots.some((each) => each.key === mainKey);
  if (networks.size === 0 && !offline) networks.set("", { folder: `${proc}/net`, root: "/" });
  const listeners: Listener[] = [];
  for (const { folder, root } of networks.values()) {
    listeners.push(
      ...runCollector("listeners", root, statuses, () => {
        const items = readSockets(folder).map((socket): Listener => {
          const holders = owners.get(socket.inode) ?? [];
          const first = holders[0];
          return {
            protocol: socket.protocol,
            address: socket.address,
            port: socket.port,
            ...(first ? { pid: first.process.pid, executable: first.process.executable } : {}),
            components: [...new Set(holders.flatMap(({ process }) => byPid.get(process.pid) ?? []))],
            root: first?.root.name ?? root,
          };
        });
        return { items, problems: [] };
      }),
    );
  }
  return listeners;
}
