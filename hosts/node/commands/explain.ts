/** `vpatch explain`: what one rule did with each packet of a capture. */
import { type Command, Option } from "commander";
import { ExitCode, formatError, VpatchError } from "../errors.ts";
import { databaseOf, type RuleArguments } from "./rule-arguments.ts";

interface ExplainArguments extends RuleArguments {
  sid: string;
  mode: "detect" | "prevent";
}

export function registerExplain(program: Command): void {
  program
    .command("explain")
    .description("what one rule did with each packet: where it matched, what failed first, what was seen instead")
    .argument("<capture...>", "pcap or pcapng files, plain or gzipped, or folders with them")
    .requiredOption("--sid <number>", "the rule")
    .option("-r, --rules <file|dir...>", "rule files, or folders with them")
    .option("--db <vpdb>", "a database that vpatch compile wrote, instead of rules")
    .option("-c, --config <file>", "configuration, YAML or JSON, in suricata.yaml's names")
    .addOption(new Option("-m, --mode <mode>", "detect or prevent").choices(["detect", "prevent"]).default("detect"))
    .action(explain);
}

async function explain(captures: string[], args: ExplainArguments): Promise<void> {
  const sid = Number(args.sid);
  if (!Number.isInteger(sid) || sid < 1) {
    throw new VpatchError("VPATCH_USAGE", `--sid: "${args.sid}" is not the number of a rule`, {
      exitCode: ExitCode.Usage,
    });
  }
  const { config, database } = await databaseOf(args);
  const { Explanation } = await import("../explain/explain.ts");
  const { findCaptures } = await import("../replay/captures.ts");
  const { Replay } = await import("../replay/replay.ts");
  const { replayUntilDamage } = await import("../replay/session.ts");
  for (const { file } of findCaptures(captures)) {
    const explanation = new Explanation({ sid, mode: args.mode, config, database });
    const replay = new Replay(explanation.engine);
    const damage = await replayUntilDamage(replay, file);
    if (damage) process.stderr.write(`${formatError(damage)}\n`);
    replay.finish();
    process.stdout.write(`${file}\n${explanation.lines().join("\n")}\n`);
  }
}
