/** The four files of suricata-update that change rules: `enable.conf`, `disable.conf`, `drop.conf`, `modify.conf`. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { VpatchError } from "../../errors.ts";
import { readText } from "../files.ts";
import { parseMatcher, type RuleMatcher } from "./matcher.ts";
import { pythonRegex } from "./python_regex.ts";
import { shellWords } from "./shell_words.ts";

/** A replacement in the text of rules, or a metadata entry added to them. */
export type Modification = { readonly matcher: RuleMatcher; readonly line: number } & (
  | { readonly kind: "replace"; readonly pattern: RegExp; readonly template: string }
  | { readonly kind: "metadata"; readonly key: string; readonly value: string }
);

export interface RuleFilters {
  readonly enable: readonly RuleMatcher[];
  readonly disable: readonly RuleMatcher[];
  readonly drop: readonly RuleMatcher[];
  readonly modify: readonly Modification[];
}

export const FILTER_FILES = {
  enable: "enable.conf",
  disable: "disable.conf",
  drop: "drop.conf",
  modify: "modify.conf",
};

/** The filters of a folder; a file that is not there filters nothing. @throws VpatchError with file and line */
export function readFilters(folder: string): RuleFilters {
  const read = <T>(name: string, parse: (file: string, text: string) => T[]): T[] => {
    const file = join(folder, name);
    return existsSync(file) ? parse(file, readText(file)) : [];
  };
  return {
    enable: read(FILTER_FILES.enable, parseMatchers),
    disable: read(FILTER_FILES.disable, parseMatchers),
    drop: read(FILTER_FILES.drop, parseMatchers),
    modify: read(FILTER_FILES.modify, parseModifications),
  };
}

/** Lines that say something, without the comment behind ` #`. */
function* entries(text: string): Generator<{ entry: string; line: number }> {
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const trimmed = raw.trim();
    if (trimmed === "" || trimmed.startsWith("#")) continue;
    yield { entry: trimmed.split(" #")[0]!.trim(), line: index + 1 };
  }
}

function wrong(file: string, line: number, message: string, remedy: string): VpatchError {
  return new VpatchError("VPATCH_RULES", message, { location: { file, line }, remedy });
}

const MATCHERS = "write *, a sid, gid:sid, re:text, group:name, filename:name or metadata:key value";

/** @throws VpatchError */
export function parseMatchers(file: string, text: string): RuleMatcher[] {
  return [...entries(text)].map(({ entry, line }) => matcherAt(file, line, entry));
}

function matcherAt(file: string, line: number, entry: string): RuleMatcher {
  let matcher: RuleMatcher | undefined;
  try {
    matcher = parseMatcher(entry);
  } catch (error) {
    throw wrong(file, line, `${entry}: ${(error as Error).message}`, "correct the regular expression");
  }
  if (matcher === undefined) throw wrong(file, line, `"${entry}" names no rules`, MATCHERS);
  return matcher;
}

const MODIFY = `write MATCH "FROM" "TO", or metadata-add MATCH "KEY" "VALUE"`;

/** @throws VpatchError */
export function parseModifications(file: string, text: string): Modification[] {
  return [...entries(text)].map(({ entry, line }): Modification => {
    try {
      if (entry.startsWith("metadata-add")) {
        const [, match, key, value, ...more] = shellWords(entry);
        if (match === undefined || key === undefined || value === undefined || more.length > 0) {
          throw wrong(file, line, "metadata-add takes a match, a key and a value", MODIFY);
        }
        return { kind: "metadata", matcher: matcherAt(file, line, match), key, value, line };
      }
      // A dollar sign may be escaped, as Oinkmaster wants it.
      const words = shellWords(entry.replaceAll("\\$", "$"));
      const oinkmaster = words.length > 3 && words[0] === "modifysid";
      if (words.length !== 3 && !oinkmaster) throw wrong(file, line, "a modification has three parts", MODIFY);
      const [match, from, to] = oinkmaster
        ? [words[1]!, words[2]!, words[4] ?? ""]
        : (words as [string, string, string]);
      const template = to.replace(/\$\{(\d+)\}/g, "\\g<$1>");
      return { kind: "replace", matcher: matcherAt(file, line, match), pattern: pythonRegex(from), template, line };
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw wrong(file, line, error.message, MODIFY);
    }
  });
}
