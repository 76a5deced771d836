/** The Linux inventory, on laid-out roots: what is installed, what of it runs, what listens, and what could not be read. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { collectLinux } from "../../hosts/linux/inventory/collect.ts";
import { isComplete } from "../../scan/inventory/types.ts";
import { layOut, layOutProc, remove } from "./layout.ts";

const osRelease = 'ID=debian\nVERSION_ID="11"\nVERSION_CODENAME=bullseye\n';
const stanza = (name: string, version: string, more = "", status = "install ok installed"): string =>
  `Package: ${name}\nStatus: ${status}\nArchitecture: amd64\n${more}Version: ${version}\nDescription: x\n y\n\n`;

async function scan(status: string, files: Record<string, string> = {}) {
  const root = layOut({ "etc/os-release": osRelease, "var/lib/dpkg/status": status, ...files });
  const proc = layOutProc(root, [], []);
  const inventory = await collectLinux({ root, proc });
  remove(root, proc);
  return inventory;
}

test("a dpkg component carries the source package it is judged by", async () => {
  const inventory = await scan(
    stanza("nginx-core", "1.18.0-6.1", "Source: nginx\n") +
      stanza("libssl1.1", "1.1.1n-0+deb11u3+b1", "Source: openssl (1.1.1n-0+deb11u3)\n") +
      stanza("linux-image-5.10.0-20-amd64", "5.10.158-2", "Source: linux-signed-amd64 (5.10.158+2)\n") +
      stanza("gone", "1.0", "", "deinstall ok config-files"),
  );
  assert.equal(
    inventory.components.map(({ purl, source }) => [purl, source]),
    [
      ["pkg:deb/debian/nginx-core@1.18.0-6.1?arch=amd64&distro=debian-11", { name: "nginx", version: "1.18.0-6.1" }],
      [
        "pkg:deb/debian/libssl1.1@1.1.1n-0+deb11u3+b1?arch=amd64&distro=debian-11",
        { name: "openssl", version: "1.1.1n-0+deb11u3" },
      ],
      [
        "pkg:deb/debian/linux-image-5.10.0-20-amd64@5.10.158-2?arch=amd64&distro=debian-11",
        { name: "linux", version: "5.10.158-2" },
      ],
    ],
  );
  assert.ok(isComplete(inventory));
});

const damaged: [name: string, status: string, detail: RegExp][] = [
  ["an empty status file", "", /status is empty/],
  ["a cut-off status file", stanza("a", "1").trimEnd().slice(0, -4), /cut off/],
  ["a stanza without version", "Package: a\nStatus: install ok installed\n\n", /:1: a is installed but has no Version/],
  ["binary rubbish", "\0\0\0\n\0\n", /not a field/],
  ["a half-configured package", stanza("a", "1", "", "install ok half-configured"), /a is half-configured/],
];
for (const [name, status, detail] of damaged) {
  test(`${name} makes the inventory incomplete, and says why`, async () => {
    const inventory = await scan(status);
    const dpkg = inventory.collectors.find((each) => each.name === "dpkg")!;
    assert.is(dpkg.state, "partial");
    assert.match(dpkg.detail ?? "", detail);
    assert.not.ok(isComplete(inventory));
  });
}

test("a process links its package to the port it listens on, and to a pending restart", async () => {
  const root = layOut({
    "etc/os-release": osRelease,
    "var/lib/dpkg/status": stanza("nginx", "1.18.0-6.2") + stanza("libssl1.1", "1.1.1n-1", "Source: openssl\n"),
    "var/lib/dpkg/info/nginx.list": "/.\n/usr/sbin/nginx\n",
    "var/lib/dpkg/info/libssl1.1:amd64.list": "/.\n/usr/lib/x86_64-linux-gnu/libssl.so.1.1\n",
    "var/log/dpkg.log": "2099-01-01 10:00:00 upgrade nginx:amd64 1.18.0-6.1 1.18.0-6.2\n",
  });
  const proc = layOutProc(
    root,
    [
      {
        pid: 100,
        exe: "/usr/sbin/nginx (deleted)",
        maps: ["/usr/sbin/nginx (deleted)", "/lib/x86_64-linux-gnu/libssl.so.1.1"],
        sockets: [77],
      },
    ],
    [
      ["00000000", "0050", 77],
      ["0100007F", "1F90", 78],
    ],
  );
  const { components, listeners } = await collectLinux({ root, proc });
  remove(root, proc);
  const [nginx, ssl] = components;
  assert.equal(nginx!.usage, { pids: [100], state: "running", restartPending: true, runningVersion: "1.18.0-6.1" });
  // The library's path is the other spelling of the packaged one (usr-merge).
  assert.equal(ssl!.usage, { pids: [100], state: "running" });
  assert.equal(
    listeners.map(({ address, port, executable, components }) => [address, port, executable, components.length]),
    [
      ["0.0.0.0", 80, "/usr/sbin/nginx", 2],
      ["127.0.0.1", 8080, undefined, 0],
    ],
  );
});

test("an rpm database of Berkeley DB is read without rpm", async () => {
  const fixture = new URL("fixtures/libuuid-Packages.bdb.gz", import.meta.url);
  const bytes = gunzipSync(readFileSync(fixture));
  const files = { "etc/os-release": 'ID="rhel"\nVERSION_ID="8.8"\n' };
  const root = layOut({ ...files, "var/lib/rpm/Packages": bytes });
  const cut = layOut({ ...files, "var/lib/rpm/Packages": bytes.subarray(0, bytes.length - 8192) });
  const proc = layOutProc(root, [], []);
  const whole = await collectLinux({ root, proc });
  const half = await collectLinux({ root: cut, proc });
  remove(root, cut, proc);
  assert.equal(
    whole.components.map(({ purl, source }) => [purl, source]),
    [
      [
        "pkg:rpm/rhel/libuuid@2.32.1-42.el8_8?arch=x86_64&distro=rhel-8.8",
        { name: "util-linux", version: "2.32.1-42.el8_8" },
      ],
    ],
  );
  assert.match(half.collectors.find((each) => each.name === "rpm")?.detail ?? "", /cut off: 2 pages are missing/);
});

test("apk packages carry their origin", async () => {
  const root = layOut({
    "etc/os-release": "ID=alpine\nVERSION_ID=3.18.4\n",
    "lib/apk/db/installed": "C:Q1\nP:libcrypto3\nV:3.1.3-r0\nA:x86_64\no:openssl\nF:lib\nR:libcrypto.so.3\n\n",
  });
  const proc = layOutProc(root, [], []);
  const inventory = await collectLinux({ root, proc });
  remove(root, proc);
  assert.equal(inventory.components[0]?.source, { name: "openssl", version: "3.1.3-r0" });
  assert.is(inventory.components[0]?.purl, "pkg:apk/alpine/libcrypto3@3.1.3-r0?arch=x86_64&distro=alpine-3.18.4");
});

test("npm, Python and PHP trees are found by the walk; a distro's files are judged by the distro", async () => {
  const inventory = await scan(stanza("python3-requests", "2.25.1"), {
    "srv/app/node_modules/lodash/package.json": '{"name":"lodash","version":"4.17.20"}',
    "srv/app/node_modules/lodash/fp/package.json": '{"name":"inner","version":"1.0.0"}',
    "usr/lib/python3/dist-packages/requests-2.25.1.egg-info/PKG-INFO": "Name: requests\nVersion: 2.25.1\n\nlong",
    "opt/app/lib/Django_Thing-1.0.dist-info/METADATA": "Name: Django_Thing\nVersion: 1.0\n\nVersion: 9",
    "var/www/vendor/composer/installed.json": '{"packages":[{"name":"phpunit/phpunit","version":"v4.8.28"}]}',
    "var/lib/dpkg/info/python3-requests.list":
      "/usr/lib/python3/dist-packages/requests-2.25.1.egg-info\n/usr/lib/python3/dist-packages/requests-2.25.1.egg-info/PKG-INFO\n",
  });
  const found = inventory.components.slice(1).map(({ purl, ownedBy }) => (ownedBy ? `${purl} (distro)` : purl));
  assert.equal(found.sort(), [
    "pkg:composer/phpunit/phpunit@4.8.28",
    "pkg:npm/lodash@4.17.20",
    "pkg:pypi/django-thing@1.0",
    "pkg:pypi/requests@2.25.1 (distro)",
  ]);
});

test.run();
