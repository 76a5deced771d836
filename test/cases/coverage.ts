/** Which keywords the cases speak of. */
import type { Keyword } from "../../compiler/keywords/keyword.ts";
import { findKeyword, KEYWORDS } from "../../compiler/keywords/table.ts";
import type { RuleAst } from "../../compiler/rule/ast.ts";
import { parseRules } from "../../compiler/rule/parser.ts";
import type { Case, RuleLine } from "./case.ts";

interface Cover {
  /** Names used in a rule that alerts. */
  names: Set<string>;
  /** A rule with the keyword alerts; another does not, or is refused. */
  match: boolean;
  miss: boolean;
}

/** Keywords that say what becomes of an alert: a rule with them never shows one. */
const SILENT = new Set(["noalert"]);

/** What is missing of each keyword, a line each: none when every keyword has a rule that alerts and one that does not. */
export function uncovered(
  cases: readonly Case[],
  refused: readonly Keyword[],
  isParsed: (keyword: Keyword) => boolean,
): string[] {
  const covers = new Map<Keyword, Cover>(
    KEYWORDS.map((keyword) => [keyword, { names: new Set(), match: false, miss: false }]),
  );
  for (const { outcome, rule } of rulesOf(cases)) {
    for (const name of parsed(rule).flatMap(({ options }) => options.map((option) => option.name))) {
      const keyword = findKeyword(name);
      const cover = keyword && covers.get(keyword);
      if (!cover) continue;
      if (/^[1-9]/.test(outcome)) {
        cover.match = true;
        cover.names.add(name.toLowerCase());
      } else cover.miss = true;
    }
  }
  return [...covers].flatMap(([keyword, { names, match, miss }]) => {
    const { name, aliases = [] } = keyword;
    if (refused.includes(keyword)) return miss ? [] : [`${name}: a case must show that it is refused`];
    if (!isParsed(keyword)) return [];
    const lacks = [
      ...(match || SILENT.has(name) ? [] : ["a rule that alerts"]),
      ...(miss ? [] : ["a near miss: a rule that does not alert or is refused"]),
      ...(match ? [name, ...aliases].filter((each) => !names.has(each)).map((each) => `its name ${each}`) : []),
    ];
    return lacks.length > 0 ? [`${name} (${keyword.family}): ${lacks.join(", ")}`] : [];
  });
}

/** Protocols that rules which alert stand for. */
export function protocolsOf(cases: readonly Case[]): Set<string> {
  const alerting = rulesOf(cases).filter(({ outcome }) => /^[1-9]/.test(outcome));
  return new Set(alerting.flatMap(({ rule }) => parsed(rule).map(({ protocol }) => protocol.name)));
}

function rulesOf(cases: readonly Case[]): RuleLine[] {
  return cases.flatMap(({ blocks }) => blocks.flatMap(({ rules }) => rules));
}

function parsed(rule: string): readonly RuleAst[] {
  return parseRules("case", `${rule}\n`).rules;
}
