/** `vpatch settings`: the core's settings table for a configuration, for hosts in other languages (docs/abi.md). */
import { writeFileSync } from "node:fs";
import { type Command, Option } from "commander";
import { fileError } from "../errors.ts";

interface SettingsArguments {
  config?: string;
  mode: "detect" | "prevent";
  output?: string;
}

export function registerSettings(program: Command): void {
  program
    .command("settings")
    .description("the core's settings table of a configuration: to a file as the core reads it, else as JSON")
    .option("-c, --config <file>", "configuration, YAML or JSON, in suricata.yaml's names")
    .addOption(new Option("-m, --mode <mode>", "detect or prevent").choices(["detect", "prevent"]).default("detect"))
    .option("-o, --output <file>", "little-endian words, as they are written at settings_address()")
    .action(settings);
}

async function settings({ config: file, mode, output }: SettingsArguments): Promise<void> {
  const { defaultConfiguration, readConfiguration } = await import("../config/configuration.ts");
  const { writeSettings } = await import("../engine/settings.ts");
  const { Setting } = await import("../../../assembly/abi/settings.ts");
  const table = new Uint32Array(Setting.COUNT);
  writeSettings(file ? await readConfiguration(file) : defaultConfiguration(), mode, table);
  if (output === undefined) {
    const named = [...table.entries()].map(([index, word]) => [Setting[index] ?? String(index), word] as const);
    process.stdout.write(`${JSON.stringify(Object.fromEntries(named), undefined, 1)}\n`);
    return;
  }
  const bytes = Buffer.alloc(table.length * 4);
  table.forEach((word, index) => {
    bytes.writeUInt32LE(word, index * 4);
  });
  try {
    writeFileSync(output, bytes);
  } catch (cause) {
    throw fileError(cause, output);
  }
}
