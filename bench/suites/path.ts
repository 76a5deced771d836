/** The whole path: what each room adds to the way of a frame, and what rules add, in one run. */

import { compileCore } from "../../hosts/node/engine/core.ts";
import { Engine } from "../../hosts/node/engine/engine.ts";
import { buildRoomBytes } from "../../test/core-room.ts";
import { type Contender, race, ratesOf } from "../race.ts";
import { databaseOf, ruleTexts } from "../rules.ts";
import type { Report, Row, Suite, SuiteOptions } from "../suite.ts";
import { mixedCapture, trafficIn, trafficOf } from "../traffic/capture.ts";

const FULL = { rounds: 5, bytes: 220e6, capturedBytes: 40e6 };
const SHORT = { rounds: 3, bytes: 20e6, capturedBytes: 5e6 };
const MADE_UP = 25_000;
/** Rules on a machine that has only what it needs assigned. */
const ASSIGNED = 300;

/** Rungs of bench/ladder.core.ts, from nothing (the frame is copied in) to everything. */
const RUNGS = ["copy", "decode", "+ flow", "+ stream", "+ app"];

/** Broken: the rules assigned cost more than all the rest by this factor; all rules have less than this share of the speed. */
const ASSIGNED_SHARE = 0.35;
const ALL_SHARE = 0.15;

interface LadderExports {
  climb(rung: number): void;
}

export const suite: Suite = {
  description: "the way of a frame, room by room, then with rules; rates by processor time of one thread",
  run,
};

async function run(options: SuiteOptions): Promise<Report> {
  const size = options.short ? SHORT : FULL;
  const rules = ruleTexts(options.rules, MADE_UP);
  const sets = [rules.slice(0, ASSIGNED), rules].map((set) => ({ count: set.length, database: databaseOf(set) }));
  const traffics = [await trafficOf("mixed", [mixedCapture(size.bytes)])];
  if (options.captures.length > 0) traffics.push(await trafficIn(options.captures, size.capturedBytes));
  const contenders = [...(await ladder()), ...sets.flatMap(withRules)];
  const rows: Row[] = [];
  const failures: string[] = [];
  const summary: Record<string, number> = {};
  for (const traffic of traffics) {
    const paces = race(contenders, traffic, size.rounds);
    for (const pace of paces) rows.push({ case: `${traffic.name}: ${pace.name}`, figures: ratesOf(pace, traffic) });
    const of = (name: string): number => paces.find((pace) => pace.name === name)!.processor;
    const [assigned, all] = sets.map(({ count }) => of(`${count} rules`)) as [number, number];
    const bare = of("+ app");
    summary[`${traffic.name}: speed with ${ASSIGNED} rules, of that without`] = bare / assigned;
    summary[`${traffic.name}: speed with all rules, of that with ${ASSIGNED}`] = assigned / all;
    if (bare / assigned < ASSIGNED_SHARE)
      failures.push(
        `${traffic.name}: ${ASSIGNED} rules take the speed to ${(bare / assigned).toFixed(2)} of that without rules`,
      );
    if (assigned / all < ALL_SHARE)
      failures.push(
        `${traffic.name}: all rules take the speed to ${(assigned / all).toFixed(2)} of that with ${ASSIGNED}`,
      );
  }
  const notes = [
    `rules: ${rules.length}, ${options.rules ? "of a folder" : "made up"}; ${ASSIGNED} of them are assigned; detect and prevent are the modes`,
    ...traffics.map(
      ({ name, frames, bytes }) =>
        `${name}: ${frames.length} frames, ${(bytes / 1e6).toFixed(0)} MB, ${(bytes / frames.length).toFixed(0)} bytes a frame`,
    ),
  ];
  return { suite: "path", notes, rows, summary, failures };
}

async function ladder(): Promise<Contender[]> {
  const { instantiate, ...binary } = compileCore(await buildRoomBytes("bench/ladder.core.ts"), "ladder");
  return RUNGS.map((name, rung) => {
    let climb = (_rung: number): void => {};
    const engine = new Engine({
      core: {
        ...binary,
        instantiate: (abort) => {
          const core = instantiate(abort);
          climb = (core as unknown as LadderExports).climb;
          return core;
        },
      },
    });
    return { name, engine, prepare: () => climb(rung) };
  });
}

function withRules({ count, database }: { count: number; database: Uint8Array }): Contender[] {
  return (["detect", "prevent"] as const).map((mode) => {
    const engine = new Engine({ mode });
    engine.load(database);
    return { name: `${count} rules${mode === "detect" ? "" : ", prevent"}`, engine };
  });
}
