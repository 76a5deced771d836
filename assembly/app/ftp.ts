/**
 * FTP control connections (RFC 959): a command with its replies is a transaction. Ports that `PORT`, `EPRT`, `PASV` and `EPSV` agree on
 * become expected connections once a transfer is asked for (app/ftp_data.ts reads those).
 */
import { AppEvent } from "../abi/app_events";
import { AppProto, Direction } from "../abi/codes";
import { FtpProgress } from "../abi/progress";
import { Setting } from "../abi/settings";
import { Account, acquire, release } from "../memory/heap";
import { setting } from "../memory/settings";
import { startsWithWord } from "./ascii";
import { freeExpected, makeExpected } from "./expected";
import { commandLength, FtpCommand, foundCommand } from "./ftp_commands";
import { portOfEprt, portOfEpsv, portOfPasv, portOfPort } from "./ftp_port";
import { InputFlag, PARSE_ERROR } from "./input";
import { freeText, setText, Text } from "./text";
import { AppState, closeTx, openState, openTx, Tx, TxFlag } from "./transaction";

/** Longest line that is kept. */
const MAX_LINE: u32 = 4096;
/** Longest file name (SC_FILENAME_MAX - 1). */
const MAX_NAME: u32 = 4095;
/** Replies one transaction keeps. */
const MAX_REPLIES: u32 = 128;
/** Codes of `Expected.command`. */
export enum Transfer {
  Retrieve = 1,
  Store = 2,
  /** The file goes to the client of the data connection. */
  ToClient = 4,
}

@unmanaged
export class FtpState extends AppState {
  /** FtpCommand of the last command line. */
  command: u8;
  active: bool;
  /** The rest of a line that was too long is skipped, a direction each. */
  cutToServer: bool;
  cutToClient: bool;
  port: u16;
  portLineData: usize;
  portLineLength: u32;

  get portLine(): Text {
    return changetype<Text>(changetype<usize>(this) + offsetof<FtpState>("portLineData"));
  }
}

@unmanaged
export class FtpReply {
  next: usize;
  lineData: usize;
  lineLength: u32;

  get line(): Text {
    return changetype<Text>(changetype<usize>(this) + offsetof<FtpReply>("lineData"));
  }
}

@unmanaged
export class FtpTx extends Tx {
  requestData: usize;
  requestLength: u32;
  /** Bytes of the request that are the command. */
  commandLength: u32;
  replies: usize;
  replyCount: u32;
  port: u16;
  active: bool;
  done: bool;
  requestCut: bool;
  replyCut: bool;

  get request(): Text {
    return changetype<Text>(changetype<usize>(this) + offsetof<FtpTx>("requestData"));
  }
}

export function ftpOpen(_transport: u32): usize {
  return openState(AppProto.Ftp, <u32>offsetof<FtpState>());
}

export function ftpFreeTx(state: AppState, base: Tx): void {
  const tx = changetype<FtpTx>(changetype<usize>(base));
  freeText(tx.request);
  for (let at = tx.replies; at != 0; ) {
    const reply = changetype<FtpReply>(at);
    at = reply.next;
    freeText(reply.line);
    release(changetype<usize>(reply));
  }
  closeTx(state, base);
}

export function ftpClose(base: AppState): void {
  while (base.oldest != 0) ftpFreeTx(base, changetype<Tx>(base.oldest));
  freeText(changetype<FtpState>(changetype<usize>(base)).portLine);
  release(changetype<usize>(base));
}

/** A new transaction; 0 when memory is short, or the oldest one waits behind too many others. */
function makeTx(state: FtpState): usize {
  if (state.oldest != 0) {
    const oldest = changetype<Tx>(state.oldest);
    if (state.opened - oldest.id >= setting(Setting.FtpMaxTx)) {
      oldest.raise(AppEvent.ftp__too_many_transactions);
      oldest.flags |= TxFlag.UpdatedToServer;
      return 0;
    }
  }
  return openTx(state, <u32>offsetof<FtpTx>());
}

/** The transaction a reply belongs to: the oldest open one, else the newest, else 0. */
function answered(state: FtpState): usize {
  for (let at = state.oldest; at != 0; at = changetype<Tx>(at).next) if (!changetype<FtpTx>(at).done) return at;
  return state.newest;
}

export function ftpParse(base: AppState, direction: u32, data: usize, length: u32, flags: u32): i32 {
  const state = changetype<FtpState>(changetype<usize>(base));
  if ((flags & InputFlag.Gap) != 0) return <i32>length;
  const toServer = direction == Direction.ToServer;
  let at: u32 = 0;
  while (at < length) {
    let end = at;
    while (end < length && load<u8>(data + end) != 0x0a) end++;
    const whole = end < length;
    if (!whole && end - at < MAX_LINE) break;
    const behind = whole ? end + 1 : length;
    const skipped = toServer ? state.cutToServer : state.cutToClient;
    if (toServer) state.cutToServer = !whole;
    else state.cutToClient = !whole;
    if (!skipped) {
      if (whole && end > at && load<u8>(data + end - 1) == 0x0d) end--;
      const size = min<u32>(end - at, MAX_LINE);
      const cut = size < end - at || !whole;
      if (toServer ? !request(state, data + at, size, cut) : !reply(state, data + at, size, cut)) return PARSE_ERROR;
    }
    at = behind;
  }
  return <i32>at;
}

/** A command line. False: it is no FTP. */
function request(state: FtpState, line: usize, length: u32, cut: bool): bool {
  const size = commandLength(line, length);
  state.command = <u8>foundCommand;
  if (size == 0) return true;
  const p = makeTx(state);
  if (p == 0) return false;
  const tx = changetype<FtpTx>(p);
  tx.commandLength = size;
  tx.requestCut = cut;
  setText(tx.request, Account.App, line, length);
  if (cut) tx.raise(AppEvent.ftp__request_command_too_long);
  tx.advance(Direction.ToServer, FtpProgress.InProgress);
  switch (<i32>state.command) {
    case FtpCommand.Port:
      tx.advance(Direction.ToServer, FtpProgress.PortDone);
      setText(state.portLine, Account.App, line, length);
      return true;
    case FtpCommand.Eprt:
      setText(state.portLine, Account.App, line, length);
      return true;
    case FtpCommand.Retr:
    case FtpCommand.Stor:
      return transfer(state, line, length);
    default:
      return true;
  }
}

/** A transfer was asked for: its connection is expected. False without an agreed port or a name. */
function transfer(state: FtpState, line: usize, length: u32): bool {
  if (state.port == 0 || length < 6) return false;
  const store = state.command == <u8>FtpCommand.Stor;
  // In active mode the server connects: then what it receives goes to the client of the data connection.
  const toClient = state.active == store;
  const code = (store ? Transfer.Store : Transfer.Retrieve) | (toClient ? Transfer.ToClient : 0);
  freeExpected(state.expected);
  state.expected = makeExpected(AppProto.FtpData, state.port, code, line + 5, min<u32>(length - 5, MAX_NAME));
  state.port = 0;
  state.active = false;
  return true;
}

/** `1yz `: another reply follows before the command is done. */
function isPreliminary(line: usize, length: u32): bool {
  if (length < 4 || load<u8>(line) != 0x31) return false;
  const space = load<u8>(line, 3);
  return isCode(line) && (space == 0x20 || (space >= 9 && space <= 13));
}

function isCode(line: usize): bool {
  for (let i: usize = 0; i < 3; i++) if (<u32>load<u8>(line + i) - 0x30 > 9) return false;
  return true;
}

function agree(state: FtpState, tx: FtpTx, port: u32, active: bool): bool {
  if (port == 0) return false;
  state.port = <u16>port;
  state.active = active;
  tx.port = <u16>port;
  tx.active = active;
  return true;
}

/** A reply line. False: no memory. */
function reply(state: FtpState, line: usize, length: u32, cut: bool): bool {
  let p = answered(state);
  if (p == 0) p = makeTx(state);
  if (p == 0) return false;
  const tx = changetype<FtpTx>(p);
  tx.advance(Direction.ToClient, FtpProgress.InProgress);
  let keeps = true;
  switch (<i32>state.command) {
    case FtpCommand.AuthTls:
      if (startsWithWord(line, length, "234 ")) state.changeTo = <u8>AppProto.Tls;
      break;
    case FtpCommand.Eprt:
      keeps = agree(state, tx, portOfEprt(state.portLine.data, state.portLine.length), true);
      break;
    case FtpCommand.Port:
      keeps = agree(state, tx, portOfPort(state.portLine.data, state.portLine.length), true);
      break;
    case FtpCommand.Pasv:
      if (startsWithWord(line, length, "227 ")) agree(state, tx, portOfPasv(line, length), false);
      break;
    case FtpCommand.Epsv:
      if (startsWithWord(line, length, "229 ")) agree(state, tx, portOfEpsv(line, length), false);
      break;
    default:
      break;
  }
  if (keeps) {
    if (length > 0) keepReply(tx, line, length, cut);
    if (isPreliminary(line, length)) return true;
  }
  tx.done = true;
  tx.advance(Direction.ToServer, FtpProgress.Finished);
  tx.advance(Direction.ToClient, FtpProgress.Finished);
  return true;
}

function keepReply(tx: FtpTx, line: usize, length: u32, cut: bool): void {
  if (cut) {
    tx.replyCut = true;
    tx.raise(AppEvent.ftp__response_command_too_long);
  }
  if (tx.replyCount >= MAX_REPLIES) return;
  const p = acquire(Account.App, <u32>offsetof<FtpReply>());
  if (p == 0) return;
  memory.fill(p, 0, offsetof<FtpReply>());
  setText(changetype<FtpReply>(p).line, Account.App, line, length);
  let link = changetype<usize>(tx) + offsetof<FtpTx>("replies");
  while (load<usize>(link) != 0) link = load<usize>(link);
  store<usize>(link, p);
  tx.replyCount++;
}
