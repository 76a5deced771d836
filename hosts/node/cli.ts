#!/usr/bin/env node
/** The `vpatch` command. Each command is a file of `commands/`; what a command needs is loaded when it runs. */
import { Command, CommanderError } from "commander";
import { registerCompile } from "./commands/compile.ts";
import { registerControl } from "./commands/control.ts";
import { registerExplain } from "./commands/explain.ts";
import { registerPolicy } from "./commands/policy.ts";
import { registerProfile } from "./commands/profile.ts";
import { registerReplay } from "./commands/replay.ts";
import { registerRules } from "./commands/rules.ts";
import { registerRun } from "./commands/run.ts";
import { registerScanCommands } from "./commands/scan.ts";
import { registerService } from "./commands/service.ts";
import { registerSettings } from "./commands/settings.ts";
import { ExitCode, formatError, VpatchError } from "./errors.ts";
import { packageVersion } from "./package-version.ts";

const EXIT_CODES = `
Exit status:
  0   done
  1   an input could not be read or used
  2   the command line is wrong
  3   a capture is damaged; what came before the damage was inspected
  77  --strict-rules: a rule was refused
`;

/** The command line, with every command. */
export function createProgram(): Command {
  const program = new Command("vpatch")
    .description("A virtual patch for a virtual machine: detects or blocks attacks on known vulnerabilities.")
    .version(packageVersion())
    .showHelpAfterError("(vpatch --help tells the commands and options)")
    .addHelpText("after", EXIT_CODES);
  registerReplay(program);
  registerProfile(program);
  registerExplain(program);
  registerCompile(program);
  registerPolicy(program);
  registerRules(program);
  registerScanCommands(program);
  registerSettings(program);
  registerRun(program);
  registerControl(program);
  registerService(program);
  program.exitOverride();
  for (const command of allCommands(program)) command.exitOverride().copyInheritedSettings(program);
  return program;
}

/** Commands and the commands below them. */
function allCommands(command: Command): Command[] {
  return command.commands.flatMap((each) => [each, ...allCommands(each)]);
}

/** Runs the command line; sets the process's exit status. */
export async function main(argv: readonly string[]): Promise<void> {
  // A reader that has seen enough (`| head`) is no error.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
  try {
    await createProgram().parseAsync(argv);
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? ExitCode.Ok : ExitCode.Usage;
      return;
    }
    process.stderr.write(`${formatError(error)}\n`);
    if (process.env.VPATCH_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    process.exitCode = error instanceof VpatchError ? error.exitCode : ExitCode.Failure;
  }
}

await main(process.argv);
