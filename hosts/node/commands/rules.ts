/** `vpatch rules update|list|enable|disable|add|remove|sources`: rules from the field. */
import type { Command } from "commander";

export function registerRules(program: Command): void {
  const rules = program
    .command("rules")
    .description("fetch rule archives, and say which of their rules are in force (docs/rules.md)");
  const command = (name: string, description: string): Command =>
    rules
      .command(name)
      .description(description)
      .option("-d, --directory <dir>", "the rule directory, instead of the configuration's")
      .option("-c, --config <file>", "configuration: vpatch.rules.directory");
  command("update", "fetch every source, check it, apply the filters, and put the result in force at once")
    .option("--source <name...>", "fetch only these; the others stay as they were fetched last")
    .option("--mirror <dir>", "take archives from this folder instead of the network")
    .option("--force", "fetch also what the server says has not changed")
    .option("--ca <file>", "PEM file of the authorities to trust for https")
    .option("--timeout <seconds>", "for one download", "300")
    .option("-q, --quiet", "print no summary")
    .action(async (options) => (await import("./rules-run.ts")).updateCommand(options));
  command("list", "the rules of the set in force")
    .argument("[match...]", "only these: sid, gid:sid, re:text, group:name, filename:name, metadata:key value")
    .option("--disabled", "those that are commented out")
    .option("--all", "both kinds")
    .option("-f, --format <format>", "table or json", "table")
    .action(async (matches: string[], options) => (await import("./rules-run.ts")).listCommand(matches, options));
  for (const verb of ["enable", "disable"] as const) {
    command(verb, `${verb} rules, now and in every update to come (${verb}.conf)`)
      .argument("<match...>", "sid, gid:sid, re:text, group:name, filename:name, metadata:key value")
      .action(async (matches: string[], options) =>
        (await import("./rules-run.ts")).switchCommand(verb, matches, options),
      );
  }
  command("add", "add a source; without any, ET Open is the source")
    .argument("[name]", "what to call it; made from the URL when only that is given")
    .argument("[url]", "https://, http://, or a file or folder")
    .option("--sha256 <hex>", "what the archive must hash to")
    .action(async (name: string, url: string | undefined, options) =>
      (await import("./rules-run.ts")).addCommand(name, url, options),
    );
  command("remove", "remove a source; its rules go with the next update")
    .alias("remove-source")
    .argument("<name>", "as vpatch rules sources shows it")
    .action(async (name: string, options) => (await import("./rules-run.ts")).removeCommand(name, options));
  command("sources", "the sources, and what was fetched of them")
    .alias("list-sources")
    .option("-f, --format <format>", "table or json", "table")
    .action(async (options) => (await import("./rules-run.ts")).sourcesCommand(options));
}
