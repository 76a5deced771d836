/**
 * From rules, policy and assignments to the effective set: which rules are in force, what each does, and why.
 *
 * The order of the steps, later ones winning: the rule's text, the posture, the scan's assignments, the entries of `rules` from top to
 * bottom, `pinned`, `suppressed`. Then companions are brought in, and exceptions attached.
 */

import { DEFAULT_CLASSIFICATIONS } from "../../../compiler/config/classification.ts";
import type { Classifications } from "../../../compiler/index.ts";
import type { RuleAst } from "../../../compiler/rule/ast.ts";
import { parseRules } from "../../../compiler/rule/parser.ts";
import type { AssignmentFile } from "../../../scan/assign/types.ts";
import type { RuleSource } from "../rules/files.ts";
import { Decision, isBlocking, type Origin, ruleKey } from "./decision.ts";
import { factsOf } from "./facts.ts";
import type { Mode, Policy, PolicyException, Posture } from "./policy.ts";
import { violationRules } from "./protocol_violations.ts";
import { rewrite } from "./rewrite.ts";
import {
  applyAssignments,
  applyEntries,
  applyOperator,
  applyPins,
  applyPosture,
  bringCompanions,
  type Decisions,
  exceptionsFor,
  type PolicyWarning,
} from "./steps.ts";

export type { PolicyWarning } from "./steps.ts";

/** A rule with what the policy makes of it. */
export interface EffectiveRule {
  gid: number;
  sid: number;
  rev: number;
  msg: string;
  file: string;
  line: number;
  inForce: boolean;
  /** The policy or the operator took it out. */
  excluded: boolean;
  /** What it does: `alert`, `drop`, `reject`, `rejectdst`, `rejectboth`, `pass`. */
  action: string;
  /** `prevent`: it blocks in prevention mode. `detect`: it never does; what it would drop is recorded. */
  mode: Mode;
  noalert: boolean;
  /** Who brought it into force. */
  origin: Origin;
  /** Why it is in force or not, and does what it does; the first reason is the chief one. */
  reasons: string[];
  /** `gid:sid` of the rules that need the bits it sets. */
  companionOf?: string[];
  /** Variables of its ports, narrowed to the listeners it protects. */
  ports?: Readonly<Record<string, number[]>>;
  /** Lines of the policy's exceptions that hold for it. */
  exceptions?: number[];
}

/** A rule as the compiler is to take it; see `RuleAdjustment` of the compiler. */
export interface EffectiveAdjustment {
  rule: RuleAst;
  detectOnly: boolean;
  exceptions: readonly PolicyException[];
}

export interface EffectiveSet {
  policy: Policy;
  /** The mode for all: what an engine with this set is started with. */
  mode: Mode;
  posture: Posture;
  /** Every rule once, in the order of the sources, those out of force included. */
  rules: readonly EffectiveRule[];
  warnings: readonly PolicyWarning[];
  /** What to compile: the given sources, and those that the posture adds. */
  sources: readonly RuleSource[];
  /** What to compile of a rule of `sources`; undefined leaves it out. */
  adjust(rule: RuleAst): EffectiveAdjustment | undefined;
}

export interface EffectiveOptions {
  /** Severity and category of classes; Suricata's own file when absent. */
  classifications?: Classifications;
}

/**
 * Applies a policy to rules. A pure function: the same input gives the same set.
 * @param assignments of the scan, when it takes part
 */
export function applyPolicy(
  rules: readonly RuleSource[],
  policy: Policy,
  assignments?: AssignmentFile,
  { classifications = DEFAULT_CLASSIFICATIONS }: EffectiveOptions = {},
): EffectiveSet {
  const sources = [...rules, ...violationRules(policy.posture, rules)];
  const decisions = decisionsFor(sources, policy, classifications);
  const warnings: PolicyWarning[] = [];
  applyPosture(decisions, policy);
  applyAssignments(decisions, policy, assignments, warnings);
  applyOperator(decisions, assignments, warnings);
  applyEntries(decisions, policy, warnings);
  applyPins(decisions, policy, warnings);
  bringCompanions(decisions, warnings);
  const exceptions = exceptionsFor(decisions, policy, warnings);
  const byPlace = new Map([...decisions.values()].map((each) => [placeOf(each.facts), each]));
  return {
    policy,
    mode: policy.mode,
    posture: policy.posture,
    rules: [...decisions.values()].map((each) => describe(each, exceptions.get(each) ?? [])),
    warnings,
    sources,
    adjust(rule) {
      const decision = byPlace.get(placeOf(rule));
      // A rule without sid has no decision: the compiler says what is wrong with it.
      if (decision === undefined) return isKnown(decisions, rule) || !rule.enabled ? undefined : plain(rule);
      if (!decision.inForce) return undefined;
      return {
        rule: rewrite(rule, decision),
        detectOnly: decision.detectOnly,
        exceptions: exceptions.get(decision) ?? [],
      };
    },
  };
}

const placeOf = ({ file, line }: { file: string; line: number }): string => `${file}\n${line}`;
const plain = (rule: RuleAst): EffectiveAdjustment => ({ rule, detectOnly: false, exceptions: [] });

/** Of rules with one number the one in force stands before one that is commented out, then the higher revision, then the first. */
function decisionsFor(sources: readonly RuleSource[], policy: Policy, classifications: Classifications): Decisions {
  const decisions = new Map<string, Decision>();
  for (const { file, text } of sources) {
    for (const ast of parseRules(file, text, true).rules) {
      const facts = factsOf(ast, classifications);
      if (facts === undefined) continue;
      const key = ruleKey(facts);
      const known = decisions.get(key)?.facts;
      if (known?.enabled && !facts.enabled) continue;
      if (known !== undefined && known.enabled === facts.enabled && known.rev >= facts.rev) continue;
      decisions.set(key, new Decision(facts, policy.unchosen));
    }
  }
  return decisions;
}

/** Another copy of a rule that is decided about. */
function isKnown(decisions: Decisions, rule: RuleAst): boolean {
  const facts = factsOf(rule, DEFAULT_CLASSIFICATIONS);
  return facts !== undefined && decisions.has(ruleKey(facts));
}

function describe(decision: Decision, exceptions: readonly PolicyException[]): EffectiveRule {
  const { facts, inForce, finalAction, detectOnly, origin, ports, companionOf, silenced } = decision;
  const reasons = [...decision.reasons];
  if (inForce && finalAction !== facts.action) reasons.push(`${facts.action} becomes ${finalAction}`);
  if (inForce && facts.noalert && wantsBlocking(decision)) reasons.push("noalert: it never becomes a drop");
  if (inForce && detectOnly) reasons.push("detection only: its drops are recorded");
  if (silenced) reasons.push("commented out in its file: in force without alerts");
  if (origin !== "companion" && companionOf.size > 0)
    reasons.push(`sets bits that ${[...companionOf].join(", ")} needs`);
  const lines = exceptions.map(({ line }) => line);
  if (lines.length > 0) reasons.push(`excepted by line ${lines.join(", ")}`);
  return {
    gid: facts.gid,
    sid: facts.sid,
    rev: facts.rev,
    msg: facts.msg,
    file: facts.file,
    line: facts.line,
    inForce,
    excluded: decision.barred,
    action: finalAction,
    mode: isBlocking(finalAction) && !detectOnly ? "prevent" : "detect",
    noalert: facts.noalert || silenced,
    origin,
    reasons,
    ...(companionOf.size > 0 ? { companionOf: [...companionOf] } : {}),
    ...(ports === undefined ? {} : { ports }),
    ...(lines.length > 0 ? { exceptions: lines } : {}),
  };
}

function wantsBlocking({ action, mode, facts }: Decision): boolean {
  return !isBlocking(facts.action) && (action === undefined ? mode === "prevent" : isBlocking(action));
}
