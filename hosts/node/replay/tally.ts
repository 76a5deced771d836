/** Counts the core's events, by kind and by rule, whether they are written or not. */
import { EventType } from "../../../assembly/abi/frames.ts";
import { eventName } from "../eve/format.ts";
import type { EventView } from "../eve/record.ts";
import type { RuleDescription } from "../eve/rules.ts";

/** Alerts of one rule. */
export interface RuleTally {
  sid: number;
  msg: string;
  alerts: number;
}

export class Tally {
  /** Events by `event_type`. */
  readonly events = new Map<string, number>();
  private readonly rules = new Map<string, RuleTally>();

  /** Counts an event. @param descriptions of the rules in force */
  count(event: EventView, descriptions: readonly RuleDescription[]): void {
    const name = eventName(event);
    this.events.set(name, (this.events.get(name) ?? 0) + 1);
    if (event.type !== EventType.Alert || event.rule === undefined) return;
    const { sid = 0, gid = 1, msg = "" } = descriptions[event.rule] ?? {};
    const tally = this.rules.get(`${gid}:${sid}`);
    if (tally) tally.alerts++;
    else this.rules.set(`${gid}:${sid}`, { sid, msg, alerts: 1 });
  }

  /** Rules that alerted, the most frequent first. */
  get alerts(): RuleTally[] {
    return [...this.rules.values()].sort((a, b) => b.alerts - a.alerts || a.sid - b.sid);
  }
}
