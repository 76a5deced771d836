/** From findings to the rules wanted on this host, each with its proof, and every rule passed over with its reason. */
import type { Bundle } from "../bundle/types.ts";
import type { Component, Inventory } from "../inventory/types.ts";
import { type Finding, isOpen } from "../match/finding.ts";
import type { RuleSummary } from "../rules/summary.ts";
import { companionsOf, indexSetters } from "./companions.ts";
import { objectionTo, type ScanPolicy } from "./eligibility.ts";
import { missesListeners, narrowPorts } from "./ports.ts";
import { type Mode, type Proof, ruleKey, type Skip } from "./types.ts";

/** A rule that should be recommended or applied. */
export interface Choice {
  rule: RuleSummary;
  apply: boolean;
  mode: Mode;
  proofs: Proof[];
  companionOf?: number[];
  ports?: Record<string, number[]>;
  reason: string;
  urgency: number;
}

export interface Selection {
  /** Most urgent first. */
  choices: Choice[];
  skipped: Skip[];
}

export function selectRules(
  inventory: Inventory,
  findings: readonly Finding[],
  bundle: Bundle,
  policy: ScanPolicy,
): Selection {
  const components = new Map(inventory.components.map((each) => [each.id, each]));
  const open = new Map<string, Finding[]>();
  for (const finding of findings) {
    if (isOpen(finding.verdict)) open.set(finding.cve, [...(open.get(finding.cve) ?? []), finding]);
  }
  const setters = indexSetters(bundle.rules);
  const choices = new Map<string, Choice>();
  const skipped: Skip[] = [];
  for (const rule of bundle.rules) {
    const about = rule.cves.flatMap((cve) => open.get(cve) ?? []);
    if (about.length === 0) continue;
    const skip = (reason: string): void => {
      skipped.push({ gid: rule.gid, sid: rule.sid, msg: rule.msg, cves: rule.cves, reason });
    };
    const objection = objectionTo(rule, policy);
    if (objection?.weight === "never") {
      skip(objection.reason);
      continue;
    }
    const exposed = about.filter(({ exposure }) => exposure.state === "listening");
    const misses = missesListeners(
      rule,
      exposed.map(({ exposure }) => exposure),
    );
    const companions = companionsOf(rule, setters, policy);
    const refusal = misses ?? companions.problem;
    if (refusal) {
      skip(refusal);
      continue;
    }
    const sure = exposed.filter(({ confidence }) => confidence >= policy.minimumConfidence);
    const why = reasonAgainst(policy, objection?.reason, about, exposed, sure);
    const choice = chooseRule(rule, about, components, bundle, policy, why);
    const asCompanion = choices.get(ruleKey(rule));
    choices.set(ruleKey(rule), asCompanion ? merged(choice, asCompanion) : choice);
    for (const companion of companions.rules) addCompanion(choices, companion, choice, policy);
  }
  return { choices: limited([...choices.values()].sort(byUrgency), policy.limit), skipped };
}

/** Why a rule is only recommended; `undefined` to apply it. */
function reasonAgainst(
  policy: ScanPolicy,
  objection: string | undefined,
  about: readonly Finding[],
  exposed: readonly Finding[],
  sure: readonly Finding[],
): string | undefined {
  if (objection) return objection;
  if (sure.length === 0) {
    if (exposed.length > 0)
      return `the evidence is not certain enough (${exposed[0]!.confidence} < ${policy.minimumConfidence})`;
    const states = new Set(about.map(({ exposure }) => exposure.state));
    if (states.has("loopback")) return "it listens on the loopback address only; a proxy may still lead to it";
    if (states.has("loaded")) return "it runs, but no listener of it is known";
    return states.has("unknown") ? "whether it listens is not known" : "it is installed, but does not run";
  }
  return policy.automatic ? undefined : "the policy applies nothing by itself";
}

function chooseRule(
  rule: RuleSummary,
  about: readonly Finding[],
  components: ReadonlyMap<string, Component>,
  bundle: Bundle,
  policy: ScanPolicy,
  why: string | undefined,
): Choice {
  const proofs = about.map((finding) => proofOf(finding, components.get(finding.component)!));
  const urgency = Math.max(...about.map((finding) => urgencyOf(finding, bundle)));
  const ports = narrowPorts(
    rule,
    about.map(({ exposure }) => exposure),
  );
  return {
    rule,
    apply: why === undefined,
    mode: rule.noalert ? "detect" : policy.mode,
    proofs: proofs.sort((a, b) => rank(b) - rank(a)),
    ...(ports ? { ports } : {}),
    reason: why ?? "certain and exposed",
    urgency,
  };
}

/** A companion is in force as long as a rule that needs it, on every port that one looks at. It never prevents by itself. */
function addCompanion(choices: Map<string, Choice>, rule: RuleSummary, main: Choice, policy: ScanPolicy): void {
  const companion: Choice = {
    rule,
    apply: main.apply,
    mode: rule.noalert || rule.cves.length === 0 ? "detect" : policy.mode,
    proofs: main.proofs,
    companionOf: [main.rule.sid],
    reason: `sets bits that ${main.rule.sid} needs`,
    urgency: main.urgency,
  };
  const known = choices.get(ruleKey(rule));
  choices.set(ruleKey(rule), known ? merged(known, companion) : companion);
}

/** One rule wanted for two reasons: it is in force as long as either holds, and on every port. */
function merged(own: Choice, other: Choice): Choice {
  const { ports: _, ...rest } = own;
  const proofs = new Map([...own.proofs, ...other.proofs].map((proof) => [`${proof.cve} ${proof.purl}`, proof]));
  return {
    ...rest,
    apply: own.apply || other.apply,
    reason: own.apply || !other.apply ? own.reason : other.reason,
    proofs: [...proofs.values()],
    companionOf: [...new Set([...(own.companionOf ?? []), ...(other.companionOf ?? [])])],
    urgency: Math.max(own.urgency, other.urgency),
  };
}

/** What listens speaks loudest. */
const rank = ({ exposure, confidence }: Proof): number => (exposure === "listening" ? 1 : 0) + confidence;

export function subjectOf(component: Component): string {
  return `${component.type}:${component.name}@${component.root}`;
}

function proofOf(finding: Finding, component: Component): Proof {
  return {
    cve: finding.cve,
    purl: component.purl,
    subject: subjectOf(component),
    verdict: finding.verdict,
    confidence: finding.confidence,
    evidence: finding.evidence,
    exposure: finding.exposure.state,
    ...(finding.fixedIn ? { fixedIn: finding.fixedIn } : {}),
    ...(finding.restartPending ? { restartPending: true } : {}),
  };
}

/** Known-exploited before everything, then likelihood, severity and exposure. */
export function urgencyOf(finding: Finding, bundle: Bundle): number {
  const facts = bundle.cves[finding.cve] ?? {};
  const exposure = { listening: 1, unknown: 0.6, loopback: 0.5, loaded: 0.4, installed: 0 }[finding.exposure.state];
  const exploited = facts.exploited ? (facts.ransomware ? 1100 : 1000) : 0;
  return Math.round((exploited + (facts.epss ?? 0) * 500 + (facts.severity ?? 5) * 10 + exposure * 50) * 100) / 100;
}

function byUrgency(a: Choice, b: Choice): number {
  return b.urgency - a.urgency || a.rule.sid - b.rule.sid;
}

function limited(choices: Choice[], limit: number): Choice[] {
  let applied = 0;
  for (const choice of choices) {
    if (!choice.apply || ++applied <= limit) continue;
    choice.apply = false;
    choice.reason = `the policy's limit of ${limit} rules in force is reached`;
  }
  return choices;
}
