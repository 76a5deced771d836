/** Builds a bundle from dumps on disk. */
import { basename } from "node:path";
import { type SummarizedRules, summarizeRules } from "../rules/summary.ts";
import { BundleBuilder } from "./builder.ts";
import { inputFiles, linesOf, readAll } from "./input.ts";
import { addAdvisories } from "./sources/advisories.ts";
import { addDebianAdvisories, addDebianCves, addDebianJson } from "./sources/debian-tracker.ts";
import { addCveRecord, addEpss, addKnownExploited } from "./sources/exploited.ts";
import { addOsv } from "./sources/osv.ts";
import { WindowsBulletins } from "./sources/windows.ts";
import type { Bundle, Manifest } from "./types.ts";

/** Kinds of source. `PATH` is a file, an archive or a folder of them. */
export const sourceKinds = [
  "osv",
  "dsa",
  "debian-cve",
  "debian-json",
  "windows",
  "kev",
  "epss",
  "cve",
  "advisories",
] as const;
export type SourceKind = (typeof sourceKinds)[number];

export interface SourceInput {
  kind: SourceKind;
  path: string;
  /** What the report says it is; the file's name by default. */
  name?: string;
  licence?: string;
}

export interface BuildOptions {
  /** Rule files, folders or archives; without any the bundle is not restricted to CVEs that have a rule. */
  rules: readonly string[];
  sources: readonly SourceInput[];
  /** Debian suites that `debian-cve` applies to. */
  suites?: readonly string[];
  report?: (message: string) => void;
}

export async function buildBundle(options: BuildOptions): Promise<{ bundle: Bundle; sources: Manifest["sources"] }> {
  const report = options.report ?? (() => {});
  const builder = new BundleBuilder(options.rules.length > 0 ? await readRules(options.rules, report) : undefined);
  for (const source of options.sources) {
    const version = await addSource(builder, source, options.suites ?? []);
    builder.source(source.name ?? basename(source.path), version, source.licence ?? "unknown");
    report(`${source.kind}: ${source.path}${version ? ` (${version})` : ""}`);
  }
  return builder.finish();
}

export async function readRules(
  paths: readonly string[],
  report: (message: string) => void = () => {},
): Promise<SummarizedRules["rules"]> {
  const rules: SummarizedRules["rules"] = [];
  for (const path of paths) {
    for await (const file of inputFiles(path)) {
      if (!file.name.endsWith(".rules")) continue;
      const read = summarizeRules(file.name, (await readAll(file)).toString());
      rules.push(...read.rules);
      for (const problem of read.problems) report(problem);
    }
  }
  return rules;
}

/** Returns the source's own version, where it has one. */
async function addSource(builder: BundleBuilder, source: SourceInput, suites: readonly string[]): Promise<string> {
  let version = "";
  const bulletins = new WindowsBulletins(builder);
  for await (const file of inputFiles(source.path)) {
    if (source.kind === "windows") {
      if (!file.name.endsWith(".csv")) continue;
      version ||= /_(\d{8})/.exec(file.name)?.[1] ?? "";
      bulletins.startFile();
      for await (const line of linesOf(file)) bulletins.line(line);
      continue;
    }
    const json = file.name.endsWith(".json");
    if ((source.kind === "osv" || source.kind === "cve") && !json) continue;
    const text = (await readAll(file)).toString();
    switch (source.kind) {
      case "osv":
        for (const each of documents(text, file.name)) addOsv(builder, each);
        break;
      case "cve":
        for (const each of documents(text, file.name)) addCveRecord(builder, each);
        break;
      case "kev":
        if (json && !file.name.endsWith("schema.json"))
          version = addKnownExploited(builder, documents(text, file.name)[0]);
        break;
      case "epss":
        addEpss(builder, text);
        version = /score_date:(\S+)/.exec(text)?.[1]?.slice(0, 10) ?? "";
        break;
      case "dsa":
        addDebianAdvisories(builder, text);
        version = /^\[([^\]]+)\]/.exec(text)?.[1] ?? "";
        break;
      case "debian-cve":
        addDebianCves(builder, text, suites);
        break;
      case "debian-json":
        addDebianJson(builder, documents(text, file.name)[0]);
        break;
      case "advisories":
        if (/\.ya?ml$/.test(file.name)) addAdvisories(builder, text, file.name);
        break;
    }
  }
  if (source.kind === "windows") bulletins.finish();
  return version;
}

/** One JSON document, or one a line. */
function documents(text: string, name: string): unknown[] {
  try {
    return [JSON.parse(text)];
  } catch (error) {
    const lines = text.split("\n").filter((line) => line.trim() !== "");
    if (lines.length < 2) throw new Error(`${name}: ${error instanceof Error ? error.message : error}`);
    return lines.map((line, index) => {
      try {
        return JSON.parse(line) as unknown;
      } catch {
        throw new Error(`${name}:${index + 1}: neither one JSON document nor one a line`);
      }
    });
  }
}
