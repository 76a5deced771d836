/** Adds up what rules and protocols cost over several replays. */
import type { Engine } from "../engine/engine.ts";
import { appProtoName } from "../eve/names.ts";

/** Cost of one rule, both of its records together. */
export interface RuleProfile {
  gid: number;
  sid: number;
  msg: string;
  units: number;
  checks: number;
  matches: number;
}

export interface ProtocolProfile {
  /** `app_proto`; "unknown" for packets without one. */
  protocol: string;
  units: number;
  packets: number;
  /** Of payload. */
  bytes: number;
}

export class Profile {
  private readonly byRule = new Map<string, RuleProfile>();
  private readonly byProtocol = new Map<string, ProtocolProfile>();

  /** Takes an engine's costs in; once, at its end. */
  add(engine: Pick<Engine, "ruleCosts" | "protocolCosts" | "rules">): void {
    for (const { rule, units, checks, matches } of engine.ruleCosts()) {
      const { gid = 1, sid = 0, msg = "" } = engine.rules[rule] ?? {};
      const key = `${gid}:${sid}`;
      const known = this.byRule.get(key) ?? { gid, sid, msg, units: 0, checks: 0, matches: 0 };
      known.units += units;
      known.checks += checks;
      known.matches += matches;
      this.byRule.set(key, known);
    }
    for (const { proto, units, packets, bytes } of engine.protocolCosts()) {
      const protocol = appProtoName(proto);
      const known = this.byProtocol.get(protocol) ?? { protocol, units: 0, packets: 0, bytes: 0 };
      known.units += units;
      known.packets += packets;
      known.bytes += bytes;
      this.byProtocol.set(protocol, known);
    }
  }

  /** The most expensive first. */
  get rules(): RuleProfile[] {
    return [...this.byRule.values()].sort((a, b) => b.units - a.units || a.sid - b.sid);
  }

  get protocols(): ProtocolProfile[] {
    return [...this.byProtocol.values()].sort((a, b) => b.units - a.units);
  }
}
