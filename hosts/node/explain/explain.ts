/** Explains one rule against frames: replays them with the rule traced, and reports packet by packet. */
import { EventType } from "../../../assembly/abi/frames.ts";
import { Setting } from "../../../assembly/abi/settings.ts";
import { TraceStep } from "../../../assembly/abi/trace.ts";
import type { Configuration } from "../config/schema/root.ts";
import { Engine } from "../engine/engine.ts";
import { RuleReader } from "../engine/rule_records.ts";
import { type Mode, writeSettings } from "../engine/settings.ts";
import { VpatchError } from "../errors.ts";
import { RuleReport } from "./report.ts";
import { readStep, type Step } from "./steps.ts";

export interface ExplainOptions {
  sid: number;
  mode: Mode;
  config: Configuration;
  database: Uint8Array;
}

/** Gathers the trace of one rule while frames are inspected. */
export class Explanation {
  /** Give it frames, then `finish` it. */
  readonly engine: Engine;
  private readonly steps: Step[] = [];
  private readonly sid: number;
  private alerts = 0;
  private readonly reader: RuleReader;

  /** @throws VpatchError when no rule has this sid */
  constructor({ sid, mode, config, database }: ExplainOptions) {
    this.sid = sid;
    const settings = new Uint32Array(Setting.COUNT);
    writeSettings(config, mode, settings);
    settings[Setting.TraceSid] = sid;
    this.engine = new Engine({
      mode,
      config,
      settings,
      onEvent: (event) => {
        if (event.type === EventType.Trace) this.steps.push(readStep(event));
        if (event.type === EventType.Alert && this.engine.rules[event.rule ?? -1]?.sid === sid) this.alerts++;
      },
    });
    this.engine.load(database);
    this.reader = new RuleReader(database);
    if (!this.engine.rules.some((rule) => rule.sid === sid)) {
      throw new VpatchError("VPATCH_RULES", `no rule in force has sid ${sid}`, {
        remedy: "a rule that was refused is not in force; the report of vpatch compile names it",
      });
    }
  }

  /** The report, once all frames are inspected. */
  lines(): string[] {
    const report = new RuleReport(this.reader);
    const { msg = "" } = this.engine.rules.find(({ sid }) => sid === this.sid) ?? {};
    const lines = [`rule ${this.sid}: ${msg}`];
    const matched: number[] = [];
    for (const steps of byPacket(this.steps)) {
      const [{ frame, direction }] = steps as [Step, ...Step[]];
      const told = report.packet(steps);
      if (told.length === 0) continue;
      const way = direction === "to_client" ? "to client" : "to server";
      lines.push(`${frame === 0 ? "end of flow" : `frame ${frame}`}, ${way}`, ...told.map((line) => `  ${line}`));
      if (steps.some(({ step }) => step === TraceStep.Matched)) matched.push(frame);
    }
    if (lines.length === 1) lines.push("  nothing of this traffic is what the rule looks at");
    const places = [...new Set(matched)].map((frame) => (frame === 0 ? "the end of the flow" : `frame ${frame}`));
    if (places.length === 0) lines.push("no match");
    else if (this.alerts > 0) lines.push(`matched in ${places.join(", ")}`);
    else lines.push(`matched in ${places.join(", ")}, without an alert: noalert, a threshold, or a pass rule`);
    return lines;
  }
}

/** Steps of one packet after the other. */
function byPacket(steps: readonly Step[]): Step[][] {
  const packets: Step[][] = [];
  for (const step of steps) {
    const last = packets.at(-1);
    if (last && last[0]!.frame === step.frame && last[0]!.direction === step.direction) last.push(step);
    else packets.push([step]);
  }
  return packets;
}
