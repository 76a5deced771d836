/** What the agent needs of an operating system besides its drivers. */
import type { Socket } from "node:net";
import type { Peer } from "../control/server.ts";
import { VpatchError } from "../errors.ts";
import type { DatagramSender } from "../output/datagrams.ts";
import type { MachineMarks } from "./identity.ts";
import type { Probe } from "./self-test.ts";

export interface Platform {
  /** What tells this machine from others. */
  machineMarks(): MachineMarks;
  /** Who is at the other end of a control connection. */
  peer(socket: Socket): Peer;
  /** Datagrams to a path: sd_notify, syslog, EVE. */
  unixSender(path: string): DatagramSender;
  /** Number of a group, by name or number. @throws VpatchError when there is no such group */
  groupId(name: string): number;
  /** Sends the self-test's datagram. */
  sendSelfTest(networkInterface: string): Promise<Probe>;
  /**
   * Gives up every privilege that is not needed; may start the program anew to do so.
   * @param scanning whether other processes and files are to be looked at
   * @param runFolder `vpatch.run-dir`, when a driver may need there what only a privileged process can make
   */
  dropPrivileges(scanning: boolean, runFolder: string | undefined): void;
}

/** @throws VpatchError when no agent runs on this system */
export async function platform(): Promise<Platform> {
  if (process.platform === "linux") return (await import("../../linux/system/platform.ts")).linux;
  throw new VpatchError("VPATCH_AGENT", `there is no agent for ${process.platform}`, {
    remedy: "inspect captures with vpatch replay",
  });
}
