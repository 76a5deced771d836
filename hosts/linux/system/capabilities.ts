/**
 * Gives up what the agent does not need (capabilities(7)).
 *
 * Capabilities belong to threads, and Node has threads of its own from its start. So the process first takes the surplus out of its
 * bounding set, forbids itself to gain anything by a set-user-id program, and executes itself again: every thread of the new image has
 * what is left, and so has every child.
 */
import { readFileSync } from "node:fs";
import { check, libc } from "./libc.ts";

const PR_CAPBSET_DROP = 24;
const PR_SET_NO_NEW_PRIVS = 38;
const F_SETFD = 2;
const LAST_KNOWN = 63;

/** Numbers of the capabilities that an agent may have a use for. */
export const Capability = {
  CHOWN: 0,
  DAC_OVERRIDE: 1,
  DAC_READ_SEARCH: 2,
  NET_ADMIN: 12,
  NET_RAW: 13,
  SYS_PTRACE: 19,
  SYS_ADMIN: 21,
  SYS_NICE: 23,
  PERFMON: 38,
  BPF: 39,
} as const;

export type CapabilityName = keyof typeof Capability;

/** As bits, of one of the sets of a thread: `CapEff`, `CapPrm`, `CapBnd`, `CapInh`, `CapAmb`. */
export function capabilitySet(name: string, status = "/proc/self/status"): bigint {
  const found = new RegExp(`^${name}:\\s*([0-9a-f]+)`, "m").exec(readFileSync(status, "utf8"));
  return BigInt(`0x${found?.[1] ?? "0"}`);
}

export function maskOf(names: readonly CapabilityName[]): bigint {
  return names.reduce((mask, name) => mask | (1n << BigInt(Capability[name])), 0n);
}

/** Whether this process could still do more than `names` say. */
export function hasSurplus(names: readonly CapabilityName[]): boolean {
  return (capabilitySet("CapBnd") & ~maskOf(names)) !== 0n && process.getuid?.() === 0;
}

/**
 * Executes this process again with no more than `names`; returns only if that failed.
 * @param variable set in the new image's environment, so that it does not try again
 */
export function restrictTo(names: readonly CapabilityName[], variable: string): void {
  const keep = maskOf(names);
  const bounding = capabilitySet("CapBnd");
  for (let number = 0; number <= LAST_KNOWN; number++) {
    const bit = 1n << BigInt(number);
    if (bounding & bit && !(keep & bit)) check(libc.prctl(PR_CAPBSET_DROP, number, 0, 0, 0), "prctl PR_CAPBSET_DROP");
  }
  check(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl PR_SET_NO_NEW_PRIVS");
  // Node closes its standard streams on execution of another program: this one is to keep them.
  for (const fd of [0, 1, 2, Number(process.env.NODE_CHANNEL_FD ?? 0)]) libc.fcntl(fd, F_SETFD, "int", 0);
  const environment = Object.entries({ ...process.env, [variable]: "1" }).map(([name, value]) => `${name}=${value}`);
  const argv = [process.argv0, ...process.execArgv, ...process.argv.slice(1)];
  libc.execve(process.execPath, [...argv, null], [...environment, null]);
  check(-1, `execve ${process.execPath}`);
}
