/** Our readers of rpm databases (sqlite, ndb, Berkeley DB) against rpm itself, and cut at many lengths: no crash, no silence. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RootTree } from "../../../hosts/linux/inventory/root-tree.ts";
import { collectRpm, rpmDatabase } from "../../../hosts/linux/inventory/rpm.ts";
import { check, dataFolder } from "./data.ts";

const data = join(dataFolder(), "rpmdb");
const folder = mkdtempSync(join(tmpdir(), "vpatch-rpm-"));
const format = "%{NAME} %|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE} %{ARCH}\n";
const backends: Record<string, string> = { "rpmdb.sqlite": "sqlite", "Packages.db": "ndb", Packages: "bdb_ro" };

/** rpm's own list; `undefined` if this rpm lacks the backend. */
function ask(path: string, backend: string): string[] | undefined {
  const options = ["-qa", "--dbpath", path, "--define", `_db_backend ${backend}`, "--qf", format];
  const text = execFileSync("rpm", options, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("gpg-pubkey"));
  return lines.length > 0 ? lines.map((line) => line.replace(" 0:", " ")).sort() : undefined;
}

const read = (root: string) => collectRpm(new RootTree(root), { id: "x", version: "1" }, "/", false);

for (const name of readdirSync(data).filter((each) => each !== "LICENSE")) {
  const root = join(folder, name);
  const place = join(root, "var/lib/rpm");
  mkdirSync(place, { recursive: true });
  cpSync(join(data, name), place, { recursive: true });
  execFileSync("chmod", ["-R", "u+w", root]);
  const path = rpmDatabase(new RootTree(root))!;
  const file = path.slice(path.lastIndexOf("/") + 1);
  const { items, problems } = read(root);
  const ours = items.map(({ name: each, version, arch }) => `${each} ${version} ${arch}`).sort();
  const theirs = ask(place, backends[file]!);
  const same = theirs === undefined || JSON.stringify(ours) === JSON.stringify(theirs);
  const answer = theirs === undefined ? `this rpm cannot read ${backends[file]}` : `${theirs.length} of rpm`;
  check(same && ours.length > 0 && problems.length === 0, `${name} (${file}): ${ours.length} ours, ${answer}`);

  const bytes = readFileSync(join(place, file));
  let silent = 0;
  for (let i = 1; i < 50; i++) {
    writeFileSync(join(place, file), bytes.subarray(0, Math.floor((bytes.length * i) / 50)));
    const cut = read(root);
    if (cut.problems.length === 0 && cut.items.length < items.length) silent++;
  }
  check(silent === 0, `${name} cut at 49 lengths: ${silent} times fewer packages without a word`);
}
// A database that rpm itself wrote just now.
const fresh = join(folder, "fresh");
mkdirSync(join(fresh, "var/lib/rpm"), { recursive: true });
execFileSync("rpm", ["--root", fresh, "--dbpath", "/var/lib/rpm", "--initdb"], { stdio: "ignore" });
const empty = read(fresh);
check(empty.items.length === 0 && empty.problems.length === 1, `an empty database is told: ${empty.problems}`);
rmSync(folder, { recursive: true });
