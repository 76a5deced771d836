/** Evidence of a running agent: a blocked attack, and a core that stops. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readEvidence } from "../../hosts/node/evidence/container.ts";
import { replayEvidence } from "../../hosts/node/evidence/replay.ts";
import { RunningAgent } from "./running.ts";

const test = suite<{ agent: RunningAgent }>("evidence of an agent");
test.before.each((context) => {
  context.agent = new RunningAgent();
});
test.after.each(({ agent }) => agent.remove());

test("an alert names its file, which gives the same verdict again", async ({ agent }) => {
  await agent.start({ evidence: { enabled: true, "per-minute": 3 } });
  await agent.until(() => agent.events().some(({ capture_file }) => capture_file));
  const { capture_file: file, alert, event_type } = agent.events().find(({ capture_file }) => capture_file);
  assert.equal([event_type, alert.signature_id], ["alert", 1_000_001]);
  await agent.until(() => existsSync(file));
  const evidence = readEvidence(file);
  assert.equal([evidence.manifest.event!.msg, evidence.manifest.event!.rev], ["hit", 1]);
  const database = readFileSync(join(agent.folder, "state", "rules.vpdb"));
  const { deviations, differences } = replayEvidence(evidence, database);
  assert.equal([deviations, differences], [[], []]);

  await agent.until(async () => (await agent.status()).evidence!.omitted > 0);
  await agent.until(async () => {
    const { written, files } = (await agent.status()).evidence!;
    assert.ok(files <= 6, `${files} files`);
    return written === files;
  });
});

test("what stopped the core is kept without being asked for", async ({ agent }) => {
  await agent.start({ simulate: { "core-stop": 5000 } });
  await agent.until(() => agent.own("worker-failed").length > 0);
  const [{ reason, evidence: file }] = agent.own("worker-failed");
  assert.is(reason, "the core stopped: unreachable");
  await agent.until(() => existsSync(file));
  const { manifest, frames } = readEvidence(file);
  assert.equal([manifest.kind, manifest.culprit], ["crash", 5000]);
  assert.ok(frames.some(({ number }) => number === 5000));
  assert.is(readdirSync(join(agent.folder, "state", "evidence")).length, 1);
  const { dropped } = (await agent.status()).traffic!;
  await agent.until(async () => (await agent.status()).traffic!.dropped > dropped + 100);
});

test.run();
