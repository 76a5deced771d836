/** `vpatch status`, `mode`, `reload`, `rescan`, `self-test`, `events` and `stop`: what a running agent is asked over its control socket. */
import { Argument, type Command } from "commander";

const DEFAULT_SOCKET = "/run/vpatch/vpatch.sock";

export function registerControl(program: Command): void {
  const command = (name: string, description: string): Command =>
    program
      .command(name)
      .description(description)
      .option("--socket <path>", "the agent's control socket", DEFAULT_SOCKET);
  const run = async () => await import("./control-run.ts");
  command("status", "how the agent is: protection, mode, rules, traffic, outputs")
    .option("--json", "as JSON")
    .action(async (options) => (await run()).statusCommand(options));
  command("mode", "change between detection and prevention, while traffic flows")
    .addArgument(new Argument("<mode>", "detect or prevent").choices(["detect", "prevent"]))
    .action(async (mode, options) => (await run()).modeCommand(mode, options));
  command("reload", "compile the rules again and put them in force; connections go on").action(async (options) =>
    (await run()).reloadCommand(options),
  );
  command("rescan", "let the agent scan now for what is vulnerable").action(async (options) =>
    (await run()).rescanCommand(options),
  );
  command("self-test", "send the test datagram through the live data path now").action(async (options) =>
    (await run()).selfTestCommand(options),
  );
  command("events", "EVE events as they come")
    .option("-f, --follow", "until interrupted (there is nothing else)", true)
    .option("--type <type...>", "only these event types")
    .action(async (options) => (await run()).eventsCommand(options));
  command("stop", "end the agent").action(async (options) => (await run()).stopCommand(options));
}
