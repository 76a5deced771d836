/** The process of `vpatch run`: configuration, privileges, signals. */
import { existsSync, readFileSync } from "node:fs";
import { Agent } from "../agent/agent.ts";
import { platform } from "../agent/platform.ts";
import { makeConfiguration, type RawConfiguration, readConfiguration } from "../config/configuration.ts";
import type { Configuration } from "../config/schema/root.ts";
import { keepNurserySmall } from "../nursery.ts";
import { packageVersion } from "../package-version.ts";
import { DEFAULT_CONFIG } from "./run.ts";

interface RunOptions {
  config?: string;
  mode?: "detect" | "prevent";
  interface?: string[];
  driver?: string;
}

/** Drivers that may give eBPF objects a name. */
const PINNING: readonly string[] = ["auto", "nfqueue", "tcx"];
/** Milliseconds after which an orderly stop becomes a quick one. */
const LONGEST_STOP = 5000;

export async function runAgent(options: RunOptions): Promise<void> {
  const file = options.config ?? (existsSync(DEFAULT_CONFIG) ? DEFAULT_CONFIG : undefined);
  const config = await configuration(options, file);
  keepNurserySmall();
  const system = await platform();
  // May begin this program anew, with less: nothing has been opened yet.
  const { driver, scan, "run-dir": runFolder } = config.vpatch;
  system.dropPrivileges(scan.enabled, PINNING.includes(driver) ? runFolder : undefined);
  const agent = new Agent({
    config,
    ...(file === undefined ? {} : { configFile: file }),
    ...(options.mode === undefined ? {} : { mode: options.mode }),
    platform: system,
    version: packageVersion(),
    log: (message) => process.stderr.write(`vpatch: ${message}\n`),
  });
  const stop = (): void => {
    setTimeout(() => process.exit(1), LONGEST_STOP).unref();
    void agent.stop();
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  process.on("SIGHUP", () => void agent.hangUp());
  await agent.start();
  await agent.stopped;
  process.exit();
}

/** An agent starts among connections that are there already: cutting them, as a capture's defaults would in prevention, is worse than following them. */
const LIVE = { stream: { midstream: true } } as const;

/** The `stream` section as the file gives it. */
async function rawStream(file: string): Promise<RawConfiguration> {
  const { parseAndValidate } = await import("../config/document.ts");
  const raw = parseAndValidate(file, readFileSync(file, "utf8")) as { stream?: RawConfiguration } | null | undefined;
  return raw?.stream ?? {};
}

/** With `LIVE`, unless the file says what becomes of connections whose start was not seen. */
function withLive(config: Configuration, given: RawConfiguration): Configuration {
  if (given.midstream !== undefined || given["midstream-policy"] !== undefined) return config;
  return { ...config, stream: { ...config.stream, ...LIVE.stream } };
}

/** The file's settings, with those of the command line in their place. */
async function configuration(options: RunOptions, file: string | undefined): Promise<Configuration> {
  const { interface: interfaces, driver } = options;
  const given = {
    ...(interfaces === undefined ? {} : { interfaces }),
    ...(driver === undefined ? {} : { driver }),
  };
  if (file === undefined) return await makeConfiguration({ ...LIVE, vpatch: given });
  const config = withLive(await readConfiguration(file), await rawStream(file));
  if (Object.keys(given).length === 0) return config;
  const { vpatch } = await makeConfiguration({ vpatch: given } satisfies RawConfiguration);
  const chosen = Object.fromEntries(Object.keys(given).map((name) => [name, vpatch[name as keyof typeof vpatch]]));
  return { ...config, vpatch: { ...config.vpatch, ...chosen } };
}
