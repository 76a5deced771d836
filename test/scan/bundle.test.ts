/** Bundles: what the sources become, and everything for which one is refused. */
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { buildBundle, type SourceInput } from "../../scan/bundle/build.ts";
import { ecosystemKey } from "../../scan/bundle/ecosystems.ts";
import { newKeyPair, openBundle, type SealedBundle, sealBundle } from "../../scan/bundle/signing.ts";
import { bundleInForce, importBundle, readSealed, writeSealed } from "../../scan/store/bundle-store.ts";
import { layOut, remove } from "./layout.ts";
import { bundleOf, now, ruleText } from "./samples.ts";

async function build(kind: SourceInput["kind"], name: string, content: string, rules = "") {
  const folder = layOut({ [name]: content, "all.rules": rules });
  const { bundle } = await buildBundle({
    rules: rules ? [join(folder, "all.rules")] : [],
    sources: [{ kind, path: join(folder, name) }],
    suites: ["bullseye"],
  });
  remove(folder);
  return bundle;
}

test("OSV: ranges, aliases, module streams; withdrawn and foreign ecosystems are left out", async () => {
  const osv = (id: string, affected: unknown, more: object = {}): string => JSON.stringify({ id, affected, ...more });
  const range = (ecosystem: string, name: string, ...events: object[]) => [
    { package: { ecosystem, name }, ranges: [{ type: "ECOSYSTEM", events }] },
  ];
  const lines = [
    osv("ALSA-1", range("AlmaLinux:8", "nodejs", { introduced: "0" }, { fixed: "1:14.1-1.module_el8" }), {
      summary: "Important: nodejs:14 security update",
      related: ["CVE-2021-1000"],
    }),
    osv(
      "BIT-1",
      range("Bitnami", "tomcat", { introduced: "8" }, { fixed: "8.5" }, { introduced: "9" }, { last_affected: "9.3" }),
      {
        aliases: ["CVE-2021-2000"],
      },
    ),
    osv("CVE-2021-3000", range("Debian:11", "bash", { introduced: "0" })),
    osv("CVE-2021-4000", range("Debian:11", "bash", { introduced: "0" }), { withdrawn: "2022-01-01" }),
    osv("CVE-2021-5000", range("OSS-Fuzz", "bash", { introduced: "0" })),
  ];
  const { packages } = await build("osv", "all.json", lines.join("\n"));
  assert.equal(packages, {
    "almalinux:8": {
      nodejs: [
        {
          advisory: "ALSA-1",
          cves: ["CVE-2021-1000"],
          module: "nodejs:14",
          ranges: [{ fixed: "1:14.1-1.module_el8", introduced: "0" }],
        },
      ],
    },
    bitnami: {
      tomcat: [
        {
          advisory: "BIT-1",
          cves: ["CVE-2021-2000"],
          ranges: [
            { fixed: "8.5", introduced: "8" },
            { introduced: "9", last: "9.3" },
          ],
        },
      ],
    },
    "debian:bullseye": { bash: [{ advisory: "CVE-2021-3000", cves: ["CVE-2021-3000"], status: "unfixed" }] },
  });
});

test("Debian advisories: a regression update does not move the fix", async () => {
  const list = [
    "[02 Jan 2023] DSA-2-2 apache2 - regression update",
    "\t{CVE-2021-1000}",
    "\t[bullseye] - apache2 2.4.53-1~deb11u2",
    "[01 Jan 2023] DSA-2-1 apache2 - security update",
    "\t{CVE-2021-1000 CVE-2021-2000}",
    "\t[bullseye] - apache2 2.4.53-1~deb11u1",
    "\t[buster] - apache2 <not-affected> (code not present)",
    "\tNOTE: nothing",
  ];
  const { packages } = await build("dsa", "list", list.join("\n"));
  assert.equal(packages["debian:bullseye"]?.apache2, [
    {
      advisory: "DSA-2-1",
      cves: ["CVE-2021-1000", "CVE-2021-2000"],
      ranges: [{ fixed: "2.4.53-1~deb11u1", introduced: "0" }],
    },
  ]);
  assert.is(packages["debian:buster"]?.apache2?.[0]?.status, "not_affected");
});

test("Debian CVE list: a suite's own line wins over unstable's", async () => {
  const list = [
    "CVE-2021-1000 (x)",
    "\t- apache2 2.4.53-1 (bug #1)",
    "\t[bullseye] - apache2 <no-dsa> (Minor issue)",
    "CVE-2021-2000 (y)",
    "\t- nginx 1.22-1",
    "CVE-2021-3000 (z)",
    "\t- gone <removed>",
  ];
  const { packages } = await build("debian-cve", "list", list.join("\n"));
  assert.equal(packages["debian:bullseye"], {
    apache2: [{ cves: ["CVE-2021-1000"], status: "wont_fix" }],
    nginx: [{ cves: ["CVE-2021-2000"], ranges: [{ fixed: "1.22-1", introduced: "0" }] }],
  });
});

test("Debian's JSON: resolved, open, never affected, left alone, undecided", async () => {
  const release = (more: object): object => ({ releases: { bullseye: more } });
  const { packages } = await build(
    "debian-json",
    "tracker.json",
    JSON.stringify({
      nginx: {
        "CVE-2021-1000": release({ status: "resolved", fixed_version: "1.18.0-6.1" }),
        "CVE-2021-2000": release({ status: "resolved", fixed_version: "0" }),
        "CVE-2021-3000": release({ status: "open" }),
        "CVE-2021-4000": release({ status: "open", nodsa: "Minor issue" }),
        "CVE-2021-5000": release({ status: "undetermined" }),
      },
    }),
  );
  const rows = packages["debian:bullseye"]?.nginx?.map(({ cves, status, ranges }) => [
    cves[0],
    status ?? ranges?.[0]?.fixed,
  ]);
  assert.equal(rows, [
    ["CVE-2021-1000", "1.18.0-6.1"],
    ["CVE-2021-2000", "not_affected"],
    ["CVE-2021-3000", "unfixed"],
    ["CVE-2021-4000", "wont_fix"],
    ["CVE-2021-5000", "undetermined"],
  ]);
});

const ecosystems: [osv: string, key: string | undefined][] = [
  ["Debian:11", "debian:bullseye"],
  ["Ubuntu:Pro:18.04:LTS", "ubuntu:18.04"],
  ["AlmaLinux:8", "almalinux:8"],
  ["Rocky Linux:9", "rocky:9"],
  ["Red Hat:enterprise_linux:8::baseos", "rhel:8"],
  ["SUSE:Linux Enterprise Server 15 SP4", "suse:15.4"],
  ["openSUSE:Leap 15.4", "suse:15.4"],
  ["Alpine:v3.18", "alpine:v3.18"],
  ["Packagist", "composer"],
  ["OSS-Fuzz", undefined],
];
for (const [osv, key] of ecosystems) {
  test(`OSV's ${osv} is ${key ?? "not judged"}`, () => {
    assert.is(ecosystemKey(osv), key);
  });
}

test("Windows bulletins: fixes by product, and the updates that lead to them", async () => {
  const csv = [
    '"DatePosted","CVE","BulletinKB","Title","AffectedProduct","AffectedComponent","Severity","Impact","Supersedes","Exploits"',
    '"20200310","CVE-2020-0796","100","SMB, ""ghost""","Windows Server 2019","","Critical","RCE","50",""',
    '"20200410","","200","next","Windows Server 2019","","","","100",""',
    '"20200410","","999","other","Windows Server 2019","","","","888",""',
  ];
  const { windows } = await build("windows", "CVEs_20200401.csv", csv.join("\r\n"));
  assert.equal(windows, {
    products: { "windows server 2019": { "CVE-2020-0796": ["100"] } },
    supersedes: { "200": ["100"] },
  });
});

test("only CVEs that have a rule are kept, and only rules for CVEs that can be found, with their companions", async () => {
  const kev = JSON.stringify({
    catalogVersion: "1",
    vulnerabilities: [
      { cveID: "CVE-2021-1000", dateAdded: "2022-01-01", vulnerabilityName: "A", knownRansomwareCampaignUse: "Known" },
      { cveID: "CVE-2021-2000", dateAdded: "2022-01-01" },
    ],
  });
  const advisories = "product: a/b\nadvisories:\n  - { cves: [CVE-2021-1000, CVE-2021-2000], affected: ['< 2'] }\n";
  const rules = [
    ruleText(1, "CVE-2021-1000", "flowbits:isset,x; "),
    ruleText(2, "", "flowbits:set,x; "),
    ruleText(3, "", "flowbits:set,y; "),
    ruleText(4, "", "metadata:cve CVE_2021_1000_CVE_2021_3001; "),
    ruleText(5, "CVE-2021-3000"),
  ];
  const folder = layOut({ "kev.json": kev, "a.yaml": advisories, "all.rules": rules.join("\n") });
  const { bundle } = await buildBundle({
    rules: [join(folder, "all.rules")],
    sources: [
      { kind: "kev", path: join(folder, "kev.json") },
      { kind: "advisories", path: join(folder, "a.yaml") },
    ],
  });
  remove(folder);
  assert.equal(
    bundle.rules.map(({ sid, cves }) => [sid, ...cves]),
    [[1, "CVE-2021-1000"], [2], [4, "CVE-2021-1000", "CVE-2021-3001"]],
  );
  assert.equal(bundle.packages.generic?.["a/b"]?.[0]?.cves, ["CVE-2021-1000"]);
  assert.equal(bundle.cves, { "CVE-2021-1000": { exploited: "2022-01-01", ransomware: true, title: "A" } });
});

const keys = newKeyPair();
const stranger = newKeyPair();
const bundle = bundleOf({ "generic a/b": [{ cves: ["CVE-2021-1000"], status: "unfixed" }] });
const sealed = (serial: number, more: object = {}): SealedBundle =>
  sealBundle(bundle, {
    serial,
    created: now,
    sources: [],
    key: keys.privateKey,
    expires: new Date(+now + 1000),
    ...more,
  });
const good = sealed(7);
const refusals: [name: string, bundle: SealedBundle, message: RegExp][] = [
  ["unsigned", { payload: good.payload, manifest: good.manifest }, /not signed/],
  ["a wrong signature", { ...good, signature: sealed(8).signature! }, /signature is not of a trusted publisher/],
  ["another publisher", sealed(7, { key: stranger.privateKey }), /signature is not of a trusted publisher/],
  ["an older serial", sealed(6), /serial 6 is lower than 7/],
  ["expired", sealed(9, { expires: new Date(+now - 1) }), /expired at 2025-08-31/],
  [
    "cut off",
    { ...sealed(9), payload: good.payload.subarray(0, 40) },
    /has 40 bytes, its manifest says \d+: it is cut off/,
  ],
  ["one bit changed", { ...sealed(9), payload: flipped(good.payload) }, /digest is not the one/],
  ["a cut-off manifest", { ...good, manifest: good.manifest.subarray(0, 20) }, /signature is not/],
];

function flipped(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[20]! ^= 1;
  return copy;
}

for (const [name, bad, message] of refusals) {
  test(`refused, and the bundle in force stays: ${name}`, () => {
    const folder = layOut({});
    const options = { keys: [keys.publicKey], now };
    importBundle(good, folder, options);
    assert.throws(() => importBundle(bad, folder, options), message);
    assert.is(bundleInForce(folder, folder, options).manifest.serial, 7);
    remove(folder);
  });
}

test("a damaged bundle in force is passed over for the one inside the package, and said so", () => {
  const folder = layOut({});
  const own = layOut({});
  writeSealed(own, sealBundle(bundle, { serial: 1, created: now, sources: [] }));
  importBundle(good, folder, { keys: [keys.publicKey], now });
  const late = { keys: [keys.publicKey], now: new Date(+now + 5000) };
  const used = bundleInForce(folder, own, late);
  assert.is(used.manifest.serial, 1);
  assert.match(used.problem ?? "", /expired/);
  assert.equal(openBundle(readSealed(folder), { keys: [keys.publicKey], now }).bundle, bundle);
  remove(folder, own);
});

test.run();
