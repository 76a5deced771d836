/**
 * Our findings on Debian hosts against debsecan's, from the same advisories: on the status files of the data, and on hosts
 * generated for every suite. debsecan does not know that a package is half-configured, nor which kernel runs.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { collectDpkg } from "../../../hosts/linux/inventory/dpkg.ts";
import { buildBundle } from "../../../scan/bundle/build.ts";
import { debianSuite } from "../../../scan/bundle/ecosystems.ts";
import { MemoryTree } from "../../../scan/inventory/memory-tree.ts";
import { isOpen } from "../../../scan/match/finding.ts";
import { matchInventory } from "../../../scan/match/match.ts";
import { inventory } from "../samples.ts";
import { check, dataFolder, generator } from "./data.ts";

const data = dataFolder();
// What debsecan's data were made from; the extended-LTS advisories are not in them.
const sources = ["data_DSA_list", "data_DLA_list"].map((name) => ({
  kind: "dsa" as const,
  path: join(data, "debian", name),
}));
const { bundle } = await buildBundle({ rules: [], sources });

function ours(status: string, suite: string): Set<string> {
  const tree = new MemoryTree({ "/var/lib/dpkg/status": status });
  const { items } = collectDpkg(tree, { id: "debian", version: "", codename: suite }, "/");
  const names = new Map(items.map(({ id, name }) => [id, name]));
  const open = matchInventory(inventory(items), bundle).filter(({ verdict }) => isOpen(verdict));
  return new Set(open.map(({ cve, component }) => `${cve} ${names.get(component)}`));
}

function debsecan(path: string, suite: string): Set<string> {
  const options = [
    "--suite",
    suite,
    "--source",
    `file://${join(data, "debsecan")}`,
    "--status",
    path,
    "--format",
    "simple",
  ];
  const text = execFileSync("debsecan", options, { encoding: "utf8", maxBuffer: 64 << 20 });
  return new Set(text.split("\n").flatMap((line) => /^(CVE-\S+) (\S+)/.exec(line)?.slice(1, 3).join(" ") ?? []));
}

function compare(name: string, path: string, suite: string): void {
  const mine = ours(readFileSync(path, "utf8"), suite);
  const theirs = debsecan(path, suite);
  const onlyMine = [...mine].filter((each) => !theirs.has(each));
  const onlyTheirs = [...theirs].filter((each) => !mine.has(each));
  check(
    onlyMine.length === 0 && onlyTheirs.length === 0,
    `${name}: ${mine.size} ours, ${theirs.size} of debsecan; only ours ${onlyMine.length} ${onlyMine.slice(0, 3)}; only debsecan's ${onlyTheirs.length} ${onlyTheirs.slice(0, 3)}`,
  );
}

for (const name of readdirSync(join(data, "dpkg")).filter((each) => each.endsWith(".status"))) {
  compare(name, join(data, "dpkg", name), "bullseye");
}

const next = generator(42);
const pick = <T>(list: readonly T[]): T => list[next(list.length)]!;

/** Packages of the suite's advisories, at versions around the fixed ones, with sources and states as real hosts have them. */
function generateHost(suite: string): string {
  const packages = Object.entries(bundle.packages[`debian:${suite}`] ?? {});
  const stanzas: string[] = [];
  const number = Number(
    Object.entries({ wheezy: 7, jessie: 8, stretch: 9, buster: 10, bullseye: 11 }).find(
      ([name]) => name === suite,
    )?.[1],
  );
  for (let i = 0; i < 300; i++) {
    const [source, rows] = pick(packages);
    const fixed = pick(rows).ranges?.[0]?.fixed;
    if (fixed === undefined || source.startsWith("linux")) continue;
    const version = pick([fixed, `${fixed}~`, `${fixed}+b1`, fixed.replace(/\d+$/, "0"), "0.0.1-1", `${fixed}.1`]);
    // A version made for another suite is judged there by us, and here by debsecan.
    const made = /[~+]deb(\d+)u/.exec(version);
    if (made && debianSuite(made[1]!) !== debianSuite(`${number}`)) continue;
    const binary = pick([source, `lib${source}${i}`, `${source}-doc${i}`]);
    const field =
      binary === source ? "" : pick([`Source: ${source}\n`, `Source: ${source} (${version.replace(/\+b\d+$/, "")})\n`]);
    const state = pick(["installed", "installed", "installed", "config-files", "not-installed"]);
    const name = binary === source ? `${source}` : binary;
    stanzas.push(`Package: ${name}\nStatus: install ok ${state}\nArchitecture: amd64\n${field}Version: ${version}\n`);
  }
  return `${[...new Map(stanzas.map((each) => [/Package: (\S+)/.exec(each)![1], each])).values()].join("\n")}\n`;
}

const folder = mkdtempSync(join(tmpdir(), "vpatch-debsecan-"));
for (const suite of readdirSync(join(data, "debsecan"))) {
  for (let i = 0; i < 5; i++) {
    const path = join(folder, `${suite}${i}`);
    writeFileSync(path, generateHost(suite));
    compare(`generated ${suite} ${i}`, path, suite);
  }
}
rmSync(folder, { recursive: true });
