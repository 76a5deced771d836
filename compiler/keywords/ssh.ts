/** SSH and its fingerprints. Suricata manual, "SSH Keywords". */
import { Buffer as B } from "../../assembly/abi/buffers.ts";
import { AppProto } from "../../assembly/abi/codes.ts";
import { Op } from "../../assembly/abi/conditions.ts";
import { SshProgress } from "../../assembly/abi/progress.ts";
import { parsePattern } from "../content.ts";
import { compileRegex } from "../regex/index.ts";
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

/** Older keywords that take the text themselves: `ssh.softwareversion:"OpenSSH"` is a content of the buffer. */
const OLDER: readonly (readonly [name: string, definition: BufferDefinition])[] = [
  ["ssh.softwareversion", ROWS[1]![0]],
  ["ssh.protoversion", ROWS[0]![0]],
];

export const SSH_KEYWORDS: Keyword[] = family("SSH", [
  ...ROWS.map(([definition, docs, aliases]) => sticky(definition, docs, AppProto.Ssh, aliases)),
  ...OLDER.map(
    ([name, definition]): Omit<Keyword, "family"> => ({
      name,
      value: "required",
      quoting: "optional",
      docs: `Older form of \`${definition.name}; content:\`${name === "ssh.protoversion" ? "; `2_compat` stands for 2 and 1.99" : ""}.`,
      apply: (signature, { text }) => {
        signature.setApp(AppProto.Ssh);
        if (text === "2_compat") {
          const { program } = compileRegex("^(?:2|1\\.99)");
          signature.addTo(definition, {
            op: Op.Pcre,
            program,
            negated: false,
            relative: false,
            captures: [],
            literals: [],
          });
          return;
        }
        const exact = name === "ssh.protoversion" ? { startsWith: true, endsWith: true } : { nocase: false };
        signature.addTo(definition, { op: Op.Content, pattern: parsePattern(text), negated: false, ...exact });
      },
    }),
  ),
]);
