/**
 * Installs, removes and looks at the agent's service. With a root other than "/" only files are written or removed, as for an image or a
 * package; the running system is left alone.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileError, VpatchError } from "../../node/errors.ts";
import { defaultConfigText, defaultInterface } from "./default-config.ts";
import { OURS, UNIT_NAME, type UnitOptions, unitText } from "./unit.ts";

export interface ServiceOptions extends UnitOptions {
  /** "/", or the folder that a system lies in. */
  root: string;
}

const unitFile = (root: string): string => join(root, "etc/systemd/system", UNIT_NAME);

/** Writes the unit, and a configuration if there is none. In words, what was done. @throws VpatchError */
export function installService(options: ServiceOptions & { start: boolean }): string[] {
  const { root, config, start } = options;
  const done: string[] = [];
  const unit = unitFile(root);
  refuseForeign(unit);
  write(unit, unitText(options), 0o644);
  done.push(`wrote ${unit}`);
  const configFile = join(root, config);
  if (!existsSync(configFile)) {
    write(configFile, defaultConfigText(defaultInterface(root)), 0o640);
    done.push(`wrote ${configFile}`);
  }
  if (root !== "/") return done;
  systemctl("daemon-reload");
  systemctl("enable", ...(start ? ["--now"] : []), UNIT_NAME);
  done.push(start ? "enabled and started" : "enabled; it starts with the system, or with systemctl start vpatch");
  return done;
}

/** Removes the unit; configuration, state and logs stay unless `purge` says otherwise. In words, what was done. @throws VpatchError */
export function uninstallService({ root, purge }: { root: string; purge: boolean }): string[] {
  const done: string[] = [];
  const unit = unitFile(root);
  if (existsSync(unit)) {
    refuseForeign(unit);
    if (root === "/") systemctl("disable", "--now", UNIT_NAME);
    rmSync(unit);
    done.push(`removed ${unit}`);
    if (root === "/") systemctl("daemon-reload");
  }
  if (!purge) return done;
  for (const folder of ["etc/vpatch", "var/lib/vpatch", "var/log/vpatch", "run/vpatch"]) {
    const path = join(root, folder);
    if (!existsSync(path)) continue;
    rmSync(path, { recursive: true });
    done.push(`removed ${path}`);
  }
  return done;
}

export interface ServiceStatus {
  /** `foreign`: there is a unit of this name that we did not write. `outdated`: ours, of another version or installation. */
  unit: "none" | "current" | "outdated" | "foreign";
  /** systemd's words; only of the running system. */
  enabled?: string;
  active?: string;
}

export function serviceStatus(options: ServiceOptions): ServiceStatus {
  const unit = unitFile(options.root);
  if (!existsSync(unit)) return { unit: "none" };
  const text = readFileSync(unit, "utf8");
  const state = !text.startsWith(OURS) ? "foreign" : text === unitText(options) ? "current" : "outdated";
  if (options.root !== "/") return { unit: state };
  const word = (verb: string): string => spawnSync("systemctl", [verb, UNIT_NAME], { encoding: "utf8" }).stdout?.trim();
  return { unit: state, enabled: word("is-enabled") || "unknown", active: word("is-active") || "unknown" };
}

function refuseForeign(unit: string): void {
  if (!existsSync(unit) || readFileSync(unit, "utf8").startsWith(OURS)) return;
  throw new VpatchError("VPATCH_AGENT", "there is a unit of this name that vpatch did not write", {
    location: { file: unit },
    remedy: "move it away first",
  });
}

function write(file: string, text: string, mode: number): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { mode });
  } catch (cause) {
    throw fileError(cause, file);
  }
}

function systemctl(...words: string[]): void {
  const { status, error, stderr } = spawnSync("systemctl", words, { encoding: "utf8" });
  if (status === 0) return;
  const why = error ? `systemctl: ${(error as NodeJS.ErrnoException).code}` : stderr.trim();
  throw new VpatchError("VPATCH_AGENT", `systemctl ${words.join(" ")} failed: ${why}`, {
    remedy: "on a system without systemd, start vpatch run by its own service manager",
  });
}
