/** Installed packages of rpm systems: rpm's own answer on the live host, its database files read directly elsewhere. */
import { execFileSync } from "node:child_process";
import { ByteSource } from "../../../scan/inventory/byte-source.ts";
import type { FileTree } from "../../../scan/inventory/file-tree.ts";
import { purlOf } from "../../../scan/inventory/purl.ts";
import type { Component, Distro } from "../../../scan/inventory/types.ts";
import type { Collected } from "./collector.ts";
import { packageComponent } from "./package-component.ts";
import { bdbBlobs } from "./rpmdb/bdb.ts";
import { parseHeader, type RpmHeader } from "./rpmdb/header.ts";
import { ndbBlobs } from "./rpmdb/ndb.ts";
import { sqliteBlobs } from "./rpmdb/sqlite.ts";

const directories = ["/var/lib/rpm", "/usr/lib/sysimage/rpm", "/usr/share/rpm"];

type Fields = Omit<RpmHeader, "files">;

/** `live`: the tree is this host's own root, so rpm itself may be asked (it takes its own locks and reads only). */
export function collectRpm(
  tree: FileTree,
  distro: Distro | undefined,
  root: string,
  live: boolean,
): Collected<Component> {
  const path = rpmDatabase(tree);
  if (path === undefined) return { items: [], problems: [], absent: true };
  const problems: string[] = [];
  const answer = live ? askRpm() : undefined;
  const headers: Fields[] = answer ?? readHeaders(tree, path, problems);
  if (headers.length === 0 && problems.length === 0) problems.push(`${path} names no package`);
  const items = headers
    .filter(({ name }) => name !== "gpg-pubkey")
    .map((header) => componentOf(header, distro, root, answer ? "rpm -qa" : path));
  return { items, problems };
}

export function rpmDatabase(tree: FileTree): string | undefined {
  for (const directory of directories) {
    for (const name of ["rpmdb.sqlite", "Packages.db", "Packages"]) {
      if (tree.kind(`${directory}/${name}`) === "file") return `${directory}/${name}`;
    }
  }
  return undefined;
}

const query =
  "%{NAME}\\t%|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}\\t%{ARCH}\\t%{SOURCERPM}\\t%{VENDOR}\\t%{MODULARITYLABEL}\\n";

function askRpm(): Fields[] | undefined {
  try {
    const options = { encoding: "utf8", maxBuffer: 64 << 20, timeout: 30_000, stdio: "pipe" } as const;
    const lines = execFileSync("rpm", ["-qa", "--qf", query], options).split("\n");
    const headers = lines.filter((line) => line !== "").map(parseLine);
    return headers.length > 0 ? headers : undefined;
  } catch {
    return undefined;
  }
}

/** A line of `query`; rpm writes "(none)" for an absent tag, and the tag's name where it does not know it. */
function parseLine(line: string): Fields {
  const [name = "", evr = "", arch = "", sourceRpm = "", vendor = "", label = ""] = line.split("\t");
  const known = (text: string): string => (text === "(none)" || !/[-:]/.test(text) ? "" : text);
  return { name, evr: evr.replace(/^0:/, ""), arch, vendor, sourceRpm: known(sourceRpm), module: known(label) };
}

function* blobs(tree: FileTree, path: string): Generator<Buffer> {
  const file = new ByteSource(tree, path);
  if (path.endsWith("/rpmdb.sqlite")) {
    const log = tree.kind(`${path}-wal`) === "file" ? new ByteSource(tree, `${path}-wal`) : undefined;
    yield* sqliteBlobs(file, log);
  } else if (path.endsWith(".db")) yield* ndbBlobs(file);
  else yield* bdbBlobs(file);
}

/** What could be read before the first damaged page counts; the damage makes the collection partial. */
function readHeaders(tree: FileTree, path: string, problems: string[]): RpmHeader[] {
  const headers: RpmHeader[] = [];
  try {
    for (const blob of blobs(tree, path)) headers.push(parseHeader(blob));
  } catch (error) {
    problems.push(`${path}: ${error instanceof Error ? error.message : error}`);
  }
  return headers;
}

/** Vendors of the distributions' own packages; Fedora's EPEL counts, a product's maker does not. */
const distroVendor =
  /^$|^\(none\)$|red ?hat|fedora|centos|alma|rocky|oracle america|suse|amazon linux|vmware|microsoft|cloudlinux|openeuler/i;

function componentOf(header: Fields, distro: Distro | undefined, root: string, detail: string): Component {
  const { name, evr: version } = header;
  const arch = header.arch || undefined;
  const purl = purlOf({ type: "rpm", name, version, arch, distro });
  const source = /^(.+)-([^-]+-[^-]+)\.(?:no)?src\.rpm$/.exec(header.sourceRpm);
  return packageComponent({
    type: "rpm",
    name,
    version,
    arch,
    source: source ? { name: source[1]!, version: source[2]! } : undefined,
    module: header.module || undefined,
    thirdParty: !distroVendor.test(header.vendor),
    distro,
    root,
    purl,
    detail,
  });
}

/** Which packages own the given paths. Values are package names. */
export function rpmOwners(tree: FileTree, paths: ReadonlySet<string>): Map<string, string> {
  const owners = new Map<string, string>();
  const path = rpmDatabase(tree);
  if (path === undefined || paths.size === 0) return owners;
  for (const header of readHeaders(tree, path, [])) {
    for (const file of header.files()) if (paths.has(file)) owners.set(file, header.name);
  }
  return owners;
}
