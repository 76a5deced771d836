/** The summary of a replay, for people. */
import { formatTable } from "../terminal/table.ts";
import type { SessionResult } from "./session.ts";

export interface SummaryOptions {
  mode: string;
  /** Rules that were refused. */
  refused: number;
  /** Rules listed at most. */
  shown: number;
  /** Where the events are. */
  events: string;
  /** Where the frames that passed are. */
  passed?: string;
}

const number = (value: number): string => value.toLocaleString("en-US");

function formatBytes(bytes: number): string {
  if (bytes < 10_000) return `${number(bytes)} bytes`;
  return bytes < 10_000_000 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Lines for the terminal, with the last line's end. */
export function formatSummary(result: SessionResult, options: SummaryOptions): string {
  const { totals, tally } = result;
  const seconds = Math.max(0, (totals.last - totals.first) / 1_000_000);
  const verdicts = [
    `${number(totals.passed)} passed`,
    ...(totals.dropped ? [`${number(totals.dropped)} dropped`] : []),
    ...(totals.rejected ? [`${number(totals.rejected)} rejected`] : []),
    ...(totals.modified ? [`${number(totals.modified)} rewritten`] : []),
  ];
  const events = [...result.written]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => `${name} ${number(count)}`);
  const refused = options.refused > 0 ? `, ${number(options.refused)} refused` : "";
  const span = result.captures === 1 ? `, ${seconds.toFixed(1)} s of traffic` : "";
  const rows = [
    ["captures", number(result.captures)],
    ["frames", `${number(totals.frames)} (${formatBytes(totals.bytes)}${span})`],
    ["rules", `${number(result.rules)}${refused}`],
    ["mode", options.mode],
    ["verdicts", verdicts.join(", ")],
    ["events", events.join(", ") || "none"],
    ["written to", options.events],
    ...(options.passed === undefined ? [] : [["passed frames", options.passed]]),
  ];
  let text = `${formatTable(["", ""], rows)}\n`;
  const { alerts } = tally;
  if (alerts.length > 0) {
    const shown = alerts.slice(0, options.shown).map(({ sid, msg, alerts: count }) => [String(sid), msg, count]);
    text += `${formatTable(["sid", "signature", "alerts"], shown)}\n`;
    if (alerts.length > options.shown) text += `and ${number(alerts.length - options.shown)} more signatures\n`;
  }
  return text;
}
