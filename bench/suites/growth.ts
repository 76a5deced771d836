/** How cost grows with rules: 1,000 to 25,000, each set a part of the next; speed, compile time, load time, size of the database. */
import { Engine } from "../../hosts/node/engine/engine.ts";
import { race, ratesOf } from "../race.ts";
import { databaseOf, ruleTexts } from "../rules.ts";
import { median, type Report, type Suite, type SuiteOptions } from "../suite.ts";
import { mixedCapture, trafficOf } from "../traffic/capture.ts";

const COUNTS = [1000, 5000, 10_000, 25_000];
const FULL = { rounds: 7, bytes: 100e6, loads: 9 };
const SHORT = { rounds: 3, bytes: 20e6, loads: 3 };

/** Broken: the largest set has less than this share of the speed with the smallest. */
const SHARE = 0.15;

export const suite: Suite = {
  description: "1,000 to 25,000 rules on mixed traffic; rates by processor time of one thread",
  run,
};

async function run(options: SuiteOptions): Promise<Report> {
  const size = options.short ? SHORT : FULL;
  const rules = ruleTexts(options.rules, COUNTS.at(-1)!);
  const traffic = await trafficOf("mixed", [mixedCapture(size.bytes)]);
  const sets = COUNTS.map((count) => {
    const chosen = rules.slice(0, count);
    const [compile, database] = timed(() => databaseOf(chosen));
    const engine = new Engine();
    const loads = Array.from({ length: size.loads }, () => timed(() => engine.load(database))[0]);
    return { count: chosen.length, compile, load: median(loads), bytes: database.length, engine };
  });
  const paces = race(
    sets.map(({ count, engine }) => ({ name: `${count} rules`, engine })),
    traffic,
    size.rounds,
  );
  const rows = sets.map(({ compile, load, bytes }, i) => ({
    case: paces[i]!.name,
    figures: {
      ...ratesOf(paces[i]!, traffic),
      share: paces[0]!.processor / paces[i]!.processor,
      "compile s": compile / 1e3,
      "load ms": load,
      "database MB": bytes / 1e6,
    },
  }));
  const share = rows.at(-1)!.figures.share;
  return {
    suite: "growth",
    notes: [
      `rules ${options.rules ? "of a folder" : "made up"}; ${traffic.frames.length} frames, ${(traffic.bytes / 1e6).toFixed(0)} MB; compile and load: processor time`,
    ],
    rows,
    summary: { "speed with all rules, of that with 1,000": share },
    failures: share < SHARE ? [`${sets.at(-1)!.count} rules have ${share.toFixed(2)} of the speed with 1,000`] : [],
  };
}

/** Milliseconds of processor time, and the result. */
function timed<T>(task: () => T): [milliseconds: number, result: T] {
  const before = process.cpuUsage();
  const result = task();
  const { user, system } = process.cpuUsage(before);
  return [(user + system) / 1e3, result];
}
