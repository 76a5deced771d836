/** Reads a configuration file (YAML or JSON), validates it and fills in the defaults. */
import { readFileSync } from "node:fs";
import { fileError, VpatchError } from "../errors.ts";
import type { Defaults, Node, Settings } from "./field.ts";
import { type Configuration, root } from "./schema/root.ts";

/** A configuration as a file gives it: names with values, nested. */
export type RawConfiguration = { readonly [name: string]: unknown };

/** The configuration that holds without a file. */
export function defaultConfiguration(defaults: Defaults = "stock"): Configuration {
  return resolve(root, undefined, defaults) as Configuration;
}

/**
 * Reads, validates and resolves a file.
 * @throws VpatchError `VPATCH_CONFIG` that names every wrong setting with file and line.
 */
export async function readConfiguration(file: string): Promise<Configuration> {
  let source: string;
  try {
    source = readFileSync(file, "utf8");
  } catch (cause) {
    throw fileError(cause, file);
  }
  const { parseAndValidate } = await import("./document.ts");
  return resolve(root, parseAndValidate(file, source), "stock") as Configuration;
}

/**
 * Validates and resolves a configuration made in memory.
 * @throws VpatchError `VPATCH_CONFIG` that names every wrong setting by its path.
 */
export async function makeConfiguration(raw: RawConfiguration, defaults: Defaults = "stock"): Promise<Configuration> {
  const { validate } = await import("./validation.ts");
  const problems = validate(raw);
  if (problems.length > 0) {
    throw new VpatchError("VPATCH_CONFIG", problems.map(({ message }) => message).join("\n  "));
  }
  return resolve(root, raw, defaults) as Configuration;
}

/** Whether a path of names leads to a setting or a group of settings. */
export function isSetting(path: readonly string[]): boolean {
  let node: Node = root;
  for (const [index, name] of path.entries()) {
    if (node.kind === "field") return index > 0;
    const child: Node | undefined = (node.settings as Settings)[name];
    if (!child) return false;
    node = child;
  }
  return true;
}

/** Settings given that nothing here depends on, by path. */
export function inertSettings(raw: unknown, node: Node = root, path = ""): string[] {
  if (raw === null || raw === undefined) return [];
  if (node.kind === "field") return node.inert ? [path] : [];
  return Object.entries(raw as RawConfiguration).flatMap(([name, value]) => {
    const child = (node.settings as Settings)[name];
    return child ? inertSettings(value, child, path ? `${path}.${name}` : name) : [];
  });
}

/** Fills in the defaults; `raw` has been validated. */
function resolve(node: Node, raw: unknown, defaults: Defaults): unknown {
  if (node.kind === "field") return raw === undefined || raw === null ? node[defaults] : node.parse(raw);
  const given = (raw ?? {}) as RawConfiguration;
  return Object.fromEntries(
    Object.entries(node.settings as Settings).map(([name, child]) => [name, resolve(child, given[name], defaults)]),
  );
}
