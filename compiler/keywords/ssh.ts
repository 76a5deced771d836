/** SSH and its fingerprints. Suricata manual, "SSH Keywords". */
import { Buffer as B } from "../../assembly/abi/buffers.ts";
import { AppProto } from "../../assembly/abi/codes.ts";
import { SshProgress } from "../../assembly/abi/progress.ts";
import { type BufferDefinition, bothWays, buffer, C, S } from "../signature/buffers.ts";
import { family, type Keyword } from "./keyword.ts";
import { sticky } from "./sticky.ts";

const banner = bothWays(AppProto.Ssh, SshProgress.BannerDone);
const client = [{ app: AppProto.Ssh, direction: S, progress: SshProgress.BannerDone }];
const server = [{ app: AppProto.Ssh, direction: C, progress: SshProgress.BannerDone }];

const ROWS: readonly (readonly [BufferDefinition, string, readonly string[]])[] = [
  [buffer("ssh.proto", B.ssh__proto, banner), "The protocol version of the banner.", ["ssh_proto"]],
  [buffer("ssh.software", B.ssh__software, banner), "The software version of the banner.", ["ssh_software"]],
  [buffer("ssh.hassh", B.ssh__hassh, client), "The HASSH fingerprint of the client.", []],
  [buffer("ssh.hassh.string", B.ssh__hassh__string, client), "What the HASSH is made of.", []],
  [buffer("ssh.hassh.server", B.ssh__hassh__server, server), "The HASSH fingerprint of the server.", []],
  [buffer("ssh.hassh.server.string", B.ssh__hassh__server__string, server), "What the server's HASSH is made of.", []],
];

export const SSH_KEYWORDS: Keyword[] = family(
  "SSH",
  ROWS.map(([definition, docs, aliases]) => sticky(definition, docs, AppProto.Ssh, aliases)),
);
