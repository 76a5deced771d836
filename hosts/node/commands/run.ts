/** `vpatch run`: the agent, until it is told to stop. */
import { type Command, Option } from "commander";

export const DEFAULT_CONFIG = "/etc/vpatch/vpatch.yaml";

interface RunArguments {
  config?: string;
  mode?: "detect" | "prevent";
  interface?: string[];
  driver?: string;
}

export function registerRun(program: Command): void {
  program
    .command("run")
    .description("protect this machine: inspect its traffic, report or block attacks, until told to stop")
    .option("-c, --config <file>", `configuration, YAML or JSON (default: ${DEFAULT_CONFIG}, if it is there)`)
    .addOption(new Option("-m, --mode <mode>", "instead of vpatch.mode").choices(["detect", "prevent"]))
    .option("-i, --interface <name...>", "instead of vpatch.interfaces")
    .option("--driver <name>", "instead of vpatch.driver")
    .action(async (options: RunArguments) => (await import("./run-agent.ts")).runAgent(options));
}
