/** Configuration files as YAML or JSON documents, every wrong setting told with its line. */
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from "yaml";
import { VpatchError } from "../errors.ts";
import type { RawConfiguration } from "./configuration.ts";
import { type ConfigurationProblem, validate } from "./validation.ts";

/**
 * The validated content of a file.
 * @throws VpatchError that names every wrong setting by file, line and column
 */
export function parseAndValidate(file: string, source: string): RawConfiguration {
  const { raw, problem } = parseSettings(file, source, "the configuration");
  const problems = validate(raw);
  if (problems.length > 0) throw problem(problems, "correct the settings; docs/configuration.md lists them all");
  return raw;
}

/** A YAML or JSON file as a map of settings, with the places of its parts. */
export interface SettingsDocument {
  raw: RawConfiguration;
  /** Line, from 1, of the setting a path leads to. */
  lineOf(path: readonly string[]): number;
  /** The error that tells all problems, by file, line and column. */
  problem(problems: readonly ConfigurationProblem[], remedy: string): VpatchError;
}

/** @throws VpatchError when the file is not YAML, or not a map */
export function parseSettings(file: string, source: string, what: string): SettingsDocument {
  const lines = new LineCounter();
  // suricata.yaml declares YAML 1.1, whose "80:90" is a number in base 60: the core schema of 1.2 takes it as written.
  const document = parseDocument(source, { lineCounter: lines, schema: "core", uniqueKeys: true, prettyErrors: false });
  const [syntax] = document.errors;
  if (syntax) {
    const { line, col } = lines.linePos(syntax.pos[0]);
    throw new VpatchError("VPATCH_CONFIG", `not YAML or JSON: ${syntax.message}`, {
      location: { file, line, column: col },
      remedy: "correct the file; indentation is by spaces",
    });
  }
  const raw = (document.toJS() ?? {}) as RawConfiguration;
  if (typeof raw !== "object" || Array.isArray(raw)) {
    throw new VpatchError("VPATCH_CONFIG", `${what} is not a map of settings`, {
      location: { file, line: 1 },
    });
  }
  const place = (path: readonly string[]) => lines.linePos(positionOf(document, path));
  return {
    raw,
    lineOf: (path) => place(path).line,
    problem(problems, remedy) {
      const told = problems.map(({ path, message }) => ({ ...place(path), message }));
      told.sort((a, b) => a.line - b.line);
      const [first, ...rest] = told.map(({ line, col, message }) => `${file}:${line}:${col}: ${message}`);
      return new VpatchError("VPATCH_CONFIG", [first, ...rest.map((text) => `  ${text}`)].join("\n"), { remedy });
    },
  };
}

/** Offset in the source of the name (or list item) a path leads to, or of the nearest part of it that is there. */
function positionOf(document: Document.Parsed, path: readonly string[]): number {
  let found = 0;
  for (let length = 1; length <= path.length; length++) {
    const parent = document.getIn(path.slice(0, length - 1), true);
    const name = path[length - 1]!;
    const pair = isMap(parent)
      ? parent.items.find((item) => isScalar(item.key) && String(item.key.value) === name)?.key
      : document.getIn(path.slice(0, length), true);
    if (isNode(pair) && pair.range) found = pair.range[0];
  }
  return found;
}
