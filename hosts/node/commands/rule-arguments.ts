/** The options by which commands are given their rules. */
import { readFileSync } from "node:fs";
import type { Configuration } from "../config/schema/root.ts";
import { ExitCode, fileError, VpatchError } from "../errors.ts";

export interface RuleArguments {
  rules?: string[];
  db?: string;
  config?: string;
}

/** The configuration and the database that `--config`, `--rules` and `--db` ask for. @throws VpatchError */
export async function databaseOf(args: RuleArguments): Promise<{ config: Configuration; database: Uint8Array }> {
  if ((args.rules === undefined) === (args.db === undefined)) {
    throw new VpatchError("VPATCH_USAGE", args.rules ? "--rules and --db exclude each other" : "there are no rules", {
      remedy: "give --rules FILE|DIR, or --db FILE from vpatch compile",
      exitCode: ExitCode.Usage,
    });
  }
  const { defaultConfiguration, readConfiguration } = await import("../config/configuration.ts");
  const config = args.config ? await readConfiguration(args.config) : defaultConfiguration();
  if (args.db !== undefined) {
    try {
      return { config, database: readFileSync(args.db) };
    } catch (cause) {
      throw fileError(cause, args.db);
    }
  }
  const { compileRuleFiles, formatRefusals } = await import("../rules/compile.ts");
  const { database, report } = compileRuleFiles(args.rules ?? [], config);
  if (report.refused.length > 0) process.stderr.write(formatRefusals(report.refused));
  return { config, database };
}
