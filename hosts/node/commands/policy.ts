/** `vpatch policy check|show`: a policy file checked, and what it makes of rules, with nothing put in force. */
import { type Command, Option } from "commander";
import type { EffectiveRule } from "../policy/effective.ts";

interface ShowArguments {
  rules: string[];
  config?: string;
  assignments?: string;
  format: "table" | "json";
  all?: boolean;
  sid?: string[];
}

export function registerPolicy(program: Command): void {
  const policy = program.command("policy").description("check policy files, and show what they make of rules");
  policy
    .command("check")
    .description("check a policy file, and against rules when they are given")
    .argument("<policy>", "policy file, YAML or JSON")
    .option("-r, --rules <file|dir...>", "rule files, or folders with them: also tells entries without effect")
    .option("-c, --config <file>", "configuration: variables, classification")
    .option("--assignments <file>", "the scan's assignments, instead of those the policy names")
    .action(check);
  policy
    .command("show")
    .description("dry run: every rule, what it would do, and why")
    .argument("[policy]", "policy file, YAML or JSON; without one every rule is as written")
    .requiredOption("-r, --rules <file|dir...>", "rule files, or folders with them")
    .option("-c, --config <file>", "configuration: variables, classification")
    .option("--assignments <file>", "the scan's assignments, instead of those the policy names")
    .option("--all", "in the table, show rules as well that nothing chooses")
    .option("--sid <sid...>", "only these rules (SID or GID:SID), in force or not")
    .addOption(new Option("-f, --format <format>", "table or json").choices(["table", "json"]).default("table"))
    .action(show);
}

type CheckArguments = Partial<Pick<ShowArguments, "rules">> & Omit<ShowArguments, "rules">;

async function apply(file: string | undefined, args: CheckArguments) {
  const { readPolicy } = await import("../policy/document.ts");
  const { EMPTY_POLICY } = await import("../policy/policy.ts");
  const { effectiveSet } = await import("../policy/load.ts");
  const { defaultConfiguration, readConfiguration } = await import("../config/configuration.ts");
  const { readRuleFiles } = await import("../rules/files.ts");
  const { policyVariables, resolveExceptions } = await import("../policy/exceptions.ts");
  const policy = file === undefined ? EMPTY_POLICY : readPolicy(file);
  const config = args.config ? await readConfiguration(args.config) : defaultConfiguration();
  resolveExceptions(policy, policyVariables(config));
  if (args.rules === undefined) return undefined;
  const rules = readRuleFiles(args.rules);
  const set = effectiveSet({
    policy,
    rules,
    config,
    ...(args.assignments === undefined ? {} : { assignmentFile: args.assignments }),
  });
  const { warningLines } = await import("../policy/report.ts");
  for (const line of warningLines(set)) process.stderr.write(`${line}\n`);
  return set;
}

async function check(file: string, args: CheckArguments): Promise<void> {
  const set = await apply(file, args);
  const { effectiveSummary } = await import("../policy/report.ts");
  process.stdout.write(`${set === undefined ? `${file}: the policy is right` : effectiveSummary(set)}\n`);
}

async function show(file: string | undefined, args: ShowArguments): Promise<void> {
  const set = (await apply(file, args))!;
  const { effectiveJson, effectiveRows, effectiveSummary } = await import("../policy/report.ts");
  const wanted =
    args.sid === undefined ? undefined : new Set(args.sid.map((sid) => (sid.includes(":") ? sid : `1:${sid}`)));
  const shown = (rule: EffectiveRule): boolean => {
    if (wanted !== undefined) return wanted.has(`${rule.gid}:${rule.sid}`);
    return args.all === true || args.format === "json" || rule.inForce || rule.excluded;
  };
  const rules = set.rules.filter(shown);
  if (args.format === "json") {
    process.stdout.write(`${effectiveJson(set, rules)}\n`);
    return;
  }
  const { formatTable } = await import("../terminal/table.ts");
  const table = formatTable(["sid", "does", "because", "signature"], effectiveRows(rules));
  process.stdout.write(`${table}\n${effectiveSummary(set)}\n`);
}
