/** `vpatch rules enable|disable`: entries of enable.conf and disable.conf. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { writeDurably } from "../../../../scan/store/durable-file.ts";
import { readText } from "../files.ts";
import { FILTER_FILES } from "./rule_filters.ts";

/** Adds the entries to one file, and takes them out of the other. Comments and other entries stay as they are. */
export function switchRules(directory: string, verb: "enable" | "disable", entries: readonly string[]): void {
  const wanted = new Set(entries);
  const other = join(directory, FILTER_FILES[verb === "enable" ? "disable" : "enable"]);
  const lines = linesOf(other);
  const left = lines.filter((line) => !wanted.has(entryOf(line)));
  if (left.length < lines.length) writeDurably(other, textOf(left));
  const own = join(directory, FILTER_FILES[verb]);
  const known = linesOf(own);
  const there = new Set(known.map(entryOf));
  const fresh = [...wanted].filter((entry) => !there.has(entry));
  if (fresh.length > 0) writeDurably(own, textOf([...known, ...fresh]));
}

const entryOf = (line: string): string => line.trim().split(" #")[0]!.trim();

function linesOf(file: string): string[] {
  if (!existsSync(file)) return [];
  const text = readText(file).replace(/\n$/, "");
  return text === "" ? [] : text.split("\n");
}

const textOf = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join("");
