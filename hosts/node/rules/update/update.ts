/** An update of the rules: fetch, check, filter, and put in force at once; or nothing at all. */
import { mkdirSync } from "node:fs";
import { fileError, VpatchError } from "../../errors.ts";
import { type AcquireOptions, acquire, type Candidate, cached } from "./acquire.ts";
import { applyFilters, type FilterOutcome } from "./apply_filters.ts";
import { type ArchiveFiles, unpackArchive } from "./archive.ts";
import { type FieldRule, formatFieldRule, readFieldRules } from "./field_rule.ts";
import { UPDATE_LIMITS, type UpdateLimits } from "./limits.ts";
import { type RuleFilters, readFilters } from "./rule_filters.ts";
import { currentFolder, replaceSet, type SetRecord } from "./rule_set.ts";
import { fileNameOf, isRemote, type RuleSourceEntry, readSources } from "./source_list.ts";

export interface UpdateOptions {
  /** The rule directory. */
  directory: string;
  /** Only these sources are asked; the others stay as they were fetched last. */
  only?: readonly string[];
  /** A folder of archives that stands for all servers. */
  mirror?: string;
  force?: boolean;
  /** PEM file of authorities to trust. */
  ca?: string;
  limits?: UpdateLimits;
  now?: Date;
}

export interface UpdateReport extends Omit<FilterOutcome, "rules"> {
  sources: { name: string; how: Candidate["how"] | "kept"; rules: number; unchecked: boolean }[];
  record: SetRecord;
  /** Where the rules in force are. */
  folder: string;
}

/**
 * Updates the set of rules in force.
 * @throws VpatchError when a source cannot be had or is not what it should be, or a filter file is wrong: what was in force stays
 */
export async function updateRules(options: UpdateOptions): Promise<UpdateReport> {
  const { directory, only, limits = UPDATE_LIMITS } = options;
  makeFolder(directory);
  const sources = readSources(directory);
  const unknown = only?.find((name) => !sources.some((source) => source.name === name));
  if (unknown !== undefined) {
    throw new VpatchError("VPATCH_RULES", `there is no source ${unknown}`, { remedy: "see vpatch rules sources" });
  }
  const filters = readFilters(directory);
  const acquiring: AcquireOptions = {
    directory,
    limits,
    ...(options.mirror === undefined ? {} : { mirror: options.mirror }),
    ...(options.force === undefined ? {} : { force: options.force }),
    ...(options.ca === undefined ? {} : { ca: options.ca }),
  };
  const candidates: SourceFiles[] = [];
  for (const source of sources) {
    const asked = only === undefined || only.includes(source.name);
    const kept = asked ? undefined : await fromCache(source, directory, limits);
    candidates.push(kept ?? { source, ...(await acquire(source, acquiring)) });
  }
  return putInForce(candidates, filters, options);
}

/** Applies the filter files anew to what was fetched last, without a network; undefined when nothing was fetched yet. */
export async function refilterRules(options: UpdateOptions): Promise<UpdateReport | undefined> {
  const { directory, limits = UPDATE_LIMITS } = options;
  const filters = readFilters(directory);
  const candidates: SourceFiles[] = [];
  for (const source of readSources(directory)) {
    const kept = await fromCache(source, directory, limits);
    if (kept !== undefined) candidates.push(kept);
    else if (!isRemote(source.url)) candidates.push({ source, ...(await acquire(source, { directory, limits })) });
  }
  return candidates.length === 0 ? undefined : putInForce(candidates, filters, options);
}

interface SourceFiles {
  source: RuleSourceEntry;
  files: ArchiveFiles;
  how: Candidate["how"] | "kept";
  sha256: string;
  unchecked: boolean;
  keep(): void;
}

async function fromCache(
  source: RuleSourceEntry,
  directory: string,
  limits: UpdateLimits,
): Promise<SourceFiles | undefined> {
  const found = isRemote(source.url) ? cached(source, directory) : undefined;
  if (found === undefined) return undefined;
  const files = await unpackArchive(new URL(source.url).pathname, found.bytes, limits);
  return { source, files, how: "kept", sha256: found.record.sha256, unchecked: found.record.unchecked, keep() {} };
}

function putInForce(candidates: readonly SourceFiles[], filters: RuleFilters, options: UpdateOptions): UpdateReport {
  const { directory, now = new Date() } = options;
  const read = candidates.map(({ source, files }) => ({ source, rules: rulesOf(source, files) }));
  const { rules, ...outcome } = applyFilters(
    read.flatMap(({ rules }) => rules),
    filters,
  );
  const enabled = rules.filter((rule) => rule.enabled).length;
  if (enabled === 0) {
    throw new VpatchError("VPATCH_RULES", "no rule would be in force", {
      remedy: "see disable.conf in the rule directory; what was in force stays",
    });
  }
  const output = new Map<string, string | Uint8Array>();
  for (const { source, files } of candidates) {
    for (const [name, content] of files) {
      if (!name.endsWith(".rules")) output.set(`${fileNameOf(source.name)}/${name}`, content);
    }
  }
  const texts = new Map<string, string[]>();
  for (const rule of rules) {
    const name = `${fileNameOf(rule.source)}/${rule.file}`;
    const lines = texts.get(name);
    if (lines) lines.push(formatFieldRule(rule));
    else texts.set(name, [formatFieldRule(rule)]);
  }
  for (const [name, lines] of texts) output.set(name, `${lines.join("\n")}\n`);
  const record: SetRecord = {
    made: now.toISOString(),
    sources: candidates.map(({ source: { name, url }, sha256 }, index) => {
      return { name, url, sha256, rules: read[index]!.rules.length };
    }),
    rules: rules.length,
    enabled,
  };
  replaceSet(directory, record, output);
  for (const candidate of candidates) candidate.keep();
  const sources = candidates.map(({ source, how, unchecked }, index) => {
    return { name: source.name, how, unchecked, rules: read[index]!.rules.length };
  });
  return { sources, ...outcome, record, folder: currentFolder(directory) };
}

function rulesOf({ name }: RuleSourceEntry, files: ArchiveFiles): FieldRule[] {
  const rules = [...files]
    .filter(([file]) => file.endsWith(".rules"))
    .flatMap(([file, content]) => readFieldRules(name, file, content.toString("utf8")));
  if (rules.length > 0) return rules;
  throw new VpatchError("VPATCH_RULES", `source ${name}: the archive holds no rule`, {
    remedy: "what was in force stays; check the URL",
  });
}

function makeFolder(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true });
  } catch (cause) {
    throw fileError(cause, directory);
  }
}
