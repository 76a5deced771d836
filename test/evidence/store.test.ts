/** The evidence folder of an agent: how many files, how large, how often. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Evidence, evidenceName, readEvidence } from "../../hosts/node/evidence/container.ts";
import { EvidenceStore, type StoreOptions } from "../../hosts/node/evidence/store.ts";

const evidence = (bytes: number): Evidence => ({
  manifest: {
    "vpatch-evidence": 1,
    kind: "crash",
    timestamp: 0,
    written: "",
    engine: { build: "", sha256: "", abi: "" },
    database: { sha256: "", "rules-sha256": "" },
    configuration: { sha256: "", words: 0, settings: {} },
    events: [],
    missing: 0,
    limits: [],
  },
  frames: [{ data: new Uint8Array(bytes), linkType: 1, timestamp: 0, number: 1 }],
});
const named = (second: number, bytes = 100) => ({
  name: evidenceName(second * 1000, "1-7"),
  evidence: evidence(bytes),
});

const test = suite<{ folder: string; open: (options?: Partial<StoreOptions>) => EvidenceStore; problems: string[] }>(
  "evidence store",
);

test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), "vpatch-store-"));
  context.problems = [];
  const stock = { files: 100, bytes: 1 << 30, perMinute: 100 };
  context.open = (options = {}) =>
    new EvidenceStore({
      folder: context.folder,
      ...stock,
      onProblem: (text) => context.problems.push(text),
      ...options,
    });
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true }));

test("a file is named at once and written aside", async ({ open }) => {
  const store = open();
  const file = store.keep(named(1))!;
  await store.close();
  assert.is(readEvidence(file).frames[0]!.data.length, 100);
  assert.match(file, /19700101T000001\.000Z-1-7\.pcapng$/);
});

test("two of one name are two files", async ({ open, folder }) => {
  const store = open();
  store.keep(named(1));
  assert.match(store.keep(named(1))!, /-1-7-2\.pcapng$/);
  await store.close();
  assert.is(readdirSync(folder).length, 2);
});

test("the oldest give way: when there are too many, when they are too large, those of earlier runs too", async (context) => {
  const first = context.open();
  for (const second of [1, 2, 3]) first.keep(named(second));
  await first.close();
  writeFileSync(join(context.folder, "notes.txt"), "not ours");
  const few = context.open({ files: 2 });
  few.keep(named(4));
  few.keep(named(5));
  await few.close();
  const names = (): string[] =>
    readdirSync(context.folder).map((name) => (name === "notes.txt" ? name : name.slice(13, 15)));
  assert.equal(names(), ["04", "05", "notes.txt"]);
  assert.is(few.counts.files, 2);
  const small = context.open({ bytes: few.counts.bytes });
  small.keep(named(6, 150));
  await small.close();
  assert.equal(names(), ["06", "notes.txt"]);
});

test("so many a minute, the rest is counted", async ({ open, folder }) => {
  let now = 0;
  const store = open({ perMinute: 2, now: () => now });
  assert.equal(
    [1, 2, 3].map((second) => store.keep(named(second)) !== undefined),
    [true, true, false],
  );
  now = 60_000;
  assert.ok(store.keep(named(4)));
  await store.close();
  assert.is(readdirSync(folder).length, 3);
  assert.equal([store.counts.written, store.counts.omitted], [3, 1]);
});

test("a disk that takes nothing is told of once", async ({ open, folder, problems }) => {
  const store = open();
  rmSync(folder, { recursive: true });
  store.keep(named(1));
  store.keep(named(2));
  await store.close();
  assert.is(problems.length, 1);
  assert.match(problems[0]!, /^evidence is not kept: .*no such file or folder/);
  open();
});

test.run();
