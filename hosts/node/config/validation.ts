/**
 * Validates configurations against the settings' descriptions and says what is wrong, where, and what was probably meant.
 *
 * Groups are walked here, values are checked by JSON Schema. Only schemas of values that are given are compiled, each once: a
 * configuration of three settings costs three small schemas, not the whole one.
 */
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import type { RawConfiguration } from "./configuration.ts";
import { type Field, type JsonSchema, jsonSchema, type Node, type Section, type Settings } from "./field.ts";
import { root } from "./schema/root.ts";
import { nearest } from "./suggest.ts";

/** One wrong setting. */
export interface ConfigurationProblem {
  /** Names (and list positions) that lead to it. */
  path: string[];
  message: string;
}

/** Names listed when none is near a wrong one. */
const LISTED_NAMES = 12;

/** The schema of a configuration file, as JSON Schema. */
export function configurationSchema(): object {
  return { $schema: "http://json-schema.org/draft-07/schema#", ...jsonSchema(root) };
}

/** Every wrong setting of a configuration; none when it is right. */
export function validate(raw: RawConfiguration): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  validateNode(root, raw, [], problems);
  return problems;
}

function validateNode(node: Node, value: unknown, path: string[], problems: ConfigurationProblem[]): void {
  if (value === null || value === undefined) return;
  if (node.kind === "field") validateField(node, value, path, problems);
  else if (typeof value !== "object" || Array.isArray(value)) {
    problems.push({ path, message: wrongValue(path, "a group of settings", value) });
  } else validateSection(node, value as RawConfiguration, path, problems);
}

function validateSection(
  node: Section,
  values: RawConfiguration,
  path: string[],
  problems: ConfigurationProblem[],
): void {
  const settings = node.settings as Settings;
  for (const [name, value] of Object.entries(values)) {
    const child = settings[name];
    if (child) validateNode(child, value, [...path, name], problems);
    else problems.push(unknownName([...path, name], Object.keys(settings)));
  }
}

let ajv: Ajv | undefined;
const validators = new Map<string, ValidateFunction>();

function validatorOf(schema: JsonSchema): ValidateFunction {
  const key = JSON.stringify(schema);
  let validator = validators.get(key);
  if (!validator) {
    ajv ??= new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true, strict: false, validateSchema: false });
    validator = ajv.compile(schema);
    validators.set(key, validator);
  }
  return validator;
}

function validateField(field: Field<unknown>, value: unknown, path: string[], problems: ConfigurationProblem[]): void {
  problems.push(...validateValue(field.schema, value, path));
}

/** What a JSON Schema has against a value, which stands at `path`; titles of the schema say what is expected. */
export function validateValue(
  schema: JsonSchema,
  value: unknown,
  path: readonly string[] = [],
): ConfigurationProblem[] {
  const validator = validatorOf(schema);
  if (validator(value)) return [];
  const found = new Map<string, ConfigurationProblem>();
  for (const error of validator.errors ?? []) {
    if (error.keyword === "if") continue;
    const problem = explain(error, path);
    const key = problem.path.join("/");
    if (!found.has(key)) found.set(key, problem);
  }
  // A wrong list item is reported for the item and for the list as a whole: the innermost place says most.
  const all = [...found.values()];
  const within = (outer: ConfigurationProblem): boolean =>
    all.some(
      (inner) => inner.path.length > outer.path.length && outer.path.every((name, index) => inner.path[index] === name),
    );
  return all.filter((problem) => !within(problem));
}

function explain(error: ErrorObject, field: readonly string[]): ConfigurationProblem {
  const inner = error.instancePath.split("/").slice(1);
  const path = [...field, ...inner.map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"))];
  if (error.keyword === "additionalProperties") {
    const name = (error.params as { additionalProperty: string }).additionalProperty;
    return unknownName([...path, name], Object.keys((error.parentSchema?.properties as object | undefined) ?? {}));
  }
  const expected = (error.parentSchema as { title?: string } | undefined)?.title ?? `a value that ${error.message}`;
  const limit = error.keyword === "minimum" || error.keyword === "maximum" ? ` (${error.message})` : "";
  return { path, message: wrongValue(path, `${expected}${limit}`, error.data) };
}

function unknownName(path: string[], known: readonly string[]): ConfigurationProblem {
  const meant = nearest(path.at(-1) ?? "", known);
  const listed = known.length <= LISTED_NAMES ? `; there are ${known.join(", ")}` : "";
  const advice = meant ? `; did you mean ${JSON.stringify(meant)}?` : listed;
  return { path, message: `${dotted(path)}: no such setting${advice}` };
}

function wrongValue(path: readonly string[], expected: string, value: unknown): string {
  return `${dotted(path) || "the configuration"}: expected ${expected}, found ${JSON.stringify(value) ?? "nothing"}`;
}

function dotted(path: readonly string[]): string {
  return path
    .map((name) => (/^\d+$/.test(name) ? `[${name}]` : `.${name}`))
    .join("")
    .replace(/^\./, "");
}
