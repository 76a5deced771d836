/** Validates configurations against the JSON Schema of the settings and says what is wrong, where, and what was probably meant. */
import { Ajv, type ErrorObject } from "ajv";
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from "yaml";
import { VpatchError } from "../errors.ts";
import type { RawConfiguration } from "./configuration.ts";
import { jsonSchema } from "./field.ts";
import { root } from "./schema/root.ts";
import { nearest } from "./suggest.ts";

/** One wrong setting. */
export interface ConfigurationProblem {
  /** Names (and list positions) that lead to it. */
  path: string[];
  message: string;
}

/** The schema of a configuration file, as JSON Schema. */
export function configurationSchema(): object {
  return { $schema: "http://json-schema.org/draft-07/schema#", ...jsonSchema(root) };
}

let validator: ReturnType<Ajv["compile"]> | undefined;

/** Every wrong setting of a configuration; none when it is right. */
export function validate(raw: RawConfiguration): ConfigurationProblem[] {
  validator ??= new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true, strict: false }).compile(
    jsonSchema(root),
  );
  if (validator(raw)) return [];
  const problems = new Map<string, ConfigurationProblem>();
  for (const error of validator.errors ?? []) {
    if (error.keyword === "if") continue;
    const problem = explain(error);
    const key = problem.path.join("/");
    if (!problems.has(key)) problems.set(key, problem);
  }
  // A wrong list item is reported for the item and for the list as a whole: the innermost place says most.
  return [...problems.values()].filter(
    ({ path }) =>
      ![...problems.values()].some(
        (other) => other.path.length > path.length && path.every((name, index) => other.path[index] === name),
      ),
  );
}

function explain(error: ErrorObject): ConfigurationProblem {
  const path = error.instancePath
    .split("/")
    .slice(1)
    .map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
  if (error.keyword === "additionalProperties") {
    const name = (error.params as { additionalProperty: string }).additionalProperty;
    const known = Object.keys((error.parentSchema?.properties as object | undefined) ?? {});
    const meant = nearest(name, known);
    const full = [...path, name];
    const advice = meant
      ? `; did you mean ${JSON.stringify(meant)}?`
      : known.length <= 12
        ? `; there are ${known.join(", ")}`
        : "";
    return { path: full, message: `${dotted(full)}: no such setting${advice}` };
  }
  const expected = (error.parentSchema as { title?: string } | undefined)?.title;
  const found = JSON.stringify(error.data) ?? "nothing";
  const limit = error.keyword === "minimum" || error.keyword === "maximum" ? ` (${error.message})` : "";
  const message = expected ? `expected ${expected}${limit}, found ${found}` : `${error.message}, found ${found}`;
  return { path, message: `${dotted(path) || "the configuration"}: ${message}` };
}

function dotted(path: readonly string[]): string {
  return path
    .map((name) => (/^\d+$/.test(name) ? `[${name}]` : `.${name}`))
    .join("")
    .replace(/^\./, "");
}

/**
 * The validated content of a file.
 * @throws VpatchError that names every wrong setting by file, line and column.
 */
export function parseAndValidate(file: string, source: string): RawConfiguration {
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
    throw new VpatchError("VPATCH_CONFIG", "the configuration is not a map of settings", {
      location: { file, line: 1 },
    });
  }
  const problems = validate(raw).map(({ path, message }) => {
    const { line, col } = lines.linePos(positionOf(document, path));
    return { line, text: `${file}:${line}:${col}: ${message}` };
  });
  if (problems.length > 0) {
    problems.sort((a, b) => a.line - b.line);
    const [first, ...rest] = problems.map(({ text }) => text);
    throw new VpatchError("VPATCH_CONFIG", [first, ...rest.map((text) => `  ${text}`)].join("\n"), {
      remedy: "correct the settings; docs/configuration.md lists them all",
    });
  }
  return raw;
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
