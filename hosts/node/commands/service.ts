/** `vpatch service install|uninstall|status`. */
import { realpathSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { ExitCode, VpatchError } from "../errors.ts";
import { DEFAULT_CONFIG } from "./run.ts";

interface ServiceArguments {
  root: string;
  config: string;
}

export function registerService(program: Command): void {
  const service = program.command("service").description("the agent as a service of this system (systemd)");
  const command = (name: string, description: string): Command =>
    service
      .command(name)
      .description(description)
      .option("--root <dir>", "the system below this folder: only files, nothing is started or stopped", "/");
  const configured = (each: Command): Command =>
    each.option("-c, --config <file>", "the agent's configuration", DEFAULT_CONFIG);
  configured(command("install", "write the unit, and a configuration if there is none; enable it"))
    .option("--start", "start it, too")
    .action(async (options: ServiceArguments & { start?: boolean }) => {
      const { installService } = await systemService();
      for (const line of installService({ ...unit(options), start: options.start ?? false })) print(line);
    });
  command("uninstall", "stop and remove the service; configuration, state and logs stay")
    .option("--purge", "remove configuration, state and logs, too")
    .action(async (options: { root: string; purge?: boolean }) => {
      const { uninstallService } = await systemService();
      const done = uninstallService({ root: resolve(options.root), purge: options.purge ?? false });
      for (const line of done.length > 0 ? done : ["there was nothing to remove"]) print(line);
    });
  configured(command("status", "whether it is installed, enabled and running")).action(async (options) => {
    const { serviceStatus } = await systemService();
    const { unit: state, enabled, active } = serviceStatus(unit(options));
    print([`unit: ${state}`, ...(enabled ? [`enabled: ${enabled}`, `active: ${active}`] : [])].join("\n"));
    if (state === "none" || (active !== undefined && active !== "active")) process.exitCode = ExitCode.Failure;
  });
}

function unit({ root, config }: ServiceArguments) {
  return { root: resolve(root), config, node: process.execPath, script: realpathSync(process.argv[1]!) };
}

async function systemService() {
  if (process.platform === "linux") return await import("../../linux/service/service.ts");
  throw new VpatchError("VPATCH_AGENT", `there is no service for ${process.platform}`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
