/** The running kernel against installed ones, containers and chroots, and a /proc that cannot be read. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { collectLinux } from "../../hosts/linux/inventory/collect.ts";
import { linkKernel } from "../../hosts/linux/inventory/kernel.ts";
import { addressOf } from "../../hosts/linux/inventory/sockets.ts";
import { isComplete } from "../../scan/inventory/types.ts";
import { layOut, layOutProc, remove } from "./layout.ts";
import { component } from "./samples.ts";

const debian = "#1 SMP Debian 5.10.158-2 (2022-12-13)";
const kernels: [name: string, packages: [string, string][], release: string, version: string, expected: string][] = [
  [
    "the running one is loaded, the other only installed",
    [
      ["linux-image-5.10.0-20-amd64", "5.10.158-2"],
      ["linux-image-5.10.0-21-amd64", "5.10.162-1"],
    ],
    "5.10.0-20-amd64",
    debian,
    "loaded, installed",
  ],
  [
    "replaced on disk under the same name",
    [["linux-image-5.10.0-20-amd64", "5.10.159-1"]],
    "5.10.0-20-amd64",
    debian,
    "loaded running 5.10.158-2",
  ],
  ["a kernel of nobody's package", [["linux-image-5.10.0-20-amd64", "5.10.158-2"]], "6.1.0-custom", "#1", "installed"],
];
for (const [name, packages, release, version, expected] of kernels) {
  test(`Debian kernel: ${name}`, () => {
    const components = packages.map(([each, at]) => component("deb", each, at));
    linkKernel(components, { release, version });
    const text = components.map(
      ({ usage }) => `${usage.state}${usage.runningVersion ? ` running ${usage.runningVersion}` : ""}`,
    );
    assert.is(text.join(", "), expected);
  });
}

test("rpm kernel: the old one runs although its package is gone", () => {
  const kernel = component("rpm", "kernel-core", "4.18.0-477.el8", { arch: "x86_64" });
  linkKernel([kernel], { release: "4.18.0-425.3.1.el8.x86_64", version: "#1" });
  assert.equal(kernel.usage, {
    pids: [],
    state: "loaded",
    restartPending: true,
    runningVersion: "4.18.0-425.3.1.el8",
  });
});

test("addresses as the kernel prints them", () => {
  const table: [string, string][] = [
    ["0100007F", "127.0.0.1"],
    ["00000000", "0.0.0.0"],
    ["00000000000000000000000000000000", "::"],
    ["00000000000000000000000001000000", "::1"],
    ["0000000000000000FFFF00000100007F", "::ffff:127.0.0.1"],
    ["B80D0120000000000000000001000000", "2001:db8:0:0:0:0:0:1"],
  ];
  for (const [hex, text] of table) assert.is(addressOf(hex), text);
});

test("without /proc nothing is known about processes, and nothing can be retired", async () => {
  const root = layOut({
    "etc/os-release": "ID=debian\nVERSION_ID=11\n",
    "var/lib/dpkg/status": "Package: a\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n\n",
  });
  const inventory = await collectLinux({ root, proc: `${root}/no-proc` });
  remove(root);
  assert.is(inventory.collectors.find(({ name }) => name === "processes")?.state, "failed");
  assert.is(inventory.components[0]?.usage.state, "unknown");
  assert.not.ok(isComplete(inventory));
});

test("processes of other roots are not those of the root that is scanned", async () => {
  const files = (name: string): Record<string, string> => ({
    "etc/os-release": "ID=debian\nVERSION_ID=11\n",
    "var/lib/dpkg/status": `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n`,
    [`var/lib/dpkg/info/${name}.list`]: "/usr/sbin/server\n",
  });
  const one = layOut(files("one"));
  const two = layOut(files("two"));
  const proc = layOutProc(two, [{ pid: 5, exe: "/usr/sbin/server", sockets: [9] }], [["00000000", "0050", 9]]);
  const first = await collectLinux({ root: one, proc });
  const second = await collectLinux({ root: two, proc });
  remove(one, two, proc);
  assert.is(first.components[0]?.usage.state, "installed");
  assert.is(first.listeners.length, 0);
  assert.is(second.components[0]?.usage.state, "running");
  assert.equal(second.listeners[0]?.components, ["pkg:deb/debian/two@1?arch=amd64&distro=debian-11"]);
});

test.run();
