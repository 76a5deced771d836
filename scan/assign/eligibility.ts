/** Which rules may be applied by themselves, which only recommended, and which are not for this host at all. */
import type { RuleSummary } from "../rules/summary.ts";

export interface ScanPolicy {
  /** What an applied rule does. A rule without alert of its own never prevents. */
  mode: "detect" | "prevent";
  /** Apply by itself what is certain and exposed; otherwise only recommend. */
  automatic: boolean;
  minimumConfidence: number;
  /** Also consider rules that are shipped commented out. */
  disabledRules: boolean;
  /** Most rules in force at once. */
  limit: number;
}

export const defaultPolicy: ScanPolicy = {
  mode: "detect",
  automatic: true,
  minimumConfidence: 0.8,
  disabledRules: false,
  limit: 1000,
};

/** `never`: not an option here. `ask`: recommended, but a human decides. */
export interface Objection {
  weight: "never" | "ask";
  reason: string;
}

/** Classes of rules that inform; what they match is often legitimate. */
const informative = new Set([
  ...["misc-activity", "not-suspicious", "policy-violation", "protocol-command-decode", "network-scan", "unknown"],
  ...["attempted-recon", "bad-unknown", "web-application-activity", "string-detect"],
]);

export function objectionTo(rule: RuleSummary, policy: ScanPolicy): Objection | undefined {
  const { metadata, msg } = rule;
  if (/\bDELETED\b/.test(msg)) return { weight: "never", reason: "its publisher withdrew it" };
  if (!rule.enabled && !policy.disabledRules) {
    return { weight: "never", reason: "it is shipped commented out, and the policy does not allow such rules" };
  }
  if (rule.protects === "client") {
    return { weight: "never", reason: "it protects client programs: not for this kind of host" };
  }
  // Named beside others it is one place among them, and plain HTTP is another.
  if (metadata.deployment?.every((each) => /SSLDecrypt/i.test(each))) {
    return { weight: "ask", reason: "it needs configuration: it only sees decrypted traffic" };
  }
  if (metadata.confidence?.some((each) => /low/i.test(each))) {
    return { weight: "ask", reason: "its publisher calls it prone to false positives (confidence Low)" };
  }
  if (metadata.performance_impact?.some((each) => /significant|high/i.test(each))) {
    return { weight: "ask", reason: "its publisher warns of its cost" };
  }
  if (/^(?:ET|ETPRO|GPL) (?:INFO|HUNTING|POLICY|SCAN|CHAT|GAMES|P2P)\b/.test(msg) || informative.has(rule.classtype)) {
    return { weight: "ask", reason: `it informs rather than detects an attack (${rule.classtype || "no class"})` };
  }
  return undefined;
}
