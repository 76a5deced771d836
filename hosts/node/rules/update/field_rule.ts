/** A rule of an archive as text: what enable, disable, drop and modify look at and change. */
import type { OptionAst } from "../../../../compiler/rule/ast.ts";
import { logicalLines } from "../../../../compiler/rule/lines.ts";
import { parseRule } from "../../../../compiler/rule/parser.ts";
import { RuleError } from "../../../../compiler/rule/problem.ts";
import { summarize } from "../../../../scan/rules/summary.ts";

export interface FieldRule {
  readonly gid: number;
  readonly sid: number;
  readonly rev: number;
  readonly msg: string;
  /** Name of its source. */
  readonly source: string;
  /** File within its source: `rules/emerging-exploit.rules`. */
  readonly file: string;
  /** False for one that is commented out. */
  readonly enabled: boolean;
  /** On one line, without the mark that comments it out. */
  readonly raw: string;
  readonly noalert: boolean;
  /** Keys with their values, in order. */
  readonly metadata: readonly (readonly [key: string, value: string])[];
  /** Bits it sets, and bits it needs: of each entry, any one. */
  readonly sets: readonly string[];
  readonly needs: readonly (readonly string[])[];
}

/** The rules of a file, commented-out ones included. Lines that are no rule are passed over. */
export function readFieldRules(source: string, file: string, text: string): FieldRule[] {
  const rules: FieldRule[] = [];
  for (const { text: raw, enabled } of logicalLines(text, true)) {
    const rule = fieldRule({ source, file }, raw, enabled);
    if (rule !== undefined) rules.push(rule);
  }
  return rules;
}

const ACTIONS = /^(?:alert|drop|pass|log|config|accept|reject(?:src|dst|both)?)$/;

/** One line as a rule; undefined when it is none or has no sid. */
export function fieldRule(
  { source, file }: Pick<FieldRule, "source" | "file">,
  raw: string,
  enabled: boolean,
): FieldRule | undefined {
  try {
    const segments = [{ offset: 0, line: 1, column: 1 }];
    const ast = parseRule(file, { text: raw, line: 1, enabled, segments });
    const summary = summarize(ast);
    if (summary === undefined || !ACTIONS.test(ast.action.name)) return undefined;
    const { gid, sid, rev, msg, noalert, sets, needs } = summary;
    const metadata = metadataOf(ast.options);
    return { gid, sid, rev, msg, source, file, enabled, raw, noalert, metadata, sets, needs };
  } catch (error) {
    if (error instanceof RuleError) return undefined;
    throw error;
  }
}

function metadataOf(options: readonly OptionAst[]): [string, string][] {
  return options
    .filter(({ name }) => name.toLowerCase() === "metadata")
    .flatMap(({ value = "" }) => value.split(","))
    .map((pair) => pair.trim())
    .map((pair) => {
      const blank = pair.search(/\s/);
      return blank < 0 ? [pair, ""] : [pair.slice(0, blank), pair.slice(blank).trim()];
    });
}

/** As it stands in a rule file. */
export function formatFieldRule({ enabled, raw }: Pick<FieldRule, "enabled" | "raw">): string {
  return enabled ? raw : `# ${raw}`;
}
