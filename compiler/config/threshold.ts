/**
 * `threshold.config`: suppress, threshold (or event_filter) and rate_filter entries, which change rules from outside.
 * Suricata manual, "Global-Thresholds".
 */
import { type AddressSet, addressSet } from "../address.ts";
import { parseList } from "../rule/expression.ts";
import { RuleError, type RuleProblem } from "../rule/problem.ts";
import type { Variables } from "../variables.ts";

export type Track = "by_src" | "by_dst" | "by_both" | "by_rule" | "by_flow" | "by_either";

interface Entry {
  /** 0 stands for every generator, `sid` 0 for every signature. */
  readonly gid: number;
  readonly sid: number;
  readonly file: string;
  readonly line: number;
}

/** Without `track`, the rule never alerts. */
export interface Suppress extends Entry {
  readonly kind: "suppress";
  readonly track?: "by_src" | "by_dst" | "by_either";
  readonly addresses?: AddressSet;
}

export interface EventFilter extends Entry {
  readonly kind: "threshold";
  readonly type: "limit" | "threshold" | "both";
  readonly track: Track;
  readonly count: number;
  readonly seconds: number;
}

export interface RateFilter extends Entry {
  readonly kind: "rate_filter";
  readonly track: Track;
  readonly count: number;
  readonly seconds: number;
  readonly newAction: "alert" | "drop" | "pass" | "reject" | "log";
  readonly timeout: number;
}

export type ThresholdEntry = Suppress | EventFilter | RateFilter;

/** Reads a threshold.config; lines may be continued with a backslash. Entries keep the order of the file. */
export function parseThresholds(
  file: string,
  source: string,
  variables: Variables,
): { entries: ThresholdEntry[]; problems: RuleProblem[] } {
  const entries: ThresholdEntry[] = [];
  const problems: RuleProblem[] = [];
  const lines = source.split(/\r?\n/);
  for (let index = 0; index < lines.length; index += 1) {
    const line = index + 1;
    let text = lines[index]!;
    while (/\\\s*$/.test(text) && index + 1 < lines.length) {
      index += 1;
      text = text.replace(/\\\s*$/, " ") + lines[index]!;
    }
    if (text.trim() === "" || text.trimStart().startsWith("#")) continue;
    try {
      entries.push(parseEntry(text.trim(), { file, line }, variables));
    } catch (error) {
      if (!(error instanceof RuleError)) throw error;
      const advice = error.advice === undefined ? {} : { advice: error.advice };
      problems.push({ file, line, column: 1, reason: error.message, ...advice });
    }
  }
  return { entries, problems };
}

const TRACKS: readonly Track[] = ["by_src", "by_dst", "by_both", "by_rule", "by_flow"];

function parseEntry(text: string, place: { file: string; line: number }, variables: Variables): ThresholdEntry {
  const command = /^(threshold|event_filter|rate_filter|suppress)\s*:?\s+(.*)$/.exec(text);
  if (command === null) {
    throw new RuleError("not a threshold entry", { advice: "write suppress, threshold, event_filter or rate_filter" });
  }
  const fields = new Fields(command[2]!);
  const entry = { gid: fields.number("gen_id"), sid: fields.number("sig_id"), ...place };
  switch (command[1]) {
    case "suppress":
      return { ...entry, ...parseSuppress(fields, variables) };
    case "rate_filter":
      return {
        ...entry,
        kind: "rate_filter",
        track: fields.choice("track", TRACKS),
        count: fields.positive("count"),
        seconds: fields.positive("seconds"),
        newAction: fields.choice("new_action", ["alert", "drop", "pass", "reject", "log"]),
        timeout: fields.number("timeout"),
      };
    default:
      return {
        ...entry,
        kind: "threshold",
        type: fields.choice("type", ["limit", "threshold", "both"]),
        track: fields.choice("track", TRACKS),
        count: fields.positive("count"),
        seconds: fields.positive("seconds"),
      };
  }
}

function parseSuppress(fields: Fields, variables: Variables): Omit<Suppress, keyof Entry> {
  if (!fields.has("track")) return { kind: "suppress" };
  const track = fields.choice("track", ["by_src", "by_dst", "by_either"]);
  return { kind: "suppress", track, addresses: addressSet(parseList(fields.text("ip"), "address"), variables) };
}

/** `name value, name value` with brackets in values. */
class Fields {
  readonly #values = new Map<string, string>();

  constructor(text: string) {
    // A comma separates fields only outside brackets.
    for (const part of text.split(/,(?![^[]*\])/)) {
      const found = /^\s*(\w+)\s+(.+?)\s*$/.exec(part);
      if (found === null) throw new RuleError(`"${part.trim()}" is not a field`, { advice: `write "name value"` });
      this.#values.set(found[1]!, found[2]!);
    }
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  text(name: string): string {
    const value = this.#values.get(name);
    if (value === undefined) throw new RuleError(`"${name}" is missing`);
    return value;
  }

  number(name: string): number {
    const value = this.text(name);
    if (!/^\d{1,10}$/.test(value) || Number(value) > 0xffff_ffff) {
      throw new RuleError(`"${name} ${value}" is not a number of 32 bits`);
    }
    return Number(value);
  }

  positive(name: string): number {
    const value = this.number(name);
    if (value === 0) throw new RuleError(`"${name}" must not be 0`);
    return value;
  }

  choice<T extends string>(name: string, choices: readonly T[]): T {
    const value = this.text(name).toLowerCase();
    const found = choices.find((choice) => choice === value);
    if (found === undefined) throw new RuleError(`"${name} ${value}" is none of ${choices.join(", ")}`);
    return found;
  }
}
