/** The POSIX sh collector, for hosts too old for Node, sees what the other one sees. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { collectLinux } from "../../hosts/linux/inventory/collect.ts";
import { readInventory } from "../../scan/inventory/read.ts";
import type { Inventory } from "../../scan/inventory/types.ts";
import { layOut, layOutProc, remove } from "./layout.ts";

const script = fileURLToPath(new URL("../../hosts/linux/inventory/collect.sh", import.meta.url));

/** What both collectors must agree on. */
const essence = ({ host, components, listeners }: Inventory) => ({
  distro: host.distro,
  components: components.map(({ id, source, usage }) => [id, source, usage.pids, usage.state, usage.restartPending]),
  listeners: listeners.map(({ protocol, address, port, pid, executable, components: ids }) => {
    return [protocol, address, port, pid, executable, [...ids].sort()];
  }),
});

async function both(
  files: Record<string, string>,
  ...laid: Parameters<typeof layOutProc> extends [string, ...infer R] ? R : never
) {
  const root = layOut(files);
  const proc = layOutProc(root, ...laid);
  const run = spawnSync("sh", [script], { encoding: "utf8", env: { ...process.env, ROOT: root, PROC: proc } });
  const theirs = await collectLinux({ root, proc, walk: false });
  remove(root, proc);
  assert.is(run.status, 0, run.stderr);
  return { shell: readInventory(run.stdout, "collect.sh"), node: theirs };
}

const debian = 'ID=debian\nVERSION_ID="11"\nVERSION_CODENAME=bullseye\n';

if (process.platform === "linux") {
  test("Debian: sources, usage, a replaced file, listeners", async () => {
    const { shell, node } = await both(
      {
        "etc/os-release": debian,
        "var/lib/dpkg/status": [
          "Package: nginx\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1:1.18.0-6.2\n",
          "Package: libssl1.1\nStatus: install ok installed\nArchitecture: amd64\nSource: openssl (1.1.1n-1)\nVersion: 1.1.1n-1+b1\n",
          "Package: gone\nStatus: deinstall ok config-files\nArchitecture: amd64\nVersion: 1\n",
        ].join("\n"),
        "var/lib/dpkg/info/nginx.list": "/usr/sbin/nginx\n",
        "var/lib/dpkg/info/libssl1.1:amd64.list": "/usr/lib/x/libssl.so.1.1\n",
      },
      [
        {
          pid: 100,
          exe: "/usr/sbin/nginx (deleted)",
          maps: ["/usr/sbin/nginx (deleted)", "/lib/x/libssl.so.1.1"],
          sockets: [77],
        },
      ],
      [
        ["00000000", "0050", 77],
        ["0100007F", "1F90", 78],
      ],
    );
    assert.equal(essence(shell), essence(node));
    assert.is(shell.components.length, 2);
    assert.ok(shell.components[0]?.usage.restartPending);
  });

  test("Alpine", async () => {
    const database = "P:musl\nV:1.2.4-r1\nA:x86_64\n\nP:libcrypto3\nV:3.1.3-r0\nA:x86_64\no:openssl\n\n";
    const { shell, node } = await both(
      { "etc/os-release": "ID=alpine\nVERSION_ID=3.18.4\n", "lib/apk/db/installed": database },
      [],
      [],
    );
    assert.equal(essence(shell), essence(node));
    assert.is(shell.components.length, 2);
  });

  test("an unfinished installation makes it partial", async () => {
    const status = "Package: a\nStatus: install ok half-configured\nArchitecture: amd64\nVersion: 1\n";
    const { shell } = await both({ "etc/os-release": debian, "var/lib/dpkg/status": status }, [], []);
    assert.is(shell.collectors.find(({ name }) => name === "dpkg")?.state, "partial");
  });
}

test.run();
