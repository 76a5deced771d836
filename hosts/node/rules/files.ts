/** Rule files: as given, and those of folders. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileError, VpatchError } from "../errors.ts";

/** The text of a rule file. */
export interface RuleSource {
  file: string;
  text: string;
}

/** The rule files of files and folders (`*.rules` below them, by name), read. @throws VpatchError when one is missing or there is none */
export function readRuleFiles(paths: readonly string[]): RuleSource[] {
  const files = paths.flatMap((path) => {
    try {
      if (!statSync(path).isDirectory()) return [path];
      const names = readdirSync(path, { recursive: true }) as string[];
      return names
        .filter((name) => name.endsWith(".rules"))
        .sort()
        .map((name) => join(path, name));
    } catch (cause) {
      throw fileError(cause, path);
    }
  });
  if (files.length === 0) {
    throw new VpatchError("VPATCH_RULES", `no rule file in ${paths.join(", ")}`, {
      remedy: "give rule files; in folders those named *.rules are read",
    });
  }
  return files.map((file) => ({ file, text: readText(file) }));
}

/** A text file. */
export function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw fileError(cause, file);
  }
}
