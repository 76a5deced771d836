/**
 * The engine as the conformance runner calls it: turns a case's configuration into ours and replays its capture in this process.
 *
 * Status 77 and OUT/unsupported.json ({"keywords": [...], "reason": "..."}) when a rule is refused. A damaged capture is no failure
 * here: the runner compares the events of what came before the damage, as Suricata ends such a run with status 0.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ExitCode, formatError, VpatchError } from "../../hosts/node/errors.ts";
import { fileSink } from "../../hosts/node/eve/log.ts";
import { replaySession } from "../../hosts/node/replay/session.ts";
import { compileRuleFiles } from "../../hosts/node/rules/compile.ts";
import { type CaseSettings, caseConfiguration } from "./case_configuration.ts";

interface Arguments {
  pcap: string;
  rules: string;
  out: string;
  mode: "ids" | "ips";
  config: string;
}

async function run({ pcap, rules, out, mode, config: file }: Arguments): Promise<number> {
  mkdirSync(out, { recursive: true });
  const settings = JSON.parse(readFileSync(file, "utf8")) as CaseSettings;
  const config = await caseConfiguration(settings, (note) => console.log(note));
  const { database, report } = compileRuleFiles([rules], config);
  if (report.refused.length > 0) {
    const keywords = [...new Set(report.refused.map(({ keyword, reason }) => keyword ?? reason))];
    const [first] = report.refused;
    writeFileSync(join(out, "unsupported.json"), JSON.stringify({ keywords, reason: first?.reason }));
    for (const { file: where, line, keyword, reason } of report.refused)
      console.log(`${where}:${line}: ${keyword}: ${reason}`);
    return ExitCode.RuleRefused;
  }
  const result = await replaySession([pcap], {
    mode: mode === "ips" ? "prevent" : "detect",
    config,
    database,
    events: fileSink(join(out, "eve.json")),
  });
  for (const error of result.damaged) console.log(formatError(error));
  return ExitCode.Ok;
}

const text = { type: "string" } as const;
const { values } = parseArgs({ options: { pcap: text, rules: text, out: text, mode: text, config: text } });
try {
  process.exitCode = await run(values as unknown as Arguments);
} catch (error) {
  console.error(error instanceof VpatchError ? formatError(error) : error);
  process.exitCode = ExitCode.Failure;
}
