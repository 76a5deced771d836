/** Containment: what becomes of frames, the engine and the host when the core stops. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Verdict } from "../../assembly/abi/codes.ts";
import { Counter } from "../../assembly/abi/counters.ts";
import { parseConversation } from "../../corpus/conversation.ts";
import { conversationFrames } from "../../corpus/frames.ts";
import { ContainedEngine, type ContainmentOptions, type Crash } from "../../hosts/node/engine/containment.ts";
import { type CoreBuild, coreBinary } from "../../hosts/node/engine/core.ts";
import { CoreTrap, Engine, type FrameInput, type InspectionEngine } from "../../hosts/node/engine/engine.ts";
import { readEvidence } from "../../hosts/node/evidence/container.ts";
import { writeCrashEvidence } from "../../hosts/node/evidence/crash.ts";
import { EvidenceRecorder } from "../../hosts/node/evidence/recorder.ts";
import { replayEvidence } from "../../hosts/node/evidence/replay.ts";
import { compileRules } from "../../hosts/node/rules/compile.ts";
import { MARKER, stoppingCore } from "./stopping_core.ts";

const RULES = 'drop udp any any -> any any (content:"evil"; sid:1;)';

let stamp = 1_700_000_000_000_000;

function datagram(text: string): FrameInput {
  const [frame] = conversationFrames(parseConversation("udp 192.0.2.1:4000 > 192.0.2.2:5000", [`> ${text}\\`]));
  stamp += 1000;
  return { data: frame!.data, linkType: 1, timestamp: stamp };
}

function verdicts(engine: InspectionEngine, ...texts: string[]): string {
  for (const text of texts) assert.ok(engine.write(datagram(text)), text);
  return [...engine.inspect()].map((verdict) => Verdict[verdict]).join(" ");
}

function contained(options: Partial<ContainmentOptions> = {}): { engine: ContainedEngine; crashes: Crash[] } {
  const crashes: Crash[] = [];
  const engine = new ContainedEngine({
    mode: "prevent",
    failure: "closed",
    core: stoppingCore(),
    onCrash: (crash) => crashes.push(crash),
    ...options,
  });
  engine.load(compileRules([{ file: "test.rules", text: RULES }], engine.config).database);
  return { engine, crashes };
}

const containment = suite("containment");

containment("a bare engine says where the core stopped", () => {
  const engine = new Engine({ core: stoppingCore() });
  for (const text of ["a", "b", MARKER, "c"]) engine.write(datagram(text));
  assert.throws(
    () => engine.inspect(),
    (error: unknown) => error instanceof CoreTrap && error.decided === 2 && /unreachable/.test(error.message),
  );
});

containment("frames before the stop keep their verdicts, the rest of the batch gets the failure policy", () => {
  const closed = contained();
  assert.is(verdicts(closed.engine, "fine", "evil", MARKER, "fine"), "Pass Drop Drop Drop");
  const open = contained({ failure: "open" });
  assert.is(verdicts(open.engine, "fine", "evil", MARKER, "fine"), "Pass Drop Pass Pass");
  const detecting = contained({ mode: "detect" });
  assert.is(verdicts(detecting.engine, "fine", MARKER), "Pass Pass", "detection drops nothing, closed or not");
});

containment("the next batch is inspected again, with the same database; counters go on", () => {
  const { engine, crashes } = contained();
  verdicts(engine, "fine", MARKER);
  assert.is(verdicts(engine, "evil", "fine"), "Drop Pass");
  assert.is(engine.status.state, "running");
  assert.is(engine.status.crashes, 1);
  assert.is(crashes.length, 1);
  assert.is(engine.counters()[Counter.decoder__pkts], 3n, "the frame that stopped the core was not counted");
});

containment("the batch that stopped the core is kept, with the frame that did it", () => {
  const { engine, crashes } = contained();
  verdicts(engine, "fine", MARKER, "later");
  const [crash] = crashes;
  assert.is(crash?.culprit, 1);
  assert.equal(
    crash?.frames.map(({ verdict }) => verdict),
    [Verdict.Pass, undefined, undefined],
  );
  assert.ok(Buffer.from(crash!.frames[1]!.data).includes(MARKER));
  assert.match(crash!.reason, /the core stopped/);
});

containment("its evidence holds the flow before the batch, and says whether a core stops again", () => {
  const folder = mkdtempSync(join(tmpdir(), "vpatch-crash-"));
  const recorder = new EvidenceRecorder({ folder });
  const { engine, crashes } = contained({ recorder });
  verdicts(engine, "one", "two");
  verdicts(engine, "three", MARKER);
  const file = writeCrashEvidence(folder, crashes[0]!, engine, recorder);
  const evidence = readEvidence(file);
  rmSync(folder, { recursive: true });
  assert.is(evidence.manifest.kind, "crash");
  assert.is(evidence.frames.length, 4);
  const { database } = compileRules([{ file: "test.rules", text: RULES }], engine.config);
  assert.ok(replayEvidence(evidence, database, stoppingCore()).same);
  assert.equal(replayEvidence(evidence, database).deviations, ["the core did not stop"]);
});

containment("a crash loop leaves the core alone for a while, then tries again", () => {
  let now = 1_000_000;
  const { engine, crashes } = contained({ now: () => now, crashLoop: { crashes: 2, seconds: 10 } });
  verdicts(engine, MARKER);
  now += 11_000;
  verdicts(engine, MARKER);
  assert.is(engine.status.state, "running", "two stops, but not within ten seconds");
  now += 1_000;
  verdicts(engine, MARKER);
  assert.equal(
    crashes.map(({ recent, loop }) => [recent, loop]),
    [
      [1, false],
      [1, false],
      [2, true],
    ],
  );
  assert.is(engine.status.state, "failed");
  assert.is(engine.status.retry, now + 10_000);
  assert.is(verdicts(engine, "fine", "fine"), "Drop Drop", "no core: the failure policy for every frame");
  now += 10_000;
  assert.is(verdicts(engine, "fine", "evil"), "Pass Drop");
  assert.is(engine.status.state, "running");
});

containment("a new database is a new chance", () => {
  const { engine } = contained({ crashLoop: { crashes: 1, seconds: 3600 } });
  verdicts(engine, MARKER);
  assert.is(verdicts(engine, "fine"), "Drop");
  engine.load(compileRules([{ file: "test.rules", text: RULES }], engine.config).database);
  assert.is(verdicts(engine, "fine"), "Pass");
});

containment("both builds of the core have one interface; their digests differ", () => {
  const [simd, scalar] = (["simd", "scalar"] as CoreBuild[]).map((build) => coreBinary(build));
  assert.is.not(simd!.digest, scalar!.digest);
  const names = (build: CoreBuild) => Object.keys(coreBinary(build).instantiate(() => {})).sort();
  assert.equal(names("simd"), names("scalar"));
});

containment.run();
