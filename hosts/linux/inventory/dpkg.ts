/** Installed packages of Debian and its derivatives, from `/var/lib/dpkg/status` (deb-control(5), dpkg(1) "Package states"). */
import { type FileTree, readText } from "../../../scan/inventory/file-tree.ts";
import { purlOf } from "../../../scan/inventory/purl.ts";
import type { Component, Distro } from "../../../scan/inventory/types.ts";
import type { Collected } from "./collector.ts";
import { packageComponent } from "./package-component.ts";

const statusPath = "/var/lib/dpkg/status";
/** A status file of a host with 20,000 packages is about 20 MB. */
const statusLimit = 256 << 20;

/** Package states in which an unpacked version is on disk although its installation is not finished. */
const unfinished = new Set(["half-installed", "unpacked", "half-configured", "triggers-awaited", "triggers-pending"]);
/** Trigger states: the package itself is completely installed. */
const usable = new Set(["installed", "triggers-awaited", "triggers-pending"]);

interface Stanza {
  line: number;
  fields: Map<string, string>;
}

export function collectDpkg(tree: FileTree, distro: Distro | undefined, root: string): Collected<Component> {
  const bytes = tree.kind(statusPath) === "file" ? tree.read(statusPath, statusLimit) : undefined;
  const extra = tree.list("/var/lib/dpkg/status.d").filter((entry) => entry.kind === "file");
  if (bytes === undefined && extra.length === 0) {
    if (tree.kind("/var/lib/dpkg") === undefined) return { items: [], problems: [], absent: true };
    return { items: [], problems: [`${statusPath} is missing or cannot be read`] };
  }
  const problems: string[] = [];
  const items: Component[] = [];
  if (bytes !== undefined) {
    const text = new TextDecoder().decode(bytes);
    if (text.trim() === "") problems.push(`${statusPath} is empty`);
    else if (!text.endsWith("\n")) problems.push(`${statusPath} is cut off in its last line`);
    readStanzas(tree, text, statusPath, distro, root, items, problems);
  }
  // Images without dpkg itself ("distroless") keep one file a package; it has no Status field.
  for (const entry of extra) {
    const path = `/var/lib/dpkg/status.d/${entry.name}`;
    if (entry.name.endsWith(".md5sums")) continue;
    const text = readText(tree, path) ?? "";
    readStanzas(
      tree,
      text.replace(/^(?=Package:)/m, "Status: install ok installed\n"),
      path,
      distro,
      root,
      items,
      problems,
    );
  }
  return { items, problems };
}

function readStanzas(
  tree: FileTree,
  text: string,
  path: string,
  distro: Distro | undefined,
  root: string,
  items: Component[],
  problems: string[],
): void {
  for (const stanza of parseStanzas(text, path, problems)) {
    const name = stanza.fields.get("package");
    const status = stanza.fields.get("status")?.split(/\s+/) ?? [];
    if (name === undefined || status.length !== 3) {
      problems.push(`${path}:${stanza.line}: a stanza without a valid ${name ? "Status" : "Package"} field`);
      continue;
    }
    const state = status[2]!;
    if (!usable.has(state)) {
      if (unfinished.has(state)) problems.push(`${path}:${stanza.line}: ${name} is ${state}: dpkg has not finished`);
      continue;
    }
    const version = stanza.fields.get("version");
    if (!version) {
      problems.push(`${path}:${stanza.line}: ${name} is installed but has no Version field`);
      continue;
    }
    const arch = stanza.fields.get("architecture");
    const purl = purlOf({ type: "deb", name, version, arch, distro });
    const source = sourceOf(name, version, stanza.fields.get("source"));
    const thirdParty = !isOfficial(tree, name, arch, stanza.fields.get("maintainer") ?? "");
    const parts = { type: "deb", name, version, arch, source, distro, root, purl, detail: path } as const;
    items.push(packageComponent({ ...parts, thirdParty }));
  }
}

/** Makers that publish packages built as a distribution builds them. */
const productMaker =
  /kohsuke|jenkins|elastic|google|gitlab|atlassian|grafana|mongodb|nodesource|oracle|microsoft|hashicorp|percona|zabbix|puppet|confluent|influxdata|cloudera|ubiquiti|zimbra|nginx\.(?:com|org)|mariadb\.(?:com|org)|docker\.com/i;

/**
 * Whether the distribution made the package. Its maintainers write from many addresses, but its policy (12.5, 12.7) wants a
 * copyright file and a changelog below /usr/share/doc, which the packages of product makers lack. Documentation that was not
 * unpacked still stands in the package's file list.
 */
function isOfficial(tree: FileTree, name: string, arch: string | undefined, maintainer: string): boolean {
  if (maintainer === "" || /debian\.(?:org|net)|ubuntu|canonical|kali|raspberry/i.test(maintainer)) return true;
  if (productMaker.test(maintainer)) return false;
  const folder = "/var/lib/dpkg/info";
  const list = readText(tree, `${folder}/${name}.list`) ?? readText(tree, `${folder}/${name}:${arch}.list`);
  if (list === undefined) return true;
  const paths = list.split("\n");
  const documents = paths.filter((path) => path.startsWith(`/usr/share/doc/${name}`));
  // One entry alone is a link to the folder of another package of the same source.
  if (documents.length === 1) return true;
  return (
    documents.some((path) => path.endsWith("/copyright")) &&
    documents.some((path) => /\/changelog(?:\.Debian)?(?:\.\w+)?\.gz$/.test(path))
  );
}

/** `Source: name (version)`; either part may be absent. Signed kernels are judged as the kernel they were made from. */
function sourceOf(name: string, version: string, field: string | undefined): { name: string; version: string } {
  const match = /^(\S+)(?:\s+\((.+)\))?$/.exec(field?.trim() ?? "");
  const source = match?.[1] ?? name;
  if (/^linux-signed/.test(source)) return { name: "linux", version };
  // A binary-only rebuild does not change the source.
  return { name: source, version: match?.[2] ?? version.replace(/\+b\d+$/, "") };
}

const wanted = new Set(["package", "status", "version", "architecture", "source", "maintainer"]);

function parseStanzas(text: string, path: string, problems: string[]): Stanza[] {
  const stanzas: Stanza[] = [];
  let current: Stanza | undefined;
  let start = 0;
  for (let line = 1; start < text.length; line++) {
    const newline = text.indexOf("\n", start);
    const end = newline < 0 ? text.length : newline;
    const first = text.charCodeAt(start);
    if (end === start) current = undefined;
    else if (first !== 32 && first !== 9) {
      const colon = text.indexOf(":", start);
      if (colon < 0 || colon >= end) {
        problems.push(`${path}:${line}: not a field: ${JSON.stringify(text.slice(start, Math.min(end, start + 40)))}`);
      } else {
        if (current === undefined) {
          current = { line, fields: new Map() };
          stanzas.push(current);
        }
        const field = text.slice(start, colon).toLowerCase();
        if (wanted.has(field)) current.fields.set(field, text.slice(colon + 1, end).trim());
      }
    }
    start = end + 1;
  }
  return stanzas;
}

/** Which packages own the given paths, from `/var/lib/dpkg/info/*.list`. Values are `name` or `name:arch`. */
export function dpkgOwners(tree: FileTree, paths: ReadonlySet<string>): Map<string, string> {
  const owners = new Map<string, string>();
  if (paths.size === 0) return owners;
  const endings = new Set([...paths].map((path) => ending(Buffer.from(path), Buffer.byteLength(path))));
  for (const entry of tree.list("/var/lib/dpkg/info")) {
    if (!entry.name.endsWith(".list")) continue;
    const bytes = Buffer.from(tree.read(`/var/lib/dpkg/info/${entry.name}`) ?? []);
    const owner = entry.name.slice(0, -".list".length);
    // A host has hundreds of thousands of these lines: only those that may be wanted become strings.
    for (let start = 0; start < bytes.length; ) {
      const newline = bytes.indexOf(10, start);
      const end = newline < 0 ? bytes.length : newline;
      if (endings.has(ending(bytes, end))) {
        const path = bytes.toString("utf8", start, end);
        if (paths.has(path)) owners.set(path, owner);
      }
      start = end + 1;
    }
  }
  return owners;
}

/** The four bytes before `end`, as a number. */
function ending(bytes: Buffer, end: number): number {
  return end < 4 ? -1 : bytes.readUInt32LE(end - 4);
}

export interface PackageChange {
  /** ms since 1970. */
  at: number;
  from: string;
  to: string;
}

/** Upgrades by package (`name:arch`), oldest first, from `/var/log/dpkg.log`. */
export function dpkgUpgrades(tree: FileTree): Map<string, PackageChange[]> {
  const changes = new Map<string, PackageChange[]>();
  const path = "/var/log/dpkg.log";
  const size = tree.size(path);
  const tail = tree.readAt(path, Math.max(0, size - (4 << 20)), 4 << 20);
  if (tail === undefined) return changes;
  const line = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) upgrade (\S+) (\S+) (\S+)$/gm;
  for (const [, day, time, name, from, to] of new TextDecoder().decode(tail).matchAll(line)) {
    const list = changes.get(name!) ?? [];
    // dpkg writes local time, without a zone.
    list.push({ at: Date.parse(`${day}T${time}`), from: from!, to: to! });
    changes.set(name!, list);
  }
  return changes;
}
