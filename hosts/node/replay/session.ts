/** A replay from files to files: captures through a fresh engine each, events to one EVE log, frames that pass to one capture. */
import type { CaptureWriter } from "../capture/writer.ts";
import type { Configuration } from "../config/schema/root.ts";
import { Engine } from "../engine/engine.ts";
import type { Mode } from "../engine/settings.ts";
import { VpatchError } from "../errors.ts";
import { EveLog, type LineSink } from "../eve/log.ts";
import { EvidenceRecorder } from "../evidence/recorder.ts";
import { Replay, type ReplaySummary } from "./replay.ts";
import { Tally } from "./tally.ts";

export interface SessionOptions {
  mode: Mode;
  config: Configuration;
  /** The rules: a database, or the file that holds one. */
  database: Uint8Array | string;
  /** Receives the EVE lines. */
  events: LineSink;
  /** Receives the frames that were let by. */
  passed?: CaptureWriter;
  /** Frames of one batch at most. */
  batch?: number;
  onProgress?: (bytes: number) => Promise<void>;
  onVerdict?: (verdict: number) => void;
  /** Folder for the evidence of alerts and drops. */
  evidence?: string;
}

export interface SessionResult {
  captures: number;
  totals: ReplaySummary;
  tally: Tally;
  /** Lines written, by event type. */
  written: ReadonlyMap<string, number>;
  rules: number;
  /** Captures that are damaged: what came before the damage was inspected. */
  damaged: VpatchError[];
}

/**
 * Replays captures, each from a clean state: results do not depend on which other captures are replayed, or in which order.
 * @throws VpatchError when the database or the configuration is refused, or a capture cannot be read at all
 */
export async function replaySession(files: readonly string[], options: SessionOptions): Promise<SessionResult> {
  const result: SessionResult = {
    captures: 0,
    totals: { frames: 0, bytes: 0, passed: 0, dropped: 0, rejected: 0, modified: 0, first: 0, last: 0 },
    tally: new Tally(),
    written: new Map(),
    rules: 0,
    damaged: [],
  };
  const { config, mode } = options;
  const eve = config.outputs;
  const log = new EveLog(options.events, {
    options: files.length > 1 ? { ...eve, pcapFile: true } : eve,
    rules: [],
    prevent: mode === "prevent",
  });
  result.written = log.written;
  try {
    for (const file of files) await replayFile(file, options, log, result);
  } finally {
    log.close();
    options.passed?.close();
  }
  return result;
}

/**
 * Inspects a capture as far as it can be read.
 * @returns what is wrong with the rest
 * @throws VpatchError when nothing of it can be read
 */
export async function replayUntilDamage(replay: Replay, file: string): Promise<VpatchError | undefined> {
  try {
    await replay.capture(file);
    return undefined;
  } catch (error) {
    if (!(error instanceof VpatchError) || !error.code.startsWith("VPATCH_CAPTURE") || replay.summary.frames === 0)
      throw error;
    return error;
  }
}

async function replayFile(file: string, options: SessionOptions, log: EveLog, result: SessionResult): Promise<void> {
  const engine: Engine = new Engine({
    mode: options.mode,
    config: options.config,
    ...(options.evidence === undefined ? {} : { recorder: new EvidenceRecorder({ folder: options.evidence }) }),
    onEvent(event) {
      result.tally.count(event, engine.rules);
      log.event(event);
    },
  });
  if (typeof options.database === "string") engine.loadFile(options.database);
  else engine.load(options.database);
  result.rules = engine.rules.length;
  log.context.rules = engine.rules;
  log.context.captureFile = file;
  const replay = new Replay(engine, options);
  const damage = await replayUntilDamage(replay, file);
  if (damage) result.damaged.push(damage);
  const summary = replay.finish();
  const seconds = Math.floor((summary.last - summary.first) / 1_000_000);
  log.stats(engine.counters(), summary.last, seconds);
  add(result.totals, summary);
  result.captures++;
}

function add(totals: ReplaySummary, summary: ReplaySummary): void {
  for (const key of ["frames", "bytes", "passed", "dropped", "rejected", "modified"] as const)
    totals[key] += summary[key];
  totals.first = totals.first === 0 ? summary.first : Math.min(totals.first, summary.first);
  totals.last = Math.max(totals.last, summary.last);
}
