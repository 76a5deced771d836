/**
 * `npm run test:link`: the core linked by another language and engine (examples/python, wasmtime) gives what our own host gives: the same
 * verdicts and the same bytes of events for captures of the corpus, and the same verdicts for evidence of every attack, with both builds.
 * Needs python3 and, from its package index, wasmtime; without them it says so and is skipped, with CI=true it fails.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EventType } from "../../assembly/abi/frames.ts";
import { readCases } from "../../corpus/case.ts";
import { conversationFrames } from "../../corpus/frames.ts";
import { CaptureWriter } from "../../hosts/node/capture/writer.ts";
import { defaultConfiguration } from "../../hosts/node/config/configuration.ts";
import { coreBinary } from "../../hosts/node/engine/core.ts";
import { Engine } from "../../hosts/node/engine/engine.ts";
import { readEvidence } from "../../hosts/node/evidence/container.ts";
import { EvidenceRecorder } from "../../hosts/node/evidence/recorder.ts";
import { replayEvidence } from "../../hosts/node/evidence/replay.ts";
import { Replay } from "../../hosts/node/replay/replay.ts";
import { compileRuleFiles } from "../../hosts/node/rules/compile.ts";

const WASMTIME = "wasmtime==50.0.1";
const root = fileURLToPath(new URL("../..", import.meta.url));
const place = mkdtempSync(join(tmpdir(), "vpatch-link-"));

interface Outcome {
  verdicts: number[];
  events: string;
  alerts: [number, number][];
  same: boolean;
}

/** A folder with the packages, or why there is none. */
function packages(): { folder: string } | { missing: string } {
  const folder = process.env.VPATCH_PYTHON_PACKAGES ?? join(place, "packages");
  if (existsSync(join(folder, "wasmtime"))) return { folder };
  if (spawnSync("python3", ["--version"]).status !== 0) return { missing: "there is no python3" };
  const args = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-cache-dir", "--target", folder];
  const installed = spawnSync("python3", [...args, WASMTIME], { encoding: "utf8" });
  return installed.status === 0 ? { folder } : { missing: `pip cannot install wasmtime: ${installed.stderr.trim()}` };
}

const found = packages();
if ("missing" in found) {
  console.error(`skipped: ${found.missing}`);
  rmSync(place, { recursive: true });
  process.exit(process.env.CI === "true" ? 1 : 0);
}
const environment = { ...process.env, PYTHONPATH: found.folder, PYTHONDONTWRITEBYTECODE: "1" };

const config = defaultConfiguration();
const { database } = compileRuleFiles([join(root, "signatures")], config);
const databaseFile = join(place, "rules.vpdb");
const settingsFile = join(place, "settings.bin");
writeFileSync(databaseFile, database);
execFileSync(process.execPath, [
  join(root, "build/hosts/node/cli.js"),
  "settings",
  "-m",
  "prevent",
  "-o",
  settingsFile,
]);

/** Runs the example over files, one outcome each. */
function python(build: string, files: readonly string[], ...more: string[]): Outcome[] {
  const wasm = join(root, "build", build === "simd" ? "vpatch.wasm" : "vpatch.scalar.wasm");
  const args = [join(root, "examples/python/inspect_capture.py"), "--wasm", wasm, "--db", databaseFile, "--digest"];
  const run = spawnSync("python3", [...args, ...more, ...files], { encoding: "utf8", env: environment });
  assert.is(run.stderr, "");
  return run.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Outcome);
}

/** The same by our own host; `keep` writes evidence there. */
async function ours(file: string, keep: string): Promise<Outcome> {
  const verdicts: number[] = [];
  const alerts: [number, number][] = [];
  const records = createHash("sha256");
  const engine: Engine = new Engine({
    mode: "prevent",
    config,
    recorder: new EvidenceRecorder({ folder: keep }),
    onRecords: (bytes) => records.update(bytes),
    onEvent(event) {
      if (event.type === EventType.Alert) alerts.push([event.frame, engine.rules[event.rule!]!.sid]);
    },
  });
  engine.load(database);
  const replay = new Replay(engine, { onVerdict: (verdict) => verdicts.push(verdict) });
  await replay.capture(file);
  replay.finish();
  return { verdicts, events: records.digest("hex"), alerts, same: true };
}

const captures = ["attacks", "benign"].flatMap((kind) =>
  readCases(join(root, "corpus", kind)).map(({ name, conversations }) => {
    const file = join(place, `${kind}-${name}.pcap`);
    const writer = new CaptureWriter(file);
    for (const frame of conversations.flatMap((conversation) => conversationFrames(conversation))) writer.write(frame);
    writer.close();
    return file;
  }),
);
const kept = join(place, "evidence");
mkdirSync(kept);
const expected: Outcome[] = [];
for (const file of captures) expected.push(await ours(file, kept));
const evidence = readdirSync(kept).map((name) => join(kept, name));

const link = suite("linked from Python by wasmtime");
for (const build of ["simd", "scalar"] as const) {
  link(`${build}: verdicts and events of ${captures.length} captures are those of our host, byte by byte`, () => {
    const outcomes = python(build, captures, "--settings", settingsFile);
    assert.is(outcomes.length, captures.length);
    for (const [index, outcome] of outcomes.entries()) assert.equal(outcome, expected[index], captures[index]);
    assert.ok(expected.filter(({ alerts }) => alerts.length > 0).length > 20);
  });

  link(`${build}: ${evidence.length} pieces of evidence replay identically, there and here`, () => {
    const outcomes = python(build, evidence, "--evidence");
    for (const [index, { same, alerts }] of outcomes.entries()) {
      const file = readEvidence(evidence[index]!);
      assert.ok(same, evidence[index]);
      assert.ok(
        alerts.some(([frame, sid]) => frame === file.manifest.event!.frame && sid === file.manifest.event!.sid),
      );
      assert.equal(replayEvidence(file, database, coreBinary(build)).deviations, []);
    }
  });
}
link.after(() => rmSync(place, { recursive: true }));
link.run();
