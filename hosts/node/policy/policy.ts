/**
 * A policy as the rest of the program sees it: what may be in force, what it does, and for which traffic not.
 * The file format is that of schema.ts; docs/policy.md teaches it.
 */
import type { Selector } from "./selector.ts";

/** `detect`: nothing is dropped, what would be is recorded. `prevent`: drops are carried out. */
export type Mode = "detect" | "prevent";

/** What protocol violations lead to. `off`: their rules are not loaded. */
export type Posture = "off" | "monitor" | "normal" | "strict";

/** What a rule is made to do; `off` takes it out of force. */
export type PolicyAction = "alert" | "drop" | "reject" | "pass" | "off";

/** An entry of `rules`. The last entry that selects a rule and names an action (or a mode) decides it. */
export interface PolicyRule {
  select: Selector;
  action?: PolicyAction;
  mode?: Mode;
  note?: string;
  /** Line of the policy file, from 1. */
  line: number;
}

/** An entry of `exceptions`: traffic for which rules do not exist. Texts are addresses and ports as rules write them. */
export interface PolicyException {
  source?: string;
  destination?: string;
  /** Source or destination. */
  address?: string;
  sourcePort?: string;
  destinationPort?: string;
  /** Source or destination. */
  port?: string;
  /** The rules it is for; every rule but those that pass when absent. */
  select?: Selector;
  note?: string;
  line: number;
}

/** In force whatever else says, commented-out or not. */
export interface PolicyPin {
  gid: number;
  sid: number;
  mode?: Mode;
  action?: Exclude<PolicyAction, "off">;
  note?: string;
  line: number;
}

/** Never in force. */
export interface PolicySuppression {
  gid: number;
  sid: number;
  note?: string;
  line: number;
}

export interface Policy {
  /** Named in reasons and errors. */
  file: string;
  mode: Mode;
  posture: Posture;
  /** What becomes of rules that nothing chooses: in force as their files say, or not at all. */
  unchosen: "as-written" | "off";
  assignments: {
    /** Where the scan's assignments lie. */
    file?: string;
    /** `as-assigned`: each assignment's own mode. */
    mode: Mode | "as-assigned";
  };
  rules: readonly PolicyRule[];
  exceptions: readonly PolicyException[];
  pinned: readonly PolicyPin[];
  suppressed: readonly PolicySuppression[];
}

/** The policy that changes nothing: every rule as written, detection. */
export const EMPTY_POLICY: Policy = {
  file: "",
  mode: "detect",
  posture: "off",
  unchosen: "as-written",
  assignments: { mode: "as-assigned" },
  rules: [],
  exceptions: [],
  pinned: [],
  suppressed: [],
};
