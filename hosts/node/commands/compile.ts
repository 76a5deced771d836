/** `vpatch compile`: rules to a database, with a report of what was refused. */
import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import { fileError } from "../errors.ts";

interface CompileArguments {
  output: string;
  report?: string;
  config?: string;
  policy?: string;
  assignments?: string;
  strictRules?: boolean;
  quiet?: boolean;
}

export function registerCompile(program: Command): void {
  program
    .command("compile")
    .description("compile rules to a database")
    .argument("<rules...>", "rule files, or folders with them")
    .requiredOption("-o, --output <file>", "the database (.vpdb)")
    .option("--report <file>", "JSON: {accepted, refused: [{sid, file, line, keyword, reason}]}")
    .option("-c, --config <file>", "configuration: variables, action order, classification, thresholds")
    .option("-p, --policy <file>", "policy file: what is in force, and what it does (docs/policy.md)")
    .option("--assignments <file>", "the scan's assignments, instead of those the policy names")
    .option("--strict-rules", "end with status 77 when a rule is refused")
    .option("-q, --quiet", "print no summary")
    .action(compile);
}

async function compile(paths: string[], args: CompileArguments): Promise<void> {
  const { defaultConfiguration, readConfiguration } = await import("../config/configuration.ts");
  const { formatRefusals, refusalError } = await import("../rules/compile.ts");
  const { compileWithPolicy } = await import("../policy/compile.ts");
  const config = args.config ? await readConfiguration(args.config) : defaultConfiguration();
  const started = process.hrtime.bigint();
  const { database, report } = compileWithPolicy(paths, config, args);
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  if (args.report) write(args.report, `${JSON.stringify(report, undefined, 1)}\n`);
  if (args.strictRules && report.refused.length > 0) throw refusalError(report.refused);
  write(args.output, database);
  if (args.quiet) return;
  if (report.refused.length > 0) process.stderr.write(formatRefusals(report.refused));
  const { formatTable } = await import("../terminal/table.ts");
  const rows = [
    ["accepted", report.accepted.toLocaleString("en-US")],
    ["refused", report.refused.length.toLocaleString("en-US")],
    ["time", `${seconds.toFixed(2)} s`],
    ["database", `${args.output} (${database.length.toLocaleString("en-US")} bytes)`],
    ...(args.report ? [["report", args.report]] : []),
  ];
  process.stdout.write(`${formatTable(["", ""], rows)}\n`);
}

function write(file: string, content: string | Uint8Array): void {
  try {
    writeFileSync(file, content);
  } catch (cause) {
    throw fileError(cause, file);
  }
}
