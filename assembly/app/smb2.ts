/**
 * SMB 2 and 3 records (MS-SMB2 section 2.2). Contract: `record` holds `length` bytes, at least the header; every body is read only after
 * its length was compared. Offsets inside a body count from the header's first byte, as on the wire.
 */
import { AppEvent } from "../abi/app_events";
import { Direction } from "../abi/codes";
import { Setting } from "../abi/settings";
import { setting } from "../memory/settings";
import { looksLikePdu, pipeRequest, pipeResponse } from "./smb_dcerpc";
import { closeHandle, fileChunk, fileOfHandle, openHandle } from "./smb_files";
import { addNote, dropNote, findNote, Note, NoteKind } from "./smb_notes";
import { readNtlmssp } from "./smb_ntlmssp";
import { openSmb, raiseSmb, SmbKind, SmbState, SmbTx, waiting } from "./smb_state";
import { setName } from "./smb_text";

export const SMB2_HEADER: u32 = 64;

export enum Smb2Command {
  Negotiate = 0,
  SessionSetup = 1,
  TreeConnect = 3,
  TreeDisconnect = 4,
  Create = 5,
  Close = 6,
  Read = 8,
  Write = 9,
  Ioctl = 11,
  GetInfo = 16,
  SetInfo = 17,
}

enum Status {
  Success = 0,
  Pending = 0x103,
  BufferOverflow = 0x80000005,
  EndOfFile = 0xc0000011,
}

export function smb2Command(record: usize): u32 {
  return load<u16>(record, 12);
}

export function isSmb2Response(record: usize): bool {
  return (load<u8>(record, 16) & 1) != 0;
}

function message(record: usize): u64 {
  return load<u64>(record, 24);
}

function session(record: usize): u64 {
  return load<u64>(record, 40);
}

/** An asynchronous record has no tree. */
function tree(record: usize): u32 {
  return (load<u8>(record, 16) & 2) != 0 ? 0 : load<u32>(record, 36);
}

function status(record: usize): u32 {
  return load<u32>(record, 8);
}

/** A transaction for the record, its request over. */
function open(state: SmbState, kind: SmbKind, record: usize): usize {
  const p = openSmb(state, kind, 2, smb2Command(record));
  if (p == 0) return 0;
  const tx = changetype<SmbTx>(p);
  tx.message = message(record);
  tx.session = session(record);
  tx.tree = tree(record);
  tx.done(Direction.ToServer);
  return p;
}

/** One request. */
export function smb2Request(state: SmbState, record: usize, length: u32): void {
  const body = record + SMB2_HEADER;
  const n = length - SMB2_HEADER;
  switch (smb2Command(record)) {
    case Smb2Command.Negotiate:
      open(state, SmbKind.Negotiate, record);
      return;
    case Smb2Command.SessionSetup: {
      const p = open(state, SmbKind.SessionSetup, record);
      if (p != 0) readNtlmssp(changetype<SmbTx>(p), body, n);
      return;
    }
    case Smb2Command.TreeConnect:
      treeConnect(state, record, length);
      return;
    case Smb2Command.TreeDisconnect:
      dropNote(state.notes, NoteKind.Tree, session(record), tree(record));
      open(state, SmbKind.Generic, record);
      return;
    case Smb2Command.Create:
      create(state, record, length);
      return;
    case Smb2Command.Close:
      open(state, SmbKind.Generic, record);
      if (n < 24) raiseSmb(state, AppEvent.smb__malformed_data);
      else closeHandle(state, load<u64>(body, 8), load<u64>(body, 16));
      return;
    case Smb2Command.Read:
      if (n < 32) raiseSmb(state, AppEvent.smb__malformed_data);
      else if (isTooLarge(load<u32>(body, 4), state.maxRead, Setting.SmbMaxReadSize))
        raiseSmb(state, AppEvent.smb__read_request_too_large);
      else readRequest(state, record);
      return;
    case Smb2Command.Write:
      smb2Write(state, record, length);
      return;
    case Smb2Command.Ioctl: {
      open(state, SmbKind.Generic, record);
      const offset = n >= 32 ? load<u32>(body, 24) : 0;
      const size = n >= 32 ? load<u32>(body, 28) : 0;
      if (fits(offset, size, length) && looksLikePdu(record + offset, size))
        pipeRequest(state, 2, Smb2Command.Ioctl, session(record), tree(record), record + offset, size);
      return;
    }
    case Smb2Command.GetInfo:
    case Smb2Command.SetInfo:
      return;
    default:
      open(state, SmbKind.Generic, record);
  }
}

/** Does a part lie behind the header and inside the record? */
function fits(offset: u32, size: u32, length: u32): bool {
  return offset >= SMB2_HEADER && offset <= length && length - offset >= size;
}

/** Is a read or write larger than the server takes, or the setting (0: without limit)? */
function isTooLarge(size: u32, negotiated: u32, limit: Setting): bool {
  if (negotiated != 0 && size > negotiated) return true;
  const most = setting(limit);
  return most != 0 && size > most;
}

/** What the server takes at once. */
function negotiated(state: SmbState, body: usize, n: u32): void {
  state.dialect = load<u16>(body, 4);
  if (n < 40) return;
  state.maxRead = load<u32>(body, 32);
  state.maxWrite = load<u32>(body, 36);
  if (isTooLarge(state.maxRead, 0, Setting.SmbMaxReadSize))
    raiseSmb(state, AppEvent.smb__negotiate_max_read_size_too_large);
  if (isTooLarge(state.maxWrite, 0, Setting.SmbMaxWriteSize))
    raiseSmb(state, AppEvent.smb__negotiate_max_write_size_too_large);
}

function treeConnect(state: SmbState, record: usize, length: u32): void {
  const p = open(state, SmbKind.TreeConnect, record);
  if (p == 0) return;
  const body = record + SMB2_HEADER;
  const offset = length >= SMB2_HEADER + 8 ? <u32>load<u16>(body, 4) : 0;
  const size = length >= SMB2_HEADER + 8 ? <u32>load<u16>(body, 6) : 0;
  if (!fits(offset, size, length)) changetype<SmbTx>(p).raise(AppEvent.smb__malformed_data);
  else setName(changetype<SmbTx>(p).name, record + offset, size, 0x5c);
}

function create(state: SmbState, record: usize, length: u32): void {
  const p = open(state, SmbKind.Create, record);
  if (p == 0) return;
  const tx = changetype<SmbTx>(p);
  const body = record + SMB2_HEADER;
  const offset = length >= SMB2_HEADER + 56 ? <u32>load<u16>(body, 44) : 0;
  const size = length >= SMB2_HEADER + 56 ? <u32>load<u16>(body, 46) : 0;
  if (!fits(offset, size, length) && !(size == 0 && length >= SMB2_HEADER + 56)) {
    tx.raise(AppEvent.smb__malformed_data);
    return;
  }
  if (size > 0) setName(tx.name, record + offset, size, 0);
  addNote(state.notes, NoteKind.Create, session(record), message(record), tx.name.data, tx.name.length);
}

function readRequest(state: SmbState, record: usize): void {
  const body = record + SMB2_HEADER;
  const p = addNote(state.notes, NoteKind.Read, session(record), message(record), 0, 0);
  if (p == 0) return;
  const note = changetype<Note>(p);
  note.number = load<u64>(body, 8);
  note.fid0 = load<u64>(body, 16);
  note.fid1 = load<u64>(body, 24);
}

/** A write; its data may be cut. */
export function smb2Write(state: SmbState, record: usize, length: u32): void {
  const body = record + SMB2_HEADER;
  if (length < SMB2_HEADER + 48) {
    raiseSmb(state, AppEvent.smb__malformed_data);
    return;
  }
  const offset = <u32>load<u16>(body, 2);
  const total = load<u32>(body, 4);
  if (offset < SMB2_HEADER + 48 || offset > length) {
    raiseSmb(state, AppEvent.smb__malformed_data);
    return;
  }
  if (isTooLarge(total, state.maxWrite, Setting.SmbMaxWriteSize)) {
    raiseSmb(state, AppEvent.smb__write_request_too_large);
    return;
  }
  const here = min(total, length - offset);
  const fid0 = load<u64>(body, 16);
  const fid1 = load<u64>(body, 24);
  chunk(state, Direction.ToServer, record, fid0, fid1, load<u64>(body, 8), record + offset, here, total);
}

/** Data of a write or a read: a pipe's PDU, or a part of a file. */
function chunk(
  state: SmbState,
  direction: u32,
  record: usize,
  fid0: u64,
  fid1: u64,
  offset: u64,
  data: usize,
  here: u32,
  total: u32,
): void {
  const command = direction == Direction.ToServer ? <u32>Smb2Command.Write : <u32>Smb2Command.Read;
  let p = fileOfHandle(state, direction, fid0, fid1);
  if (p == 0) {
    const t = findNote(state.notes, NoteKind.Tree, session(record), tree(record));
    const isPipe = t != 0 && changetype<Note>(t).number != 0;
    if ((t == 0 || isPipe) && looksLikePdu(data, here)) {
      if (direction == Direction.ToServer) pipeRequest(state, 2, command, session(record), tree(record), data, here);
      else pipeResponse(state, 2, command, session(record), tree(record), data, here);
    }
    if (isPipe || (t == 0 && looksLikePdu(data, here))) {
      if (total > here) state.expect(direction, total - here, 0);
      return;
    }
    p = openHandle(state, direction, 2, command, fid0, fid1);
    if (p == 0) return;
    changetype<SmbTx>(p).session = session(record);
    changetype<SmbTx>(p).tree = tree(record);
  }
  fileChunk(state, p, offset, data, here, total);
}

/** One response. */
export function smb2Response(state: SmbState, record: usize, length: u32): void {
  const body = record + SMB2_HEADER;
  const n = length - SMB2_HEADER;
  const command = smb2Command(record);
  const code = status(record);
  if (command == Smb2Command.Read) {
    smb2Read(state, record, length);
    return;
  }
  if (command == Smb2Command.Ioctl && code == Status.Success && n >= 40) {
    const offset = load<u32>(body, 32);
    const size = load<u32>(body, 36);
    if (fits(offset, size, length) && looksLikePdu(record + offset, size))
      pipeResponse(state, 2, command, session(record), tree(record), record + offset, size);
  }
  let p = waiting(state, 2, command, message(record));
  // A client that offers SMB 2 in an SMB 1 negotiation is answered in SMB 2.
  if (p == 0 && command == Smb2Command.Negotiate) p = waiting(state, 1, 0x72, 0);
  if (command == Smb2Command.Negotiate && n >= 6) negotiated(state, body, code == Status.Success ? n : 0);
  if (command == Smb2Command.Create && code == Status.Success) created(state, record, n);
  if (command == Smb2Command.TreeDisconnect) dropNote(state.notes, NoteKind.Tree, session(record), tree(record));
  if (p == 0) return;
  const tx = changetype<SmbTx>(p);
  tx.answer(code);
  if (code == Status.Pending) return;
  if (command == Smb2Command.SessionSetup) tx.session = session(record);
  if (command == Smb2Command.TreeConnect && code == Status.Success) {
    if (n < 4) tx.raise(AppEvent.smb__malformed_data);
    else {
      tx.isPipe = load<u8>(body, 2) == 2;
      tx.session = session(record);
      tx.tree = tree(record);
      const t = addNote(state.notes, NoteKind.Tree, session(record), tree(record), tx.name.data, tx.name.length);
      if (t != 0 && tx.isPipe) changetype<Note>(t).number = 1;
    }
  }
  tx.done(Direction.ToClient);
}

function created(state: SmbState, record: usize, n: u32): void {
  if (n < 80) {
    raiseSmb(state, AppEvent.smb__malformed_data);
    return;
  }
  const body = record + SMB2_HEADER;
  const asked = findNote(state.notes, NoteKind.Create, session(record), message(record));
  if (asked == 0) return;
  const from = changetype<Note>(asked);
  addNote(state.notes, NoteKind.Handle, load<u64>(body, 64), load<u64>(body, 72), from.textData, from.textLength);
  dropNote(state.notes, NoteKind.Create, session(record), message(record));
}

/** The answer to a read; its data may be cut. */
export function smb2Read(state: SmbState, record: usize, length: u32): void {
  const code = status(record);
  if (code == Status.Pending) return;
  const body = record + SMB2_HEADER;
  const isData = code == Status.Success || code == <u32>Status.BufferOverflow;
  // Also when nobody asked.
  if (isData && length >= SMB2_HEADER + 16 && isTooLarge(load<u32>(body, 4), state.maxRead, Setting.SmbMaxReadSize)) {
    raiseSmb(state, AppEvent.smb__read_response_too_large);
    return;
  }
  const asked = findNote(state.notes, NoteKind.Read, session(record), message(record));
  if (asked == 0) return;
  const offset = changetype<Note>(asked).number;
  const fid0 = changetype<Note>(asked).fid0;
  const fid1 = changetype<Note>(asked).fid1;
  dropNote(state.notes, NoteKind.Read, session(record), message(record));
  if (code == Status.EndOfFile) {
    if (fileOfHandle(state, Direction.ToClient, fid0, fid1) != 0) closeHandle(state, fid0, fid1);
    return;
  }
  if (!isData) return;
  const at = length >= SMB2_HEADER + 16 ? <u32>load<u8>(body, 2) : 0;
  if (at < SMB2_HEADER + 16 || at > length) {
    raiseSmb(state, AppEvent.smb__malformed_data);
    return;
  }
  const total = load<u32>(body, 4);
  const here = min(total, length - at);
  chunk(state, Direction.ToClient, record, fid0, fid1, offset, record + at, here, total);
}
