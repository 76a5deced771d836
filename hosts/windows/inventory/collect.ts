/**
 * The inventory of a Windows host from a folder of exports: `systeminfo.txt`, `qfe.txt` (or any other `*.txt` that names KBs),
 * `netstat.txt` (`netstat -ano`) and registry exports `*.reg`. `collect.cmd` writes such a folder on any Windows since XP.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { MemoryTree } from "../../../scan/inventory/memory-tree.ts";
import { purlOf } from "../../../scan/inventory/purl.ts";
import {
  type CollectorStatus,
  type Component,
  type Inventory,
  inventorySchema,
  type Listener,
} from "../../../scan/inventory/types.ts";
import type { Detector } from "../../../scan/products/detector.ts";
import { recognizeProducts } from "../../../scan/products/recognize.ts";
import { parseNetstat, systemPid } from "./netstat.ts";
import { bulletinProduct } from "./product.ts";
import { RegistryExport } from "./registry.ts";
import { hotfixesIn, parseSystemInfo } from "./systeminfo.ts";
import { decodeWindowsText } from "./text.ts";

const currentVersion = "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion";

/** Throws if there is no `systeminfo.txt`, or it names no Windows. */
export async function collectWindows(
  folder: string,
  detectors: readonly Detector[] = [],
  now = new Date(),
): Promise<Inventory> {
  const collectors: CollectorStatus[] = [];
  const names = readdirSync(folder).sort();
  const read = (name: string): string => decodeWindowsText(readFileSync(join(folder, name)));
  const find = (pattern: RegExp): string | undefined => names.find((name) => pattern.test(name));
  const systemFile = find(/systeminfo\.txt$/i);
  if (systemFile === undefined) throw new Error(`${folder}: systeminfo.txt is missing`);
  const system = parseSystemInfo(read(systemFile), join(folder, systemFile));
  const registry = readRegistry(folder, names, read, collectors);
  const texts = names.filter((name) => /\.txt$/i.test(name) && !/netstat/i.test(name)).map(read);
  const hotfixes = [...new Set(texts.flatMap(hotfixesIn))].sort();
  const updates = find(/qfe|update|hotfix/i);
  const partial = updates === undefined && /\[\d+\]:\s*(?:File|Fichier) ?\d/i.test(texts[0] ?? "");
  collectors.push({
    name: "hotfixes",
    root: "/",
    state: partial ? "partial" : "complete",
    items: hotfixes.length,
    ...(partial ? { detail: "systeminfo does not name all updates: add the output of `wmic qfe` as qfe.txt" } : {}),
  });
  const product = bulletinProduct(system);
  const revision = registry.value(currentVersion, "UBR");
  const build = revision === undefined ? system.version : `${system.version}.${revision}`;
  const netstat = find(/netstat.*\.txt$/i);
  const listeners = netstat === undefined ? [] : parseNetstat(read(netstat));
  collectors.push({ name: "listeners", root: "/", state: netstat ? "complete" : "partial", items: listeners.length });
  const windows = windowsComponent(product ?? system.caption, build);
  const products = await recognizeProducts(detectors, { tree: new MemoryTree(), root: "/", registry });
  const components = [windows, ...products];
  linkListeners(components, listeners);
  return {
    schema: inventorySchema,
    collectedAt: now.toISOString(),
    host: {
      name: system.host,
      os: "windows",
      arch: system.architecture,
      windows: { product: product ?? "", build, hotfixes },
    },
    collectors,
    components,
    listeners,
  };
}

function readRegistry(
  folder: string,
  names: readonly string[],
  read: (name: string) => string,
  collectors: CollectorStatus[],
): RegistryExport {
  const registry = new RegistryExport();
  const problems: string[] = [];
  const exports = names.filter((name) => /\.reg$/i.test(name));
  for (const name of exports) {
    try {
      registry.add(read(name), join(folder, name));
    } catch (error) {
      problems.push(error instanceof Error ? error.message : `${error}`);
    }
  }
  const state = problems.length > 0 ? "partial" : exports.length > 0 ? "complete" : "absent";
  const detail = problems.length > 0 ? { detail: problems.join("; ") } : {};
  collectors.push({ name: "registry", root: "/", state, items: exports.length, ...detail });
  return registry;
}

/** The system itself always runs. */
function windowsComponent(product: string, build: string): Component {
  const purl = purlOf({ type: "windows", name: product, version: build });
  return {
    id: purl,
    purl,
    type: "windows",
    name: product,
    version: build,
    root: "/",
    paths: [],
    evidence: { kind: "windows-update", detail: "systeminfo" },
    usage: { pids: [systemPid], state: "loaded" },
  };
}

/** What the kernel and the service hosts listen on belongs to Windows; a product's owner is not told by netstat. */
function linkListeners(components: readonly Component[], listeners: readonly Listener[]): void {
  const windows = components[0]!;
  for (const listener of listeners) {
    if (listener.pid === systemPid || listener.port < 1024 || listener.port === 3389 || listener.port === 5985) {
      listener.components = components
        .filter((each) => each === windows || each.type === "generic")
        .map(({ id }) => id);
    }
  }
}
