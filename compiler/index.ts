/** Compiles rules of the Suricata language to a rule database. */
import { RuleFlag } from "../assembly/abi/rules.ts";
import { ThresholdType } from "../assembly/abi/thresholds.ts";
import { type Classifications, DEFAULT_CLASSIFICATIONS } from "./config/classification.ts";
import { DEFAULT_REFERENCES, type References } from "./config/reference.ts";
import type { ThresholdEntry } from "./config/threshold.ts";
import { writeDatabase } from "./database/writer.ts";
import { SkippedRule } from "./keywords/meta.ts";
import type { RuleAst } from "./rule/ast.ts";
import { parseRules, sidOf } from "./rule/parser.ts";
import { problemOf, RuleError, type RuleProblem } from "./rule/problem.ts";
import type { RuleAdjustment } from "./signature/adjustment.ts";
import { actionOf, assemble } from "./signature/assemble.ts";
import type { Signature } from "./signature/finish.ts";
import { orderRules, type RuleAction, StateUse } from "./signature/order.ts";
import { NameTable, type SharedTables } from "./signature/shared.ts";
import { thresholdUse } from "./signature/threshold.ts";
import { type VariableSettings, Variables } from "./variables.ts";

export { type Classifications, parseClassifications } from "./config/classification.ts";
export { parseReferences, type References } from "./config/reference.ts";
export { parseThresholds, type ThresholdEntry } from "./config/threshold.ts";
export { formatProblem, RuleError, type RuleProblem } from "./rule/problem.ts";
export type { RuleAdjustment, TrafficException } from "./signature/adjustment.ts";
export type { RuleAction } from "./signature/order.ts";
export { type VariableSettings, Variables } from "./variables.ts";

export interface RuleSource {
  /** Name for messages. */
  readonly file: string;
  readonly text: string;
}

export interface CompileSettings {
  /** `vars` of the configuration; values replace those of the stock file. */
  readonly variables?: VariableSettings;
  /** `action-order` */
  readonly actionOrder?: readonly RuleAction[];
  readonly classifications?: Classifications;
  readonly references?: References;
  /** Entries of threshold.config. */
  readonly thresholds?: readonly ThresholdEntry[];
  /** Reads a file that a rule names (datasets); undefined when it cannot be read. */
  readonly readFile?: (name: string) => Uint8Array | undefined;
  /** Keep the text of every rule, for alerts that show it. */
  readonly ruleText?: boolean;
  /** What a policy makes of each rule, commented-out ones included; undefined leaves the rule out. */
  readonly adjust?: (rule: RuleAst) => RuleAdjustment | undefined;
}

export interface Compilation {
  readonly database: Uint8Array;
  /** Rules in the database; a rule of both directions counts once. */
  readonly accepted: number;
  /** Rules that could not be honoured exactly, with the reason. */
  readonly refused: RuleProblem[];
  /** Rules passed over as their own `requires` asks. */
  readonly skipped: RuleProblem[];
  readonly warnings: RuleProblem[];
}

/** Compiles all sources to one database. A bad rule is refused by itself; nothing is thrown for it. */
export function compileRules(sources: readonly RuleSource[], settings: CompileSettings = {}): Compilation {
  const refused: RuleProblem[] = [];
  const skipped: RuleProblem[] = [];
  const warnings: RuleProblem[] = [];
  let current: RuleAst | undefined;
  const shared: SharedTables = {
    addresses: new Variables("address", settings.variables?.addressGroups),
    ports: new Variables("port", settings.variables?.portGroups),
    classifications: settings.classifications ?? DEFAULT_CLASSIFICATIONS,
    references: settings.references ?? DEFAULT_REFERENCES,
    readFile: settings.readFile ?? (() => undefined),
    datasets: [],
    names: new NameTable(),
    warn: (keyword, reason) => {
      if (current === undefined) return;
      warnings.push({ ...place(current), keyword, reason, ...sidMember(current) });
    },
  };

  const { adjust } = settings;
  const rules = new Map<string, Signature[]>();
  for (const { file, text } of sources) {
    const parsed = parseRules(file, text, adjust !== undefined);
    refused.push(...parsed.problems);
    for (const rule of parsed.rules) {
      const adjustment = adjust === undefined ? { rule } : adjust(rule);
      if (adjustment === undefined) continue;
      current = rule;
      try {
        keep(rules, adjusted(assemble(adjustment.rule, shared), rule, adjustment));
      } catch (error) {
        if (error instanceof SkippedRule) {
          skipped.push({ ...place(rule), ...sidMember(rule), keyword: "requires", reason: error.message });
        } else if (error instanceof RuleError) {
          refused.push(problemOf(error, place(rule), sidOf(rule.options)));
        } else throw error;
      }
    }
  }

  const signatures = [...rules.values()].flat();
  if (settings.thresholds !== undefined) applyThresholds(rules, settings.thresholds, warnings);
  const ordered = orderRules(signatures, settings.actionOrder);
  const database = writeDatabase({
    signatures: ordered,
    datasets: shared.datasets,
    descriptions: ordered.map((signature) => describe(signature, settings.ruleText ?? false)),
    names: shared.names.entries(),
    ruleText: sources.map(({ text }) => text),
  });
  return { database, accepted: rules.size, refused, skipped, warnings };
}

/**
 * The facts of a policy in the signatures of a rule. A reader of bits that the policy made block keeps its place in the order:
 * before the alert rules, it would be tried before those that set its bits with the same packet.
 */
function adjusted(signatures: Signature[], written: RuleAst, adjustment: RuleAdjustment): Signature[] {
  const { rule, detectOnly = false, exceptions = [] } = adjustment;
  const blocks = written.action.name === "alert" && rule.action.name !== "alert" && rule.action.name !== "pass";
  return signatures.map((signature) => {
    const { order, flags } = signature;
    const reads = [order.flowbits, order.flowint, order.hostbits, order.pairbits].some(
      (use) => use === StateUse.Read || use === StateUse.ReadWrite,
    );
    return {
      ...signature,
      exceptions,
      flags: detectOnly ? flags | RuleFlag.DetectOnly : flags,
      order: blocks && reads ? { ...order, action: "alert" } : order,
    };
  });
}

function place(rule: RuleAst): { file: string; line: number; column: number } {
  return { file: rule.file, line: rule.line, column: 1 };
}

function sidMember(rule: RuleAst): { sid?: number } {
  const sid = sidOf(rule.options);
  return sid === undefined ? {} : { sid };
}

/** Of two rules with one gid and sid the higher revision stands; of equal ones the first. @throws RuleError */
function keep(rules: Map<string, Signature[]>, signatures: Signature[]): void {
  const { gid, sid, meta } = signatures[0]!;
  const key = `${gid}:${sid}`;
  const known = rules.get(key)?.[0];
  if (known !== undefined && meta.rev <= known.meta.rev) {
    const where = `${known.file}:${known.line}`;
    throw new RuleError(`the sid stands in ${where} already, with revision ${known.meta.rev}`, { keyword: "sid" });
  }
  rules.set(key, signatures);
}

/** Adds the entries of threshold.config to the rules they name; a rule's own threshold stands before them. */
function applyThresholds(
  rules: ReadonlyMap<string, Signature[]>,
  entries: readonly ThresholdEntry[],
  warnings: RuleProblem[],
): void {
  for (const entry of entries) {
    const use = thresholdUse(entry, actionOf);
    const all = entry.sid === 0;
    const chosen = all
      ? [...rules.values()].flat().filter(({ gid }) => entry.gid === 0 || gid === entry.gid)
      : (rules.get(`${entry.gid === 0 ? 1 : entry.gid}:${entry.sid}`) ?? []);
    if (chosen.length === 0 && !all) {
      const reason = `no rule has gid ${entry.gid} and sid ${entry.sid}`;
      warnings.push({ file: entry.file, line: entry.line, column: 1, reason });
    }
    for (const { thresholds } of chosen) {
      const limited = thresholds.some(
        ({ type }) => type !== ThresholdType.Suppress && type !== ThresholdType.RateFilter,
      );
      if (entry.kind === "threshold" && limited) continue;
      thresholds.push(use);
    }
  }
}

/** The description of one rule, for hosts. Empty members are left out. */
function describe({ meta, text }: Signature, withText: boolean): object {
  const { msg, rev, category, priority, references, metadata, target } = meta;
  return {
    rev,
    msg,
    category,
    priority,
    ...(references.length === 0 ? {} : { references }),
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
    ...(target === undefined ? {} : { target }),
    ...(withText ? { text } : {}),
  };
}
