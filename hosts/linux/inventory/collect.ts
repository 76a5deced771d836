/** The inventory of a Linux host, of a directory that holds one, or of both with their containers. */
import { readFileSync, statSync } from "node:fs";
import { arch, hostname, release, version } from "node:os";
import { readPackageTree, type WalkedFile } from "../../../scan/inventory/package-trees.ts";
import {
  type CollectorStatus,
  type Component,
  type Inventory,
  inventorySchema,
  type Listener,
} from "../../../scan/inventory/types.ts";
import type { Detector } from "../../../scan/products/detector.ts";
import { MarkerIndex, recognizeProducts } from "../../../scan/products/recognize.ts";
import { collectApk } from "./apk.ts";
import { type Collected, runCollector } from "./collector.ts";
import { collectDpkg } from "./dpkg.ts";
import { linkKernel } from "./kernel.ts";
import { collectListeners } from "./listeners.ts";
import { readDistro } from "./os-release.ts";
import { type Process, readProcesses } from "./processes.ts";
import { RootTree } from "./root-tree.ts";
import { groupRoots } from "./roots.ts";
import { collectRpm } from "./rpm.ts";
import { linkUsage } from "./usage.ts";
import { foreignMounts, walk } from "./walk.ts";

export interface CollectOptions {
  /** Directory to scan as "/". Processes chroot'ed into it count as its own. */
  root?: string;
  proc?: string;
  /** Walk the file system for jars, package trees and products in unusual places. */
  walk?: boolean;
  containers?: boolean;
  detectors?: readonly Detector[];
  now?: Date;
}

/** Never throws for what is wrong on the host: that stands in the inventory's `collectors`. */
export async function collectLinux(options: CollectOptions = {}): Promise<Inventory> {
  const { root = "/", proc = "/proc", walk: walking = true, containers = true, detectors = [] } = options;
  const collectors: CollectorStatus[] = [];
  const live = root === "/";
  const main = new RootTree(root);
  const distro = readDistro(main);
  const processes = collectProcesses(proc, collectors);
  const mainKey = keyOf(root);
  const roots = groupRoots(processes ?? [], mainKey, proc);
  const components: Component[] = [];

  const scanRoot = async (name: string, tree: RootTree, own: readonly Process[]): Promise<void> => {
    const found = await collectRoot(name, tree, live && name === "/", { walking, detectors, proc }, collectors);
    if (processes !== undefined) linkUsage(tree, found, own);
    if (name === "/" && live) linkKernel(found, { release: release(), version: version() });
    components.push(...found);
  };
  await scanRoot("/", main, roots.find((each) => each.key === mainKey)?.processes ?? []);
  if (live && containers) {
    for (const each of roots) {
      if (each.key !== mainKey) await scanRoot(each.name, new RootTree(each.folder), each.processes);
    }
  }
  const listeners: Listener[] = processes
    ? collectListeners(
        proc,
        live ? roots : roots.filter((each) => each.key === mainKey),
        components,
        mainKey,
        collectors,
      )
    : [];
  return {
    schema: inventorySchema,
    collectedAt: (options.now ?? new Date()).toISOString(),
    host: {
      name: live ? hostname() : root,
      os: "linux",
      arch: arch(),
      ...(distro ? { distro } : {}),
      ...(live ? { kernel: release() } : {}),
    },
    collectors,
    components,
    listeners,
  };
}

function keyOf(root: string): string {
  const status = statSync(root);
  if (!status.isDirectory()) throw new Error(`${root} is not a directory: give the root of an installed system`);
  return `${status.dev}:${status.ino}`;
}

function collectProcesses(proc: string, statuses: CollectorStatus[]): Process[] | undefined {
  let read = false;
  const processes = runCollector("processes", "/", statuses, (): Collected<Process> => {
    const { processes: items, unreadable } = readProcesses(proc);
    read = true;
    const problems = unreadable > 0 ? [`${unreadable} processes may not be read: run the scan as root`] : [];
    return { items, problems };
  });
  return read ? processes : undefined;
}

interface RootOptions {
  walking: boolean;
  detectors: readonly Detector[];
  proc: string;
}

async function collectRoot(
  name: string,
  tree: RootTree,
  live: boolean,
  { walking, detectors, proc }: RootOptions,
  statuses: CollectorStatus[],
): Promise<Component[]> {
  const distro = readDistro(tree);
  const packages = [
    ...runCollector("dpkg", name, statuses, () => collectDpkg(tree, distro, name)),
    ...runCollector("rpm", name, statuses, () => collectRpm(tree, distro, name, live)),
    ...runCollector("apk", name, statuses, () => collectApk(tree, distro, name)),
  ];
  const index = new MarkerIndex(detectors);
  const files = walking ? await collectFiles(name, tree, index, proc, statuses) : [];
  if (!walking) {
    statuses.push({ name: "files", root: name, state: "partial", items: 0, detail: "the file walk was not asked for" });
  }
  const problems: string[] = [];
  const products = await recognizeProducts(detectors, { tree, root: name }, index, problems);
  runCollector("products", name, statuses, () => ({ items: products, problems }));
  return unique([...packages, ...files, ...products]);
}

async function collectFiles(
  name: string,
  tree: RootTree,
  index: MarkerIndex,
  proc: string,
  statuses: CollectorStatus[],
): Promise<Component[]> {
  const { isArchive, readJar } = await import("../../../scan/inventory/jars.ts");
  const jars: WalkedFile[] = [];
  const problems: string[] = [];
  const trees = runCollector("files", name, statuses, () => {
    const items: Component[] = [];
    const mounts =
      name === "/" && tree.root === "" ? foreignMounts(readFileSync(`${proc}/self/mounts`, "utf8")) : undefined;
    const visit = (file: WalkedFile): void => {
      index.visit(file);
      if (isArchive(file.name)) jars.push(file);
      else items.push(...readPackageTree(tree, file, name));
    };
    return { items, problems: walk(tree, visit, "/", undefined, mounts) };
  });
  const found: Component[] = [];
  for (const jar of jars) {
    const reading = await readJar(tree, jar.path, name);
    found.push(...reading.components);
    problems.push(...reading.problems);
  }
  // An archive that cannot be read hides what it holds.
  runCollector("jars", name, statuses, () => ({ items: found, problems }));
  return [...trees, ...found];
}

/** The same thing reached twice, by walk and by usual place, counts once. */
function unique(components: readonly Component[]): Component[] {
  return [...new Map(components.map((each) => [each.id, each])).values()];
}
