/**
 * A driver with an empty verdict: every frame passes, no core is asked. What the benchmark of the data path compares itself with. Its one
 * argument is JSON: `driver` and `capture` of the runner's options. It runs until it is killed.
 */
import { driverModule } from "../../hosts/node/driver/module.ts";
import { FrameBatch } from "../../hosts/node/engine/batch.ts";
import type { RunnerOptions } from "./runner.ts";

const SLOTS = 256;
const RECORDS = 64;
const AREA = 65_536;
const AREA_BYTES = 4 << 20;

const { driver: name, capture: options } = JSON.parse(process.argv[2]!) as RunnerOptions;
const drivers = await driverModule();
const capture = drivers.prepare(name, options);
const driver = drivers.openDriver(capture.queues[0]!);
const memory = new ArrayBuffer(AREA + AREA_BYTES + 4096);
const batch = new FrameBatch({ memory, records: RECORDS, slots: SLOTS, area: AREA, areaBytes: AREA_BYTES });
const verdicts = new Uint8Array(SLOTS);
capture.engage();
console.log(JSON.stringify({ ready: true, pid: process.pid }));
for (;;) {
  driver.beat();
  batch.reset();
  const count = driver.receive(batch, 100);
  if (count > 0) driver.settle(batch, verdicts.subarray(0, count), []);
}
