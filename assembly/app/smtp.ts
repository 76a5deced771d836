/**
 * SMTP (RFC 5321): commands, replies matched to them in order, mail bodies (app/mime.ts), chunks (RFC 3030), STARTTLS (RFC 3207). A mail with
 * its envelope is a transaction.
 */
import { AppEvent } from "../abi/app_events";
import { AppProto, Direction } from "../abi/codes";
import { SmtpProgress } from "../abi/progress";
import { Setting } from "../abi/settings";
import { Account, release } from "../memory/heap";
import { setting } from "../memory/settings";
import { isDigit, startsWithWord } from "./ascii";
import { appendFile, closeFile, freeFiles, lastFile, openFile } from "./file";
import { endFrame, noteFrame, OPEN_FRAME, offsetOf } from "./frame";
import { InputFlag, PARSE_ERROR } from "./input";
import { freeMime, Mime, MimePhase, mimeEnd, mimeLine, openMime } from "./mime";
import { addItem, freeItems } from "./mime_header";
import { isReplyCode } from "./smtp_reply_codes";
import { appendByte, freeText, setText, Text } from "./text";
import { AppState, closeTx, openState, openTx, StateFlag, Tx } from "./transaction";

enum Command {
  None = 0,
  StartTls = 1,
  Data = 2,
  Bdat = 3,
  /** The mail itself: its reply belongs to no command line. */
  DataEnd = 4,
  Reset = 5,
  Other = 6,
}

/** A line of so many bytes, its end included, is cut (Suricata's SMTP_LINE_BUFFER_LIMIT). */
const MAX_LINE: u32 = 4096;
/** Commands that may wait for a reply. */
const MAX_COMMANDS: u32 = 65535;
const MAX_RECIPIENTS: u32 = 1024;
const MAX_LIVE: u32 = 256;
const rawName: usize = memory.data<u8>([0x72, 0x61, 0x77, 0x6d, 0x73, 0x67]);

@unmanaged
export class SmtpState extends AppState {
  heloData: usize;
  heloLength: u32;
  /** Commands without a reply yet: Command bytes, those before `answered` are done. */
  commandsData: usize;
  commandsLength: u32;
  answered: u32;
  current: usize;
  chunkLength: u32;
  chunkSeen: u32;
  /** The command whose data is being sent. */
  command: u8;
  dataMode: bool;
  multiline: bool;
  welcomed: bool;
  pipelining: bool;
  /** The rest of a long line is skipped, a direction each. */
  skipToServer: bool;
  skipToClient: bool;
  /** The last data line had no end yet. */
  openLine: bool;
  /** A line of the mail was seen. */
  dataBegun: bool;

  get helo(): Text {
    return changetype<Text>(changetype<usize>(this) + offsetof<SmtpState>("heloData"));
  }
  get commands(): Text {
    return changetype<Text>(changetype<usize>(this) + offsetof<SmtpState>("commandsData"));
  }
}

@unmanaged
export class SmtpTx extends Tx {
  fromData: usize;
  fromLength: u32;
  /** List of MimeItem. */
  recipients: usize;
  /** app/mime.ts Mime, 0 before DATA. */
  mime: usize;
  done: bool;

  get from(): Text {
    return changetype<Text>(changetype<usize>(this) + offsetof<SmtpTx>("fromData"));
  }
}

export function smtpOpen(_transport: u32): usize {
  return openState(AppProto.Smtp, <u32>offsetof<SmtpState>());
}

export function smtpFreeTx(base: AppState, any: Tx): void {
  const state = changetype<SmtpState>(changetype<usize>(base));
  const tx = changetype<SmtpTx>(changetype<usize>(any));
  if (state.current == changetype<usize>(any)) state.current = 0;
  freeText(tx.from);
  freeItems(tx.recipients);
  freeMime(tx.mime);
  freeFiles(any);
  closeTx(base, any);
}

export function smtpClose(base: AppState): void {
  const state = changetype<SmtpState>(changetype<usize>(base));
  while (base.oldest != 0) smtpFreeTx(base, changetype<Tx>(base.oldest));
  freeText(state.helo);
  freeText(state.commands);
  release(changetype<usize>(base));
}

function raise(state: SmtpState, event: u32): void {
  if (state.current != 0) changetype<Tx>(state.current).raise(event);
}

function newTx(state: SmtpState): bool {
  if (state.live >= MAX_LIVE) return false;
  const p = openTx(state, <u32>offsetof<SmtpTx>());
  if (p != 0) state.current = p;
  return p != 0;
}

/** The mail at hand is over. */
function complete(state: SmtpState): void {
  if (state.current == 0) return;
  const tx = changetype<SmtpTx>(state.current);
  tx.done = true;
  tx.advance(Direction.ToServer, SmtpProgress.Complete);
  tx.advance(Direction.ToClient, SmtpProgress.Complete);
  state.flags |= StateFlag.InspectRawToServer;
}

export function smtpParse(base: AppState, direction: u32, data: usize, length: u32, flags: u32): i32 {
  const state = changetype<SmtpState>(changetype<usize>(base));
  if ((flags & InputFlag.Gap) != 0) return <i32>length;
  const toServer = direction == Direction.ToServer;
  let at: u32 = 0;
  while (at < length) {
    let end = at;
    while (end < length && load<u8>(data + end) != 0x0a) end++;
    const whole = end < length;
    if (!whole && end - at < MAX_LINE) break;
    const behind = whole ? end + 1 : length;
    let lineEnd: u32 = whole ? 1 : 0;
    if (whole && end > at && load<u8>(data + end - 1) == 0x0d) {
      end--;
      lineEnd = 2;
    }
    const kept = toServer
      ? clientLine(state, data + at, end - at, lineEnd)
      : serverLine(state, data + at, end - at, lineEnd);
    if (!kept) return PARSE_ERROR;
    at = behind;
  }
  return <i32>at;
}

/** The line at hand counts with its line end; what a command or a reply has beyond MAX_LINE is skipped, as in Suricata. */
function isTooLong(length: u32, lineEnd: u32): bool {
  return length + lineEnd >= MAX_LINE;
}

function clientLine(state: SmtpState, line: usize, length: u32, lineEnd: u32): bool {
  const tooLong = isTooLong(length, lineEnd);
  if (state.dataMode && (state.command == <u8>Command.Data || state.command == <u8>Command.Bdat)) {
    if (tooLong && inHeaders(state)) raise(state, AppEvent.smtp__truncated_line);
    return request(state, line, length, lineEnd);
  }
  const skip = state.skipToServer;
  state.skipToServer = (skip || tooLong) && lineEnd == 0;
  if (skip) return true;
  if (!tooLong) return request(state, line, length, lineEnd);
  const reads = request(state, line, min<u32>(length, MAX_LINE), 0);
  raise(state, AppEvent.smtp__truncated_line);
  return reads;
}

/** Of a mail's bytes those of its headers are read as lines. */
function inHeaders(state: SmtpState): bool {
  if (state.current == 0) return false;
  const mime = changetype<SmtpTx>(state.current).mime;
  return mime != 0 && changetype<Mime>(mime).phase == <u8>MimePhase.Header;
}

function serverLine(state: SmtpState, line: usize, length: u32, lineEnd: u32): bool {
  const skip = state.skipToClient;
  const tooLong = isTooLong(length, lineEnd);
  state.skipToClient = (skip || tooLong) && lineEnd == 0;
  if (skip) return true;
  if (!tooLong) return reply(state, line, length, lineEnd);
  const reads = reply(state, line, min<u32>(length, MAX_LINE), 0);
  raise(state, AppEvent.smtp__truncated_line);
  return reads;
}

/** RSET and QUIT belong to the mail before them. */
function keepsTx(state: SmtpState, line: usize, length: u32): bool {
  return !state.dataMode && (startsWithWord(line, length, "rset") || startsWithWord(line, length, "quit"));
}

function request(state: SmtpState, line: usize, length: u32, lineEnd: u32): bool {
  const over = state.current == 0 || changetype<SmtpTx>(state.current).done;
  if (state.current == 0 || (over && !keepsTx(state, line, length))) {
    if (!newTx(state)) return false;
  }
  changetype<Tx>(state.current).advance(Direction.ToServer, SmtpProgress.InProgress);
  if (!state.welcomed) raise(state, AppEvent.smtp__no_server_welcome_message);
  if (!state.dataMode) {
    noteFrame(state, Direction.ToServer, "command_line", line, length);
    return command(state, line, length);
  }
  if (state.command == <u8>Command.Data) return mailLine(state, line, length, lineEnd);
  if (state.command == <u8>Command.Bdat) return chunkLine(state, length + lineEnd);
  return true;
}

/** A command line. False ends the conversation as SMTP. */
function command(state: SmtpState, line: usize, length: u32): bool {
  const tx = changetype<SmtpTx>(state.current);
  state.command = <u8>Command.Other;
  if (startsWithWord(line, length, "starttls")) state.command = <u8>Command.StartTls;
  else if (startsWithWord(line, length, "data")) {
    state.command = <u8>Command.Data;
    if (!beginMail(state)) return false;
  } else if (startsWithWord(line, length, "bdat")) {
    if (!chunk(state, line, length)) return false;
    state.command = <u8>Command.Bdat;
    state.dataMode = true;
  } else if (startsWithWord(line, length, "helo") || startsWithWord(line, length, "ehlo")) {
    if (state.helo.length == 0) word(state.helo, line, length, 5);
    else raise(state, AppEvent.smtp__duplicate_fields);
  } else if (startsWithWord(line, length, "mail from")) {
    if (tx.from.length == 0) word(tx.from, line, length, 10);
    else raise(state, AppEvent.smtp__duplicate_fields);
  } else if (startsWithWord(line, length, "rcpt to")) recipient(tx, line, length);
  else if (startsWithWord(line, length, "rset")) {
    state.chunkSeen = 0;
    state.command = <u8>Command.Reset;
  }
  return queue(state, state.command);
}

/** Notes a command that waits for its reply. */
function queue(state: SmtpState, code: u32): bool {
  const list = state.commands;
  if (list.length > state.answered) {
    const last = <i32>load<u8>(list.data + list.length - 1);
    if (last == Command.StartTls || last == Command.Data) raise(state, AppEvent.smtp__invalid_pipelined_sequence);
  }
  return list.length < MAX_COMMANDS && appendByte(list, Account.App, code);
}

/** What a parameter at `from` begins with. */
let parameterAt: u32 = 0;
let parameterEnd: u32 = 0;

/** Finds the first word from `from` on. */
function findWord(line: usize, length: u32, from: u32): void {
  let at = min<u32>(from, length);
  while (at < length && load<u8>(line + at) == 0x20) at++;
  parameterAt = at;
  while (at < length && load<u8>(line + at) != 0x20) at++;
  parameterEnd = at;
}

function word(into: Text, line: usize, length: u32, from: u32): void {
  findWord(line, length, from);
  setText(into, Account.App, line + parameterAt, parameterEnd - parameterAt);
}

function recipient(tx: SmtpTx, line: usize, length: u32): void {
  findWord(line, length, 8);
  const link = changetype<usize>(tx) + offsetof<SmtpTx>("recipients");
  addItem(link, MAX_RECIPIENTS, 0, 0, line + parameterAt, parameterEnd - parameterAt);
}

/** `BDAT size [LAST]`. False without a size. */
function chunk(state: SmtpState, line: usize, length: u32): bool {
  let at: u32 = 4;
  while (at < length && load<u8>(line + at) == 0x20) at++;
  if (at == 4 || at >= length || !isDigit(load<u8>(line + at))) return false;
  let size: u64 = 0;
  while (at < length && isDigit(load<u8>(line + at)) && size < 0xffff_ffff)
    size = size * 10 + <u64>(load<u8>(line + at++) - 0x30);
  state.chunkLength = <u32>min<u64>(size, 0xffff_ffff);
  return true;
}

/** DATA was sent: the mail is read from the next line on. */
function beginMail(state: SmtpState): bool {
  const raw = setting(Setting.SmtpRawExtraction) != 0;
  if (raw || setting(Setting.SmtpDecodeMime) != 0) {
    let tx = changetype<SmtpTx>(state.current);
    const begun = raw ? lastFile(tx, Direction.ToServer) != 0 && !tx.done : tx.mime != 0;
    if (begun) {
      // The end of the mail before was not seen.
      tx.raise(AppEvent.smtp__unparsable_content);
      closeFile(lastFile(tx, Direction.ToServer), true);
      if (tx.mime != 0) changetype<Mime>(tx.mime).phase = <u8>MimePhase.Done;
      if (!newTx(state)) return false;
      tx = changetype<SmtpTx>(state.current);
    }
    if (raw) openFile(tx, Direction.ToServer, rawName, 6, true);
    else tx.mime = openMime();
  }
  if (state.pipelining) state.dataMode = true;
  return true;
}

/** A line of the mail. */
function mailLine(state: SmtpState, line: usize, length: u32, lineEnd: u32): bool {
  const tx = changetype<SmtpTx>(state.current);
  const raw = setting(Setting.SmtpRawExtraction) != 0;
  if (!state.dataBegun) noteFrame(state, Direction.ToServer, "data", line, OPEN_FRAME);
  state.dataBegun = true;
  if (!state.openLine && length == 1 && load<u8>(line) == 0x2e && lineEnd > 0) {
    state.dataMode = false;
    state.dataBegun = false;
    endFrame(state, Direction.ToServer, "data", offsetOf(line));
    if (!queue(state, Command.DataEnd)) return false;
    if (raw) closeFile(lastFile(tx, Direction.ToServer), false);
    else if (tx.mime != 0) mimeEnd(changetype<Mime>(tx.mime), tx);
    complete(state);
    return true;
  }
  state.openLine = lineEnd == 0;
  if (raw) appendFile(lastFile(tx, Direction.ToServer), line, length + lineEnd);
  else if (tx.mime != 0) mimeLine(changetype<Mime>(tx.mime), tx, line, length, lineEnd);
  return true;
}

/** A line of a chunk. False: the chunk is longer than it said. */
function chunkLine(state: SmtpState, bytes: u32): bool {
  state.chunkSeen += bytes;
  if (state.chunkSeen < state.chunkLength) return true;
  state.dataMode = false;
  if (state.chunkSeen == state.chunkLength) return true;
  raise(state, AppEvent.smtp__bdat_chunk_len_exceeded);
  return false;
}

/** A reply line. False: it is none. */
function reply(state: SmtpState, line: usize, length: u32, lineEnd: u32): bool {
  if (length == 0 && lineEnd == 1) return true;
  noteFrame(state, Direction.ToClient, "response_line", line, length);
  if (length < 3) {
    raise(state, AppEvent.smtp__invalid_reply);
    return false;
  }
  state.multiline = length >= 4 && load<u8>(line, 3) == 0x2d;
  let code: u32 = 0;
  for (let i: usize = 0; i < 3; i++) code = code * 10 + (<u32>load<u8>(line + i) - 0x30);
  if (!isReplyCode(code)) {
    raise(state, AppEvent.smtp__invalid_reply);
    return false;
  }
  if (state.current != 0) changetype<Tx>(state.current).advance(Direction.ToClient, SmtpProgress.InProgress);
  const list = state.commands;
  if (state.answered == list.length) {
    if (!state.welcomed) {
      if (!state.multiline) state.welcomed = true;
      if (code != 220) raise(state, AppEvent.smtp__invalid_reply);
    }
    return true;
  }
  answer(state, <i32>load<u8>(list.data + state.answered), code);
  if (!state.multiline) state.answered++;
  else if (state.welcomed && code == 250 && length == 14 && startsWithWord(line + 4, 10, "pipelining"))
    state.pipelining = true;
  if (state.answered == list.length) {
    list.length = 0;
    state.answered = 0;
  }
  return true;
}

/** What the reply to a command changes. */
function answer(state: SmtpState, command: i32, code: u32): void {
  if (command == Command.StartTls) {
    if (code == 220) {
      state.dataMode = true;
      // The second line of one reply, or of two: the change is on its way.
      if (state.changeTo != AppProto.Unknown) raise(state, AppEvent.smtp__failed_protocol_change);
      state.changeTo = <u8>AppProto.Tls;
      complete(state);
    } else raise(state, AppEvent.smtp__tls_rejected);
  } else if (command == Command.Data) {
    if (code == 354) state.dataMode = true;
    else raise(state, AppEvent.smtp__data_command_rejected);
  } else if (command == Command.Reset && code == 250 && !state.multiline) complete(state);
}
