/**
 * The smallest agent: one capture, its data path, events to a file. The suites of this folder run it where they judge the data path alone.
 * Its one argument is JSON ({@link RunnerOptions}); it writes a line of JSON a happening, and obeys lines on its standard input.
 */
import { appendFileSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { makeConfiguration } from "../../hosts/node/config/configuration.ts";
import { DataPath, forEachEvent } from "../../hosts/node/datapath/datapath.ts";
import type { CaptureOptions, DriverName } from "../../hosts/node/driver/driver.ts";
import { driverModule } from "../../hosts/node/driver/module.ts";
import { readRuleDescriptions } from "../../hosts/node/engine/database.ts";
import type { Mode } from "../../hosts/node/engine/settings.ts";
import { formatEvent } from "../../hosts/node/eve/format.ts";
import { compileRules } from "../../hosts/node/rules/compile.ts";

export interface RunnerOptions {
  driver: DriverName;
  mode: Mode;
  capture: CaptureOptions;
  /** A rule file. */
  rules: string;
  events: string;
  config?: Record<string, unknown>;
}

const options = JSON.parse(process.argv[2]!) as RunnerOptions;
const say = (line: Record<string, unknown>): void => console.log(JSON.stringify(line));

const config = await makeConfiguration(options.config ?? {});
async function compile(): Promise<Uint8Array> {
  const compiled = compileRules([{ file: options.rules, text: readFileSync(options.rules, "utf8") }], config);
  return compiled.database;
}

const drivers = await driverModule();
say({ removed: drivers.cleanUp(options.capture) });
const capture = drivers.prepare(options.driver, options.capture);
let database = await compile();
let generation = 1;
const rules = new Map([[generation, readRuleDescriptions(database)]]);
let alerts = 0;
const path = new DataPath({
  capture,
  mode: options.mode,
  config,
  database,
  generation,
  onEvents(batch) {
    let lines = "";
    const context = {
      options: config.outputs,
      rules: rules.get(batch.generation) ?? [],
      prevent: batch.mode === "prevent",
    };
    forEachEvent(batch, (event) => {
      alerts++;
      lines += `${formatEvent(event, context)}\n`;
    });
    appendFileSync(options.events, lines);
  },
  onFailure: (error, worker) => say({ failed: error.message, worker }),
});
let stopping = false;
async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  await path.stop();
  say({ last: path.stats() });
  say({ stopped: true });
  process.exit(0);
}
process.on("SIGTERM", () => void stop());
process.on("SIGINT", () => void stop());
await path.start();
say({ ready: true, pid: process.pid });

const commands: Record<string, () => Promise<void> | void> = {
  stats: () => say({ stats: path.stats(), alerts, memory: process.memoryUsage() }),
  counters: () => say({ counters: [...path.counters()].map(Number) }),
  async reload() {
    database = await compile();
    generation++;
    rules.set(generation, readRuleDescriptions(database));
    rules.delete(generation - 10);
    await path.adopt(database, generation);
    say({ generation });
  },
  async damage() {
    const damaged = database.slice();
    damaged.fill(0xff, 64, 512);
    await path.adopt(damaged, generation);
    say({ damaged: true });
  },
  async detect() {
    await path.setMode("detect");
    say({ mode: "detect" });
  },
  async prevent() {
    await path.setMode("prevent");
    say({ mode: "prevent" });
  },
};

createInterface({ input: process.stdin }).on("line", (line) => {
  const command = commands[line.trim()];
  void Promise.resolve(command?.()).catch((error: unknown) => say({ error: (error as Error).message }));
});
