/** How keywords write their value: negation and double quotes. */
import { RuleError } from "./problem.ts";

/** `none`: a quoted value is an error. `optional` and `mandatory` say that quotes are stripped. */
export type Quoting = "none" | "optional" | "mandatory";

export interface OptionValue {
  /** The value without `!` and quotes; escapes are untouched, as they mean different things to different keywords. */
  readonly text: string;
  readonly negated: boolean;
}

/** Reads the raw value of an option. @throws RuleError */
export function readValue(raw: string, quoting: Quoting, negatable = false): OptionValue {
  let text = raw.trim();
  let negated = false;
  if (negatable && text.startsWith("!")) {
    negated = true;
    text = text.slice(1).trimStart();
  }
  if (text === "") throw new RuleError("the value is empty");
  if (!text.startsWith('"')) {
    if (quoting === "mandatory") {
      throw new RuleError("the value must be in double quotes", { advice: `write "${text}"` });
    }
    return { text, negated };
  }
  if (quoting === "none") throw new RuleError("the value must not be in quotes");
  if (!text.endsWith('"') || text.length === 1) {
    throw new RuleError("the closing quote is missing", {
      advice: "a semicolon may be missing before, or a literal one must be escaped",
    });
  }
  text = text.slice(1, -1);
  if (text === "") throw new RuleError("the value is empty");
  return { text, negated };
}

/** Splits `a, b ,c` and trims each part; an empty part stays, so that the keyword can refuse it. */
export function splitCommas(text: string): string[] {
  return text.split(",").map((part) => part.trim());
}
