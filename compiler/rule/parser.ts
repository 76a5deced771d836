/** Rule text to syntax trees. One bad rule never stops the rest: it becomes a problem, and the next line is read. */
import type { OptionAst, RuleAst } from "./ast.ts";
import { parseHeader } from "./header.ts";
import { type LogicalLine, logicalLines } from "./lines.ts";
import { parseOptions } from "./options.ts";
import { problemOf, RuleError, type RuleProblem } from "./problem.ts";

export interface ParsedRules {
  readonly rules: RuleAst[];
  readonly problems: RuleProblem[];
}

/**
 * Parses a rule file.
 * @param file name for messages only
 * @param disabled also give the rules that are commented out, with `enabled` false; a comment that only looks like a
 *   rule is then passed over in silence
 */
export function parseRules(file: string, source: string, disabled = false): ParsedRules {
  const rules: RuleAst[] = [];
  const problems: RuleProblem[] = [];
  for (const logical of logicalLines(source, disabled)) {
    try {
      rules.push(parseRule(file, logical));
    } catch (error) {
      if (!(error instanceof RuleError)) throw error;
      if (logical.enabled) problems.push(problemOf(error, { file, line: logical.line, column: 1 }, guessSid(logical)));
    }
  }
  return { rules, problems };
}

/** @throws RuleError */
export function parseRule(file: string, logical: LogicalLine): RuleAst {
  const { text, line, enabled } = logical;
  checkCharacters(text);
  const { end, ...header } = parseHeader(logical);
  const options = parseOptions(logical, end);
  return { file, line, enabled, ...header, options, text };
}

/** The sid as the rule states it, or undefined; for reports about a rule that is refused for whatever reason. */
export function sidOf(options: readonly OptionAst[]): number | undefined {
  for (const option of options) {
    if (option.name.toLowerCase() === "sid" && option.value !== undefined && /^\d+$/.test(option.value)) {
      return Number(option.value);
    }
  }
  return undefined;
}

function guessSid(logical: LogicalLine): number | undefined {
  const found = /[;(\s]sid\s*:\s*(\d+)\s*;/.exec(logical.text);
  return found === null ? undefined : Number(found[1]);
}

/** Suricata refuses control characters and text that is not UTF-8 (which arrives here as U+FFFD). */
function checkCharacters(text: string): void {
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code >= 0x20 && code !== 0x7f && code !== 0xfffd) continue;
    if (code === 0x09 || code === 0x0a || code === 0x0d) continue;
    const reason = code === 0xfffd ? "the rule is not valid UTF-8" : "the rule contains a control character";
    throw new RuleError(reason, { advice: "write the byte as |hex| in a content or \\x in a pcre" });
  }
}
