/**
 * `npm run bench -- --suite NAME [--short] [--json FILE] [--rules FOLDER] [--captures FOLDER...]`
 *
 * Runs one suite of `bench/suites/` and prints its table. Figures of different machines or days do not compare: rivals run interleaved within
 * one run, and only their ratio is judged.
 */
import { readdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import Table from "cli-table3";
import { Command } from "commander";
import type { Report, Suite, SuiteOptions } from "./suite.ts";

const folder = new URL("./suites/", import.meta.url);
const names = readdirSync(folder).map((name) => name.replace(/\.ts$/, ""));

const command = new Command("bench")
  .requiredOption("--suite <name>", `one of ${names.join(", ")}`)
  .option("--short", "a quick run", false)
  .option("--json <file>", "write the report there, too")
  .option("--rules <folder>", "Suricata rules to take patterns from (default: generated)")
  .option("--captures <folder...>", "captures to take text from (default: generated)", [])
  .parse();

const options = command.opts<SuiteOptions & { suite: string; json?: string }>();
if (!names.includes(options.suite)) command.error(`no suite ${options.suite}: there is ${names.join(", ")}`);
const suite = ((await import(new URL(`${options.suite}.ts`, folder).href)) as { suite: Suite }).suite;
console.log(`${options.suite}: ${suite.description}`);
const report = await suite.run(options);
print(report);
if (options.json) {
  const machine = {
    processor: cpus()[0]?.model ?? "unknown",
    processors: cpus().length,
    node: process.version,
    system: process.platform,
  };
  const record = { date: new Date().toISOString().slice(0, 10), machine, short: options.short, ...report };
  writeFileSync(options.json, `${JSON.stringify(record, null, 2)}\n`);
}
for (const failure of report.failures) console.error(`failed: ${failure}`);
process.exit(report.failures.length > 0 ? 1 : 0);

function print({ notes, rows, summary }: Report): void {
  for (const note of notes) console.log(note);
  const columns = [...new Set(rows.flatMap(({ figures }) => Object.keys(figures)))];
  const table = new Table({
    head: ["case", ...columns],
    style: { head: [] },
    colAligns: ["left", ...columns.map(() => "right" as const)],
  });
  for (const row of rows) table.push([row.case, ...columns.map((name) => format(row.figures[name]))]);
  console.log(table.toString());
  for (const [name, value] of Object.entries(summary)) console.log(`${name}: ${format(value)}`);
}

function format(value: number | undefined): string {
  if (value === undefined) return "";
  return Number.isInteger(value) ? String(value) : value.toFixed(2);
}
