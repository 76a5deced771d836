/**
 * The state file: what a capture changed in the system, written before it changes it, so that the next start can undo what a crash left.
 * A file whose agent still lives is never touched.
 */
import { mkdirSync, readdirSync, readFileSync, readlinkSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileError } from "../../node/errors.ts";
import type { Pin } from "./bpf-pins.ts";
import type { FirewallState } from "./firewall.ts";

export const STATE_FOLDER = "/run/vpatch";

const FILE = /^capture-[\w-]+\.json$/;

/** What a capture left in the system. */
export interface CaptureState {
  driver: string;
  pid: number;
  /** Start time of the process, in the kernel's ticks: tells it from a later one with the same number. */
  started: string;
  /** The network namespace it worked in. */
  network: string;
  firewall?: FirewallState;
  pins?: Pin[];
  /** Left on purpose: traffic stays blocked after an orderly stop (`failure.stop: closed`). */
  blocked?: boolean;
}

/** Who this process is, for a state file. */
export function ownState(driver: string): CaptureState {
  return { driver, pid: process.pid, started: startTime(process.pid) ?? "", network: networkNamespace() };
}

export function stateFile(folder: string, name: string): string {
  return join(folder, `capture-${name}.json`);
}

export function writeState(file: string, state: CaptureState): void {
  try {
    mkdirSync(join(file, ".."), { recursive: true, mode: 0o755 });
    writeFileSync(`${file}.new`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  } catch (cause) {
    throw fileError(cause, file);
  }
}

export function removeState(file: string): void {
  rmSync(file, { force: true });
}

/** The state files of this network namespace whose agents are gone. */
export function staleStates(folder: string): { file: string; state: CaptureState }[] {
  const stale: { file: string; state: CaptureState }[] = [];
  for (const name of filesOf(folder)) {
    const file = join(folder, name);
    const state = readState(file);
    if (state === undefined || state.network !== networkNamespace()) continue;
    if (startTime(state.pid) !== state.started) stale.push({ file, state });
  }
  return stale;
}

function filesOf(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => FILE.test(name));
  } catch {
    return [];
  }
}

/** The state in a file; `undefined` when there is none. */
export function readState(file: string): CaptureState | undefined {
  try {
    const state = JSON.parse(readFileSync(file, "utf8")) as Partial<CaptureState>;
    return typeof state.pid === "number" && typeof state.driver === "string" ? (state as CaptureState) : undefined;
  } catch {
    return undefined;
  }
}

/** The kernel's start time of a process; `undefined` when there is none. */
function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

function networkNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/net");
  } catch {
    return "";
  }
}
