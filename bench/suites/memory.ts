/**
 * Memory, and cost against concurrent flows: what `vpatch replay` keeps resident with all rules, and one thousand to one million connections
 * offered to an engine of fixed capacity.
 *
 * A hundred thousand flows are three things. Connections of the last minute that have closed: that is how a busy server comes by so many, and
 * what the goal is about. Connections that idle, which in detection hold the answer and its transaction until the next packet. And all of them
 * in one step, none answered before the last has asked: then the heap is at its cap, and what it has no room for is refused and counted.
 */
import { spawnSync } from "node:child_process";
import { closeSync, fstatSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Counter } from "../../assembly/abi/counters.ts";
import { Engine } from "../../hosts/node/engine/engine.ts";
import { databaseOf, ruleTexts } from "../rules.ts";
import type { Report, Row, Suite, SuiteOptions } from "../suite.ts";
import { generated, mixedCapture } from "../traffic/capture.ts";
import { crowdFrames, lonelyFrames } from "../traffic/crowd.ts";

const MADE_UP = 25_000;
/** The last minute's connections, in microseconds. */
const MINUTE = 50e6;
/** Microseconds between two connections that are to idle. */
const IDLE_EVERY = 100;
/** Connections in all, and those of them open at once. */
const FULL = {
  bytes: 100e6,
  crowd: 100_000,
  rounds: 3,
  flows: [
    [200_000, 1000],
    [200_000, 100_000],
    [1_000_000, 1_000_000],
  ],
};
const SHORT = {
  bytes: 20e6,
  crowd: 20_000,
  rounds: 1,
  flows: [
    [60_000, 1000],
    [100_000, 100_000],
  ],
};
/** Broken: the many cost more than this many times the few, a packet. */
const FACTOR = 4;

const command = fileURLToPath(new URL("../../build/hosts/node/cli.js", import.meta.url));
const report = new URL("../resident.mjs", import.meta.url).href;

export const suite: Suite = {
  description: "resident memory of commands with all rules; many connections at once (processor time of one thread)",
  run,
};

async function run(options: SuiteOptions): Promise<Report> {
  const size = options.short ? SHORT : FULL;
  const rules = ruleTexts(options.rules, MADE_UP);
  const folder = mkdtempSync(join(tmpdir(), "vpatch-memory-"));
  try {
    const commands = measureCommands(folder, rules, size.bytes, size.crowd);
    const crowds = await measureCrowds(databaseOf(rules.slice(0, 300)), size);
    const few = crowds[0]!.figures["us a packet"]!;
    const worst = Math.max(...crowds.map(({ figures }) => figures["us a packet"]! / few));
    return {
      suite: "memory",
      notes: [
        `rules: ${rules.length}, ${options.rules ? "of a folder" : "made up"}; connections are inspected with 300 of them`,
      ],
      rows: [...commands, ...crowds],
      summary: { "a packet among the most connections, times one among the fewest": worst },
      failures: worst > FACTOR ? [`a packet among many connections costs ${worst.toFixed(1)} times one among few`] : [],
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What the commands take: processes of their own. */
function measureCommands(folder: string, rules: readonly string[], bytes: number, crowd: number): Row[] {
  const at = (name: string): string => join(folder, name);
  writeFileSync(at("bench.rules"), rules.join("\n"));
  writeFileSync(at("crowd.yaml"), "vpatch:\n  capacity:\n    flows: 131072\n    sessions: 131072\n");
  const replay = (capture: string, ...more: string[]): string[] => [
    "replay",
    "--db",
    at("all.vpdb"),
    capture,
    "-q",
    "-o",
    at("out"),
    ...more,
  ];
  const crowded = ["-c", at("crowd.yaml")];
  const closed = generated(`crowd-closed-${crowd}`, () => lonelyFrames(crowd, MINUTE / crowd, false));
  const idle = generated(`crowd-idle-${crowd}`, () => lonelyFrames(crowd, IDLE_EVERY, true));
  const together = generated(`crowd-together-${crowd}`, () => crowdFrames(crowd, crowd));
  const commands: [name: string, args: string[]][] = [
    ["compile all rules", ["compile", at("bench.rules"), "-q", "-o", at("all.vpdb")]],
    ["replay mixed traffic", replay(mixedCapture(bytes))],
    [`replay ${crowd} flows: connections of the last minute`, replay(closed, ...crowded)],
    [`the same in prevention`, replay(closed, ...crowded, "-m", "prevent")],
    [`replay ${crowd} flows: idle connections`, replay(idle, ...crowded)],
    [`replay ${crowd} flows: all in one step`, replay(together, ...crowded)],
  ];
  return commands.map(([name, args]) => {
    const done = spawnSync(process.execPath, ["--import", report, command, ...args], { encoding: "utf8" });
    const found = /resident (\d+) processor (\d+)/.exec(done.stderr);
    if (done.status !== 0 || !found) throw new Error(`${name}: ${done.stderr}`);
    const figures = { "resident MB": Number(found[1]) / 1024, "processor s": Number(found[2]) / 1e6 };
    if (args[0] !== "replay") return { case: name, figures };
    const { flow, tcp } = lastStats(join(at("out"), "eve.json"));
    const refused = flow.memcap + tcp.ssn_memcap_drop + tcp.segment_memcap_drop + tcp.insert_data_normal_fail;
    return { case: name, figures: { ...figures, "flows made": flow.total, refused } };
  });
}

interface Stats {
  flow: { total: number; memcap: number };
  tcp: { ssn_memcap_drop: number; segment_memcap_drop: number; insert_data_normal_fail: number };
}

/** The counters at the end of a replay, from the last line of its events. */
function lastStats(file: string): Stats {
  const tail = Buffer.alloc(1 << 16);
  const fd = openSync(file, "r");
  const length = readSync(fd, tail, 0, tail.length, Math.max(0, fstatSync(fd).size - tail.length));
  closeSync(fd);
  const line = tail.toString("utf8", 0, length).trimEnd().split("\n").at(-1)!;
  return (JSON.parse(line) as { stats: Stats }).stats;
}

/** Connections offered to an engine of stock capacity: the best of the rounds. */
async function measureCrowds(database: Uint8Array, { flows, rounds }: typeof FULL): Promise<Row[]> {
  return flows.map(([total, atOnce]) => {
    const engine = new Engine();
    engine.load(database);
    let best = Number.POSITIVE_INFINITY;
    let frames = 0;
    for (let round = 0; round < rounds; round++) {
      const before = process.cpuUsage();
      frames = offer(engine, total!, atOnce!);
      const { user, system } = process.cpuUsage(before);
      best = Math.min(best, (user + system) / frames);
    }
    const counters = engine.counters();
    return {
      case: `${total} connections, ${atOnce} at once`,
      figures: {
        "us a packet": best,
        "kpackets/s": 1e3 / best,
        "flows made": Number(counters[Counter.flow__total]! / BigInt(rounds)),
        refused: Number(counters[Counter.flow__memcap]! / BigInt(rounds)),
        "core MB": engine.memory / 1e6,
      },
    };
  });
}

function offer(engine: Engine, total: number, atOnce: number): number {
  let frames = 0;
  for (const { data, linkType, seconds, nanoseconds } of crowdFrames(total, atOnce)) {
    const frame = { data, linkType, timestamp: seconds * 1e6 + nanoseconds / 1e3, partialChecksum: true };
    if (!engine.write(frame)) {
      engine.inspect();
      engine.write(frame);
    }
    frames++;
  }
  engine.inspect();
  engine.finish();
  return frames;
}
