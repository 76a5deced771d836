/** The literal matcher of the core beside native Hyperscan, in one process, round by round in turn. */
import { Bench } from "tinybench";
import { buildLiteralTable, type Literal } from "../../compiler/prefilter/literal_table.ts";
import { buildRoom } from "../../test/core-room.ts";
import { loadHyperscan } from "../hyperscan.ts";
import { generatedLiterals, ruleLiterals } from "../patterns.ts";
import { geometricMean, median, type Report, type Row, type Suite, type SuiteOptions } from "../suite.ts";
import { capturedTexts, generatedTexts, type Text } from "../texts.ts";

/** Pattern sets: how many, and the shortest literal in it. */
const SETS = [
  { name: "200", count: 200, shortest: 1, main: true },
  { name: "2,000", count: 2000, shortest: 1, main: true },
  { name: "all", count: Number.POSITIVE_INFINITY, shortest: 1, main: true },
  { name: "200, 5 bytes or more", count: 200, shortest: 5, main: false },
  { name: "2,000, 5 bytes or more", count: 2000, shortest: 5, main: false },
  { name: "all, 5 bytes or more", count: Number.POSITIVE_INFINITY, shortest: 5, main: false },
];

/** Rounds of a cell, milliseconds of one rival in a round, bytes of packets. */
const FULL = { rounds: 15, time: 60, bytes: 1_200_000 };
const SHORT = { rounds: 3, time: 20, bytes: 500_000 };

/** A ratio below this means that something broke. */
const BROKEN = 0.3;

interface Core {
  memory: WebAssembly.Memory;
  reserve(bytes: number): number;
  literalScratchBytes(literals: number): number;
  configureLiteralScratch(ptr: number, bytes: number): number;
  checkLiteralTable(table: number, length: number): number;
  scanBatch(table: number, base: number, at: number, count: number, out: number, max: number): number;
  sumBatch(table: number, base: number, at: number, count: number, out: number, max: number): number;
}

const MAX_LITERALS = 65_535;
const TABLE_BYTES = 32 << 20;

/** The core with the texts in its memory. */
class CoreMatcher {
  readonly #core: Core;
  readonly #table: number;
  readonly #out: number;

  private constructor(core: Core) {
    this.#core = core;
    this.#table = core.reserve(TABLE_BYTES);
    this.#out = core.reserve(4 * MAX_LITERALS);
    const bytes = core.literalScratchBytes(MAX_LITERALS);
    core.configureLiteralScratch(core.reserve(bytes), bytes);
  }

  static async create(): Promise<CoreMatcher> {
    return new CoreMatcher((await buildRoom("test/match/literal.core.ts")).exports as unknown as Core);
  }

  load(table: Uint8Array): void {
    new Uint8Array(this.#core.memory.buffer).set(table, this.#table);
    if (!this.#core.checkLiteralTable(this.#table, table.length)) throw new Error("the core refuses the table");
  }

  /** As the core of the product has them: the text lies in its memory already, one call scans a batch. */
  prepare(text: Text): { scan(): void; found(): [matches: number, sum: number] } {
    const base = this.#core.reserve(text.bytes.length + 64);
    const at = this.#core.reserve(8 * text.buffers.length);
    new Uint8Array(this.#core.memory.buffer).set(text.bytes, base);
    new Uint32Array(this.#core.memory.buffer, at).set(text.buffers.flat());
    const call = (scan: "scanBatch" | "sumBatch") =>
      this.#core[scan](this.#table, base, at, text.buffers.length, this.#out, MAX_LITERALS);
    return { scan: () => void call("scanBatch"), found: () => [call("scanBatch"), call("sumBatch") >>> 0] };
  }
}

export const suite: Suite = {
  description: "literal matcher of the core against native Hyperscan (block mode, each literal once a buffer), GB/s",
  run,
};

async function run(options: SuiteOptions): Promise<Report> {
  const size = options.short ? SHORT : FULL;
  const texts =
    options.captures.length > 0 ? await capturedTexts(options.captures, size.bytes) : generatedTexts(size.bytes);
  const literals = options.rules ? ruleLiterals(options.rules) : generatedLiterals(10_000);
  const hyperscan = loadHyperscan();
  const core = await CoreMatcher.create();
  const notes = [
    `patterns: ${literals.length}, ${options.rules ? "one a rule" : "generated"}; text: ${texts[1]!.bytes.length} bytes in ${texts[1]!.buffers.length} packets, ${texts[2]!.buffers.length} URIs, ${options.captures.length ? "captured" : "generated"}`,
    typeof hyperscan === "string" ? hyperscan : `Hyperscan ${hyperscan.version}; ratio above 1: the core is faster`,
  ];
  const prepared = texts.map((text) => ({ text, core: core.prepare(text) }));
  const rows: Row[] = [];
  const failures: string[] = [];
  const ratios = { main: [] as number[], long: [] as number[] };
  for (const set of SETS) {
    const patterns = literals.filter(({ bytes }) => bytes.length >= set.shortest).slice(0, set.count);
    if (set.count !== Number.POSITIVE_INFINITY && patterns.length < set.count) continue;
    const started = performance.now();
    const table = buildLiteralTable(patterns);
    const build = performance.now() - started;
    core.load(table);
    const database = typeof hyperscan === "string" ? undefined : hyperscan.compile(patterns);
    for (const { text, core: ours } of prepared) {
      const rival = database?.prepare(text);
      const found = ours.found();
      const name = `${set.name}: ${text.name}`;
      const expected = rival?.found() ?? naiveSample(patterns, text, found);
      if (found[0] !== expected[0] || found[1] !== expected[1])
        failures.push(`${name}: found ${found}, should be ${expected}`);
      const [core_, native] = await interleaved([ours.scan, ...(rival ? [rival.scan] : [])], size);
      const rate = (milliseconds: number) => text.bytes.length / milliseconds / 1e6;
      const figures: Record<string, number> = { patterns: patterns.length, matches: found[0], core: rate(core_!) };
      if (native !== undefined) {
        figures.hyperscan = rate(native);
        figures.ratio = native / core_!;
        ratios[set.main ? "main" : "long"].push(figures.ratio);
        if (figures.ratio < BROKEN) failures.push(`${name}: ${figures.ratio.toFixed(2)} of Hyperscan's speed`);
      }
      figures["table KB"] = Math.round(table.length / 1024);
      figures["build ms"] = Math.round(build);
      rows.push({ case: name, figures });
    }
    database?.close();
  }
  return { suite: "matcher", notes, rows, summary: summarize(ratios), failures };
}

/**
 * Medians over the rounds of the quickest pass of a round, in milliseconds: what else the machine does is not measured. In every round each rival
 * has its turn, in changing order.
 */
async function interleaved(
  scans: (() => void)[],
  { rounds, time }: { rounds: number; time: number },
): Promise<number[]> {
  const times = scans.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    const bench = new Bench({ time, iterations: 2, warmup: round === 0, warmupTime: time });
    const order = round % 2 ? [...scans.keys()].reverse() : [...scans.keys()];
    for (const i of order) bench.add(String(i), scans[i]!);
    for (const task of await bench.run()) {
      if (task.result.state !== "completed") throw new Error(`a scan did not complete: ${task.result.state}`);
      times[Number(task.name)]!.push(task.result.latency.min);
    }
  }
  return times.map(median);
}

/** Without a rival the text is searched naively, if that takes seconds; else `found` is given back, and nothing is compared. */
function naiveSample(patterns: readonly Literal[], text: Text, found: [number, number]): [number, number] {
  const folded = (bytes: Uint8Array) => Buffer.from(bytes.map((byte) => (byte >= 65 && byte <= 90 ? byte | 32 : byte)));
  if (patterns.length * text.bytes.length > NAIVE_LIMIT) return found;
  let [matches, sum] = [0, 0];
  for (const [offset, length] of text.buffers) {
    const exact = Buffer.from(text.bytes.subarray(offset, offset + length));
    const lower = folded(exact);
    patterns.forEach(({ bytes, nocase }, i) => {
      if (nocase ? !lower.includes(folded(bytes)) : !exact.includes(Buffer.from(bytes))) return;
      matches++;
      sum = (sum + i) >>> 0;
    });
  }
  return [matches, sum];
}

/** Pattern bytes times text bytes beyond which a naive search takes too long. */
const NAIVE_LIMIT = 2e9;

function summarize({ main, long }: { main: number[]; long: number[] }): Record<string, number> {
  if (main.length === 0) return {};
  return {
    "geometric mean of the main cells": geometricMean(main),
    "lowest main cell": Math.min(...main),
    "geometric mean with 5 bytes or more": geometricMean(long),
    "lowest cell with 5 bytes or more": Math.min(...long),
  };
}
