/**
 * Every application detector on a laid-out installation: vulnerable, fixed, mitigated and a look-alike. The cases are the YAML
 * files in `detectors/`, one a detector; `{version}` stands for the version under test.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { parse } from "yaml";
import { BundleBuilder } from "../../scan/bundle/builder.ts";
import { addAdvisories } from "../../scan/bundle/sources/advisories.ts";
import type { Bundle } from "../../scan/bundle/types.ts";
import { joinPath } from "../../scan/inventory/file-tree.ts";
import { MemoryTree } from "../../scan/inventory/memory-tree.ts";
import { isOpen } from "../../scan/match/finding.ts";
import { matchInventory } from "../../scan/match/match.ts";
import { packageFolder } from "../../scan/package-folder.ts";
import { loadDetectors } from "../../scan/products/catalog.ts";
import type { Detector } from "../../scan/products/detector.ts";
import { MarkerIndex, type RegistryView, recognizeProducts } from "../../scan/products/recognize.ts";
import { makePe, makeZip } from "./archives.ts";
import { inventory } from "./samples.ts";

type Content = string | { zip: Record<string, string> } | { pe: string };
type Files = Record<string, Content>;

interface DetectorCase {
  /** Where it is installed; by default the first of the detector's roots. */
  root?: string;
  /** Found by the file walk only. */
  walk?: boolean;
  files?: Files;
  registry?: Record<string, Record<string, string>>;
  programs?: { name: string; version: string }[];
  /** Version -> CVEs that must be open; and CVEs that must not. */
  vulnerable: Record<string, string[]>;
  fixed: Record<string, string[]>;
  /** The same installation with these files added and taken away: the CVE must not be open. */
  mitigated?: Change;
  /** An update that leaves the base version in place. */
  patched?: Change;
  /** Files of something else: nothing may be found. */
  lookalike: Files;
}

interface Change {
  version: string;
  cve: string;
  files?: Files;
  without?: string[];
}

const folder = fileURLToPath(new URL("detectors", import.meta.url));
const advisories = loadAdvisories();

function loadAdvisories(): Bundle {
  const builder = new BundleBuilder();
  const path = join(packageFolder(), "scan", "advisories");
  const names = readdirSync(path).filter((name) => name.endsWith(".yaml"));
  for (const name of names) addAdvisories(builder, readFileSync(join(path, name), "utf8"), name);
  return builder.finish().bundle;
}

function treeOf(root: string, files: Files, version: string): MemoryTree {
  const fill = (text: string): string => text.replaceAll("{version}", version);
  const tree = new MemoryTree();
  for (const [path, content] of Object.entries(files)) {
    const at = joinPath(root, fill(path));
    if (typeof content === "string") tree.add(at, fill(content));
    else if ("pe" in content) tree.add(at, makePe(fill(content.pe)));
    else {
      const entries = Object.entries(content.zip).map(([name, text]) => ({ name, content: Buffer.from(fill(text)) }));
      tree.add(at, makeZip(entries));
    }
  }
  return tree;
}

function registryOf({ registry = {}, programs = [] }: DetectorCase, version: string): RegistryView {
  const fill = (text: string): string => text.replaceAll("{version}", version);
  return {
    value: (key, name) => (registry[key]?.[name] === undefined ? undefined : fill(registry[key][name])),
    programs: () => programs.map((each) => ({ name: each.name, version: fill(each.version), folder: "" })),
  };
}

/** Open CVEs of what the detector finds; `undefined` if it finds nothing. */
async function scan(detector: Detector, one: DetectorCase, files: Files, version: string, lookalike = false) {
  const root = one.root ?? detector.roots[0]?.replaceAll("*", "x") ?? "/";
  const tree = treeOf(root, files, version);
  const index = new MarkerIndex([detector]);
  if (one.walk || lookalike) visitAll(tree, "/", index);
  const registry = lookalike ? undefined : registryOf(one, version);
  const found = await recognizeProducts([detector], { tree, root: "/", ...(registry ? { registry } : {}) }, index);
  if (found.length === 0) return undefined;
  const findings = matchInventory(inventory(found), advisories);
  return findings.filter(({ verdict }) => isOpen(verdict)).map(({ cve }) => cve);
}

function visitAll(tree: MemoryTree, path: string, index: MarkerIndex): void {
  for (const { name, kind } of tree.list(path)) {
    const child = joinPath(path, name);
    if (kind === "directory") visitAll(tree, child, index);
    else index.visit({ name, path: child });
  }
}

function without(files: Files, names: readonly string[] = []): Files {
  return Object.fromEntries(Object.entries(files).filter(([path]) => !names.includes(path)));
}

const detectors = await loadDetectors();
for (const detector of detectors) {
  const name = readdirSync(join(packageFolder(), "scan", "detectors")).find((each) =>
    readFileSync(join(packageFolder(), "scan", "detectors", each), "utf8").startsWith(`product: ${detector.product}\n`),
  )!;
  const one = parse(readFileSync(join(folder, name), "utf8")) as DetectorCase;
  const files = one.files ?? {};
  const title = detector.title;

  for (const [version, cves] of Object.entries(one.vulnerable)) {
    test(`${title} ${version} is vulnerable`, async () => {
      const open = await scan(detector, one, files, version);
      assert.ok(open, "not recognized");
      for (const cve of cves) assert.ok(open.includes(cve), `${cve} is not open; open: ${open.join(" ")}`);
    });
  }
  for (const [version, cves] of Object.entries(one.fixed)) {
    test(`${title} ${version} is fixed`, async () => {
      const open = await scan(detector, one, files, version);
      assert.ok(open, "not recognized");
      for (const cve of cves) assert.not.ok(open.includes(cve), `${cve} is open`);
    });
  }
  for (const change of [one.mitigated, one.patched]) {
    if (!change) continue;
    test(`${title} ${change.version} with ${change.cve} taken away`, async () => {
      const before = await scan(detector, one, files, change.version);
      assert.ok(before?.includes(change.cve), `${change.cve} is not open without the mitigation`);
      const after = await scan(detector, one, { ...without(files, change.without), ...change.files }, change.version);
      assert.ok(after, "not recognized");
      assert.not.ok(after.includes(change.cve), `${change.cve} is still open`);
    });
  }
  test(`${title}: its look-alike is not it`, async () => {
    assert.is(await scan(detector, one, one.lookalike, "0", true), undefined);
  });
}

test("at least 40 products are recognized, each by one file with a case of its own", () => {
  assert.ok(detectors.length >= 40, `${detectors.length}`);
  assert.is(new Set(detectors.map(({ product }) => product)).size, detectors.length);
});

test.run();
