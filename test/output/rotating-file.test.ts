/** EVE files: rotation by size and by time, reopening, a disk that refuses. */
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { RotatingFile, type RotatingFileOptions } from "../../hosts/node/output/rotating-file.ts";

const test = suite<{ folder: string }>("rotating file");

test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), "vpatch-output-"));
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

function fileIn(folder: string, options: Partial<RotatingFileOptions> = {}): RotatingFile {
  const stock = { file: join(folder, "eve.json"), size: 0, interval: 0, keep: 2, mode: 0o640, append: true };
  return new RotatingFile({ ...stock, ...options });
}

/** Writes lines one by one, each on disk before the next. */
async function write(file: RotatingFile, ...lines: string[]): Promise<void> {
  for (const line of lines) {
    const { lines: before, dropped } = file.counts;
    file.write(`${line}\n`, 1);
    while (file.counts.lines === before && file.counts.dropped === dropped) await new Promise(setImmediate);
  }
}

const content = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder)
      .sort()
      .map((name) => [name, readFileSync(join(folder, name), "utf8").replaceAll("\n", " ").trim()]),
  );

test("by size: the newest rotated file is .1, the oldest goes", async ({ folder }) => {
  const file = fileIn(folder, { size: 6 });
  await write(file, "one", "two", "three", "four", "five", "six", "seven");
  await file.close(1000);
  assert.equal(content(folder), { "eve.json": "six seven", "eve.json.1": "four five", "eve.json.2": "three" });
  assert.equal(file.counts, { lines: 7, dropped: 0, problem: undefined });
});

test("by time: whole intervals since 1970", async ({ folder }) => {
  let now = Date.now();
  now -= now % 60_000;
  const file = fileIn(folder, { interval: 60, now: () => now });
  await write(file, "a");
  now += 59_000;
  await write(file, "b");
  now += 1_000;
  await write(file, "c");
  await file.close(1000);
  assert.equal(content(folder), { "eve.json": "c", "eve.json.1": "a b" });
});

test("nothing kept: the file starts anew", async ({ folder }) => {
  const file = fileIn(folder, { size: 2, keep: 0 });
  await write(file, "a", "b");
  await file.close(1000);
  assert.equal(content(folder), { "eve.json": "b" });
});

test("added to what is there, or emptied first; permissions as told", async ({ folder }) => {
  for (const [append, expected] of [
    [true, "old new"],
    [false, "new"],
  ] as const) {
    rmSync(join(folder, "eve.json"), { force: true });
    const before = fileIn(folder);
    await write(before, "old");
    await before.close(1000);
    const file = fileIn(folder, { append });
    await write(file, "new");
    await file.close(1000);
    assert.equal(content(folder), { "eve.json": expected });
  }
  assert.is(statSync(join(folder, "eve.json")).mode & 0o777, 0o640);
});

test("moved away by another program: a new file after reopen, no line lost", async ({ folder }) => {
  const file = fileIn(folder);
  await write(file, "a");
  renameSync(join(folder, "eve.json"), join(folder, "moved"));
  await write(file, "b");
  file.reopen();
  await write(file, "c");
  await file.close(1000);
  assert.equal(content(folder), { "eve.json": "c", moved: "a b" });
});

test("lines that wait are written on close", async ({ folder }) => {
  const file = fileIn(folder);
  for (let i = 0; i < 1000; i++) file.write(`${i}\n`, 1);
  await file.close(1000);
  assert.is(readFileSync(join(folder, "eve.json"), "utf8").split("\n").length, 1001);
});

test("a file that cannot be written costs lines, counted, and names the reason", async () => {
  const file = fileIn("/dev/full/none");
  await write(file, "a", "b");
  assert.equal(file.counts, { lines: 0, dropped: 2, problem: "ENOTDIR" });
  await file.close(10);
  const full = fileIn("/dev", { file: "/dev/full" });
  await write(full, "a");
  assert.equal(full.counts, { lines: 0, dropped: 1, problem: "ENOSPC" });
  await full.close(10);
});

test("what waits is bounded", async ({ folder }) => {
  const file = fileIn(folder, { limit: 10 });
  for (let i = 0; i < 5; i++) file.write("12345\n", 1);
  await file.close(1000);
  assert.equal(file.counts, { lines: 1, dropped: 4, problem: undefined });
});

test.run();
