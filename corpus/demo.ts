/** `npm start`: the corpus through the engine, with the bundled signatures; no root, no network. */
import { mkdirSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { CaptureWriter } from "../hosts/node/capture/writer.ts";
import { makeConfiguration } from "../hosts/node/config/configuration.ts";
import { isPassed } from "../hosts/node/engine/engine.ts";
import { formatError } from "../hosts/node/errors.ts";
import { EveLog, fileSink } from "../hosts/node/eve/log.ts";
import { compileRuleFiles } from "../hosts/node/rules/compile.ts";
import { formatTable } from "../hosts/node/terminal/table.ts";
import { type CorpusCase, readCases } from "./case.ts";
import { type CaseResult, runCase } from "./run.ts";

const inBuild = import.meta.url.endsWith(".js");
const home = fileURLToPath(new URL(inBuild ? "../../" : "../", import.meta.url));
const out = join(process.cwd(), "out", "demo");

async function demo(): Promise<boolean> {
  const started = process.hrtime.bigint();
  const config = await makeConfiguration({
    vars: { "address-groups": { HOME_NET: "[192.168.56.0/24,2001:db8:1::/48]" } },
  });
  const { database, report } = compileRuleFiles([join(home, "signatures")], config);
  for (const { file, line, keyword, reason } of report.refused)
    console.log(`refused ${file}:${line}: ${keyword ?? ""} ${reason}`);
  mkdirSync(join(out, "captures"), { recursive: true });
  const events = join(out, "eve.json");
  const log = new EveLog(fileSink(events), {
    options: { ...config.outputs, pcapFile: true },
    rules: [],
    prevent: true,
  });
  const run = (found: CorpusCase): CaseResult => {
    const capture = join(out, "captures", `${found.name}.pcap`);
    log.context.captureFile = capture;
    const result = runCase(found, database, config, (event, engine) => {
      log.context.rules = engine.rules;
      log.event(event);
    });
    writeCaptures(capture, result);
    return result;
  };
  const attacks = readCases(join(home, "corpus", "attacks")).map((found) => ({ found, result: run(found) }));
  const benign = readCases(join(home, "corpus", "benign")).map((found) => ({ found, result: run(found) }));
  log.close();
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;

  console.log(`\nAttacks, ${report.accepted} bundled signatures in prevention mode\n`);
  console.log(
    formatTable(
      ["attack", "verdict", "signature", "let through"],
      attacks.map(({ found, result }) => [
        found.title,
        verdictOf(result),
        signatureOf(result),
        `${result.reached} of ${result.sent}`,
      ]),
    ),
  );
  console.log("\nTheir harmless neighbours\n");
  console.log(
    formatTable(
      ["conversation", "verdict", "alerts"],
      benign.map(({ found, result }) => [found.title, verdictOf(result), result.alerts.join(", ") || "none"]),
    ),
  );
  const wrong = [...attacks, ...benign].filter(({ result }) => !result.good);
  for (const { found, result } of wrong) console.log(`not as expected: ${found.name}: ${result.problems.join("; ")}`);
  const blocked = attacks.filter(({ result }) => result.reached < result.sent).length;
  const passed = benign.filter(({ result }) => result.verdicts.every((verdict) => isPassed(verdict))).length;
  console.log(
    `\n${blocked} of ${attacks.length} attacks blocked, ${passed} of ${benign.length} benign conversations passed, in ${seconds.toFixed(1)} s`,
  );
  console.log(`\nevents    ${relative(process.cwd(), events)}`);
  console.log(`evidence  ${relative(process.cwd(), join(out, "captures"))}/NAME.pcap, what passed in NAME.passed.pcap`);
  console.log(
    `replay    npx vpatch replay ${relative(process.cwd(), join(out, "captures"))} --rules signatures --mode prevent`,
  );
  return wrong.length === 0;
}

function verdictOf({ reached, sent, verdicts }: CaseResult): string {
  if (verdicts.every((verdict) => isPassed(verdict))) return "passed";
  return reached < sent ? "blocked" : "cut late";
}

function signatureOf({ alerts, message }: CaseResult): string {
  return alerts.length === 0 ? "none" : `${alerts[0]} ${/\((.*)\)$/.exec(message)?.[1] ?? message}`;
}

/** The conversation as it was sent, and as much of it as passed. */
function writeCaptures(file: string, { frames, verdicts }: CaseResult): void {
  const all = new CaptureWriter(file);
  const passed = new CaptureWriter(file.replace(/\.pcap$/, ".passed.pcap"));
  for (const [index, frame] of frames.entries()) {
    all.write(frame);
    if (isPassed(verdicts[index]!)) passed.write(frame);
  }
  all.close();
  passed.close();
}

try {
  process.exitCode = (await demo()) ? 0 : 1;
} catch (error) {
  console.error(formatError(error));
  process.exitCode = 1;
}
