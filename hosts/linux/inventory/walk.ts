/** One bounded walk over a root directory: every collector that looks for files by name is served by the same pass. */
import type { FileTree } from "../../../scan/inventory/file-tree.ts";
import type { WalkedFile } from "../../../scan/inventory/package-trees.ts";

export interface WalkLimits {
  /** Directory entries looked at. */
  entries: number;
  depth: number;
  milliseconds: number;
}

export const walkLimits: WalkLimits = { entries: 1_000_000, depth: 24, milliseconds: 60_000 };

/** Never holds an installation, or is no disk: skipped at the top of a root. */
const skippedRoots = new Set([
  ...["/proc", "/sys", "/dev", "/run", "/tmp", "/boot", "/lost+found"],
  ...["/var/lib/docker", "/var/lib/containerd", "/var/lib/containers", "/var/lib/kubelet", "/var/lib/lxd"],
  ...["/var/lib/dpkg", "/var/lib/rpm", "/var/lib/apt", "/var/cache", "/var/log", "/var/lib/systemd"],
  ...["/usr/share/doc", "/usr/share/man", "/usr/share/locale", "/usr/share/icons", "/usr/include", "/usr/src"],
  ...["/usr/lib/modules", "/lib/modules", "/usr/lib/firmware", "/lib/firmware", "/usr/share/zoneinfo"],
]);
const skippedNames = new Set([".git", ".svn", ".hg", ".cache", ".npm", ".m2", ".snapshots"]);

/**
 * Calls `visit` for every regular file below `start`. Links are not followed (their targets are reached by themselves).
 * Returns the reasons why the walk is not complete, none when it is.
 */
export function walk(
  tree: FileTree,
  visit: (file: WalkedFile) => void,
  start = "/",
  limits: WalkLimits = walkLimits,
  mountPoints: ReadonlySet<string> = new Set(),
): string[] {
  const problems: string[] = [];
  const deadline = Date.now() + limits.milliseconds;
  let entries = 0;
  const stack: { path: string; depth: number }[] = [{ path: start, depth: 0 }];
  for (let next = stack.pop(); next; next = stack.pop()) {
    if (Date.now() > deadline) {
      problems.push(`the file walk stopped at ${next.path} after ${limits.milliseconds} ms`);
      break;
    }
    for (const entry of tree.list(next.path)) {
      if (++entries > limits.entries) {
        problems.push(`the file walk stopped at ${next.path} after ${limits.entries} entries`);
        return problems;
      }
      const path = next.path === "/" ? `/${entry.name}` : `${next.path}/${entry.name}`;
      if (entry.kind === "file") visit({ directory: next.path, name: entry.name, path });
      else if (entry.kind === "directory" && !skippedNames.has(entry.name)) {
        if (skippedRoots.has(path) || mountPoints.has(path)) continue;
        if (next.depth + 1 > limits.depth) problems.push(`${path} lies deeper than ${limits.depth} directories`);
        else stack.push({ path, depth: next.depth + 1 });
      }
    }
  }
  return problems;
}

/** Mount points of file systems that are not this host's disks (network, pseudo), from /proc/self/mounts. */
export function foreignMounts(mounts: string): Set<string> {
  const foreign =
    /^(?:nfs|cifs|smb|9p|fuse|overlay|proc|sysfs|tmpfs|devtmpfs|cgroup|autofs|squashfs|iso9660|ceph|gluster|lustre|afs)/;
  const found = new Set<string>();
  for (const line of mounts.split("\n")) {
    const [, point, type] = line.split(" ");
    if (point && point !== "/" && type && foreign.test(type)) found.add(point.replace(/\\040/g, " "));
  }
  return found;
}
