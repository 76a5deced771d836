/**
 * How settings are described: a tree of sections and fields. One description gives the JSON Schema that validates a file, the typed
 * configuration with its defaults, and the reference in `docs/configuration.md`.
 *
 * Two sets of defaults: `stock` are those of the suricata.yaml that Suricata 8 ships, `builtin` those that hold in Suricata where a
 * configuration file leaves a setting out. A configuration of ours starts from `stock`.
 */
import { parseSize, SIZE_PATTERN } from "./size.ts";

export type Defaults = "stock" | "builtin";

/** As much of JSON Schema as the descriptions need. */
export interface JsonSchema {
  [keyword: string]: unknown;
}

/** One setting. */
export interface Field<T> {
  readonly kind: "field";
  /** What a value looks like, for errors and the reference: `yes or no`. */
  readonly expects: string;
  readonly schema: JsonSchema;
  /** The value of a setting that the schema has accepted. */
  readonly parse: (value: unknown) => T;
  readonly stock: T;
  readonly builtin: T;
  readonly doc: string;
  /** Accepted because suricata.yaml has it, but nothing here depends on it. */
  readonly inert: boolean;
}

/** A group of settings. */
export interface Section<S extends Settings = Settings> {
  readonly kind: "section";
  readonly doc: string;
  readonly settings: S;
}

// biome-ignore lint/suspicious/noExplicitAny: a tree holds fields of every type; Resolved gives each its own.
export type Node = Field<any> | Section<any>;
export type Settings = { readonly [key: string]: Node };

/** The configuration that a description stands for. */
export type Resolved<N> =
  N extends Field<infer T> ? T : N extends Section<infer S> ? { readonly [K in keyof S]: Resolved<S[K]> } : never;

/** Default and explanation that most fields need. */
export interface FieldOptions<T> {
  builtin?: T;
  inert?: boolean;
}

export function section<S extends Settings>(doc: string, settings: S): Section<S> {
  return { kind: "section", doc, settings };
}

export function field<T>(
  doc: string,
  expects: string,
  schema: JsonSchema,
  parse: (value: unknown) => T,
  stock: T,
  options: FieldOptions<T> = {},
): Field<T> {
  const builtin = "builtin" in options ? (options.builtin as T) : stock;
  return {
    kind: "field",
    doc,
    expects,
    schema: { title: expects, ...schema },
    parse,
    stock,
    builtin,
    inert: options.inert ?? false,
  };
}

const TRUE = [true, 1, "yes", "true", "on", "1", "y"];
const FALSE = [false, 0, "no", "false", "off", "0", "n"];
const withCase = (words: unknown[]): unknown[] => [
  ...new Set(
    words.flatMap((word) =>
      typeof word === "string" ? [word, word.toUpperCase(), word[0]!.toUpperCase() + word.slice(1)] : [word],
    ),
  ),
];

/** Whether a value is one of the words for true; the schema has made sure it is one for true or false. */
export function isTrue(value: unknown): boolean {
  return TRUE.includes(typeof value === "string" ? value.toLowerCase() : (value as boolean | number));
}

export const BOOLEAN_SCHEMA: JsonSchema = { enum: withCase([...TRUE, ...FALSE]) };

/** `yes` or `no`, in any of YAML's spellings. */
export function bool(doc: string, stock: boolean, options?: FieldOptions<boolean>): Field<boolean> {
  return field(doc, "yes or no", BOOLEAN_SCHEMA, isTrue, stock, options);
}

/** A number of bytes, with or without a unit. */
export function size(
  doc: string,
  stock: string | number,
  options?: { builtin?: string | number; inert?: boolean },
): Field<number> {
  const schema = { type: ["integer", "string"], minimum: 0, pattern: SIZE_PATTERN };
  const builtin = options?.builtin === undefined ? {} : { builtin: bytes(options.builtin) };
  const inert = options?.inert === undefined ? {} : { inert: options.inert };
  return field(doc, "a size such as 64mb", schema, bytes, bytes(stock), { ...builtin, ...inert });
}

function bytes(value: unknown): number {
  return parseSize(value) ?? 0;
}

/** A whole number, also as text (`"6"`). */
export function integer(
  doc: string,
  stock: number,
  options: FieldOptions<number> & { maximum?: number } = {},
): Field<number> {
  const { maximum = 0xffff_ffff } = options;
  const schema = { type: ["integer", "string"], minimum: 0, maximum, pattern: "^[0-9]+$" };
  return field(doc, "a whole number", schema, Number, stock, options);
}

/** A whole number, or left out. */
export function optionalInteger(doc: string): Field<number | undefined> {
  const schema = { type: ["integer", "string"], minimum: 0, maximum: 0xffff_fffe, pattern: "^[0-9]+$" };
  return field<number | undefined>(doc, "a whole number", schema, Number, undefined);
}

/** One of a set of words. */
export function choice<const W extends string>(
  doc: string,
  words: readonly W[],
  stock: NoInfer<W>,
  options?: FieldOptions<NoInfer<W>>,
): Field<W> {
  const schema = { enum: withCase([...words]) };
  return field(doc, `one of ${words.join(", ")}`, schema, (value) => String(value).toLowerCase() as W, stock, options);
}

/** `yes`, `no` (in any of YAML's spellings) or one of a set of words. */
export function toggle<const W extends string>(
  doc: string,
  words: readonly W[],
  stock: "yes" | "no" | NoInfer<W>,
  options?: FieldOptions<"yes" | "no" | NoInfer<W>>,
): Field<"yes" | "no" | W> {
  const schema = { enum: [...(BOOLEAN_SCHEMA.enum as unknown[]), ...withCase([...words])] };
  const parse = (value: unknown): "yes" | "no" | W => {
    const word = words.find((known) => known === String(value).toLowerCase());
    return word ?? (isTrue(value) ? "yes" : "no");
  };
  return field<"yes" | "no" | W>(doc, `one of yes, no, ${words.join(", ")}`, schema, parse, stock, options);
}

/** As {@link choice}, or left out. */
export function optionalChoice<const W extends string>(doc: string, words: readonly W[]): Field<W | undefined> {
  const schema = { enum: withCase([...words]) };
  return field<W | undefined>(
    doc,
    `one of ${words.join(", ")}`,
    schema,
    (value) => String(value).toLowerCase() as W,
    undefined,
  );
}

/** Any text; numbers are taken as text. */
export function text(doc: string, stock: string, options?: FieldOptions<string>): Field<string> {
  return field(doc, "text", { type: ["string", "number"] }, String, stock, options);
}

/** Text, or left out. */
export function optionalText(doc: string): Field<string | undefined> {
  return field<string | undefined>(doc, "text", { type: ["string", "number"] }, String, undefined);
}

/** A list of texts; a single one may stand without brackets. */
export function list(
  doc: string,
  stock: readonly string[],
  options?: FieldOptions<readonly string[]>,
): Field<readonly string[]> {
  const item = { title: "a list of texts", type: ["string", "number"] };
  const schema = { anyOf: [item, { type: "array", items: item }] };
  const parse = (value: unknown): readonly string[] => (Array.isArray(value) ? value : [value]).map(String);
  return field(doc, "a list", schema, parse, stock, options);
}

/** Ports or port variables, as one text (`"80, 8080"`), a number or a list; left out: `undefined`. */
export function ports(
  doc: string,
  stock?: string,
  options?: FieldOptions<string | undefined>,
): Field<string | undefined> {
  const item = {
    title: "ports",
    type: ["string", "integer"],
    pattern: "^[-!$:,\\[\\]\\s\\w]*$",
    minimum: 0,
    maximum: 65535,
  };
  const schema = { anyOf: [item, { type: "array", items: item }] };
  const parse = (value: unknown): string => (Array.isArray(value) ? value : [value]).map(String).join(", ");
  return field<string | undefined>(doc, "ports", schema, parse, stock, options);
}

/** Names to values, the user's names added to ours. */
export function record(doc: string, stock: Readonly<Record<string, string>>): Field<Readonly<Record<string, string>>> {
  const schema = { type: "object", additionalProperties: { type: ["string", "number"], title: "text" } };
  const parse = (value: unknown): Record<string, string> => ({
    ...stock,
    ...Object.fromEntries(Object.entries(value as object).map(([name, text]) => [name, String(text)])),
  });
  return field(doc, "names with values", schema, parse, stock, { builtin: {} });
}

/** A part of suricata.yaml that has no meaning here: anything is accepted, nothing is read. */
export function foreign(doc: string): Field<undefined> {
  return field<undefined>(doc, "anything", {}, () => undefined, undefined, { inert: true });
}

/** The JSON Schema of a description. An empty section (`null` in YAML) is allowed everywhere. */
export function jsonSchema(node: Node): JsonSchema {
  if (node.kind === "field") return node.schema;
  const properties: Record<string, JsonSchema> = {};
  for (const [key, child] of Object.entries(node.settings as Settings)) {
    const schema = jsonSchema(child);
    properties[key] = child.kind === "field" ? { if: { type: "null" }, else: schema } : schema;
  }
  return { type: ["object", "null"], title: "a group of settings", properties, additionalProperties: false };
}
