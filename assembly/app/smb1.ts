/**
 * SMB 1 records (MS-CIFS, MS-SMB section 2.2). Contract: `record` holds `length` bytes, at least the header; a command's words are read only
 * after `wordsFit`, its data only after `fits`. Commands of an ANDX chain follow one another inside the record.
 */
import { AppEvent } from "../abi/app_events";
import { Direction } from "../abi/codes";
import { looksLikePdu, pipeRequest, pipeResponse } from "./smb_dcerpc";
import { closeHandle, fileChunk, fileOfHandle, openHandle } from "./smb_files";
import { addNote, dropNote, findNote, Note, NoteKind } from "./smb_notes";
import { readNtlmssp } from "./smb_ntlmssp";
import { openSmb, raiseSmb, SmbKind, SmbState, SmbTx, waiting } from "./smb_state";
import { nameEnd, setName } from "./smb_text";

export const SMB1_HEADER: u32 = 32;
/** Commands of one chain that are looked at. */
const MAX_CHAIN: u32 = 32;

export enum Smb1Command {
  Close = 0x04,
  Write = 0x0b,
  Locking = 0x24,
  Trans = 0x25,
  WriteAndClose = 0x2c,
  Open = 0x2d,
  Read = 0x2e,
  WriteAndx = 0x2f,
  Trans2 = 0x32,
  Trans2Secondary = 0x33,
  TreeDisconnect = 0x71,
  Negotiate = 0x72,
  SessionSetup = 0x73,
  Logoff = 0x74,
  TreeConnect = 0x75,
  NtCreate = 0xa2,
  NtCancel = 0xa4,
  None = 0xff,
}

export function smb1Command(record: usize): u32 {
  return load<u8>(record, 4);
}

export function isSmb1Response(record: usize): bool {
  return (load<u8>(record, 9) & 0x80) != 0;
}

function isWide(record: usize): bool {
  return (load<u16>(record, 10) & 0x8000) != 0;
}

/** The process, in Suricata's words the session. */
function session(record: usize): u64 {
  return ((<u64>load<u16>(record, 26)) << 16) | <u64>load<u16>(record, 12);
}

function tree(record: usize): u32 {
  return load<u16>(record, 24);
}

function message(record: usize): u64 {
  return load<u16>(record, 30);
}

function status(record: usize): u32 {
  return load<u32>(record, 5);
}

function open(state: SmbState, kind: SmbKind, command: u32, record: usize): usize {
  const p = openSmb(state, kind, 1, command);
  if (p == 0) return 0;
  const tx = changetype<SmbTx>(p);
  tx.message = command == Smb1Command.Negotiate ? 0 : message(record);
  tx.session = session(record);
  tx.tree = tree(record);
  tx.done(Direction.ToServer);
  return p;
}

/** Are there `n` bytes of words at `at`? */
function wordsFit(record: usize, length: u32, at: u32, n: u32): bool {
  return at < length && (<u32>load<u8>(record + at)) << 1 >= n && length - at > n;
}

function fits(offset: u32, size: u32, length: u32): bool {
  return offset >= SMB1_HEADER && offset <= length && length - offset >= size;
}

/** Where the bytes of a command begin (behind words and byte count), 0 when they do not. */
function bytesOf(record: usize, length: u32, at: u32): u32 {
  if (at >= length) return 0;
  const behind = at + 1 + ((<u32>load<u8>(record + at)) << 1) + 2;
  return behind <= length ? behind : 0;
}

function isChained(command: u32): bool {
  switch (command) {
    case Smb1Command.Locking:
    case Smb1Command.Open:
    case Smb1Command.Read:
    case Smb1Command.WriteAndx:
    case Smb1Command.SessionSetup:
    case Smb1Command.Logoff:
    case Smb1Command.TreeConnect:
    case Smb1Command.NtCreate:
      return true;
    default:
      return false;
  }
}

/** A record of either direction: the command and those chained to it. */
export function smb1Record(state: SmbState, direction: u32, record: usize, length: u32): void {
  let command = smb1Command(record);
  let at = SMB1_HEADER;
  for (let i: u32 = 0; i < MAX_CHAIN; i++) {
    if (direction == Direction.ToServer) request(state, command, record, length, at);
    else response(state, command, record, length, at);
    if (!isChained(command) || !wordsFit(record, length, at, 4)) return;
    const next = <u32>load<u16>(record + at, 3);
    command = load<u8>(record + at, 1);
    if (command == Smb1Command.None || next <= at || next >= length) return;
    at = next;
  }
}

function request(state: SmbState, command: u32, record: usize, length: u32, at: u32): void {
  const words = record + at + 1;
  switch (command) {
    case Smb1Command.Negotiate:
      negotiate(state, record, length, at);
      return;
    case Smb1Command.SessionSetup: {
      const p = open(state, SmbKind.SessionSetup, command, record);
      const behind = bytesOf(record, length, at);
      if (p != 0 && behind != 0) readNtlmssp(changetype<SmbTx>(p), record + behind, length - behind);
      return;
    }
    case Smb1Command.TreeConnect:
      treeConnect(state, record, length, at);
      return;
    case Smb1Command.NtCreate:
      create(state, record, length, at);
      return;
    case Smb1Command.Read: {
      if (!wordsFit(record, length, at, 20)) break;
      const p = addNote(state.notes, NoteKind.Read, session(record), message(record), 0, 0);
      if (p == 0) return;
      const note = changetype<Note>(p);
      note.fid0 = load<u16>(words, 4);
      note.fid1 = session(record) + 1;
      note.number = load<u32>(words, 6);
      if (wordsFit(record, length, at, 24)) note.number |= (<u64>load<u32>(words, 20)) << 32;
      return;
    }
    case Smb1Command.WriteAndx:
    case Smb1Command.Write:
    case Smb1Command.WriteAndClose:
      smb1Write(state, command, record, length, at);
      return;
    case Smb1Command.Trans: {
      if (!wordsFit(record, length, at, 28)) break;
      const size = <u32>load<u16>(words, 22);
      const offset = <u32>load<u16>(words, 24);
      if (fits(offset, size, length) && looksLikePdu(record + offset, size))
        pipeRequest(state, 1, command, session(record), tree(record), record + offset, size);
      return;
    }
    case Smb1Command.Trans2:
      return;
    case Smb1Command.Close:
      open(state, SmbKind.Generic, command, record);
      if (!wordsFit(record, length, at, 2)) break;
      closeHandle(state, load<u16>(words), session(record) + 1);
      return;
    case Smb1Command.TreeDisconnect:
      dropNote(state.notes, NoteKind.Tree, session(record), tree(record));
      open(state, SmbKind.Generic, command, record);
      return;
    default: {
      const p = open(state, SmbKind.Generic, command, record);
      const unanswered =
        command == Smb1Command.NtCancel || command == Smb1Command.Trans2Secondary || command == Smb1Command.Locking;
      if (p != 0 && unanswered) changetype<SmbTx>(p).done(Direction.ToClient);
      return;
    }
  }
  raiseSmb(state, AppEvent.smb__malformed_data);
}

/** Dialects: each a byte 2 and a text with a zero. */
function negotiate(state: SmbState, record: usize, length: u32, at: u32): void {
  const known = waiting(state, 1, Smb1Command.Negotiate, 0);
  if (known != 0) {
    changetype<SmbTx>(known).raise(AppEvent.smb__duplicate_negotiate);
    return;
  }
  const p = open(state, SmbKind.Negotiate, Smb1Command.Negotiate, record);
  if (p == 0) return;
  const tx = changetype<SmbTx>(p);
  let i = bytesOf(record, length, at);
  if (i == 0) tx.raise(AppEvent.smb__malformed_data);
  while (i != 0 && i < length) {
    const n = nameEnd(record + i, length - i, false);
    if (n < 2) tx.raise(AppEvent.smb__negotiate_malformed_dialects);
    i += n + 1;
  }
}

function treeConnect(state: SmbState, record: usize, length: u32, at: u32): void {
  const p = open(state, SmbKind.TreeConnect, Smb1Command.TreeConnect, record);
  if (p == 0) return;
  const tx = changetype<SmbTx>(p);
  const behind = bytesOf(record, length, at);
  const password = wordsFit(record, length, at, 8) ? <u32>load<u16>(record + at, 7) : length;
  if (behind == 0 || length - behind < password) {
    tx.raise(AppEvent.smb__malformed_data);
    return;
  }
  let from = behind + password;
  const wide = isWide(record);
  if (wide) from += from & 1;
  if (from > length) from = length;
  setName(tx.name, record + from, nameEnd(record + from, length - from, wide), 0x5c);
}

function create(state: SmbState, record: usize, length: u32, at: u32): void {
  const p = open(state, SmbKind.Create, Smb1Command.NtCreate, record);
  if (p == 0) return;
  const tx = changetype<SmbTx>(p);
  let from = bytesOf(record, length, at);
  if (from == 0 || !wordsFit(record, length, at, 48)) {
    tx.raise(AppEvent.smb__malformed_data);
    return;
  }
  if (isWide(record)) from += from & 1;
  const size = <u32>load<u16>(record + at, 6);
  if (from > length || length - from < size) tx.raise(AppEvent.smb__malformed_data);
  else setName(tx.name, record + from, size, 0);
  addNote(state.notes, NoteKind.Create, session(record), message(record), tx.name.data, tx.name.length);
}

/** A write of one of three commands; its data may be cut. */
export function smb1Write(state: SmbState, command: u32, record: usize, length: u32, at: u32): void {
  const words = record + at + 1;
  let offset: u64 = 0;
  let total: u32 = 0;
  let from: u32 = 0;
  let fid: u32 = 0;
  if (command == Smb1Command.WriteAndx && wordsFit(record, length, at, 24)) {
    fid = load<u16>(words, 4);
    offset = load<u32>(words, 6);
    total = ((<u32>load<u16>(words, 18)) << 16) | <u32>load<u16>(words, 20);
    from = load<u16>(words, 22);
    if (wordsFit(record, length, at, 28)) offset |= (<u64>load<u32>(words, 24)) << 32;
  } else if (command != Smb1Command.WriteAndx && wordsFit(record, length, at, 10)) {
    fid = load<u16>(words);
    total = load<u16>(words, 2);
    offset = load<u32>(words, 4);
    from = bytesOf(record, length, at) + (command == Smb1Command.Write ? 3 : 1);
  }
  if (from <= SMB1_HEADER || from > length) {
    raiseSmb(state, AppEvent.smb__malformed_data);
    return;
  }
  const here = min(total, length - from);
  chunk(state, Direction.ToServer, command, record, fid, offset, record + from, here, total);
  if (command == Smb1Command.WriteAndClose) closeHandle(state, fid, session(record) + 1);
}

/** Data of a write or a read: a pipe's PDU, or a part of a file. */
function chunk(
  state: SmbState,
  direction: u32,
  command: u32,
  record: usize,
  fid: u64,
  offset: u64,
  data: usize,
  here: u32,
  total: u32,
): void {
  const owner = session(record) + 1;
  let p = fileOfHandle(state, direction, fid, owner);
  if (p == 0) {
    const t = findNote(state.notes, NoteKind.Tree, session(record), tree(record));
    const isPipe = t != 0 && changetype<Note>(t).number != 0;
    if (isPipe || (t == 0 && looksLikePdu(data, here))) {
      if (looksLikePdu(data, here)) {
        if (direction == Direction.ToServer) pipeRequest(state, 1, command, session(record), tree(record), data, here);
        else pipeResponse(state, 1, command, session(record), tree(record), data, here);
      }
      if (total > here) state.expect(direction, total - here, 0);
      return;
    }
    p = openHandle(state, direction, 1, command, fid, owner);
    if (p == 0) return;
    changetype<SmbTx>(p).session = session(record);
    changetype<SmbTx>(p).tree = tree(record);
  }
  fileChunk(state, p, offset, data, here, total);
}

function response(state: SmbState, command: u32, record: usize, length: u32, at: u32): void {
  const code = status(record);
  const words = record + at + 1;
  if (command == Smb1Command.Read) {
    smb1Read(state, record, length, at);
    return;
  }
  if (command == Smb1Command.Trans) {
    if (!wordsFit(record, length, at, 20)) return;
    const size = <u32>load<u16>(words, 12);
    const offset = <u32>load<u16>(words, 14);
    if (fits(offset, size, length) && looksLikePdu(record + offset, size))
      pipeResponse(state, 1, command, session(record), tree(record), record + offset, size);
    return;
  }
  if (command == Smb1Command.NtCreate && code == 0) created(state, record, length, at);
  const p = waiting(state, 1, command, command == Smb1Command.Negotiate ? 0 : message(record));
  if (p == 0) return;
  const tx = changetype<SmbTx>(p);
  tx.answer(code);
  if (command == Smb1Command.TreeConnect && code == 0) {
    const behind = bytesOf(record, length, at);
    tx.isPipe = behind != 0 && length - behind >= 3 && isIpc(record + behind);
    tx.tree = tree(record);
    const t = addNote(state.notes, NoteKind.Tree, session(record), tree(record), tx.name.data, tx.name.length);
    if (t != 0 && tx.isPipe) changetype<Note>(t).number = 1;
  }
  tx.done(Direction.ToClient);
}

/** "IPC" */
function isIpc(at: usize): bool {
  return load<u8>(at) == 0x49 && load<u8>(at, 1) == 0x50 && load<u8>(at, 2) == 0x43;
}

function created(state: SmbState, record: usize, length: u32, at: u32): void {
  if (!wordsFit(record, length, at, 8)) return;
  const asked = findNote(state.notes, NoteKind.Create, session(record), message(record));
  if (asked == 0) return;
  const from = changetype<Note>(asked);
  const fid = <u64>load<u16>(record + at, 6);
  addNote(state.notes, NoteKind.Handle, fid, session(record) + 1, from.textData, from.textLength);
  dropNote(state.notes, NoteKind.Create, session(record), message(record));
}

/** The answer to a read; its data may be cut. */
export function smb1Read(state: SmbState, record: usize, length: u32, at: u32): void {
  const asked = findNote(state.notes, NoteKind.Read, session(record), message(record));
  if (asked == 0) return;
  const offset = changetype<Note>(asked).number;
  const fid = changetype<Note>(asked).fid0;
  dropNote(state.notes, NoteKind.Read, session(record), message(record));
  if (status(record) != 0 || !wordsFit(record, length, at, 24)) return;
  const words = record + at + 1;
  const total = ((<u32>load<u16>(words, 14)) << 16) | <u32>load<u16>(words, 10);
  const from = <u32>load<u16>(words, 12);
  if (from < SMB1_HEADER || from > length) {
    raiseSmb(state, AppEvent.smb__malformed_data);
    return;
  }
  const here = min(total, length - from);
  chunk(state, Direction.ToClient, Smb1Command.Read, record, fid, offset, record + from, here, total);
}
