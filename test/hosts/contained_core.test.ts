/** The core of a data-path worker: frames in the core's own memory, and what becomes of them when it stops. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { LinkType, Verdict } from "../../assembly/abi/codes.ts";
import { Counter } from "../../assembly/abi/counters.ts";
import { parseConversation } from "../../corpus/conversation.ts";
import { conversationFrames } from "../../corpus/frames.ts";
import { defaultConfiguration } from "../../hosts/node/config/configuration.ts";
import { ContainedCore } from "../../hosts/node/datapath/contained-core.ts";
import type { Failure } from "../../hosts/node/driver/driver.ts";
import type { NamedEvidence } from "../../hosts/node/evidence/crash.ts";
import { replayEvidence } from "../../hosts/node/evidence/replay.ts";
import { compileRules } from "../../hosts/node/rules/compile.ts";
import { MARKER, stoppingCore } from "./stopping_core.ts";

const RULES = 'drop udp any any -> any any (content:"evil"; sid:1;)';
const config = defaultConfiguration();
const { database } = compileRules([{ file: "test.rules", text: RULES }], config);

let time = 1_700_000_000_000_000;

function coreWith(failure: Failure): { core: ContainedCore; stops: string[]; kept: NamedEvidence[] } {
  const stops: string[] = [];
  const kept: NamedEvidence[] = [];
  const core = new ContainedCore({
    mode: "prevent",
    config,
    database,
    failure,
    core: stoppingCore(),
    onRecords: () => undefined,
    onStop: ({ message }, evidence) => {
      stops.push(message);
      kept.push(evidence);
    },
  });
  return { core, stops, kept };
}

/** One batch, as a driver and its worker do it. */
function verdicts(core: ContainedCore, ...texts: string[]): string {
  core.recover();
  const { batch } = core;
  batch.reset();
  for (const text of texts) {
    const [frame] = conversationFrames(parseConversation("udp 192.0.2.1:4000 > 192.0.2.2:5000", [`> ${text}\\`]));
    const address = batch.take(frame!.data.length);
    batch.bytes.set(frame!.data, address);
    time += 1000;
    batch.place(address, frame!.data.length, time, batch.count + 1, LinkType.Ethernet, 0);
  }
  const result = [...core.inspect()].map((verdict) => Verdict[verdict]).join(" ");
  assert.is(batch.frame(0).length > 0, true, "frames stay readable after the call");
  return result;
}

const contained = suite("the core of a worker");

contained("frames before the stop keep their verdicts; the rest get the failure policy", () => {
  assert.is(verdicts(coreWith("open").core, "evil", "a", MARKER, "b"), "Drop Pass Pass Pass");
  assert.is(verdicts(coreWith("closed").core, "a", MARKER, "b"), "Pass Drop Drop");
});

contained("the next batch is inspected by another instance with the same rules; counters go on", () => {
  const { core, stops } = coreWith("open");
  verdicts(core, "a", MARKER);
  assert.is(stops.length, 1);
  assert.is(verdicts(core, "b", "evil"), "Pass Drop");
  assert.is(core.counters()[Counter.decoder__pkts], 3n);
});

contained("the frames that stopped it are evidence, with the verdicts it had given", () => {
  const { core, kept } = coreWith("open");
  verdicts(core, "evil", "a", MARKER, "b");
  const [{ name, evidence }] = kept as [NamedEvidence];
  assert.match(name, /^\d{8}T\d{6}\.\d{3}Z-crash\.pcapng$/);
  assert.equal(
    evidence.frames.map(({ verdict }) => verdict),
    [Verdict.Drop, Verdict.Pass, undefined, undefined],
  );
  assert.is(evidence.manifest.culprit, 3);
  assert.equal(replayEvidence(evidence, database, stoppingCore()).deviations, []);
  assert.equal(replayEvidence(evidence, database).deviations, ["the core did not stop"]);
});

contained("simulated: a stop at the frame that the configuration names", () => {
  const faults = { ...config, vpatch: { ...config.vpatch, simulate: { ...config.vpatch.simulate, "core-stop": 3 } } };
  const stops: string[] = [];
  const core = new ContainedCore({
    mode: "prevent",
    config: faults,
    database,
    failure: "closed",
    onRecords: () => undefined,
    onStop: (_, { evidence }) => stops.push(`frame ${evidence.manifest.culprit}: ${evidence.manifest.reason}`),
  });
  assert.is(verdicts(core, "a", "evil", "a", "a"), "Pass Drop Drop Drop");
  assert.equal(stops, ["frame 3: the core stopped: unreachable"]);
  assert.is(verdicts(core, "a", "evil"), "Pass Drop");
});

contained("in a crash loop the core is left alone; new rules are a new beginning", () => {
  const { core, stops } = coreWith("closed");
  for (let round = 0; round < 3; round++) verdicts(core, MARKER);
  assert.is(stops.length, 3);
  assert.is(verdicts(core, "a", "b"), "Drop Drop");
  core.load(database);
  assert.is(verdicts(core, "a", "evil"), "Pass Drop");
});

contained("the mode changes between two batches, flows go on", () => {
  const { core } = coreWith("open");
  core.setMode("detect");
  assert.is(verdicts(core, "a", "evil"), "Pass Pass");
  core.setMode("prevent");
  assert.is(core.mode, "prevent");
  assert.is(verdicts(core, "evil"), "Drop");
});

contained.run();
