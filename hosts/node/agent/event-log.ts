/** From the workers' event records to EVE lines: each record is told with the rules of the database that made it. */
import { Action } from "../../../assembly/abi/codes.ts";
import { EventType } from "../../../assembly/abi/frames.ts";
import type { Configuration } from "../config/schema/root.ts";
import { type EventBatch, forEachEvent } from "../datapath/datapath.ts";
import type { KeptEvidence } from "../datapath/messages.ts";
import { EveLog } from "../eve/log.ts";
import type { EventView } from "../eve/record.ts";
import type { RuleDescription } from "../eve/rules.ts";
import type { NamedEvidence } from "../evidence/crash.ts";
import type { EveOutputs } from "../output/eve-outputs.ts";
import { SELF_TEST_SID } from "./self-test.ts";

/** An alert of the self-test's signature. */
export interface Sighting {
  sourcePort: number;
  blocked: boolean;
}

export interface EventLogOptions {
  sighted: (sighting: Sighting) => void;
  /** Takes evidence; gives the path of its file, when it is kept. */
  keep: (evidence: NamedEvidence) => string | undefined;
}

/** What an event and its evidence have in common. */
function key(type: "alert" | "drop", flow: bigint, frame: number, rule: number | undefined): string {
  return `${type} ${flow} ${frame} ${rule}`;
}

/** Databases whose rules are remembered: workers adopt a new one at slightly different times. */
const REMEMBERED = 4;

export class EventLog {
  readonly #log: EveLog;
  readonly #rules = new Map<number, readonly RuleDescription[]>();
  readonly #told: EventLogOptions;
  /** Evidence files of the batch at hand. */
  readonly #evidence = new Map<string, string>();
  /** Alerts, and how many of them were blocked. */
  alerts = 0;
  blocked = 0;

  constructor(config: Configuration, outputs: EveOutputs, told: EventLogOptions) {
    const sink = { write: (text: string) => outputs.write(text), close() {} };
    this.#log = new EveLog(sink, { options: config.outputs, rules: [], prevent: false, live: true });
    this.#told = told;
    this.#log.context.evidenceOf = ({ type, flow, frame, rule }) =>
      this.#evidence.size === 0
        ? undefined
        : this.#evidence.get(key(type === EventType.Alert ? "alert" : "drop", flow, frame, rule));
  }

  /** Remembers the rules of a database. */
  remember(generation: number, rules: readonly RuleDescription[]): void {
    this.#rules.set(generation, rules);
    for (const known of this.#rules.keys()) if (known <= generation - REMEMBERED) this.#rules.delete(known);
  }

  /** The rules of a database. */
  rulesOf(generation: number): readonly RuleDescription[] {
    return this.#rules.get(generation) ?? [];
  }

  /** Writes a batch of records. */
  batch(batch: EventBatch): void {
    const rules = this.rulesOf(batch.generation);
    this.#log.context.rules = rules;
    this.#log.context.prevent = batch.mode === "prevent";
    for (const each of batch.evidence) this.#keepEvidence(each, rules);
    forEachEvent(batch, (event) => {
      if (!this.#isSelfTest(event, rules, batch.mode === "prevent")) this.#log.event(event);
    });
    this.#log.flush();
    this.#evidence.clear();
  }

  /** A worker knows the numbers of rules; their words are here. */
  #keepEvidence(kept: KeptEvidence, rules: readonly RuleDescription[]): void {
    const { type, flow, frame, rule, evidence } = kept;
    const { manifest } = evidence;
    const { text, sid } = (rule === undefined ? undefined : rules[rule]) ?? {};
    if (sid === SELF_TEST_SID) return;
    if (text !== undefined) manifest.rule = text;
    for (const event of [manifest.event, ...manifest.events]) {
      const known = event && rules.find((each) => each.sid === event.sid && each.gid === event.gid);
      if (known) Object.assign(event, { rev: known.rev, msg: known.msg });
    }
    const file = this.#told.keep(kept);
    if (file !== undefined) this.#evidence.set(key(type, flow, frame, rule), file);
  }

  /** Writes the counters. @param uptime seconds */
  stats(counters: BigUint64Array, uptime: number): void {
    this.#log.stats(counters, Date.now() * 1000, uptime);
    this.#log.flush();
  }

  /** The self-test's own alerts and drops are told as its result, not as attacks. */
  #isSelfTest(event: EventView, rules: readonly RuleDescription[], prevent: boolean): boolean {
    const isAlert = event.type === EventType.Alert;
    if (!isAlert && event.type !== EventType.Drop) return false;
    const blocked = prevent && event.packetAction >= Action.Drop;
    if (event.rule !== undefined && rules[event.rule]?.sid === SELF_TEST_SID) {
      if (isAlert) this.#told.sighted({ sourcePort: event.sourcePort, blocked });
      return true;
    }
    if (isAlert) this.alerts++;
    if (isAlert && blocked) this.blocked++;
    return false;
  }
}
