/** Rules to a database, with the configuration's variables, action order and side files. */
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import {
  type CompileSettings,
  compileRules as compile,
  formatProblem,
  parseClassifications,
  parseReferences,
  parseThresholds,
  type RuleAdjustment,
  type RuleProblem,
  Variables,
} from "../../../compiler/index.ts";
import type { RuleAst } from "../../../compiler/rule/ast.ts";
import type { Configuration } from "../config/schema/root.ts";
import { ExitCode, VpatchError } from "../errors.ts";
import type { EffectiveSet } from "../policy/effective.ts";
import { policyVariables, resolveExceptions } from "../policy/exceptions.ts";
import { type RuleSource, readRuleFiles, readText } from "./files.ts";

/** A rule that cannot be honoured exactly. */
export interface Refusal {
  sid?: number;
  file: string;
  line: number;
  /** The keyword that is the cause. */
  keyword?: string;
  reason: string;
}

export interface CompileReport {
  /** Count of rules in the database. */
  accepted: number;
  refused: Refusal[];
  /** Rules passed over as their own `requires` asks. */
  skipped: Refusal[];
  warnings: Refusal[];
}

export interface CompiledRules {
  database: Uint8Array;
  report: CompileReport;
}

/** Refusals listed on the terminal. */
const SHOWN = 10;

/** Compiles rule files and the rule files of folders. @throws VpatchError when a file cannot be read */
export function compileRuleFiles(paths: readonly string[], config: Configuration): CompiledRules {
  return compileRules(readRuleFiles(paths), config);
}

/** Compiles rule texts. A rule that is refused is in the report and not in the database; the others are not affected. */
export function compileRules(sources: readonly RuleSource[], config: Configuration): CompiledRules {
  return compileWith(sources, settingsOf(sources, config));
}

/** Compiles what a policy leaves in force. @throws VpatchError when an exception of the policy is no address or port */
export function compileEffective(set: EffectiveSet, config: Configuration): CompiledRules {
  const settings = settingsOf(set.sources, config);
  const exceptions = resolveExceptions(set.policy, policyVariables(config));
  const adjust = (rule: RuleAst): RuleAdjustment | undefined => {
    const adjustment = set.adjust(rule);
    return adjustment && { ...adjustment, exceptions: adjustment.exceptions.map((each) => exceptions.get(each)!) };
  };
  return compileWith(set.sources, { ...settings, adjust });
}

function compileWith(sources: readonly RuleSource[], settings: CompileSettings): CompiledRules {
  const { database, accepted, refused, skipped, warnings } = compile(sources, settings);
  const report = {
    accepted,
    refused: refused.map(refusal),
    skipped: skipped.map(refusal),
    warnings: warnings.map(refusal),
  };
  return { database, report };
}

function refusal({ sid, file, line, keyword, reason }: RuleProblem): Refusal {
  return { ...(sid === undefined ? {} : { sid }), file, line, ...(keyword === undefined ? {} : { keyword }), reason };
}

function settingsOf(sources: readonly RuleSource[], config: Configuration): CompileSettings {
  const variables = {
    addressGroups: config.vars["address-groups"],
    portGroups: config.vars["port-groups"],
  };
  const classifications = sideFile(config["classification-file"], parseClassifications);
  const references = sideFile(config["reference-config-file"], parseReferences);
  const thresholds = sideFile(config["threshold-file"], (file, text) =>
    parseThresholds(file, text, new Variables("address", variables.addressGroups)),
  );
  return {
    variables,
    actionOrder: config["action-order"],
    ...(classifications ? { classifications: classifications.classifications } : {}),
    ...(references ? { references: references.references } : {}),
    ...(thresholds ? { thresholds: thresholds.entries } : {}),
    readFile: (name) => readBeside(sources, name),
    ruleText: config.outputs.alert.rule,
  };
}

/** Reads a side file. @throws VpatchError that names its first wrong line */
function sideFile<T extends { problems: RuleProblem[] }>(
  file: string | undefined,
  parse: (file: string, text: string) => T,
): T | undefined {
  if (file === undefined) return undefined;
  const parsed = parse(file, readText(file));
  const [problem] = parsed.problems;
  if (problem) {
    throw new VpatchError("VPATCH_CONFIG", problem.reason, {
      location: { file: problem.file, line: problem.line, column: problem.column },
      ...(problem.advice === undefined ? {} : { remedy: problem.advice }),
    });
  }
  return parsed;
}

/** A file that a rule names, sought beside the rule files and in the working folder. */
function readBeside(sources: readonly RuleSource[], name: string): Uint8Array | undefined {
  for (const folder of new Set([...sources.map(({ file }) => dirname(file)), "."])) {
    try {
      return readFileSync(resolve(folder, name));
    } catch {
      // Not here: the next folder.
    }
  }
  return undefined;
}

/** The refused rules for the terminal: counted by keyword, the first ones in full. */
export function formatRefusals(refused: readonly Refusal[]): string {
  const causes = new Map<string, number>();
  for (const { keyword = "syntax" } of refused) causes.set(keyword, (causes.get(keyword) ?? 0) + 1);
  const counted = [...causes].sort(([, a], [, b]) => b - a).map(([keyword, count]) => `${keyword} ${count}`);
  const lines = refused.slice(0, SHOWN).map((one) => `  ${formatProblem({ column: 1, ...one })}`);
  if (refused.length > SHOWN) lines.push(`  and ${refused.length - SHOWN} more`);
  const rules = refused.length === 1 ? "1 rule is" : `${refused.length} rules are`;
  return `warning: ${rules} refused (${counted.join(", ")})\n${lines.join("\n")}\n`;
}

/** The error that `--strict-rules` ends with. */
export function refusalError(refused: readonly Refusal[]): VpatchError {
  const text = formatRefusals(refused)
    .trimEnd()
    .replace(/^warning: /, "");
  return new VpatchError("VPATCH_RULE_REFUSED", text, {
    exitCode: ExitCode.RuleRefused,
    remedy: "correct or leave out these rules, or run without --strict-rules",
  });
}
