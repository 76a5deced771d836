/** Applies detectors to a file tree: finds installations and reads their versions and mitigations. */
import { expand, type FileTree, joinPath, readText } from "../inventory/file-tree.ts";
import { purlOf } from "../inventory/purl.ts";
import type { Component, EvidenceKind, Mitigation } from "../inventory/types.ts";
import { compareProduct } from "../versions/product.ts";
import { firstMatch, lastMatch } from "./bounded-match.ts";
import type { Detector, FileFact, VersionSource } from "./detector.ts";
import { peVersion } from "./pe-version.ts";

/** The part of a Windows registry that detectors look at. Keys and value names compare without case. */
export interface RegistryView {
  value(key: string, name: string): string | undefined;
  /** Entries of the Uninstall keys. */
  programs(): readonly { name: string; version: string; folder: string }[];
}

export interface Surroundings {
  tree: FileTree;
  /** "/" or the identity of a container's root. */
  root: string;
  registry?: RegistryView;
}

/** Installation directories a walk recognized by their markers, by detector. */
export class MarkerIndex {
  readonly #byName = new Map<string, { detector: Detector; suffix: string }[]>();
  readonly found = new Map<Detector, Set<string>>();

  constructor(detectors: readonly Detector[]) {
    for (const detector of detectors) {
      for (const marker of detector.markers) {
        const name = marker.slice(marker.lastIndexOf("/") + 1);
        const list = this.#byName.get(name) ?? [];
        list.push({ detector, suffix: `/${marker}` });
        this.#byName.set(name, list);
      }
    }
  }

  /** To be called for every file of the walk. */
  visit(file: { name: string; path: string }): void {
    for (const { detector, suffix } of this.#byName.get(file.name) ?? []) {
      if (!file.path.endsWith(suffix)) continue;
      const folders = this.found.get(detector) ?? new Set();
      folders.add(file.path.slice(0, -suffix.length) || "/");
      this.found.set(detector, folders);
    }
  }
}

/**
 * Every installation of the detectors' products: in their usual places, and where `index` met a marker. What could not be judged is
 * added to `problems`.
 */
export async function recognizeProducts(
  detectors: readonly Detector[],
  surroundings: Surroundings,
  index?: MarkerIndex,
  problems: string[] = [],
): Promise<Component[]> {
  const found: Component[] = [];
  for (const detector of detectors) {
    const folders = new Set(index?.found.get(detector));
    for (const root of detector.roots) for (const folder of expand(surroundings.tree, "/", root)) folders.add(folder);
    for (const folder of folders) {
      try {
        const component = await recognize(detector, folder, surroundings);
        if (component) found.push(component);
      } catch (error) {
        problems.push(`${folder} (${detector.title}): ${error instanceof Error ? error.message : error}`);
      }
    }
    const installed = fromRegistry(detector, surroundings);
    if (installed) found.push(installed);
  }
  return found;
}

async function recognize(
  detector: Detector,
  folder: string,
  { tree, root }: Surroundings,
): Promise<Component | undefined> {
  const { markers, requires, excludes } = detector;
  if (markers.length > 0 && !markers.some((marker) => expand(tree, folder, marker, 1).length > 0)) return undefined;
  if (!requires.every((fact) => holds(tree, folder, fact)) || excludes.some((fact) => holds(tree, folder, fact))) {
    return undefined;
  }
  for (const source of detector.version) {
    const version = await readVersion(tree, folder, source);
    if (!version) continue;
    // A product that is one archive shares its folder with others; it is not the folder.
    const alone = folder === "/" || ("entry" in source && !source.file.includes("/"));
    const place = alone ? version.detail : folder;
    return component(detector, place, root, version, mitigationsOf(detector, tree, folder));
  }
  return undefined;
}

interface Version {
  text: string;
  kind: EvidenceKind;
  detail: string;
}

async function readVersion(tree: FileTree, folder: string, source: VersionSource): Promise<Version | undefined> {
  if ("registry" in source || "program" in source) return undefined;
  const glob = "file" in source ? source.file : "name" in source ? source.name : source.pe;
  // Updates leave the files of earlier ones behind: the newest version counts.
  let newest: Version | undefined;
  for (const path of expand(tree, folder, glob)) {
    const text = "pe" in source ? peVersion(tree, path) : await matchVersion(tree, path, source);
    if (!text || (newest && compareProduct(text, newest.text) <= 0)) continue;
    newest = { text, kind: "name" in source ? "file-name" : "product-file", detail: path };
  }
  return newest;
}

async function matchVersion(
  tree: FileTree,
  path: string,
  source: Extract<VersionSource, { pattern: string }>,
): Promise<string | undefined> {
  const subject =
    "name" in source
      ? path.slice(path.lastIndexOf("/") + 1)
      : source.entry === undefined
        ? readText(tree, path)
        : await (await import("../inventory/archive.ts")).readArchiveText(tree, path, source.entry);
  const groups = ("last" in source && source.last ? lastMatch : firstMatch)(source.pattern, subject ?? "");
  return groups
    ?.filter((group) => group !== undefined && group !== "")
    .join(".")
    .trim();
}

function fromRegistry(detector: Detector, { registry, root }: Surroundings): Component | undefined {
  if (registry === undefined) return undefined;
  for (const source of detector.version) {
    if ("registry" in source) {
      const text = registry.value(source.registry, source.value);
      const version = {
        text: text ?? "",
        kind: "product-file",
        detail: `${source.registry}\\${source.value}`,
      } as const;
      if (text) return component(detector, "", root, version, []);
    } else if ("program" in source) {
      const pattern = new RegExp(source.program, "i");
      const program = registry.programs().find(({ name, version }) => pattern.test(name) && version !== "");
      if (!program) continue;
      const version = { text: program.version, kind: "product-file", detail: `installed: ${program.name}` } as const;
      return component(detector, program.folder, root, version, []);
    }
  }
  return undefined;
}

function component(
  { product, type, webContent }: Detector,
  folder: string,
  root: string,
  version: Version,
  mitigations: Mitigation[],
): Component {
  const purl = purlOf({ type, name: product, version: version.text });
  return {
    id: `${purl}#${root === "/" ? "" : root}${folder}`,
    purl,
    type,
    name: product,
    version: version.text,
    root,
    paths: folder ? [folder] : [],
    evidence: { kind: version.kind, detail: version.detail },
    usage: { pids: [], state: "unknown" },
    ...(mitigations.length > 0 ? { mitigations } : {}),
    ...(webContent ? { webContent } : {}),
  };
}

function holds(tree: FileTree, folder: string, fact: FileFact): boolean {
  const paths = fact.file.includes("*") ? expand(tree, folder, fact.file) : [joinPath(folder, fact.file)];
  if (fact.pattern === undefined) return paths.some((path) => tree.kind(path) !== undefined);
  const { pattern } = fact;
  return paths.some((path) => firstMatch(pattern, withoutComments(path, readText(tree, path) ?? "")) !== undefined);
}

/** What is commented out is not in force. */
function withoutComments(path: string, text: string): string {
  return /\.(?:xml|config)$/.test(path) ? stripComments(text) : text;
}

function stripComments(text: string): string {
  let out = "";
  let at = 0;
  for (let start = text.indexOf("<!--"); start >= 0; start = text.indexOf("<!--", at)) {
    const end = text.indexOf("-->", start + 4);
    out += text.slice(at, start);
    if (end < 0) return out;
    at = end + 3;
  }
  return out + text.slice(at);
}

function mitigationsOf(detector: Detector, tree: FileTree, folder: string): Mitigation[] {
  return detector.mitigations
    .filter(
      ({ present, absent }) =>
        present.every((fact) => holds(tree, folder, fact)) && !absent.some((fact) => holds(tree, folder, fact)),
    )
    .map(({ cves, reason }) => ({ cves, reason }));
}
