/** Every systeminfo of wesng's fixtures, in many languages: a product that the bulletins know, and verdicts that follow updates. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { collectWindows } from "../../../hosts/windows/inventory/collect.ts";
import { buildBundle } from "../../../scan/bundle/build.ts";
import { windowsProductKey } from "../../../scan/bundle/ecosystems.ts";
import { matchInventory } from "../../../scan/match/match.ts";
import { check, dataFolder } from "./data.ts";

const data = join(dataFolder(), "wesng");
const { bundle } = await buildBundle({
  rules: [],
  sources: [{ kind: "windows", path: join(data, "definitions.zip") }],
});
const products = new Set(Object.keys(bundle.windows.products));
const folder = mkdtempSync(join(tmpdir(), "vpatch-windows-"));
const files = readdirSync(join(data, "validation")).filter((name) => /systeminfo/.test(name));
let known = 0;
const unknown: string[] = [];
for (const name of files) {
  writeFileSync(join(folder, "systeminfo.txt"), readFileSync(join(data, "validation", name)));
  try {
    const { host } = await collectWindows(folder);
    if (products.has(windowsProductKey(host.windows?.product ?? ""))) known++;
    else unknown.push(`${name}: ${host.windows?.product || host.windows?.build}`);
  } catch (error) {
    unknown.push(`${name}: ${(error as Error).message}`);
  }
}
// Server 2003 before its last service pack is older than the bulletins.
const expected = unknown.filter((each) => !/^srv_2003_(?:rtm|sp1)_/.test(each));
check(
  expected.length === 0,
  `${known} of ${files.length} systems have a product that the bulletins name; not: ${unknown.join(", ")}`,
);

/** Everything that an update replaces, itself included. */
function covers(update: string): Set<string> {
  const seen = new Set<string>();
  const todo = [update];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    todo.push(...(bundle.windows.supersedes[next] ?? []));
  }
  return seen;
}

// The update that replaces most closes most. (The newest one of Server 2019 does not: the chain in the data breaks in 2026.)
for (const [product, version] of [
  ["Microsoft Windows Server 2019 Standard", "10.0.17763 N/A Build 17763"],
  ["Microsoft Windows Server 2012 R2 Standard", "6.3.9600 N/A Build 9600"],
]) {
  const text = (hotfix: string): string =>
    `Host Name:   H\nOS Name:   ${product}\nOS Version:   ${version}\nSystem Type:   x64-based PC\n${hotfix}\n`;
  const open = async (hotfix: string): Promise<number> => {
    writeFileSync(join(folder, "systeminfo.txt"), text(hotfix));
    const findings = matchInventory(await collectWindows(folder), bundle);
    return findings.filter(({ verdict }) => verdict === "vulnerable").length;
  };
  const key = windowsProductKey(product!.replace(/^Microsoft | Standard$/g, ""));
  const updates = new Set(Object.values(bundle.windows.products[key] ?? {}).flat());
  const reach = (update: string): number => [...covers(update)].filter((each) => updates.has(each)).length;
  const best = [...updates].reduce((a, b) => (reach(b) > reach(a) ? b : a));
  const [before, after] = [await open(""), await open(`KB${best}`)];
  check(before > 100 && after < before / 2, `${product}: ${before} CVEs open without updates, ${after} with KB${best}`);
}
rmSync(folder, { recursive: true });
