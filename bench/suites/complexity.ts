/** Complexity attacks through the whole core: what a packet of each costs beside an ordinary one of the same size. */
import { fileURLToPath } from "node:url";
import type { ConversationFrame } from "../../corpus/frames.ts";
import { makeConfiguration, type RawConfiguration } from "../../hosts/node/config/configuration.ts";
import { Engine } from "../../hosts/node/engine/engine.ts";
import { Profile } from "../../hosts/node/replay/profile.ts";
import { compileRules } from "../../hosts/node/rules/compile.ts";
import { readRuleFiles } from "../../hosts/node/rules/files.ts";
import { type Attack, attacks } from "../attacks.ts";
import { median, type Report, type Row, type Suite, type SuiteOptions } from "../suite.ts";

/** A packet of an attack may cost so many ordinary ones. */
const LIMIT = 20;
const FULL = { rounds: 7, scale: 1 };
const SHORT = { rounds: 3, scale: 0.25 };
const HOUR = 3_600_000_000;

/** An engine that inspects the same frames again and again, an hour of traffic apart. */
class Runner {
  private readonly engine: Engine;
  private readonly frames: readonly ConversationFrame[];
  private round = 0;

  constructor(engine: Engine, frames: readonly ConversationFrame[]) {
    this.engine = engine;
    this.frames = frames;
  }

  /** Nanoseconds of the processor a packet, in the core alone. */
  pass(): number {
    let spent = 0;
    const later = this.round++ * HOUR;
    const inspect = (): void => {
      const before = process.cpuUsage();
      this.engine.inspect();
      spent += taken(before);
    };
    for (const { data, linkType, seconds, nanoseconds } of this.frames) {
      const frame = { data, linkType, timestamp: seconds * 1_000_000 + nanoseconds / 1000 + later };
      if (this.engine.write(frame)) continue;
      inspect();
      this.engine.write(frame);
    }
    inspect();
    const before = process.cpuUsage();
    this.engine.finish();
    return (spent + taken(before)) / this.frames.length;
  }

  /** Cost units a packet, over all passes. */
  get units(): number {
    const profile = new Profile();
    profile.add(this.engine);
    const units = profile.protocols.reduce((sum, protocol) => sum + protocol.units, 0);
    return units / (this.frames.length * this.round);
  }
}

/** Nanoseconds of the processor, user and system, since then. */
function taken(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) * 1000;
}

async function prepare(attack: Attack): Promise<{ hostile: Runner; ordinary: Runner }> {
  const config = await makeConfiguration((attack.config ?? {}) as RawConfiguration);
  const sources = readRuleFiles([fileURLToPath(new URL("../../signatures", import.meta.url))]);
  const own = attack.rules === undefined ? [] : [{ file: attack.name, text: attack.rules }];
  const { database } = compileRules([...sources, ...own], config);
  const [hostile, ordinary] = [attack.frames, attack.ordinary].map((frames) => {
    const engine = new Engine({ mode: "prevent", config });
    engine.load(database);
    return new Runner(engine, frames);
  });
  return { hostile: hostile!, ordinary: ordinary! };
}

async function run({ short }: SuiteOptions): Promise<Report> {
  const { rounds, scale } = short ? SHORT : FULL;
  const rows: Row[] = [];
  const failures: string[] = [];
  for (const attack of attacks(scale)) {
    const { hostile, ordinary } = await prepare(attack);
    hostile.pass();
    ordinary.pass();
    const times = Array.from({ length: rounds }, () => [hostile.pass(), ordinary.pass()] as const);
    const ratio = median(times.map(([bad, good]) => bad / good));
    rows.push({
      case: attack.name,
      figures: {
        "us a packet": median(times.map(([bad]) => bad)) / 1000,
        "us ordinary": median(times.map(([, good]) => good)) / 1000,
        ratio,
        units: Math.round(hostile.units),
        "units ordinary": Math.round(ordinary.units),
      },
    });
    if (ratio > LIMIT)
      failures.push(`${attack.name}: a packet costs ${ratio.toFixed(1)} ordinary ones, ${LIMIT} are allowed`);
  }
  return {
    suite: "complexity",
    notes: [
      "Attack and ordinary traffic of the same packet sizes through a core each, in prevention mode with the bundled signatures, in turn;",
      `time in the core alone, the median of ${rounds} rounds. A unit of cost is about the time to scan a byte.`,
    ],
    rows,
    summary: { "worst ratio": Math.max(...rows.map(({ figures }) => figures.ratio!)) },
    failures,
  };
}

export const suite: Suite = {
  description: "attacks on the time of the core, beside ordinary packets of the same size",
  run,
};
