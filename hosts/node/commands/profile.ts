/** `vpatch profile`: what each rule and each protocol of a capture cost. */
import { type Command, Option } from "commander";
import { formatError } from "../errors.ts";
import { databaseOf, type RuleArguments } from "./rule-arguments.ts";

interface ProfileArguments extends RuleArguments {
  mode: "detect" | "prevent";
  json?: boolean;
  top: string;
}

export function registerProfile(program: Command): void {
  program
    .command("profile")
    .description("what rules and protocols cost, in units that are the same on every machine")
    .argument("<capture...>", "pcap or pcapng files, plain or gzipped, or folders with them")
    .option("-r, --rules <file|dir...>", "rule files, or folders with them")
    .option("--db <vpdb>", "a database that vpatch compile wrote, instead of rules")
    .option("-c, --config <file>", "configuration, YAML or JSON, in suricata.yaml's names")
    .addOption(new Option("-m, --mode <mode>", "detect or prevent").choices(["detect", "prevent"]).default("detect"))
    .option("--top <rules>", "rules shown", "20")
    .option("--json", "all of it, as JSON")
    .action(profile);
}

async function profile(captures: string[], args: ProfileArguments): Promise<void> {
  const { config, database } = await databaseOf(args);
  const { Profile } = await import("../replay/profile.ts");
  const { findCaptures } = await import("../replay/captures.ts");
  const { Replay } = await import("../replay/replay.ts");
  const { replayUntilDamage } = await import("../replay/session.ts");
  const { Engine } = await import("../engine/engine.ts");
  const result = new Profile();
  for (const { file } of findCaptures(captures)) {
    const engine = new Engine({ mode: args.mode, config });
    engine.load(database);
    const replay = new Replay(engine);
    const damage = await replayUntilDamage(replay, file);
    if (damage) process.stderr.write(`${formatError(damage)}\n`);
    replay.finish();
    result.add(engine);
  }
  if (args.json) {
    process.stdout.write(`${JSON.stringify({ rules: result.rules, protocols: result.protocols }, undefined, 1)}\n`);
    return;
  }
  const { formatTable } = await import("../terminal/table.ts");
  const shown = result.rules.slice(0, Number(args.top));
  const number = (value: number): string => Math.round(value).toLocaleString("en-US");
  process.stdout.write(
    `${formatTable(
      ["sid", "signature", "cost", "checks", "matches", "a check"],
      shown.map(({ sid, msg, units, checks, matches }) => [
        String(sid),
        msg,
        number(units),
        number(checks),
        number(matches),
        number(units / checks),
      ]),
    )}\n`,
  );
  if (result.rules.length > shown.length)
    process.stdout.write(`and ${result.rules.length - shown.length} more rules\n`);
  process.stdout.write(
    `${formatTable(
      ["protocol", "cost", "packets", "bytes", "a packet", "a byte"],
      result.protocols.map(({ protocol, units, packets, bytes }) => [
        protocol,
        number(units),
        number(packets),
        number(bytes),
        number(units / packets),
        bytes > 0 ? (units / bytes).toFixed(1) : "",
      ]),
    )}\n`,
  );
}
