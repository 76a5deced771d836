/**
 * Java archives and what is packed inside them, nested to a depth of 4. Coordinates come from `pom.properties`, else from the
 * manifest, else from the file's name. Every size is bounded before anything is unpacked, so an archive made to explode costs
 * no more than its limits.
 */

import { type Entry, entriesOf, openArchive, openBuffer, unpackEntry, type ZipFile } from "./archive.ts";
import type { FileTree } from "./file-tree.ts";
import { purlOf } from "./purl.ts";
import type { Component, EvidenceKind, Mitigation } from "./types.ts";

export interface JarLimits {
  depth: number;
  /** Entries of one archive. */
  entries: number;
  /** Unpacked bytes of one nested archive, held in memory. */
  nestedBytes: number;
  /** Unpacked bytes of all that one archive on disk makes us read. */
  totalBytes: number;
}

export const jarLimits: JarLimits = { depth: 4, entries: 100_000, nestedBytes: 64 << 20, totalBytes: 512 << 20 };

const archiveName = /\.(?:jar|war|ear|sar|rar|hpi|jpi|aar|par)$/i;
const propertiesLimit = 65_536;
/** The manifest of a signed archive lists every file in it. */
const manifestLimit = 4 << 20;
const lookupClass = "org/apache/logging/log4j/core/lookup/JndiLookup.class";

export function isArchive(name: string): boolean {
  return archiveName.test(name);
}

export interface JarReading {
  components: Component[];
  problems: string[];
}

interface Coordinates {
  name: string;
  version: string;
  kind: EvidenceKind;
}

/** Reads one archive of a tree with everything nested in it. Never throws. */
export async function readJar(
  tree: FileTree,
  path: string,
  root: string,
  limits: JarLimits = jarLimits,
): Promise<JarReading> {
  const reading: JarReading = { components: [], problems: [] };
  const budget = { left: limits.totalBytes };
  await readArchive(() => openArchive(tree, path), path, 1, { root, limits, budget, reading });
  return reading;
}

interface Context {
  root: string;
  limits: JarLimits;
  budget: { left: number };
  reading: JarReading;
}

async function readArchive(open: () => Promise<ZipFile>, path: string, depth: number, context: Context): Promise<void> {
  const { limits, reading } = context;
  const poms: Coordinates[] = [];
  let manifest: Coordinates | undefined;
  let hasLookup = false;
  try {
    const zip = await open();
    if (zip.entryCount > limits.entries) throw new Error(`has ${zip.entryCount} entries, limit ${limits.entries}`);
    for await (const entry of entriesOf(zip)) {
      const name = entry.fileName;
      if (name === lookupClass) hasLookup = true;
      else if (/^META-INF\/maven\/.+\/pom\.properties$/.test(name)) {
        const found = fromProperties((await unpack(zip, entry, propertiesLimit, context)).toString());
        if (found) poms.push(found);
      } else if (name.toUpperCase() === "META-INF/MANIFEST.MF") {
        manifest = fromManifest((await unpack(zip, entry, manifestLimit, context)).toString());
      } else if (isArchive(name)) {
        const inner = `${path}!/${name}`;
        if (depth >= limits.depth) reading.problems.push(`${inner}: nested deeper than ${limits.depth} archives`);
        else if (entry.uncompressedSize > limits.nestedBytes) {
          reading.problems.push(`${inner}: ${entry.uncompressedSize} bytes unpacked, limit ${limits.nestedBytes}`);
        } else {
          const bytes = await unpack(zip, entry, limits.nestedBytes, context);
          await readArchive(() => openBuffer(bytes), inner, depth + 1, context);
        }
      }
    }
    zip.close();
  } catch (error) {
    reading.problems.push(`${path}: ${error instanceof Error ? error.message : error}`);
  }
  const own = poms.length > 0 ? poms : [manifest ?? fromFileName(path)].filter((each) => each !== undefined);
  for (const each of own) reading.components.push(toComponent(each, path, context.root, hasLookup));
}

function toComponent(from: Coordinates, path: string, root: string, hasLookup: boolean): Component {
  const purl = purlOf({ type: "maven", name: from.name, version: from.version });
  const outer = path.split("!/")[0]!;
  const core = /(?:^|:)log4j-core$/.test(from.name);
  const mitigations: Mitigation[] =
    core && !hasLookup
      ? [{ cves: ["CVE-2021-44228", "CVE-2021-45046"], reason: `JndiLookup.class was removed from ${path}` }]
      : [];
  return {
    id: `${purl}#${root === "/" ? "" : root}${path}`,
    purl,
    type: "maven",
    name: from.name,
    version: from.version,
    root,
    paths: [outer],
    evidence: { kind: from.kind, detail: path },
    usage: { pids: [], state: "unknown" },
    ...(mitigations.length > 0 ? { mitigations } : {}),
  };
}

function fromProperties(text: string): Coordinates | undefined {
  const value = (key: string): string => new RegExp(`^${key}=(.+)$`, "m").exec(text)?.[1]?.trim() ?? "";
  const [group, artifact, version] = [value("groupId"), value("artifactId"), value("version")];
  return group && artifact && version ? { name: `${group}:${artifact}`, version, kind: "pom-properties" } : undefined;
}

function fromManifest(text: string): Coordinates | undefined {
  // Long lines continue on the next one after a space.
  const joined = text.replace(/\r?\n /g, "");
  const value = (key: string): string => new RegExp(`^${key}:\\s*(\\S+)`, "mi").exec(joined)?.[1] ?? "";
  const version = value("Implementation-Version") || value("Bundle-Version");
  const group = value("Implementation-Vendor-Id");
  const name = value("Bundle-SymbolicName").split(";")[0] || value("Implementation-Title");
  if (!version || !name) return undefined;
  return { name: group ? `${group}:${name}` : name, version, kind: "file-name" };
}

function fromFileName(path: string): Coordinates | undefined {
  const match = /([^/]+?)-(\d+(?:\.\d+)*(?:[.-][A-Za-z0-9]+)*)\.[a-z]+$/.exec(path);
  return match ? { name: match[1]!, version: match[2]!, kind: "file-name" } : undefined;
}

/** Counts what one archive on disk makes us unpack, nested archives included. */
function unpack(zip: ZipFile, entry: Entry, limit: number, context: Context): Promise<Buffer> {
  context.budget.left -= Math.min(entry.uncompressedSize, limit + 1);
  if (context.budget.left < 0) throw new Error(`more than ${context.limits.totalBytes} bytes to unpack`);
  return unpackEntry(zip, entry, limit);
}
