/** `select` of a policy: which rules an entry is about. Every key must hold; of a list, one value. */
import type { RuleFacts } from "./facts.ts";

export interface Selector {
  /** As written, for reasons: `cve CVE-2021-44228`. */
  text: string;
  /** A rule that is commented out is chosen only by its sid, or where `enabled` asks for it. */
  matches(rule: RuleFacts): boolean;
}

/** `select` as the file has it, checked against the schema. */
export type RawSelector = Readonly<Record<string, unknown>>;

type Test = (rule: RuleFacts) => boolean;

/** @throws SyntaxError for a regular expression that is none, with the key as `cause` */
export function makeSelector(raw: RawSelector): Selector {
  const tests = Object.entries(raw).map(([key, value]) => testOf(key, value));
  const reachesDisabled = raw.sid !== undefined || raw.enabled !== undefined;
  return {
    text: Object.entries(raw)
      .map(([key, value]) => `${key} ${show(value)}`)
      .join(", "),
    matches: (rule) => (rule.enabled || reachesDisabled) && tests.every((test) => test(rule)),
  };
}

function testOf(key: string, value: unknown): Test {
  const values = Array.isArray(value) ? (value as unknown[]) : [value];
  if (key === "metadata") return metadataTest(value as Readonly<Record<string, unknown>>);
  if (key === "enabled") return (rule) => value === "any" || rule.enabled === value;
  const tests = values.map((each) => valueTest(key, String(each)));
  return (rule) => tests.some((test) => test(rule));
}

function valueTest(key: string, value: string): Test {
  switch (key) {
    case "sid":
      return sidTest(value);
    case "cve": {
      const cve = value.toUpperCase().replaceAll("_", "-");
      return ({ cves }) => cves.includes(cve);
    }
    case "category":
    case "classtype": {
      const wanted = value.toLowerCase();
      return ({ classtype, category }) => classtype.toLowerCase() === wanted || category.toLowerCase() === wanted;
    }
    case "severity": {
      const [low, high] = severityRange(value);
      return ({ severity }) => severity >= low && severity <= high;
    }
    case "file": {
      const glob = globOf(value);
      return ({ file }) => glob.test(file) || glob.test(file.slice(file.lastIndexOf("/") + 1));
    }
    case "group": {
      const glob = globOf(value.replace(/\.rules$/, ""));
      return ({ group }) => glob.test(group);
    }
    case "protocol": {
      const wanted = value.toLowerCase();
      return ({ protocol }) => protocol === wanted;
    }
    case "action":
      return ({ action }) => (action.startsWith("reject") ? "reject" : action) === value;
    default: {
      const regex = regexOf(value);
      return ({ msg }) => regex.test(msg);
    }
  }
}

function sidTest(text: string): Test {
  const [, gid = "1", low = "", high = low] = /^(?:(\d+):)?(\d+)(?:\s*-\s*(\d+))?$/.exec(text) ?? [];
  return (rule) => rule.gid === Number(gid) && rule.sid >= Number(low) && rule.sid <= Number(high);
}

function severityRange(text: string): readonly [number, number] {
  const [, sign, low = "1", high] = /^(<=|>=)?\s*(\d+)(?:\s*-\s*(\d+))?$/.exec(text) ?? [];
  if (sign === "<=") return [1, Number(low)];
  if (sign === ">=") return [Number(low), 255];
  return [Number(low), Number(high ?? low)];
}

function metadataTest(wanted: Readonly<Record<string, unknown>>): Test {
  const tests = Object.entries(wanted).map(([key, value]): Test => {
    const values = (Array.isArray(value) ? (value as unknown[]) : [value]).map((each) => String(each).toLowerCase());
    return ({ allMetadata }) => {
      const given = allMetadata.get(key);
      return given !== undefined && (value === true || given.some((each) => values.includes(each.toLowerCase())));
    };
  });
  return (rule) => tests.every((test) => test(rule));
}

/** `/text/i` or the bare text. */
function regexOf(text: string): RegExp {
  const [, body = text, flags = ""] = /^\/(.*)\/([imsu]*)$/s.exec(text) ?? [];
  return new RegExp(body, flags);
}

/** A file name in which `*` stands for any characters, `?` for one. */
function globOf(text: string): RegExp {
  const escaped = text.replace(/[.+^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`, "s");
}

function show(value: unknown): string {
  if (Array.isArray(value)) return value.map(show).join("|");
  if (typeof value === "object" && value !== null) {
    return Object.entries(value)
      .map(([key, each]) => `${key}=${show(each)}`)
      .join(" ");
  }
  return String(value);
}
