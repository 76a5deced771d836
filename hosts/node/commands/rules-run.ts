/** What the commands of `vpatch rules` do. */
import { existsSync } from "node:fs";
import { relative, resolve, sep } from "node:path";
import { defaultConfiguration, readConfiguration } from "../config/configuration.ts";
import { ExitCode, VpatchError } from "../errors.ts";
import { readRuleFiles } from "../rules/files.ts";
import { cached } from "../rules/update/acquire.ts";
import { type FieldRule, readFieldRules } from "../rules/update/field_rule.ts";
import { UPDATE_LIMITS } from "../rules/update/limits.ts";
import { parseMatcher, type RuleMatcher } from "../rules/update/matcher.ts";
import { currentFolder, currentRecord } from "../rules/update/rule_set.ts";
import {
  isRemote,
  nameOfUrl,
  type RuleSourceEntry,
  readSources,
  withSource,
  writeSources,
} from "../rules/update/source_list.ts";
import { switchRules } from "../rules/update/switch.ts";
import { refilterRules, type UpdateReport, updateRules } from "../rules/update/update.ts";
import { formatTable } from "../terminal/table.ts";

interface DirectoryOptions {
  directory?: string;
  config?: string;
}

const number = (value: number): string => value.toLocaleString("en-US");
const print = (text: string): void => void process.stdout.write(`${text}\n`);

async function directoryOf({ directory, config }: DirectoryOptions): Promise<string> {
  if (directory !== undefined) return resolve(directory);
  const read = config === undefined ? defaultConfiguration() : await readConfiguration(config);
  return resolve(read.vpatch.rules.directory);
}

function usage(message: string, remedy?: string): VpatchError {
  return new VpatchError("VPATCH_USAGE", message, {
    exitCode: ExitCode.Usage,
    ...(remedy === undefined ? {} : { remedy }),
  });
}

export async function updateCommand(
  options: DirectoryOptions & {
    source?: string[];
    mirror?: string;
    force?: boolean;
    ca?: string;
    timeout: string;
    quiet?: boolean;
  },
): Promise<void> {
  const seconds = Number(options.timeout);
  if (!(seconds > 0)) throw usage(`--timeout: "${options.timeout}" is not a number of seconds`);
  const limits = { ...UPDATE_LIMITS, timeout: seconds * 1000, idle: Math.min(UPDATE_LIMITS.idle, seconds * 1000) };
  const report = await updateRules({
    directory: await directoryOf(options),
    limits,
    ...(options.source === undefined ? {} : { only: options.source }),
    ...(options.mirror === undefined ? {} : { mirror: options.mirror }),
    ...(options.force === undefined ? {} : { force: options.force }),
    ...(options.ca === undefined ? {} : { ca: options.ca }),
  });
  for (const note of report.notes) process.stderr.write(`note: ${note}\n`);
  if (!options.quiet) print(summary(report));
}

function summary({ sources, record, folder, ...counts }: UpdateReport): string {
  const rows = sources.map(({ name, how, rules, unchecked }) => [
    name,
    `${how}${unchecked ? ", no checksum beside it" : ""}`,
    rules,
  ]);
  const changes = [
    `${number(counts.disabled)} disabled`,
    `${number(counts.enabled)} enabled`,
    `${number(counts.dropped)} made to drop`,
    `${number(counts.modified)} modified`,
    `${number(counts.forBits)} brought without alerts for the bits they set`,
  ];
  return [
    formatTable(["source", "how", "rules"], rows),
    `${number(record.enabled)} of ${number(record.rules)} rules in force: ${changes.join(", ")}`,
    `rules: ${folder}`,
  ].join("\n");
}

/** The rules of the set in force. @throws VpatchError when there is none */
function rulesInForce(directory: string): FieldRule[] {
  const folder = currentFolder(directory);
  if (!existsSync(folder)) {
    throw new VpatchError("VPATCH_RULES", `${directory} holds no rules yet`, { remedy: "run vpatch rules update" });
  }
  return readRuleFiles([folder]).flatMap(({ file, text }) => {
    const [source = "", ...path] = relative(folder, file).split(sep);
    return readFieldRules(source, path.join("/"), text);
  });
}

function matchersOf(texts: readonly string[]): RuleMatcher[] {
  return texts.map((text) => {
    let matcher: RuleMatcher | undefined;
    try {
      matcher = parseMatcher(text);
    } catch (error) {
      throw usage(`${text}: ${(error as Error).message}`);
    }
    if (matcher !== undefined) return matcher;
    throw usage(
      `"${text}" names no rules`,
      "give a sid, gid:sid, re:text, group:name, filename:name or metadata:key value",
    );
  });
}

export async function listCommand(
  matches: string[],
  options: DirectoryOptions & { disabled?: boolean; all?: boolean; format: string },
): Promise<void> {
  const matchers = matchersOf(matches);
  const rules = rulesInForce(await directoryOf(options)).filter(
    (rule) =>
      (options.all || rule.enabled !== (options.disabled ?? false)) &&
      (matchers.length === 0 || matchers.some((matcher) => matcher.matches(rule))),
  );
  if (options.format === "json") {
    const shown = rules.map(({ gid, sid, rev, msg, enabled, source, file, raw }) => {
      return { gid, sid, rev, msg, enabled, action: raw.split(/\s/, 1)[0], source, file };
    });
    print(JSON.stringify(shown, undefined, 1));
    return;
  }
  // Tens of thousands of lines: plain columns.
  const lines = rules.map(({ gid, sid, enabled, raw, source, file, msg }) => {
    const id = gid === 1 ? String(sid) : `${gid}:${sid}`;
    const action = enabled ? raw.split(/\s/, 1)[0]! : "off";
    return `${id.padEnd(10)} ${action.padEnd(7)} ${`${source}/${file}`.padEnd(40)} ${msg}`;
  });
  if (lines.length > 0) print(lines.join("\n"));
}

export async function switchCommand(
  verb: "enable" | "disable",
  matches: string[],
  options: DirectoryOptions,
): Promise<void> {
  const matchers = matchersOf(matches);
  const directory = await directoryOf(options);
  switchRules(
    directory,
    verb,
    matchers.map(({ text }) => text),
  );
  const report = await refilterRules({ directory });
  if (report === undefined) {
    print(`${verb}d with the next vpatch rules update: nothing was fetched yet`);
    return;
  }
  for (const note of report.notes) process.stderr.write(`note: ${note}\n`);
  const rules = rulesInForce(directory).filter((rule) => matchers.some((matcher) => matcher.matches(rule)));
  const contrary = rules.filter((rule) => rule.enabled !== (verb === "enable")).length;
  if (rules.length === 0) process.stderr.write("note: no rule of the set in force is named by this\n");
  else if (contrary > 0) {
    process.stderr.write(
      `note: ${number(contrary)} of them stay ${verb === "enable" ? "off" : "on"} by another entry of the files\n`,
    );
  }
  print(`${verb}d: ${number(rules.length - contrary)}; in force: ${number(report.record.enabled)}`);
}

export async function addCommand(
  name: string | undefined,
  url: string | undefined,
  options: DirectoryOptions & { sha256?: string },
): Promise<void> {
  if (name === undefined) throw usage("what is to be added?", "give a name and a URL, or a URL alone");
  const alone = url === undefined;
  const target = alone ? name : url;
  const place = isRemote(target) || target.startsWith("file:") ? target : resolve(target);
  if (place === resolve(target) && !existsSync(place)) throw usage(`${target} is neither a URL nor a file or folder`);
  if (isRemote(place) && !URL.canParse(place)) throw usage(`${place} is not a URL`);
  const entry: RuleSourceEntry = {
    name: alone ? nameOfUrl(place) : name,
    url: place,
    ...(options.sha256 === undefined ? {} : { sha256: options.sha256 }),
  };
  const directory = await directoryOf(options);
  writeSources(directory, withSource(readSources(directory), entry));
  print(`${entry.name}: ${entry.url}; run vpatch rules update to fetch it`);
}

export async function removeCommand(name: string, options: DirectoryOptions): Promise<void> {
  const directory = await directoryOf(options);
  const sources = readSources(directory);
  const left = sources.filter((source) => source.name !== name);
  if (left.length === sources.length) throw usage(`there is no source ${name}`, "see vpatch rules sources");
  writeSources(directory, left);
  print(`${name} is removed; its rules go with the next vpatch rules update`);
}

export async function sourcesCommand(options: DirectoryOptions & { format: string }): Promise<void> {
  const directory = await directoryOf(options);
  const record = currentRecord(directory);
  const sources = readSources(directory).map((source) => {
    const inForce = record?.sources.find(({ name }) => name === source.name);
    const fetched = cached(source, directory) !== undefined;
    return { ...source, fetched, ...(inForce === undefined ? {} : { rules: inForce.rules }) };
  });
  if (options.format === "json") print(JSON.stringify({ made: record?.made, sources }, undefined, 1));
  else {
    const rows = sources.map(({ name, url, rules, sha256 }) => [
      name,
      url,
      rules === undefined ? "-" : number(rules),
      sha256 ?? "",
    ]);
    print(formatTable(["source", "from", "rules", "sha256"], rows));
    print(record === undefined ? "no set in force yet: run vpatch rules update" : `set in force since ${record.made}`);
  }
}
