/** The service: unit and configuration in a system below a folder; what is not ours stays; systemd's own judgement where it is there. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parse } from "yaml";
import { defaultConfigText, defaultInterface } from "../../hosts/linux/service/default-config.ts";
import { unitText } from "../../hosts/linux/service/unit.ts";
import { readConfiguration } from "../../hosts/node/config/configuration.ts";
import { COMMAND } from "./running.ts";

const test = suite<{ root: string }>("service");

test.before.each((context) => {
  context.root = mkdtempSync(join(tmpdir(), "vpatch-service-"));
});
test.after.each(({ root }) => rmSync(root, { recursive: true, force: true }));

const unit = (root: string): string => join(root, "etc/systemd/system/vpatch.service");
const config = (root: string): string => join(root, "etc/vpatch/vpatch.yaml");

function vpatch(...words: string[]): [number | null, string] {
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, "service", ...words], { encoding: "utf8" });
  return [status, `${stdout}${stderr}`.trim()];
}

function put(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

test("installed, looked at, removed: the configuration stays, unless purged", ({ root }) => {
  assert.equal(vpatch("status", "--root", root), [1, "unit: none"]);
  assert.equal(vpatch("install", "--root", root), [0, `wrote ${unit(root)}\nwrote ${config(root)}`]);
  assert.equal(vpatch("status", "--root", root), [0, "unit: current"]);
  assert.match(
    readFileSync(unit(root), "utf8"),
    `ExecStart=${process.execPath} ${COMMAND} run --config /etc/vpatch/vpatch.yaml\n`,
  );
  assert.is(statSync(config(root)).mode & 0o777, 0o640);
  assert.equal(vpatch("uninstall", "--root", root), [0, `removed ${unit(root)}`]);
  assert.ok(existsSync(config(root)));
  assert.equal(vpatch("uninstall", "--root", root, "--purge"), [0, `removed ${join(root, "etc/vpatch")}`]);
  assert.equal(vpatch("uninstall", "--root", root), [0, "there was nothing to remove"]);
});

test("a configuration that is there stays as it is; a unit of an older version is told and replaced", ({ root }) => {
  put(config(root), "vpatch: {mode: prevent}\n");
  vpatch("install", "--root", root);
  assert.is(readFileSync(config(root), "utf8"), "vpatch: {mode: prevent}\n");
  writeFileSync(unit(root), readFileSync(unit(root), "utf8").replace("WatchdogSec=10", "WatchdogSec=99"));
  assert.equal(vpatch("status", "--root", root), [0, "unit: outdated"]);
  vpatch("install", "--root", root);
  assert.equal(vpatch("status", "--root", root), [0, "unit: current"]);
});

test("a unit that somebody else wrote is not touched", ({ root }) => {
  put(unit(root), "[Service]\nExecStart=/bin/true\n");
  for (const verb of ["install", "uninstall"]) {
    const [status, text] = vpatch(verb, "--root", root);
    assert.is(status, 1);
    assert.match(text, "there is a unit of this name that vpatch did not write");
  }
  assert.match(readFileSync(unit(root), "utf8"), "/bin/true");
});

test("the first configuration is valid, and names the interface of the default route", async ({ root }) => {
  const route = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n";
  put(
    join(root, "proc/net/route"),
    `${route}lo\t0000007F\t0\t1\t0\t0\t0\t000000FF\nens3\t00000000\t0100A8C0\t3\t0\t0\t100\t00000000\n`,
  );
  assert.is(defaultInterface(root), "ens3");
  assert.is(defaultInterface(join(root, "none")), undefined);
  put(config(root), defaultConfigText("ens3"));
  const { vpatch: settings, outputs } = await readConfiguration(config(root));
  assert.equal([settings.mode, settings.interfaces, settings.scan.enabled], ["detect", ["ens3"], true]);
  assert.is(outputs.destinations[0]!.rotateSize, 256 << 20);
  assert.ok(parse(defaultConfigText(undefined)));
});

test("paths with spaces, percent signs and quotes", () => {
  const text = unitText({ node: "/opt/my node/bin/node", script: '/opt/50%/"cli".js', config: "/etc/v$x.yaml" });
  assert.match(text, 'ExecStart="/opt/my node/bin/node" "/opt/50%%/\\"cli\\".js" run --config /etc/v$$x.yaml\n');
});

const systemd = spawnSync("systemd-analyze", ["--version"], { encoding: "utf8" });
const version = Number(/^systemd (\d+)/.exec(systemd.stdout ?? "")?.[1] ?? 0);
if (version >= 250) {
  test("systemd finds nothing wrong with the unit, and calls it well confined", ({ root }) => {
    vpatch("install", "--root", root);
    const verify = spawnSync("systemd-analyze", ["verify", unit(root)], { encoding: "utf8" });
    assert.equal([verify.status, verify.stderr.includes("vpatch.service")], [0, false], verify.stderr);
    const words = ["security", "--offline=yes", "--threshold=45", unit(root)];
    const security = spawnSync("systemd-analyze", words, { encoding: "utf8" });
    assert.is(security.status, 0, security.stdout.split("\n").at(-2));
  });
}

test.run();
