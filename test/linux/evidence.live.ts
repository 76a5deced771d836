/**
 * Evidence out of the live data path: an attack over a real socket is blocked and leaves a file that gives the same verdict again; a core that
 * stops leaves the frames that did it, and traffic goes on.
 */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readEvidence } from "../../hosts/node/evidence/container.ts";
import { SETUPS } from "./agent.ts";
import { INLINE } from "./drivers.ts";
import { Lab, SERVER4, sleep, until } from "./lab.ts";
import { FOLDER, hook } from "./setting.ts";
import { listen, RULE, Talk, unharmed } from "./talking.ts";
import { COMMAND, Vpatch } from "./vpatch.ts";

const MIDSTREAM = { stream: { midstream: true } };

for (const driver of INLINE.filter((each) => each !== "bridge")) {
  const test = suite(`evidence with ${driver}`);
  let lab: Lab;
  let agent: Vpatch;
  test.before(
    hook(async () => {
      lab = new Lab(FOLDER);
      agent = new Vpatch(lab, SETUPS[driver], RULE);
      await listen(lab);
    }),
  );
  test.after.each(async () => void (await agent?.stop()));
  test.after(hook(() => lab?.close()));

  test("a blocked attack: the alert names the file, vpatch replay has the same verdict", async () => {
    await agent.start({ evidence: { enabled: true } }, MIDSTREAM);
    const talk = await Talk.start(lab, SERVER4);
    talk.attacks(true);
    await until("an alert names evidence", () => agent.events().some(({ capture_file: file }) => file));
    await sleep(500);
    const report = await talk.report();
    unharmed(report);
    assert.is(report.answered, 0, "attacks that were answered");
    talk.end();

    const { alert, capture_file: file } = agent.events().find(({ capture_file: each }) => each);
    assert.equal([alert.signature_id, alert.action], [1_000_001, "blocked"]);
    await until("the file is there", () => existsSync(file));
    assert.is(statSync(file).mode & 0o077, 0, "nobody else may read it");
    const { frames, manifest } = readEvidence(file);
    assert.ok(frames.length >= 4, "the flow from its first packet on");
    assert.equal([manifest.event!.msg, manifest.missing, manifest.limits], ["attack", 0, []]);
    for (const rules of [`--db ${join(agent.folder, "state", "rules.vpdb")}`, `--rules ${agent.rules}`]) {
      const { stdout, status } = await lab.shell(
        "server",
        `${process.execPath} ${COMMAND} replay --evidence ${file} ${rules}`,
      );
      assert.is(status, 0, stdout);
      assert.match(stdout, /alert 1:1000001 attack in frame \d+.*\nsame verdict\n$/s);
      assert.is(stdout.includes("other database"), rules.startsWith("--rules"));
    }
  });

  test("a stop of the core: its frames are kept, connections live, attacks are blocked again", async () => {
    await agent.start({ simulate: { "core-stop": 1500 }, evidence: { enabled: false } }, MIDSTREAM);
    const talk = await Talk.start(lab, SERVER4);
    await until("the core stops", () => agent.own("worker-failed").length > 0);
    talk.attacks(true);
    await sleep(2000);
    talk.attacks(false);
    await sleep(800);
    const report = await talk.report();
    unharmed(report);
    assert.ok(report.attacks > 20, `${report.attacks} attacks`);
    assert.is(report.answered, 0, "attacks that were answered");
    talk.end();
    const [{ reason, evidence: file }] = agent.own("worker-failed");
    assert.is(reason, "the core stopped: unreachable");
    await until("the file is there", () => existsSync(file));
    const { manifest, frames } = readEvidence(file);
    assert.equal([manifest.kind, manifest.culprit], ["crash", 1500]);
    assert.ok(frames.some(({ number, verdict }) => number === 1500 && verdict === undefined));
    const { protection, workers } = await agent.status();
    assert.equal([protection, workers.crashLoop], ["protected", false]);
  });
  test.run();
}
