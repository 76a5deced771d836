/** What is wrong with a rule, and how a stage of the compiler says so. */
import type { Position } from "./ast.ts";

/** A rule (or configuration line) that is refused or doubted. Every stage of the compiler reports in this form. */
export interface RuleProblem extends Position {
  readonly sid?: number;
  /** The option that is the cause, as written in the rule. */
  readonly keyword?: string;
  readonly reason: string;
  /** What the author can do about it. */
  readonly advice?: string;
}

/**
 * Thrown inside the compiler for one rule and caught for that rule, so that one bad rule never stops the rest.
 * Where the thrower does not know the position, the catcher adds that of the option or of the rule.
 */
export class RuleError extends Error {
  readonly advice: string | undefined;
  readonly line: number | undefined;
  readonly column: number | undefined;
  keyword: string | undefined;

  constructor(reason: string, details: { advice?: string; keyword?: string; line?: number; column?: number } = {}) {
    super(reason);
    this.name = "RuleError";
    this.advice = details.advice;
    this.keyword = details.keyword;
    this.line = details.line;
    this.column = details.column;
  }
}

/** The problem record for an error, `fallback` giving the position where the error has none. */
export function problemOf(error: RuleError, fallback: Position, sid?: number): RuleProblem {
  return {
    file: fallback.file,
    line: error.line ?? fallback.line,
    column: error.line === undefined ? fallback.column : (error.column ?? 1),
    ...(sid === undefined ? {} : { sid }),
    ...(error.keyword === undefined ? {} : { keyword: error.keyword }),
    reason: error.message,
    ...(error.advice === undefined ? {} : { advice: error.advice }),
  };
}

/** `file:line:column: sid 1: keyword: reason; advice`, on one line. */
export function formatProblem(problem: RuleProblem): string {
  const where = `${problem.file}:${problem.line}:${problem.column}`;
  const sid = problem.sid === undefined ? "" : ` sid ${problem.sid}:`;
  const keyword = problem.keyword === undefined ? "" : ` ${problem.keyword}:`;
  const advice = problem.advice === undefined ? "" : `; ${problem.advice}`;
  return `${where}:${sid}${keyword} ${problem.reason}${advice}`;
}
