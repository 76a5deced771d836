/** Runs the rules of a case through compiler and engine, and says what became of them. */
import { Verdict } from "../../assembly/abi/codes.ts";
import { EventType } from "../../assembly/abi/frames.ts";
import { compileRules, parseThresholds, Variables } from "../../compiler/index.ts";
import { makeConfiguration } from "../../hosts/node/config/configuration.ts";
import type { Configuration } from "../../hosts/node/config/schema/root.ts";
import { Engine, type FrameInput } from "../../hosts/node/engine/engine.ts";
import { formatEvent } from "../../hosts/node/eve/format.ts";
import type { Case, RulesBlock } from "./case.ts";

/** What became of a rules block. */
export interface Result {
  /** One a rule: how often it alerted, `refused` or `skipped`. */
  outcomes: string[];
  /** Why rules were refused, by index. */
  reasons: Map<number, string>;
  /** One a frame. */
  verdicts: string[];
  /** Every event as EVE. */
  events: Record<string, unknown>[];
}

/** Rules of one block do not compete for the alerts of a packet, unless a case says so. */
const ALERTS_OF_A_PACKET = 100;

export async function configurationOf(one: Case): Promise<Configuration> {
  return makeConfiguration({ "packet-alert-max": ALERTS_OF_A_PACKET, ...one.config });
}

/** The database of a block, and what the compiler said. A rule without a sid gets its place as sid. */
export function compileBlock(
  one: Case,
  { rules }: RulesBlock,
): { compiled: ReturnType<typeof compileRules>; sids: number[] } {
  const sids = rules.map(({ rule }, index) => Number(/\bsid: ?(\d+);/.exec(rule)?.[1] ?? index + 1));
  const text = rules.map(({ rule }, index) =>
    /\bsid:/.test(rule) ? rule : rule.replace(/\)$/, ` sid:${sids[index]};)`),
  );
  const compiled = compileRules([{ file: "case.rules", text: `${text.join("\n")}\n` }], {
    readFile: (name) => {
      const found = one.files.get(name);
      return found === undefined ? undefined : Buffer.from(found);
    },
    ...(one.thresholds === undefined
      ? {}
      : { thresholds: parseThresholds("threshold.config", one.thresholds, new Variables("address")).entries }),
  });
  return { compiled, sids };
}

export async function runBlock(one: Case, block: RulesBlock, traffic = one.traffic): Promise<Result> {
  const { compiled, sids } = compileBlock(one, block);
  const outcomes: (number | string)[] = block.rules.map(() => 0);
  const events: Record<string, unknown>[] = [];
  const config = await configurationOf(one);
  const context = {
    options: { ...config.outputs, ethernet: true, metadata: true },
    rules: [],
    prevent: block.mode === "prevent",
  };
  const engine: Engine = new Engine({
    mode: block.mode,
    config,
    onEvent(event) {
      if (event.type === EventType.Alert && event.rule !== undefined) {
        const index = sids.indexOf(engine.rules[event.rule]?.sid ?? 0);
        if (index >= 0) (outcomes[index] as number) += 1;
      }
      if (block.events) events.push(JSON.parse(formatEvent(event, { ...context, rules: engine.rules })));
    },
  });
  engine.load(compiled.database);
  const verdicts = inspect(engine, traffic).map((verdict) => Verdict[verdict]!.toLowerCase());
  engine.finish();
  const reasons = new Map<number, string>();
  for (const { line, keyword, reason } of compiled.refused) {
    outcomes[line - 1] = "refused";
    reasons.set(line - 1, `${keyword ?? "rule"}: ${reason}`);
  }
  for (const { line } of compiled.skipped) outcomes[line - 1] = "skipped";
  return { outcomes: outcomes.map(String), reasons, verdicts, events };
}

/** Inspects frames one by one. */
export function inspect(engine: Engine, traffic: readonly FrameInput[]): number[] {
  return traffic.map((frame) => {
    engine.write(frame);
    return engine.inspect()[0] as number;
  });
}

/** `3 pass`, `1 drop`: runs of one verdict. */
export function verdictRuns(verdicts: readonly string[]): string[] {
  const runs: [string, number][] = [];
  for (const verdict of verdicts) {
    const last = runs.at(-1);
    if (last?.[0] === verdict) last[1]++;
    else runs.push([verdict, 1]);
  }
  return runs.map(([verdict, count]) => `${count} ${verdict}`);
}

/** Whether an event is there as a line of an `events` block asks. */
export function hasEvent(events: readonly Record<string, unknown>[], line: string): boolean {
  const [, none, type, rest = ""] = /^(no )?(\S+)(?: (.*))?$/.exec(line) ?? [];
  const members = [...rest.matchAll(/([\w.[\]-]+)=("(?:[^"\\]|\\.)*"|\S+)/g)];
  const found = events.some(
    (event) =>
      event["event_type"] === type &&
      members.every(([, path = "", value = ""]) => {
        const there = member(event, path);
        return (
          there !== undefined && (there === plain(value) || String(there) === value || JSON.stringify(there) === value)
        );
      }),
  );
  return found === (none === undefined);
}

function plain(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** `dns.queries[0].rrname` of an event. */
function member(event: unknown, path: string): unknown {
  let at = event;
  for (const name of path.split(/[.[\]]+/).filter(Boolean)) at = (at as Record<string, unknown> | undefined)?.[name];
  return at;
}
