/** `requires`: what a rule asks of the engine before it is even read. Suricata manual, "requires keyword". */
import { RuleError } from "../rule/problem.ts";

/** The Suricata version whose language and meaning this compiler has. */
export const LANGUAGE_VERSION = [8, 0, 0] as const;

/** Features of a Suricata build that exist here in another form or always. */
const FEATURES: ReadonlySet<string> = new Set(["file_store", "output::file-store", "ja3", "ja4"]);

let known: ((name: string) => boolean) | undefined;

/** Told once by the keyword table, which depends on this file. */
export function setKnownKeywords(test: (name: string) => boolean): void {
  known = test;
}

/**
 * Evaluates `feature a, feature b, version >= 7.0.3 < 8, keyword x`.
 * @returns what is not met, or undefined @throws RuleError on bad syntax
 */
export function unmetRequirement(text: string): string | undefined {
  for (const part of text.split(",").map((item) => item.trim())) {
    const [kind, ...rest] = part.split(/\s+/);
    const value = rest.join(" ");
    switch (kind) {
      case "feature":
        if (value === "") throw new RuleError("a feature without a name");
        if (!FEATURES.has(value)) return `feature ${value} is not there`;
        break;
      case "keyword":
        if (value === "") throw new RuleError("a keyword without a name");
        if (known?.(value) !== true) return `keyword ${value} is not there`;
        break;
      case "version":
        if (!value.split("|").some((set) => versionsHold(set.trim()))) return `version is not ${value}`;
        break;
      default:
        // An unknown requirement cannot be met, says the manual.
        if (kind === undefined || kind === "") throw new RuleError("an empty requirement");
        return `requirement ${kind} is unknown`;
    }
  }
  return undefined;
}

/** All comparisons of `>= 7.0.3 < 8`. */
function versionsHold(text: string): boolean {
  const parts = text.match(/(?:>=|<=|>|<)\s*[^\s<>=]+/g);
  if (parts === null || text.replace(/(?:>=|<=|>|<)\s*[^\s<>=]+/g, "").trim() !== "") {
    throw new RuleError(`"${text}" is not a version comparison`, { advice: `write "version >= 7.0.3"` });
  }
  return parts.every((part) => {
    const [, operator, version] = /^(>=|<=|>|<)\s*(\S+)$/.exec(part)!;
    const order = compareVersions(version!);
    switch (operator) {
      case ">=":
        return order >= 0;
      case "<=":
        return order <= 0;
      case ">":
        return order > 0;
      default:
        return order < 0;
    }
  });
}

/** How this language's version compares to `text`: negative, 0 or positive. */
function compareVersions(text: string): number {
  const numbers = /^(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:[-.].*)?$/.exec(text);
  if (numbers === null) throw new RuleError(`"${text}" is not a version`);
  for (let i = 0; i < 3; i += 1) {
    const difference = LANGUAGE_VERSION[i]! - Number(numbers[i + 1] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
