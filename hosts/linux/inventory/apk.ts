/** Installed packages of Alpine Linux, from `/lib/apk/db/installed` (apk-tools, "Installed database V2"). */
import type { FileTree } from "../../../scan/inventory/file-tree.ts";
import { purlOf } from "../../../scan/inventory/purl.ts";
import type { Component, Distro } from "../../../scan/inventory/types.ts";
import type { Collected } from "./collector.ts";
import { packageComponent } from "./package-component.ts";

const databasePaths = ["/lib/apk/db/installed", "/usr/lib/apk/db/installed"];

interface ApkPackage {
  name: string;
  version: string;
  arch?: string;
  origin?: string;
  files: string[];
}

export function collectApk(tree: FileTree, distro: Distro | undefined, root: string): Collected<Component> {
  const path = databasePaths.find((each) => tree.kind(each) === "file");
  if (path === undefined) return { items: [], problems: [], absent: true };
  const problems: string[] = [];
  const packages = parse(tree, path, problems);
  if (packages.length === 0) problems.push(`${path} names no package`);
  const items = packages.map(({ name, version, arch, origin }) => {
    const purl = purlOf({ type: "apk", name, version, arch, distro });
    const source = { name: origin ?? name, version };
    return packageComponent({ type: "apk", name, version, arch, source, distro, root, purl, detail: path });
  });
  return { items, problems };
}

export function apkOwners(tree: FileTree, paths: ReadonlySet<string>): Map<string, string> {
  const owners = new Map<string, string>();
  const path = databasePaths.find((each) => tree.kind(each) === "file");
  if (path === undefined) return owners;
  for (const each of parse(tree, path, [])) {
    for (const file of each.files) if (paths.has(file)) owners.set(file, each.name);
  }
  return owners;
}

function parse(tree: FileTree, path: string, problems: string[]): ApkPackage[] {
  const text = new TextDecoder().decode(tree.read(path));
  if (text !== "" && !text.endsWith("\n")) problems.push(`${path} is cut off in its last line`);
  const packages: ApkPackage[] = [];
  for (const block of text.split("\n\n")) {
    const fields = new Map<string, string>();
    const files: string[] = [];
    let folder = "";
    for (const line of block.split("\n")) {
      const value = line.slice(2);
      if (line.startsWith("F:")) folder = value;
      else if (line.startsWith("R:")) files.push(`/${folder}${folder ? "/" : ""}${value}`);
      else if (line.charAt(1) === ":") fields.set(line.charAt(0), value);
    }
    const name = fields.get("P");
    const version = fields.get("V");
    if (name === undefined && fields.size === 0) continue;
    if (!name || !version) {
      problems.push(`${path}: a package without ${name ? "version" : "name"}`);
      continue;
    }
    const arch = fields.get("A");
    const origin = fields.get("o");
    packages.push({ name, version, files, ...(arch ? { arch } : {}), ...(origin ? { origin } : {}) });
  }
  return packages;
}
