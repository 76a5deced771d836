/** Verdicts: what the matcher concludes about one component from what the bundle says about it. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Row } from "../../scan/bundle/types.ts";
import type { Component } from "../../scan/inventory/types.ts";
import { matchInventory } from "../../scan/match/match.ts";
import { bundleOf, component, inventory, listener } from "./samples.ts";

const cve = "CVE-2021-41773";
const fixed = (version: string, more: Partial<Row> = {}): Row => ({
  cves: [cve],
  ranges: [{ introduced: "0", fixed: version }],
  ...more,
});
const apache = (version: string, more: Partial<Component> = {}): Component =>
  component("deb", "apache2-bin", version, { source: { name: "apache2", version }, ...more });
const rpm = (version: string, more: Partial<Component> = {}): Component =>
  component("rpm", "nodejs", version, { distro: { id: "almalinux", version: "8.8" }, ...more });

const cases: [name: string, rows: Record<string, Row[]>, component: Component, expected: string][] = [
  [
    "an older version is vulnerable",
    { "debian:bullseye apache2": [fixed("2.4.52-1~deb11u1")] },
    apache("2.4.51-1"),
    "vulnerable 0.95",
  ],
  [
    "the fixed version is fixed",
    { "debian:bullseye apache2": [fixed("2.4.52-1~deb11u1")] },
    apache("2.4.52-1~deb11u1"),
    "fixed 0.95",
  ],
  ["no row is no finding", { "debian:buster apache2": [fixed("2.4.52-1~deb11u1")] }, apache("2.4.51-1"), ""],
  ["no fix yet", { "debian:bullseye apache2": [{ cves: [cve], status: "unfixed" }] }, apache("1"), "unfixed 0.95"],
  [
    "end of life",
    { "debian:bullseye apache2": [{ cves: [cve], status: "end_of_life" }] },
    apache("1"),
    "wont_fix 0.95",
  ],
  [
    "not affected",
    { "debian:bullseye apache2": [{ cves: [cve], status: "not_affected" }] },
    apache("1"),
    "not_affected 0.95",
  ],
  [
    "undetermined",
    { "debian:bullseye apache2": [{ cves: [cve], status: "undetermined" }] },
    apache("1"),
    "unknown 0.95",
  ],
  [
    "a backport is judged in the suite it came from",
    { "debian:bullseye apache2": [fixed("2.4.52-1~deb11u1")], "debian:bookworm apache2": [fixed("2.4.52-1")] },
    apache("2.4.52-1~bpo11+1"),
    "fixed 0.855",
  ],
  [
    "a package left over from the suite before is judged there",
    { "debian:buster apache2": [fixed("2.4.38-3+deb10u6")], "debian:bullseye apache2": [fixed("2.4.52-1~deb11u1")] },
    apache("2.4.38-3+deb10u7"),
    "fixed 0.855",
  ],
  [
    "a file that a distro package owns is not judged by itself",
    { "maven org.a:b": [fixed("2.0")] },
    component("maven", "org.a:b", "1.0", { ownedBy: "x" }),
    "",
  ],
  [
    "a fix in another module stream says nothing",
    { "almalinux:8 nodejs": [fixed("1:14.18-1.module_el8.5", { module: "nodejs:14" })] },
    rpm("1:12.1-1.module_el8.4", { module: "nodejs:12:8040:abc" }),
    "",
  ],
  [
    "a fix in the same module stream counts",
    { "almalinux:8 nodejs": [fixed("1:14.18-1.module_el8.5", { module: "nodejs:14" })] },
    rpm("1:14.1-1.module_el8.4", { module: "nodejs:14:8040:abc" }),
    "vulnerable 0.95",
  ],
  [
    "a rebuild of the same source borrows its data",
    { "almalinux:8 nodejs": [fixed("10.24-1.el8")] },
    rpm("10.23-1.el8", { distro: { id: "rocky", version: "8.9" } }),
    "vulnerable 0.855",
  ],
  [
    "a product is affected in one of its branches",
    {
      "generic a/b": [
        {
          cves: [cve],
          ranges: [
            { introduced: "1.0", fixed: "1.5" },
            { introduced: "2.0", fixed: "2.3" },
          ],
        },
      ],
    },
    component("generic", "a/b", "2.1"),
    "vulnerable 0.8",
  ],
  [
    "and not between them",
    {
      "generic a/b": [
        {
          cves: [cve],
          ranges: [
            { introduced: "1.0", fixed: "1.5" },
            { introduced: "2.0", fixed: "2.3" },
          ],
        },
      ],
    },
    component("generic", "a/b", "1.7"),
    "fixed 0.8",
  ],
  [
    "a mitigation on the host takes the vulnerability away",
    { "generic a/b": [fixed("2.0")] },
    component("generic", "a/b", "1.0", { mitigations: [{ cves: [cve], reason: "switched off" }] }),
    "not_affected 0.8",
  ],
  [
    "repaired on disk, the old version still runs",
    { "debian:bullseye apache2": [fixed("2.4.52-1")] },
    apache("2.4.52-1", { usage: { pids: [1], state: "running", restartPending: true, runningVersion: "2.4.51-1" } }),
    "vulnerable 0.95 restart-pending",
  ],
  [
    "repaired on disk, what runs is not known",
    { "debian:bullseye apache2": [fixed("2.4.52-1")] },
    apache("2.4.52-1", { usage: { pids: [1], state: "running", restartPending: true } }),
    "vulnerable 0.6 restart-pending",
  ],
  [
    "the process was started after that fix",
    { "debian:bullseye apache2": [fixed("2.4.40-1")] },
    apache("2.4.52-1", { usage: { pids: [1], state: "running", restartPending: true, runningVersion: "2.4.51-1" } }),
    "fixed 0.95",
  ],
];

for (const [name, rows, one, expected] of cases) {
  test(name, () => {
    const found = matchInventory(inventory([one]), bundleOf(rows));
    const text = found.map(
      (each) => `${each.verdict} ${each.confidence}${each.restartPending ? " restart-pending" : ""}`,
    );
    assert.is(text.join(), expected);
  });
}

const server = component("generic", "a/b", "1.0");
const php = component("generic", "a/b", "1.0", { webContent: true, usage: { pids: [], state: "installed" } });
const idle = component("generic", "a/b", "1.0", { usage: { pids: [], state: "installed" } });
const boxed = component("generic", "a/b", "1.0", { root: "container:1" });
const exposures: [name: string, component: Component, listeners: ReturnType<typeof listener>[], expected: string][] = [
  ["reachable", server, [listener(8090, [server]), listener(22, [])], "listening 8090"],
  ["loopback only", server, [listener(8090, [server], { address: "127.0.0.1" })], "loopback"],
  ["runs, listens on nothing", server, [], "loaded"],
  [
    "a listener without known owner may be it",
    server,
    [listener(9, [], { pid: undefined as never })],
    "listening 9 assumed",
  ],
  ["PHP is reached through the web server", php, [listener(80, [], { executable: "/usr/sbin/nginx" })], "listening 80"],
  ["installed only", idle, [listener(80, [], { executable: "/usr/sbin/nginx" })], "installed"],
  [
    "a container's ports are not those on the wire",
    boxed,
    [listener(80, [boxed], { root: "container:1" })],
    "listening",
  ],
];
for (const [name, one, listeners, expected] of exposures) {
  test(`exposure: ${name}`, () => {
    const given = listeners.map(({ pid, ...rest }) => (pid === undefined ? rest : { pid, ...rest }));
    const [found] = matchInventory(inventory([one], given), bundleOf({ "generic a/b": [fixed("2.0")] }));
    const { state, ports, assumed } = found!.exposure;
    assert.is([state, ...ports.map(({ port }) => port), ...(assumed ? ["assumed"] : [])].join(" "), expected);
  });
}

test("Windows: an update that replaces the fix, however far, covers the CVE", () => {
  const bundle = bundleOf({});
  bundle.windows = {
    products: { "windows server 2019": { "CVE-2020-0796": ["100"], "CVE-2021-1": ["400"] } },
    supersedes: { "200": ["100"], "300": ["200"] },
  };
  const host = {
    name: "w",
    os: "windows" as const,
    windows: { product: "Windows Server 2019", build: "10.0.17763", hotfixes: ["KB300"] },
  };
  const found = matchInventory(
    inventory([component("windows", "Windows Server 2019", "10.0.17763")], [], { host }),
    bundle,
  );
  assert.equal(
    found.map(({ cve: id, verdict, evidence }) => [id, verdict, evidence]),
    [
      ["CVE-2020-0796", "fixed", "Windows Server 2019: KB300 is installed, which replaces KB100"],
      ["CVE-2021-1", "vulnerable", "Windows Server 2019 lacks KB400 and every update that replaces it"],
    ],
  );
});

test.run();
