/** Linux, as the agent needs it. */
import { readFileSync } from "node:fs";
import type { Platform } from "../../node/agent/platform.ts";
import { VpatchError } from "../../node/errors.ts";
import { prepareBpfFolder } from "../capture/bpf-pins.ts";
import { type CapabilityName, hasSurplus, restrictTo } from "./capabilities.ts";
import { machineMarks } from "./machine-marks.ts";
import { peerCredentials } from "./peer-credentials.ts";
import { sendSelfTest } from "./self-test-probe.ts";
import { UnixDatagramSender } from "./unix-datagram.ts";

/** Drivers, their filters and programs; the priority of workers; the control socket's group. */
export const AGENT_CAPABILITIES: readonly CapabilityName[] = [
  "CHOWN",
  "NET_ADMIN",
  "NET_RAW",
  "SYS_NICE",
  "PERFMON",
  "BPF",
];
/** Files and processes of others. */
export const SCAN_CAPABILITIES: readonly CapabilityName[] = ["DAC_READ_SEARCH", "SYS_PTRACE"];

const RESTRICTED = "VPATCH_RESTRICTED";

export const linux: Platform = {
  machineMarks,
  peer: peerCredentials,
  unixSender: (path) => new UnixDatagramSender(path),
  groupId,
  sendSelfTest,
  dropPrivileges(scanning, runFolder) {
    const keep = scanning ? [...AGENT_CAPABILITIES, ...SCAN_CAPABILITIES] : AGENT_CAPABILITIES;
    if (process.env[RESTRICTED] === undefined && hasSurplus(keep)) {
      if (runFolder !== undefined) prepareBpfFolder(runFolder);
      restrictTo(keep, RESTRICTED);
    }
    delete process.env[RESTRICTED];
  },
};

function groupId(name: string): number {
  if (/^\d+$/.test(name)) return Number(name);
  const line = readFileSync("/etc/group", "utf8")
    .split("\n")
    .find((each) => each.startsWith(`${name}:`));
  const id = Number(line?.split(":")[2]);
  if (line === undefined || !Number.isInteger(id)) {
    throw new VpatchError("VPATCH_CONFIG", `vpatch.control.group: there is no group ${name}`, {
      remedy: `make it (groupadd --system ${name}), or name another`,
    });
  }
  return id;
}
