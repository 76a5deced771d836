/** Packages of language ecosystems installed outside the distribution: npm, Python and PHP (Composer) trees. */
import { type FileTree, readText } from "./file-tree.ts";
import { purlOf } from "./purl.ts";
import type { Component, ComponentType } from "./types.ts";

/** A regular file met by a file walk. */
export interface WalkedFile {
  directory: string;
  name: string;
  path: string;
}

/** What a walked file says about installed packages: usually nothing, sometimes one, for Composer many. */
export function readPackageTree(tree: FileTree, file: WalkedFile, root: string): Component[] {
  if (file.name === "package.json" && /\/node_modules\/(?:@[^/]+\/)?[^/]+$/.test(file.directory)) {
    return fromNpm(tree, file, root);
  }
  if (/\.(?:dist|egg)-info$/.test(file.directory) && (file.name === "METADATA" || file.name === "PKG-INFO")) {
    return fromPython(tree, file, root);
  }
  if (file.name === "installed.json" && file.directory.endsWith("/vendor/composer"))
    return fromComposer(tree, file, root);
  return [];
}

function component(type: ComponentType, name: string, version: string, folder: string, detail: string, root: string) {
  const purl = purlOf({ type, name, version });
  return {
    id: `${purl}#${root === "/" ? "" : root}${folder}`,
    purl,
    type,
    name,
    version,
    root,
    paths: [folder],
    evidence: { kind: "package-metadata", detail },
    usage: { pids: [], state: "unknown" },
  } satisfies Component;
}

function fromNpm(tree: FileTree, file: WalkedFile, root: string): Component[] {
  const data = parseJson(readText(tree, file.path)) as { name?: unknown; version?: unknown } | undefined;
  if (typeof data?.name !== "string" || typeof data.version !== "string") return [];
  return [component("npm", data.name, data.version, file.directory, file.path, root)];
}

function fromPython(tree: FileTree, file: WalkedFile, root: string): Component[] {
  // Headers end at the first empty line; a long description follows.
  const header = (readText(tree, file.path, 65_536) ?? "").split(/\r?\n\r?\n/, 1)[0]!;
  const name = /^Name:\s*(\S+)/m.exec(header)?.[1];
  const version = /^Version:\s*(\S+)/m.exec(header)?.[1];
  if (!name || !version) return [];
  // Names compare normalized (PEP 503).
  const normal = name.toLowerCase().replace(/[-_.]+/g, "-");
  return [component("pypi", normal, version, file.directory, file.path, root)];
}

function fromComposer(tree: FileTree, file: WalkedFile, root: string): Component[] {
  const data = parseJson(readText(tree, file.path, 16 << 20));
  const list = Array.isArray(data) ? data : ((data as { packages?: unknown } | undefined)?.packages ?? []);
  if (!Array.isArray(list)) return [];
  const vendor = file.directory.slice(0, -"/composer".length);
  return list.flatMap((each: { name?: unknown; version?: unknown }) => {
    if (typeof each?.name !== "string" || typeof each.version !== "string") return [];
    const version = each.version.replace(/^v(?=\d)/, "");
    return [component("composer", each.name, version, `${vendor}/${each.name}`, file.path, root)];
  });
}

function parseJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
