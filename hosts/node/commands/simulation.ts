/** Options of `vpatch replay` that simulate faults: Suricata's own, `--simulate-NAME`; they stand for `vpatch.simulate.NAME`. */
import { type Command, Option } from "commander";
import type { Configuration } from "../config/schema/root.ts";
import { simulate } from "../config/schema/simulate.ts";
import { ExitCode, VpatchError } from "../errors.ts";

type Faults = Configuration["vpatch"]["simulate"];

const PREFIX = "simulate-";

/** Adds the options to a command. */
export function addSimulationOptions(command: Command): Command {
  for (const [name, { doc, expects }] of Object.entries(simulate.settings)) {
    const value = expects === "a whole number" ? " <number>" : "";
    command.addOption(new Option(`--${PREFIX}${name}${value}`, `fault simulation: ${doc}`).hideHelp());
  }
  return command;
}

/** The configuration with the faults that the command line asks for. @param options as commander gives them @throws VpatchError */
export function withSimulation(config: Configuration, options: Readonly<Record<string, unknown>>): Configuration {
  const faults: Record<string, number | boolean> = {};
  for (const name of Object.keys(simulate.settings)) {
    const given = options[camelCase(PREFIX + name)];
    if (given === undefined) continue;
    faults[name] = given === true ? true : number(name, String(given));
  }
  if (Object.keys(faults).length === 0) return config;
  return {
    ...config,
    vpatch: { ...config.vpatch, simulate: { ...config.vpatch.simulate, ...(faults as Partial<Faults>) } },
  };
}

function number(name: string, text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value < 0xffff_ffff) return value;
  throw new VpatchError("VPATCH_USAGE", `--${PREFIX}${name}: "${text}" is not a whole number`, {
    exitCode: ExitCode.Usage,
  });
}

function camelCase(name: string): string {
  return name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}
