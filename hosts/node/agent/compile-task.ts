/** Compiles what is to be in force in an agent, in a process of its own: rule files, what the scan assigned, the self-test's signature. */
import { existsSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { packageFolder } from "../../../scan/package-folder.ts";
import { writeDurably } from "../../../scan/store/durable-file.ts";
import { defaultConfiguration, readConfiguration } from "../config/configuration.ts";
import type { Configuration } from "../config/schema/root.ts";
import type { Mode } from "../engine/settings.ts";
import { readPolicy } from "../policy/document.ts";
import type { EffectiveSet } from "../policy/effective.ts";
import { effectiveSet } from "../policy/load.ts";
import { type CompiledRules, compileEffective, compileRules, type Refusal } from "../rules/compile.ts";
import { type RuleSource, readRuleFiles, readText } from "../rules/files.ts";
import { SELF_TEST_SID } from "./self-test.ts";
import { assignedRulesFile, assignmentsPath } from "./state-files.ts";

export interface CompileInput {
  /** The agent's configuration file; read again, so that a reload takes up what changed in it. */
  config?: string;
  /** The agent's state folder. */
  state: string;
  /** Where the database is to be written. */
  output: string;
}

export interface CompileOutcome {
  accepted: number;
  refused: Refusal[];
  /** Rules that the scan assigned. */
  assigned: number;
  bytes: number;
  /** What the policy says: its mode, and what it could not be held to. */
  policy?: { mode: Mode; warnings: string[] };
}

const SELF_TEST_RULES = "self-test.rules";

/** @throws VpatchError when the configuration or a rule file cannot be read or used */
export async function compileTask({ config: file, state, output }: CompileInput): Promise<CompileOutcome> {
  const config = file === undefined ? defaultConfiguration() : await readConfiguration(file);
  const { sources, assigned } = sourcesInForce(config, state);
  const { database, report, policy } = compile(sources, config, state);
  writeDurably(output, database);
  const { accepted, refused } = report;
  return { accepted, refused, assigned, bytes: database.length, ...(policy ? { policy } : {}) };
}

function compile(
  rules: readonly RuleSource[],
  config: Configuration,
  state: string,
): CompiledRules & Pick<CompileOutcome, "policy"> {
  const own = { file: SELF_TEST_RULES, text: readText(join(packageFolder(), "signatures", SELF_TEST_RULES)) };
  const { policy: file, scan } = config.vpatch;
  if (file === undefined) return compileRules([...rules, own], config);
  const assignments = scan.enabled ? { assignmentFile: assignmentsPath(state) } : {};
  const set = effectiveSet({ policy: readPolicy(file), rules, config, ...assignments });
  const warnings = set.warnings.map(({ message }) => message);
  const effective: EffectiveSet = {
    ...set,
    sources: [...set.sources, own],
    // The self-test's signature is no policy's business.
    adjust: (rule) => (rule.file === own.file ? { rule, detectOnly: false, exceptions: [] } : set.adjust(rule)),
  };
  return { ...compileEffective(effective, config), policy: { mode: set.mode, warnings } };
}

/** The rules of an agent with this configuration. Without rule files and without the scan: the packaged signatures. */
function sourcesInForce(config: Configuration, state: string): { sources: RuleSource[]; assigned: number } {
  const signatures = join(packageFolder(), "signatures");
  const folder = config["default-rule-path"];
  const given = config["rule-files"].map((name) =>
    folder === undefined || isAbsolute(name) ? name : join(folder, name),
  );
  const { enabled } = config.vpatch.scan;
  const files = given.length === 0 && !enabled ? [signatures] : given;
  const sources = files.length > 0 ? readRuleFiles(files) : [];
  const assignedFile = assignedRulesFile(state);
  const text = enabled && existsSync(assignedFile) ? readText(assignedFile) : "";
  // The packaged signatures bring the self-test's, too.
  const sids = sidsOf(text).add(`${SELF_TEST_SID}`);
  // What the scan assigned stands for the same rule of a file: it knows the action and the ports.
  const others = sources.map(({ file, text }) => ({ file, text: withoutRules(text, sids) }));
  const assigned = text === "" ? [] : [{ file: assignedFile, text }];
  return { sources: [...others, ...assigned], assigned: sidsOf(text).size };
}

const SID = /[;(]\s*sid\s*:\s*(\d+)\s*;/;

function sidsOf(text: string): Set<string> {
  return new Set(text.split("\n").flatMap((line) => SID.exec(line)?.[1] ?? []));
}

/** The text with these rules taken out; lines keep their numbers. */
function withoutRules(text: string, sids: ReadonlySet<string>): string {
  if (sids.size === 0) return text;
  const keeps = (line: string): boolean => !sids.has(SID.exec(line)?.[1] ?? "");
  return text
    .split("\n")
    .map((line) => (keeps(line) ? line : ""))
    .join("\n");
}
