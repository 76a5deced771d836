/** Where rules come from: the list of sources, kept in the rule directory. */
import { existsSync } from "node:fs";
import { join, posix } from "node:path";
import { LANGUAGE_VERSION } from "../../../../compiler/keywords/requires.ts";
import { writeDurably } from "../../../../scan/store/durable-file.ts";
import { validateValue } from "../../config/validation.ts";
import { ExitCode, VpatchError } from "../../errors.ts";
import { readText } from "../files.ts";

export interface RuleSourceEntry {
  /** Letters, digits, `.`, `_`, `-`, and `/` between them: `et/open`. */
  name: string;
  /** `https://`, `http://`, or the path of a file or folder. */
  url: string;
  /** What the archive must hash to; its `.md5` sibling is asked for without it. */
  sha256?: string;
}

const FILE = "sources.json";
const NAME = "^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*$";

/** ET Open, in the edition for the language version that the compiler has. */
export const DEFAULT_SOURCE: RuleSourceEntry = {
  name: "et/open",
  url: `https://rules.emergingthreats.net/open/suricata-${LANGUAGE_VERSION.join(".")}/emerging.rules.tar.gz`,
};

const SCHEMA = {
  type: "object",
  title: "a list of sources",
  required: ["sources"],
  properties: {
    sources: {
      type: "array",
      items: {
        type: "object",
        title: "a source with name and url",
        required: ["name", "url"],
        additionalProperties: false,
        properties: {
          name: { type: "string", pattern: NAME, title: "a name such as et/open" },
          url: { type: "string", minLength: 1, title: "a URL or path" },
          sha256: { type: "string", pattern: "^[0-9a-fA-F]{64}$", title: "64 hex digits" },
        },
      },
    },
  },
};

/** The sources of a rule directory; ET Open where none were ever written. @throws VpatchError */
export function readSources(directory: string): RuleSourceEntry[] {
  const file = join(directory, FILE);
  if (!existsSync(file)) return [DEFAULT_SOURCE];
  let raw: unknown;
  try {
    raw = JSON.parse(readText(file));
  } catch (error) {
    if (error instanceof VpatchError) throw error;
    throw new VpatchError("VPATCH_RULES", `not JSON: ${(error as Error).message}`, { location: { file } });
  }
  const [problem] = validateValue(SCHEMA, raw);
  if (problem !== undefined) throw new VpatchError("VPATCH_RULES", problem.message, { location: { file } });
  return (raw as { sources: RuleSourceEntry[] }).sources;
}

export function writeSources(directory: string, sources: readonly RuleSourceEntry[]): void {
  writeDurably(join(directory, FILE), `${JSON.stringify({ sources }, undefined, 1)}\n`);
}

/** The list with a source added, or replaced where the name is there. @throws VpatchError for a name or digest that is none */
export function withSource(sources: readonly RuleSourceEntry[], entry: RuleSourceEntry): RuleSourceEntry[] {
  const [problem] = validateValue(SCHEMA, { sources: [entry] });
  if (problem !== undefined) {
    throw new VpatchError("VPATCH_USAGE", problem.message.replace(/^sources\[0\]\.?/, ""), {
      exitCode: ExitCode.Usage,
    });
  }
  const others = sources.filter(({ name }) => name !== entry.name);
  return others.length === sources.length
    ? [...sources, entry]
    : sources.map((each) => (each.name === entry.name ? entry : each));
}

/** `https://host/rules/local.rules.tar.gz` is called `local`. */
export function nameOfUrl(url: string): string {
  const path = isRemote(url) ? new URL(url).pathname : url;
  const base = posix.basename(path.replaceAll("\\", "/").replace(/\/+$/, ""));
  return base.replace(/\.(?:tar\.gz|tgz|tar|zip|gz)$/, "").replace(/\.rules$/, "") || "rules";
}

export const isRemote = (url: string): boolean => /^https?:\/\//i.test(url);

/** `et/open` as part of a file name. */
export const fileNameOf = (name: string): string => name.replaceAll("/", "-");
