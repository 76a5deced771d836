/** A running agent in special circumstances: a policy over its rules, workers that die, a machine that is scanned. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ask } from "../../hosts/node/control/client.ts";
import { layOut, remove } from "../scan/layout.ts";
import { RunningAgent } from "./running.ts";

const test = suite<{ agent: RunningAgent }>("agent's circumstances");

test.before.each((context) => {
  context.agent = new RunningAgent();
});
test.after.each(({ agent }) => agent.remove());

test("a policy decides mode and rules; a reload takes up what changed in it; the self-test's signature stays", async ({
  agent,
}) => {
  const policy = join(agent.folder, "policy.yaml");
  writeFileSync(policy, "mode: prevent\nunchosen: off\npinned: [1000001]\n");
  await agent.start({ mode: "detect", policy });
  const { mode, protection, rules } = await agent.status();
  assert.equal([mode, protection, rules.rules], ["prevent", "protected", 2]);
  await agent.until(async () => (await agent.status()).alerts.blocked > 0);
  writeFileSync(policy, "mode: detect\n");
  await ask(agent.socket, { command: "reload" });
  const after = await agent.status();
  assert.equal([after.mode, after.protection, after.rules.rules], ["detect", "watching", 3]);
  writeFileSync(policy, "mode: maybe\n");
  let refused = "";
  await ask(agent.socket, { command: "reload" }).catch((error) => {
    refused = error.message;
  });
  assert.match(refused, /policy\.yaml:1/);
  assert.is((await agent.status()).mode, "detect");
});

test("a worker that dies is started again; again and again is a crash loop, and unprotected; the agent goes on", async ({
  agent,
}) => {
  // The attack's request has no room in the frame area: the driver cannot go on.
  await agent.start({ capacity: { "frame-bytes": 192 } });
  await agent.until(async () => (await agent.status()).workers.crashLoop, 30_000);
  const { protection, reasons, workers } = await agent.status();
  assert.equal([protection, reasons[0]], ["unprotected", "a data-path worker dies again and again"]);
  assert.ok(workers.restarts >= 3, `${workers.restarts} restarts`);
  await agent.until(() => agent.own("worker-failed").length >= 5 && agent.own("protection").length >= 2);
  assert.is(agent.own("protection").at(-1).protection, "unprotected");
  const { took, status } = await agent.end("SIGTERM");
  assert.equal([status, took < 1500], [0, true], `${took} ms`);
});

test("a machine that is scanned and needs nothing is protected; rules of the scan come and go by its word", async ({
  agent,
}) => {
  const root = layOut({
    "etc/os-release": "ID=debian\nVERSION_ID=12\n",
    "var/lib/dpkg/status": "Package: base-files\nStatus: install ok installed\nArchitecture: amd64\nVersion: 12.4\n",
  });
  try {
    await agent.start({ scan: { enabled: true, root, settle: 50 } }, { "rule-files": [] });
    await agent.until(async () => (await agent.status()).scan!.summary !== undefined, 60_000);
    await agent.until(async () => (await agent.status()).protection === "protected");
    const { scan, rules } = await agent.status();
    assert.equal([scan!.summary!.rules.applied, rules.assigned], [0, 0]);
    const scans = agent.own("scan").length;
    writeFileSync(
      join(root, "var/lib/dpkg/status"),
      "Package: base-files\nStatus: install ok installed\nArchitecture: amd64\nVersion: 12.5\n",
    );
    await agent.until(() => agent.own("scan").length > scans, 60_000);
  } finally {
    remove(root);
  }
});

test.run();
