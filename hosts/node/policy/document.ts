/** Policy files: YAML or JSON, read and checked; every wrong entry is told with its line. */
import { dirname, resolve } from "node:path";
import { parseSettings, type SettingsDocument } from "../config/document.ts";
import { type ConfigurationProblem, validateValue } from "../config/validation.ts";
import { readText } from "../rules/files.ts";
import type { Mode, Policy, PolicyException, PolicyPin, PolicyRule, PolicySuppression, Posture } from "./policy.ts";
import { POLICY_SCHEMA } from "./schema.ts";
import { makeSelector, type RawSelector, type Selector } from "./selector.ts";

const REMEDY = "correct the policy; docs/policy.md describes every entry";

/** @throws VpatchError when the file cannot be read, or that names every wrong entry by file, line and column */
export function readPolicy(file: string): Policy {
  return parsePolicy(file, readText(file));
}

/** @param file name for messages; a relative `assignments.file` is sought beside it. @throws VpatchError */
export function parsePolicy(file: string, source: string): Policy {
  const document = parseSettings(file, source, "the policy");
  const problems = validateValue(POLICY_SCHEMA, document.raw);
  if (problems.length > 0) throw document.problem(problems, REMEDY);
  const reader = new Reader(file, document);
  const policy = reader.policy();
  if (reader.problems.length > 0) throw document.problem(reader.problems, REMEDY);
  return policy;
}

/** The shape that the schema guarantees. */
interface RawPolicy {
  mode?: Mode;
  posture?: Posture | false;
  unchosen?: "as-written" | "off" | false;
  assignments?: { file?: string; mode?: Mode | "as-assigned" };
  rules?: RawEntry[];
  exceptions?: RawException[];
  pinned?: (string | number | RawPin)[];
  suppressed?: (string | number | RawPin)[];
}

interface RawEntry {
  select: RawSelector;
  action?: PolicyRule["action"] | false;
  mode?: Mode;
  note?: string;
}

interface RawException {
  source?: string;
  destination?: string;
  address?: string;
  "source-port"?: string | number;
  "destination-port"?: string | number;
  port?: string | number;
  select?: RawSelector;
  note?: string;
}

interface RawPin {
  sid: string | number;
  mode?: Mode;
  action?: NonNullable<PolicyPin["action"]>;
  note?: string;
}

class Reader {
  readonly problems: ConfigurationProblem[] = [];
  readonly #file: string;
  readonly #document: SettingsDocument;

  constructor(file: string, document: SettingsDocument) {
    this.#file = file;
    this.#document = document;
  }

  policy(): Policy {
    const raw = this.#document.raw as RawPolicy;
    const assignments = raw.assignments ?? {};
    return {
      file: this.#file,
      mode: raw.mode ?? "detect",
      posture: raw.posture || "off",
      unchosen: raw.unchosen === undefined ? "as-written" : raw.unchosen || "off",
      assignments: {
        ...(assignments.file === undefined ? {} : { file: resolve(dirname(this.#file), assignments.file) }),
        mode: assignments.mode ?? "as-assigned",
      },
      rules: (raw.rules ?? []).map((entry, index) => this.#rule(entry, ["rules", String(index)])),
      exceptions: (raw.exceptions ?? []).map((entry, index) => this.#exception(entry, ["exceptions", String(index)])),
      pinned: (raw.pinned ?? []).map((entry, index): PolicyPin => {
        const { sid, ...rest } = typeof entry === "object" ? entry : { sid: entry };
        return { ...numbersOf(sid), ...rest, line: this.#document.lineOf(["pinned", String(index)]) };
      }),
      suppressed: (raw.suppressed ?? []).map((entry, index): PolicySuppression => {
        const { sid, note } = typeof entry === "object" ? entry : { sid: entry, note: undefined };
        const line = this.#document.lineOf(["suppressed", String(index)]);
        return { ...numbersOf(sid), ...(note === undefined ? {} : { note }), line };
      }),
    };
  }

  #rule(entry: RawEntry, path: string[]): PolicyRule {
    const { action, mode, note } = entry;
    if (mode !== undefined && (action === false || action === "off" || action === "pass" || action === "alert")) {
      const message = `${where(path)}: mode ${mode} says nothing about a rule whose action is ${action || "off"}; leave one out`;
      this.problems.push({ path: [...path, "mode"], message });
    }
    return {
      select: this.#select(entry.select, path),
      ...(action === undefined ? {} : { action: action || "off" }),
      ...(mode === undefined ? {} : { mode }),
      ...(note === undefined ? {} : { note }),
      line: this.#document.lineOf(path),
    };
  }

  #exception(entry: RawException, path: string[]): PolicyException {
    const { source, destination, address, select, note } = entry;
    const texts = Object.entries({
      source,
      destination,
      address,
      sourcePort: entry["source-port"],
      destinationPort: entry["destination-port"],
      port: entry.port,
    }).filter((pair): pair is [string, string | number] => pair[1] !== undefined);
    if (texts.length === 0) {
      const message = `${where(path)}: names neither an address nor a port; to take rules out of force use "suppressed"`;
      this.problems.push({ path, message });
    }
    return {
      ...Object.fromEntries(texts.map(([name, value]) => [name, String(value)])),
      ...(select === undefined ? {} : { select: this.#select(select, path) }),
      ...(note === undefined ? {} : { note }),
      line: this.#document.lineOf(path),
    };
  }

  #select(raw: RawSelector, path: string[]): Selector {
    try {
      return makeSelector(raw);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      this.problems.push({ path: [...path, "select", "msg"], message: `${where(path)}.select.msg: ${error.message}` });
      return { text: "", matches: () => false };
    }
  }
}

const where = ([list, index]: string[]): string => `${list}[${index}]`;

function numbersOf(sid: string | number): { gid: number; sid: number } {
  const [gid, number] = String(sid).includes(":") ? String(sid).split(":") : ["1", String(sid)];
  return { gid: Number(gid), sid: Number(number) };
}
