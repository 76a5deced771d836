/** Links components to the processes that use them: by owned files for packages, by path for everything else. */
import type { FileTree } from "../../../scan/inventory/file-tree.ts";
import type { Component } from "../../../scan/inventory/types.ts";
import { apkOwners } from "./apk.ts";
import { dpkgOwners, dpkgUpgrades, type PackageChange } from "./dpkg.ts";
import type { Process } from "./processes.ts";
import { rpmOwners } from "./rpm.ts";

/** Packages that own any of `paths`, looked up under both spellings of a usr-merged path. */
export function ownersOf(tree: FileTree, paths: Iterable<string>): Map<string, string> {
  const spelled = new Map<string, string[]>();
  for (const path of paths) {
    for (const spelling of spellings(path)) spelled.set(spelling, [...(spelled.get(spelling) ?? []), path]);
  }
  const wanted = new Set(spelled.keys());
  const owners = new Map<string, string>();
  for (const lookUp of [dpkgOwners, rpmOwners, apkOwners]) {
    for (const [spelling, owner] of lookUp(tree, wanted)) {
      for (const path of spelled.get(spelling) ?? []) owners.set(path, owner);
    }
  }
  return owners;
}

/** `/bin/x` and `/usr/bin/x` are one file on a usr-merged system, and packages name either. */
function spellings(path: string): string[] {
  if (/^\/(?:bin|sbin|lib\w*)\//.test(path)) return [path, `/usr${path}`];
  return /^\/usr\/(?:bin|sbin|lib\w*)\//.test(path) ? [path, path.slice(4)] : [path];
}

/** Fills in `usage` and `ownedBy`. Processes must be those of the components' root. */
export function linkUsage(
  tree: FileTree & { modified?: (path: string) => number | undefined },
  components: readonly Component[],
  processes: readonly Process[],
): void {
  const commandFiles = new Map(processes.map((process) => [process, filesOfCommand(process)]));
  const wanted = new Set<string>();
  for (const [process, files] of commandFiles) for (const path of [...process.files, ...files]) wanted.add(path);
  const unpackaged = components.filter((each) => each.evidence.kind !== "distro-package");
  for (const each of unpackaged) for (const path of ownershipPaths(each)) wanted.add(path);
  const owners = ownersOf(tree, wanted);

  const packages = new Map<string, Component>();
  for (const each of components) {
    each.usage = { pids: [], state: "installed" };
    if (each.evidence.kind !== "distro-package") continue;
    packages.set(each.name, each);
    if (each.arch) packages.set(`${each.name}:${each.arch}`, each);
  }
  const upgrades = dpkgUpgrades(tree);
  for (const [process, files] of commandFiles) {
    for (const path of process.files) {
      const owner = packages.get(owners.get(path) ?? "");
      if (owner) use(owner, process, process.replaced.has(path), upgrades);
    }
    for (const path of files) {
      const owner = packages.get(owners.get(path) ?? "");
      if (owner) use(owner, process, changedSince(tree, owners.get(path)!, process), upgrades);
    }
  }
  for (const each of unpackaged) {
    const owner = ownershipPaths(each)
      .map((path) => packages.get(owners.get(path) ?? ""))
      .find(Boolean);
    if (owner && !owner.thirdParty) each.ownedBy = owner.id;
  }
  const byPath = new Map<string, Component[]>();
  for (const each of unpackaged) for (const path of each.paths) byPath.set(path, [...(byPath.get(path) ?? []), each]);
  for (const [process, files] of commandFiles) {
    for (const path of [...process.files, ...files, process.directory]) {
      for (const each of containing(path, byPath)) use(each, process, process.replaced.has(path), upgrades);
    }
  }
}

/** Components at a path or at a folder above it. */
function* containing(path: string, byPath: ReadonlyMap<string, Component[]>): Generator<Component> {
  for (let at = path; at.length > 1; at = at.slice(0, at.lastIndexOf("/"))) yield* byPath.get(at) ?? [];
}

/** The file that tells the version is the one whose owner answers for it. */
function ownershipPaths(component: Component): string[] {
  const detail = component.evidence.detail.split("!/")[0]!;
  return [...component.paths, ...(detail.startsWith("/") ? [detail] : [])];
}

function use(component: Component, process: Process, stale: boolean, upgrades: Map<string, PackageChange[]>): void {
  const usage = component.usage;
  if (usage.pids.at(-1) !== process.pid && !usage.pids.includes(process.pid)) usage.pids.push(process.pid);
  usage.state = "running";
  if (!stale) return;
  usage.restartPending = true;
  const changes = upgrades.get(`${component.name}:${component.arch}`) ?? [];
  // What the process runs is what the first upgrade after its start replaced.
  const from = changes.find(({ at }) => process.startedAt > 0 && at >= process.startedAt - 1000)?.from;
  if (from) usage.runningVersion = from;
}

/** Interpreters and virtual machines name on the command line what they run. */
function filesOfCommand(process: Process): string[] {
  const files: string[] = [];
  for (const argument of process.arguments.slice(1, 64)) {
    for (const part of argument.replace(/^-[^/]*?[=:](?=\/)/, "").split(":")) {
      if (part.startsWith("/") && part.length < 1024 && !process.files.has(part)) files.push(part);
    }
  }
  return files;
}

/** A package's file list is rewritten at every upgrade, so its time is the time of the upgrade. */
function changedSince(
  tree: FileTree & { modified?: (path: string) => number | undefined },
  owner: string,
  process: Process,
): boolean {
  const at = tree.modified?.(`/var/lib/dpkg/info/${owner}.list`);
  return at !== undefined && process.startedAt > 0 && at > process.startedAt + 1000;
}
