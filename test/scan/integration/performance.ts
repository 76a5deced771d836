/**
 * Time and memory of a scan, measured on the built command (npm run build): a host of 500 packages within 0.5 s and 80 MB, with
 * the file walk over 60,000 files and 200 jars within 10 s and 150 MB; a bundle of all the data loaded within 100 ms.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildBundle } from "../../../scan/bundle/build.ts";
import { newKeyPair, openBundle, sealBundle } from "../../../scan/bundle/signing.ts";
import { writeSealed } from "../../../scan/store/bundle-store.ts";
import { makeZip } from "../archives.ts";
import { check, dataFolder } from "./data.ts";

const build = new URL("../../../build/", import.meta.url);
const rules = process.env.VPATCH_RULES ?? join(dataFolder(), "..", "rules", "et-open");
const folder = mkdtempSync(join(tmpdir(), "vpatch-speed-"));
const root = join(folder, "root");
const state = join(folder, "state");

function layOutHost(): void {
  for (const each of ["etc", "var/lib/dpkg/info", "opt", "srv"]) mkdirSync(join(root, each), { recursive: true });
  writeFileSync(join(root, "etc/os-release"), 'ID=debian\nVERSION_ID="11"\nVERSION_CODENAME=bullseye\n');
  const stanzas = Array.from({ length: 500 }, (_, i) => {
    const files = Array.from({ length: 120 }, (_each, j) => `/usr/share/p${i}/some/longer/folder/file${j}`);
    writeFileSync(join(root, `var/lib/dpkg/info/p${i}.list`), `${files.join("\n")}\n`);
    const description = " A line of description of the package, as there are many of.\n".repeat(12);
    return `Package: ${["apache2", "nginx", "openssl", "bash"][i] ?? `p${i}`}\nStatus: install ok installed\nMaintainer: A <a@debian.org>\nArchitecture: amd64\nVersion: 1.${i}-1\nDescription: x\n${description}`;
  });
  writeFileSync(join(root, "var/lib/dpkg/status"), `${stanzas.join("\n")}\n`);
}

function layOutTrees(): void {
  for (let i = 0; i < 600; i++) {
    const path = join(root, "srv", `app${i}`, "static");
    mkdirSync(path, { recursive: true });
    for (let j = 0; j < 100; j++) writeFileSync(join(path, `f${j}.html`), "");
  }
  const classes = Array.from({ length: 1500 }, (_, i) => ({
    name: `org/example/some/package/Class${i}.class`,
    content: Buffer.alloc(200),
  }));
  for (let i = 0; i < 200; i++) {
    const pom = {
      name: "META-INF/maven/a/b/pom.properties",
      content: Buffer.from(`groupId=a\nartifactId=b${i}\nversion=1.0\n`),
    };
    writeFileSync(join(root, "opt", `lib${i}.jar`), makeZip([pom, ...classes]));
  }
}

/** Runs the built command in a process of its own. */
function scan(...options: string[]): { seconds: number; megabytes: number } {
  const program = `
    const { Command } = await import("commander");
    const { registerScanCommands } = await import(${JSON.stringify(new URL("hosts/node/commands/scan.js", build).href)});
    const program = new Command("vpatch");
    registerScanCommands(program);
    await program.parseAsync(process.argv.slice(1), { from: "user" });
    process.stderr.write(String(process.resourceUsage().maxRSS / 1024));`;
  const words = ["scan", "--root", root, "--state", state, "--key", join(folder, "key.pem"), ...options];
  const started = performance.now();
  const run = spawnSync(process.execPath, ["--input-type=module", "-e", program, "--", ...words], {
    encoding: "utf8",
    cwd: new URL("..", build),
  });
  if (run.status !== 0) throw new Error(run.stderr);
  return { seconds: (performance.now() - started) / 1000, megabytes: Number(run.stderr.split("\n").at(-1)) };
}

/** The best of a few runs: the machine may be doing something else. */
function best(...options: string[]): { seconds: number; megabytes: number } {
  const runs = Array.from({ length: 5 }, () => scan(...options));
  return {
    seconds: Math.min(...runs.map(({ seconds }) => seconds)),
    megabytes: Math.max(...runs.map(({ megabytes }) => megabytes)),
  };
}

const data = dataFolder();
const { bundle, sources } = await buildBundle({
  rules: [rules],
  sources: [
    { kind: "dsa", path: join(data, "debian/data_DSA_list") },
    { kind: "dsa", path: join(data, "debian/data_DLA_list") },
    { kind: "osv", path: join(data, "elts-osv.tar.gz") },
    { kind: "osv", path: join(data, "almalinux-osv.tar.gz") },
    { kind: "osv", path: join(data, "bitnami-osv.tar.gz") },
    { kind: "windows", path: join(data, "wesng/definitions.zip") },
    { kind: "kev", path: join(data, "kev/kev.json") },
    { kind: "cve", path: join(data, "vulnrichment") },
    { kind: "advisories", path: new URL("../../../scan/advisories", import.meta.url).pathname },
  ],
});
const keys = newKeyPair();
const now = new Date();
const sealed = sealBundle(bundle, {
  serial: 1,
  created: now,
  expires: new Date(+now + 1e9),
  sources,
  key: keys.privateKey,
});
writeFileSync(join(folder, "key.pem"), keys.publicKey);
writeSealed(join(state, "bundle"), sealed);
console.log(
  `bundle: ${sealed.payload.length} bytes, ${Object.keys(bundle.cves).length} CVEs, ${bundle.rules.length} rules`,
);
const loads = Array.from({ length: 5 }, () => {
  const started = performance.now();
  openBundle(sealed, { keys: [keys.publicKey], now });
  return performance.now() - started;
});
check(Math.min(...loads) <= 100, `the bundle loads in ${Math.min(...loads).toFixed(0)} ms (limit 100)`);

layOutHost();
const quick = best("--no-walk");
check(
  quick.seconds <= 0.5 && quick.megabytes <= 80,
  `500 packages: ${quick.seconds.toFixed(2)} s, ${quick.megabytes.toFixed(0)} MB (limits 0.5 s, 80 MB)`,
);
layOutTrees();
const count =
  execFileSync("find", [root, "-type", "f"], { maxBuffer: 1 << 26 })
    .toString()
    .split("\n").length - 1;
const walked = best();
check(
  walked.seconds <= 10 && walked.megabytes <= 150,
  `with the walk over ${count} files: ${walked.seconds.toFixed(2)} s, ${walked.megabytes.toFixed(0)} MB (limits 10 s, 150 MB)`,
);
rmSync(folder, { recursive: true });
