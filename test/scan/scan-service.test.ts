/** The scan inside a running agent: on a schedule, on package changes, one at a time, applying only what changed. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Scanned, ScanService } from "../../hosts/node/agent/scan-service.ts";
import { layOut, remove } from "./layout.ts";

const assigned = (...sids: number[]): Scanned => ({ inForce: sids.join() });

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A service whose scans give `results` one after another (the last for ever). */
function serviceOf(
  results: (Scanned | Error)[],
  more: { folders?: string[]; interval?: number; broken?: boolean } = {},
) {
  const applied: string[] = [];
  const errors: string[] = [];
  const log = { scans: 0, applied, errors };
  const service = new ScanService({
    interval: more.interval ?? 3600,
    folders: more.folders ?? [],
    settle: 20,
    scan: async () => {
      const result = results[Math.min(log.scans, results.length - 1)]!;
      log.scans++;
      if (result instanceof Error) throw result;
      return result;
    },
    apply: ({ inForce }) => {
      if (more.broken) throw new Error("the database is refused");
      applied.push(inForce);
    },
    onError: (error) => errors.push((error as Error).message),
  });
  return { service, log };
}

test("applies at the start, and again only when what is in force changed", async () => {
  const { service, log } = serviceOf([assigned(1), assigned(1), assigned(1, 2), assigned()]);
  await service.start();
  for (let i = 0; i < 3; i++) await service.scanNow();
  await service.stop();
  assert.equal(log.applied, ["1", "1,2", ""]);
});

test("a failed scan leaves what is in force", async () => {
  const { service, log } = serviceOf([assigned(1), new Error("no /proc"), assigned(1)]);
  await service.start();
  await service.scanNow();
  await service.scanNow();
  await service.stop();
  assert.equal([log.applied, log.errors], [["1"], ["no /proc"]]);
});

test("a refused database is tried again at the next scan", async () => {
  const { service, log } = serviceOf([assigned(1)], { broken: true });
  await service.start();
  await service.scanNow();
  await service.stop();
  assert.equal(log.errors, ["the database is refused", "the database is refused"]);
});

test("one scan at a time; what is asked for meanwhile follows once", async () => {
  const { service, log } = serviceOf([assigned()]);
  await Promise.all([service.start(), service.scanNow(), service.scanNow()]);
  await service.stop();
  assert.is(log.scans, 2);
});

test("on the schedule", async () => {
  const { service, log } = serviceOf([assigned()], { interval: 0.02 });
  await service.start();
  await pause(120);
  await service.stop();
  assert.ok(log.scans >= 3, `${log.scans} scans`);
});

test("on a change of packages, once it has settled; a folder that does not exist is passed over", async () => {
  const folder = layOut({ status: "a" });
  const { service, log } = serviceOf([assigned()], { folders: [folder, join(folder, "none")] });
  await service.start();
  for (let i = 0; i < 3; i++) writeFileSync(join(folder, "status"), `b${i}`);
  await pause(150);
  await service.stop();
  remove(folder);
  assert.equal([log.scans, log.errors], [2, []]);
});

test.run();
