/**
 * A real upgrade: a Debian root made by debootstrap with an outdated nginx that runs. The scan applies; after the upgrade inside it
 * does not retire while the old process runs, and retires after two scans once nginx is restarted. debsecan agrees before and after.
 * Needs root, a Debian archive (VPATCH_MIRROR), and makes the root in VPATCH_ROOT or a temporary folder (about 300 MB).
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { collectLinux } from "../../../hosts/linux/inventory/collect.ts";
import { collectDpkg } from "../../../hosts/linux/inventory/dpkg.ts";
import { RootTree } from "../../../hosts/linux/inventory/root-tree.ts";
import { defaultPolicy } from "../../../scan/assign/eligibility.ts";
import { type AssignmentFile, emptyAssignments } from "../../../scan/assign/types.ts";
import { isOpen } from "../../../scan/match/finding.ts";
import { matchInventory } from "../../../scan/match/match.ts";
import { loadDetectors } from "../../../scan/products/catalog.ts";
import { runScan } from "../../../scan/run.ts";
import { bundleOf, inventory, ruleText } from "../samples.ts";
import { check } from "./data.ts";

// A process namespace of its own: only the processes of this test are seen, and all of them can be read.
if (process.env.VPATCH_NAMESPACE === undefined) {
  const options = [
    "--pid",
    "--fork",
    "--mount-proc",
    "--kill-child",
    process.execPath,
    "--import",
    "tsx",
    process.argv[1]!,
  ];
  const { status } = spawnSync("unshare", options, {
    stdio: "inherit",
    env: { ...process.env, VPATCH_NAMESPACE: "1" },
  });
  process.exit(status ?? 1);
}

const mirror = process.env.VPATCH_MIRROR ?? "http://deb.debian.org/debian";
const root = process.env.VPATCH_ROOT ?? mkdtempSync(join(tmpdir(), "vpatch-root-"));
const port = 8099;
const cve = "CVE-2024-7347";
const fixed = "1.18.0-6.1+deb11u4";
const inside = (...command: string[]): string =>
  execFileSync("chroot", [root, ...command], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", DEBIAN_FRONTEND: "noninteractive" },
  });

if (!existsSync(join(root, "usr/sbin/nginx"))) {
  const options = ["--variant=minbase", "--include=nginx-light", "bullseye", root, mirror];
  execFileSync("debootstrap", options, { stdio: ["ignore", "ignore", "inherit"] });
}
writeFileSync(join(root, "usr/sbin/policy-rc.d"), "#!/bin/sh\nexit 101\n", { mode: 0o755 });
writeFileSync(join(root, "etc/apt/sources.list.d/security.list"), `deb ${mirror}-security bullseye-security main\n`);
writeFileSync(join(root, "etc/nginx/sites-available/default"), `server { listen ${port}; }\n`);

const bundle = bundleOf(
  { "debian:bullseye nginx": [{ cves: [cve], ranges: [{ introduced: "0", fixed }], advisory: "DSA-5754" }] },
  ruleText(1, cve),
);
const manifest = {
  serial: 1,
  created: "",
  format: bundle.format,
  payload: "",
  sha256: "",
  bytes: 0,
  sources: [],
  counts: { cves: 1, rows: 1, rules: 1 },
};
let state: AssignmentFile = emptyAssignments(new Date());

async function scan(expected: string): Promise<void> {
  const scanned = await collectLinux({ root, detectors: await loadDetectors() });
  const result = runScan({
    inventory: scanned,
    bundle,
    manifest,
    previous: state,
    policy: defaultPolicy,
    now: new Date(),
  });
  state = result.assignments;
  const [assignment] = state.assignments;
  // Listeners of the machine whose owners this namespace hides are of unknown owner: they are in the list too, and must be.
  const ports = Object.values(assignment?.ports ?? {})
    .flat()
    .includes(port)
    ? ` on ${port}`
    : "";
  const found = `${assignment?.state ?? "nothing"}${ports}`;
  check(found === expected, `${expected}: ${found}: ${assignment?.reason}; ${assignment?.proofs[0]?.evidence}`);
  for (const problem of result.report.problems) console.log(`     ${problem}`);
}

/** The bundle's advisory as debsecan's data: names, then package, index of the name, flags, version that repairs. */
const advisories = mkdtempSync(join(tmpdir(), "vpatch-debsecan-"));
writeFileSync(join(advisories, "bullseye"), deflateSync(`VERSION 1\n${cve},,\n\nnginx,0,S ?F,${fixed},\n\n\n`));

/** Packages open by our judgement of what is on disk, and by debsecan, which does not look at processes either. */
function compareWithDebsecan(when: string, open: boolean): void {
  const { items } = collectDpkg(new RootTree(root), { id: "debian", version: "11", codename: "bullseye" }, "/");
  const names = new Map(items.map(({ id, name }) => [id, name]));
  const findings = matchInventory(inventory(items), bundle).filter(({ verdict }) => isOpen(verdict));
  const ours = findings.map(({ component }) => names.get(component)).sort();
  const options = ["--suite", "bullseye", "--source", `file://${advisories}`, "--format", "simple"];
  const status = join(root, "var/lib/dpkg/status");
  const text = execFileSync("debsecan", [...options, "--status", status], { encoding: "utf8" });
  const theirs = [...text.matchAll(/^CVE-\S+ (\S+)/gm)].map(([, name]) => name!).sort();
  check(
    ours.length > 0 === open && ours.join() === theirs.join(),
    `debsecan ${when}: ours ${ours.join(" ") || "none"}; debsecan's ${theirs.join(" ") || "none"}`,
  );
}

const version = (): string => /^Version: (.*)$/m.exec(inside("dpkg", "-s", "nginx-light"))![1]!;
console.log(`nginx ${version()}`);
inside("nginx");
try {
  compareWithDebsecan("before", true);
  await scan(`applied on ${port}`);
  inside("apt-get", "update", "-q");
  inside("apt-get", "install", "-qy", "--only-upgrade", "nginx-light");
  console.log(`nginx ${version()}, the old process still runs`);
  compareWithDebsecan("after", false);
  await scan(`applied on ${port}`);
  await scan(`applied on ${port}`);
  process.kill(Number(readFileSync(join(root, "run/nginx.pid"), "utf8")), "SIGTERM");
  await new Promise((resolve) => setTimeout(resolve, 1000));
  inside("nginx");
  await scan(`retiring on ${port}`);
  await scan(`retired on ${port}`);
} finally {
  process.kill(Number(readFileSync(join(root, "run/nginx.pid"), "utf8")), "SIGTERM");
  rmSync(advisories, { recursive: true });
  if (process.env.VPATCH_ROOT === undefined) rmSync(root, { recursive: true, force: true });
}
