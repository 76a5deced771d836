/** One rule on its way through a policy: each step may change what it does, and says why. */
import type { RuleFacts } from "./facts.ts";
import type { Mode, PolicyAction } from "./policy.ts";

/** Who decided that a rule is in force, the strongest last. */
export type Origin = "written" | "companion" | "posture" | "assigned" | "chosen" | "pinned";

export class Decision {
  readonly facts: RuleFacts;
  inForce: boolean;
  origin: Origin = "written";
  /** What the policy makes it do; undefined: what it was written to do. */
  action: Exclude<PolicyAction, "off"> | undefined;
  /** What the policy says of its mode; undefined: its own. */
  mode: Mode | undefined;
  ports: Readonly<Record<string, number[]>> | undefined;
  readonly reasons: string[] = [];
  /** `gid:sid` of the rules that need its bits. */
  readonly companionOf = new Set<string>();
  /** Nothing may bring it into force any more. */
  barred = false;

  constructor(facts: RuleFacts, unchosen: "as-written" | "off") {
    this.facts = facts;
    this.mode = facts.ownMode;
    this.inForce = facts.enabled && unchosen === "as-written";
    if (this.inForce) this.reasons.push("as written");
    else this.reasons.push(facts.enabled ? "nothing chooses it" : "commented out in its file");
    if (facts.ownMode !== undefined) this.reasons.push(`mode ${facts.ownMode} by its metadata`);
  }

  /** In force from here on, for this reason instead of the one before. */
  choose(origin: Origin, reason: string): void {
    if (this.origin === "written") this.reasons.length = 0;
    this.inForce = true;
    this.barred = false;
    this.origin = origin;
    this.reasons.push(reason);
  }

  exclude(reason: string): void {
    this.inForce = false;
    this.barred = true;
    this.reasons.length = 0;
    this.reasons.push(reason);
  }

  /** The action that goes into the database. */
  get finalAction(): string {
    const { facts, action, mode, origin } = this;
    if (origin === "companion") return isBlocking(facts.action) ? "alert" : facts.action;
    if (action === "drop" || action === "reject") return facts.noalert ? facts.action : action;
    if (action !== undefined) return action;
    return mode === "prevent" && facts.action === "alert" && !facts.noalert ? "drop" : facts.action;
  }

  /** A rule that was commented out and is needed for its bits only: it sets them and says nothing. */
  get silenced(): boolean {
    return this.inForce && this.origin === "companion" && !this.facts.enabled;
  }

  /** Its drops are recorded, and pass. */
  get detectOnly(): boolean {
    return this.mode === "detect" && isBlocking(this.finalAction);
  }
}

export const ruleKey = ({ gid, sid }: { gid: number; sid: number }): string => `${gid}:${sid}`;

export function isBlocking(action: string): boolean {
  return action === "drop" || action.startsWith("reject");
}
