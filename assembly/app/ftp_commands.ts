/** The commands of FTP that open a transaction (RFC 959, RFC 2228, RFC 2428, RFC 3659). */
import { startsWithWord } from "./ascii";

/** Commands that change what the parser does; `Other`: any other known one. */
export enum FtpCommand {
  Unknown = 0,
  Other = 1,
  Port = 2,
  Eprt = 3,
  AuthTls = 4,
  Pasv = 5,
  Epsv = 6,
  Retr = 7,
  Stor = 8,
}

/** Which command `commandLength` found. */
export let foundCommand: FtpCommand = FtpCommand.Unknown;

/** Names of four letters, one behind the other. */
const FOUR =
  "aboracctalloappecdupdelehelpidlelistmailmdtmmlflmodemrcpmrsqmsammsndmsomnlstnooppassquitreinrestrnfrrntositesizesmntstatstoustrusysttypeuser";

/** Does the line begin with the four letters at `offset` of FOUR? */
function beginsWithFour(line: usize, offset: i32): bool {
  for (let i = 0; i < 4; i++) if ((<i32>load<u8>(line + i) | 0x20) != FOUR.charCodeAt(offset + i)) return false;
  return true;
}

function found(command: FtpCommand, length: u32): u32 {
  foundCommand = command;
  return length;
}

/** Length of the known command the line begins with (any case), 0 for none. */
export function commandLength(line: usize, length: u32): u32 {
  if (startsWithWord(line, length, "auth tls")) return found(FtpCommand.AuthTls, 8);
  if (startsWithWord(line, length, "port")) return found(FtpCommand.Port, 4);
  if (startsWithWord(line, length, "eprt")) return found(FtpCommand.Eprt, 4);
  if (startsWithWord(line, length, "pasv")) return found(FtpCommand.Pasv, 4);
  if (startsWithWord(line, length, "epsv")) return found(FtpCommand.Epsv, 4);
  if (startsWithWord(line, length, "retr")) return found(FtpCommand.Retr, 4);
  if (startsWithWord(line, length, "stor")) return found(FtpCommand.Stor, 4);
  if (startsWithWord(line, length, "chmod") || startsWithWord(line, length, "umask")) return found(FtpCommand.Other, 5);
  if (length >= 4) {
    for (let i = 0; i < FOUR.length; i += 4) if (beginsWithFour(line, i)) return found(FtpCommand.Other, 4);
  }
  if (startsWithWord(line, length, "cwd") || startsWithWord(line, length, "mkd") || startsWithWord(line, length, "rmd"))
    return found(FtpCommand.Other, 3);
  return found(FtpCommand.Unknown, 0);
}
