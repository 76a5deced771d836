/** FTP and its data connections. Suricata manual, "FTP/FTP-DATA Keywords". */
import { Buffer as B, Field } from "../../assembly/abi/buffers.ts";
import { AppProto } from "../../assembly/abi/codes.ts";
import { Op } from "../../assembly/abi/conditions.ts";
import { bothWays, buffer, C, S } from "../signature/buffers.ts";
import { family, type Keyword } from "./keyword.ts";
import { chosen, equals, number, sticky } from "./sticky.ts";

const { Ftp, FtpData } = AppProto;
const request = [{ app: Ftp, direction: S, progress: 0 }];
const reply = [{ app: Ftp, direction: C, progress: 0 }];
const REPLY_RECEIVED = buffer("ftp.reply_received", 0, reply, { kind: "generic" });
const BOUNCE = buffer("ftpbounce", 0, request, { kind: "generic" });
const MODE = buffer("ftp.mode", 0, bothWays(Ftp), { kind: "generic" });
const DATA_COMMAND = buffer("ftpdata_command", B.ftpdata_command, bothWays(FtpData));

export const FTP_KEYWORDS: Keyword[] = family("FTP", [
  sticky(buffer("ftp.command", B.ftp__command, request), "The command of the client.", Ftp),
  sticky(buffer("ftp.command_data", B.ftp__command_data, request), "What follows the command.", Ftp),
  sticky(buffer("ftp.reply", B.ftp__reply, reply, { multi: true }), "Each line of the reply.", Ftp),
  sticky(
    buffer("ftp.completion_code", B.ftp__completion_code, reply, { multi: true }),
    "The code of each line of the reply.",
    Ftp,
  ),
  number("ftp.dynamic_port", Field.ftp__dynamic_port, bothWays(Ftp), "The port of the data connection.", Ftp, {
    bits: 16,
  }),
  {
    name: "ftp.reply_received",
    value: "required",
    docs: "Whether the command was answered: yes, no, true, false, on, off.",
    apply: (signature, value) => {
      const wanted = chosen(value, { yes: 1, true: 1, on: 1, "1": 1, no: 0, false: 0, off: 0, "0": 0 });
      signature.setApp(Ftp);
      equals(signature, REPLY_RECEIVED, Field.ftp__reply_received, wanted);
    },
  },
  {
    name: "ftpbounce",
    value: "none",
    docs: "A PORT command names another address than the client's.",
    apply: (signature) => {
      signature.setApp(Ftp);
      signature.addGeneric(BOUNCE, { op: Op.FtpBounce });
    },
  },
  {
    name: "ftp.mode",
    value: "required",
    docs: "The mode of the data connection: active or passive.",
    apply: (signature, value) => {
      const wanted = chosen(value, { active: 1, passive: 0 });
      signature.setApp(Ftp);
      equals(signature, MODE, Field.ftp__mode, wanted);
    },
  },
  {
    name: "ftpdata_command",
    value: "required",
    docs: "What the data connection is for: stor or retr.",
    apply: (signature, value) => {
      const command = chosen(value, { stor: "stor", retr: "retr" });
      signature.setApp(FtpData);
      signature.addTo(DATA_COMMAND, {
        op: Op.Content,
        pattern: Uint8Array.from(Buffer.from(command)),
        negated: false,
        nocase: true,
        startsWith: true,
        offset: 0,
        depth: command.length,
        endsWith: true,
      });
    },
  },
]);
