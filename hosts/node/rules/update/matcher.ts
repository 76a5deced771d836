/**
 * How `enable.conf`, `disable.conf`, `drop.conf` and `modify.conf` name rules, with suricata-update's meaning: `*`, `2019401`, `1:2019401`,
 * `1:2019401:3` (also several, by commas), `re:text`, `filename:glob`, `group:glob`, `name.rules`, `metadata:key value`.
 */
import { basename } from "node:path";
import type { FieldRule } from "./field_rule.ts";
import { pythonRegex } from "./python_regex.ts";

export interface RuleMatcher {
  /** As written. */
  readonly text: string;
  matches(rule: FieldRule): boolean;
}

/** Reads one entry; undefined when it is none. @throws SyntaxError for a regular expression that is none */
export function parseMatcher(text: string): RuleMatcher | undefined {
  const matches = testOf(text);
  return matches === undefined ? undefined : { text, matches };
}

function testOf(text: string): RuleMatcher["matches"] | undefined {
  if (text.trim() === "*") return () => true;
  const ids = parseIds(text);
  if (ids !== undefined) {
    return ({ gid, sid, rev }) =>
      ids.some((id) => id.sid === sid && id.gid === gid && (id.rev === undefined || id.rev === rev));
  }
  if (text.startsWith("re:")) {
    const regex = pythonRegex(text.slice(3).trim(), "i");
    return ({ raw }) => regex.test(raw);
  }
  if (text.startsWith("filename:")) {
    const glob = globOf(text.slice(9).trim());
    return ({ file }) => glob.test(file);
  }
  if (text.startsWith("group:") || text.endsWith(".rules")) {
    const glob = globOf(text.replace(/^group:/, "").trim());
    return ({ file }) => glob.test(basename(file)) || glob.test(basename(file).replace(/\.[^.]*$/, ""));
  }
  const metadata = /^metadata:\s*(\S+)\s+(.+)$/.exec(text);
  if (metadata === null) return undefined;
  const [key, value] = [metadata[1]!.toLowerCase(), metadata[2]!.trim().toLowerCase()];
  return (rule) => rule.metadata.some(([name, own]) => name.toLowerCase() === key && own.toLowerCase() === value);
}

interface RuleId {
  gid: number;
  sid: number;
  rev?: number;
}

function parseIds(text: string): RuleId[] | undefined {
  const ids: RuleId[] = [];
  for (const part of text.split(",")) {
    const found = /^(?:(\d+):)?(\d+)(?::(\d+))?$/.exec(part.trim());
    if (found === null || (found[3] !== undefined && found[1] === undefined)) return undefined;
    const [, gid = "1", sid, rev] = found;
    ids.push({ gid: Number(gid), sid: Number(sid), ...(rev === undefined ? {} : { rev: Number(rev) }) });
  }
  return ids;
}

/** A file-name pattern: `*`, `?`, `[abc]`, `[!abc]`; a slash is a character like any other. */
export function globOf(pattern: string): RegExp {
  const source = pattern.replace(/\[(!?)([^\]]+)\]|[.+^${}()|[\]\\]|\*|\?/g, (found, not: string, set?: string) => {
    if (set !== undefined) return `[${not ? "^" : ""}${set.replace(/[\\^]/g, "\\$&")}]`;
    if (found === "*") return ".*";
    return found === "?" ? "." : `\\${found}`;
  });
  return new RegExp(`^${source}$`, "s");
}
