/** How fast engines get through traffic: all of them within one run, in turn, by processor time and by the clock. */
import type { Engine } from "../hosts/node/engine/engine.ts";
import { median } from "./suite.ts";
import type { Traffic } from "./traffic/capture.ts";

/** One of those compared. */
export interface Contender {
  name: string;
  engine: Engine;
  /** Called before each of its turns. */
  prepare?: () => void;
}

/** Of the rounds after the first, which warms up. */
export interface Pace {
  name: string;
  /** Seconds of the processor (user and system) for all traffic: the median, and the best round. */
  processor: number;
  best: number;
  /** Seconds by the clock, the best round: what else the machine did is in it. */
  clock: number;
}

/** Lets each contender take the traffic once a round, in changing order. */
export function race(contenders: readonly Contender[], traffic: Traffic, rounds: number): Pace[] {
  const times = contenders.map(() => ({ processor: [] as number[], clock: [] as number[] }));
  for (let round = 0; round <= rounds; round++) {
    const order = round % 2 ? [...contenders.keys()].reverse() : [...contenders.keys()];
    for (const i of order) {
      contenders[i]!.prepare?.();
      const taken = turn(contenders[i]!.engine, traffic);
      if (round === 0) continue;
      times[i]!.processor.push(taken.processor);
      times[i]!.clock.push(taken.clock);
    }
  }
  return contenders.map(({ name }, i) => ({
    name,
    processor: median(times[i]!.processor),
    best: Math.min(...times[i]!.processor),
    clock: Math.min(...times[i]!.clock),
  }));
}

function turn(engine: Engine, { frames }: Traffic): { processor: number; clock: number } {
  const before = process.cpuUsage();
  const started = performance.now();
  for (const frame of frames) {
    if (engine.write(frame)) continue;
    engine.inspect();
    engine.write(frame);
  }
  engine.inspect();
  engine.finish();
  const { user, system } = process.cpuUsage(before);
  return { processor: (user + system) / 1e6, clock: (performance.now() - started) / 1e3 };
}

/** Rates of a pace: by processor time unless they say otherwise. */
export function ratesOf(pace: Pace, { bytes, frames }: Traffic): Record<string, number> {
  return {
    "MB/s": bytes / pace.processor / 1e6,
    "kpackets/s": frames.length / pace.processor / 1e3,
    "Gbit/s": (bytes * 8) / pace.processor / 1e9,
    "best Gbit/s": (bytes * 8) / pace.best / 1e9,
    "clock Gbit/s": (bytes * 8) / pace.clock / 1e9,
  };
}
