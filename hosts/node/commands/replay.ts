/** `vpatch replay`: captures in, verdicts and events out. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Command, Option } from "commander";
import { ExitCode, fileError, formatError, VpatchError } from "../errors.ts";
import { addSimulationOptions, withSimulation } from "./simulation.ts";

interface ReplayArguments {
  rules?: string[];
  db?: string;
  config?: string;
  policy?: string;
  assignments?: string;
  mode?: "detect" | "prevent";
  out: string;
  write?: string;
  evidence?: string;
  strictRules?: boolean;
  batch?: string;
  quiet?: boolean;
}

/** Rules shown in the summary. */
const SHOWN_RULES = 20;

export function registerReplay(program: Command): void {
  addSimulationOptions(program.command("replay"))
    .description("inspect captures; write events, and in prevention mode what passes")
    .argument("[capture...]", "pcap or pcapng files, plain or gzipped, or folders with them")
    .option("-r, --rules <file|dir...>", "rule files, or folders with them")
    .option("--db <vpdb>", "a database that vpatch compile wrote, instead of rules")
    .option("-c, --config <file>", "configuration, YAML or JSON, in suricata.yaml's names")
    .addOption(
      new Option("-m, --mode <mode>", "detect (unless the policy says) or prevent").choices(["detect", "prevent"]),
    )
    .option("-p, --policy <file>", "policy file: what is in force, and what it does (docs/policy.md)")
    .option("--assignments <file>", "the scan's assignments, instead of those the policy names")
    .option("-o, --out <dir>", "folder for the events", "out")
    .option("-w, --write <file>", "write the frames that pass and the answers to rejected ones (.pcap or .pcapng)")
    .option(
      "--evidence <path>",
      "with captures: a folder for evidence of alerts and drops; without: an evidence file to replay",
    )
    .option("--strict-rules", "end with status 77 when a rule is refused")
    .option("--batch <frames>", "frames inspected in one call")
    .option("-q, --quiet", "print no summary")
    .action(replay);
}

async function replay(captures: string[], args: ReplayArguments): Promise<void> {
  if ((args.rules === undefined) === (args.db === undefined)) {
    throw new VpatchError("VPATCH_USAGE", args.rules ? "--rules and --db exclude each other" : "there are no rules", {
      remedy: "give --rules FILE|DIR, or --db FILE from vpatch compile",
      exitCode: ExitCode.Usage,
    });
  }
  if (args.db !== undefined && (args.policy ?? args.assignments) !== undefined) {
    throw new VpatchError(
      "VPATCH_USAGE",
      "--policy and --assignments need rules: a database holds its policy already",
      {
        remedy: "give --rules, or compile the database with --policy",
        exitCode: ExitCode.Usage,
      },
    );
  }
  const batch = args.batch === undefined ? undefined : Number(args.batch);
  if (batch !== undefined && !(Number.isInteger(batch) && batch > 0)) {
    throw new VpatchError("VPATCH_USAGE", `--batch: "${args.batch}" is not a number of frames`, {
      exitCode: ExitCode.Usage,
    });
  }
  if (captures.length === 0) {
    const { nothingToReplay, replayEvidenceFile } = await import("./replay-evidence.ts");
    if (args.evidence === undefined) throw nothingToReplay();
    const { defaultConfiguration, readConfiguration } = await import("../config/configuration.ts");
    const config = args.config ? await readConfiguration(args.config) : defaultConfiguration();
    const { database } = await rulesOf(args, config);
    await replayEvidenceFile({
      evidence: args.evidence,
      database: typeof database === "string" ? readDatabase(database) : database,
      ...(args.quiet ? { quiet: true } : {}),
    });
    return;
  }
  const { findCaptures } = await import("../replay/captures.ts");
  const files = findCaptures(captures);
  const { defaultConfiguration, readConfiguration } = await import("../config/configuration.ts");
  const configured = args.config ? await readConfiguration(args.config) : defaultConfiguration();
  const config = withSimulation(configured, args as unknown as Readonly<Record<string, unknown>>);
  const { database, refused, policyMode } = await rulesOf(args, config);
  const mode = args.mode ?? policyMode ?? "detect";
  const { fileSink } = await import("../eve/log.ts");
  const { replaySession } = await import("../replay/session.ts");
  const { CaptureWriter } = await import("../capture/writer.ts");
  const { Progress } = await import("../terminal/progress.ts");
  const { keepNurserySmall } = await import("../nursery.ts");
  keepNurserySmall();
  const events = join(args.out, config.outputs.filename);
  makeFolder(args.out);
  const progress = new Progress(
    "inspecting",
    files.reduce((sum, { size }) => sum + size, 0),
  );
  const result = await replaySession(
    files.map(({ file }) => file),
    {
      mode,
      config,
      database,
      events: fileSink(events),
      onProgress: (bytes) => progress.advance(bytes),
      ...(args.evidence === undefined ? {} : { evidence: args.evidence }),
      ...(args.write === undefined ? {} : { passed: new CaptureWriter(args.write) }),
      ...(batch === undefined ? {} : { batch }),
    },
  ).finally(() => progress.stop());
  for (const error of result.damaged) process.stderr.write(`${formatError(error)}\n`);
  if (result.damaged.length > 0) process.exitCode = ExitCode.DamagedCapture;
  if (args.quiet) return;
  const { formatSummary } = await import("../replay/summary.ts");
  const files_ = { events, ...(args.write === undefined ? {} : { passed: args.write }) };
  process.stdout.write(formatSummary(result, { mode, refused, shown: SHOWN_RULES, ...files_ }));
}

function readDatabase(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw fileError(cause, file);
  }
}

/** The database to use or its file, and how many rules did not make it. */
async function rulesOf(
  args: ReplayArguments,
  config: import("../config/schema/root.ts").Configuration,
): Promise<{ database: Uint8Array | string; refused: number; policyMode?: "detect" | "prevent" }> {
  if (args.db !== undefined) return { database: args.db, refused: 0 };
  const { refusalError, formatRefusals } = await import("../rules/compile.ts");
  const { compileWithPolicy } = await import("../policy/compile.ts");
  const { database, report, mode } = compileWithPolicy(args.rules ?? [], config, args);
  if (report.refused.length > 0) {
    if (args.strictRules) throw refusalError(report.refused);
    process.stderr.write(formatRefusals(report.refused));
  }
  return { database, refused: report.refused.length, ...(mode === undefined ? {} : { policyMode: mode }) };
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    throw fileError(cause, folder);
  }
}
