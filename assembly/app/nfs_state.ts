/**
 * What is kept of an NFS conversation: calls that wait for their reply, names of file handles, and the transactions. Both lists are bounded;
 * the oldest entry gives way.
 */
import { AppProto, Direction } from "../abi/codes";
import { Account, acquire, release } from "../memory/heap";
import { AppState, openState, openTx, Tx } from "./transaction";
import { ValueTx } from "./values";

const MAX_CALLS: u32 = 256;
const MAX_NAMES: u32 = 512;
/** Longest handle (RFC 7530 section 2.2.4) and name. */
const MAX_HANDLE: u32 = 128;
const MAX_NAME: u32 = 1024;
/** Suricata's default of app-layer.protocols.nfs.max-tx. */
export const MAX_LIVE: u32 = 1024;

/** A handle and a name, or a call that names them: the bytes follow the record. */
@unmanaged
export class NfsNote {
  next: usize;
  xid: u32;
  version: u32;
  procedure: u32;
  offset: u64;
  handleLength: u32;
  nameLength: u32;

  get handle(): usize {
    return changetype<usize>(this) + offsetof<NfsNote>();
  }
  get name(): usize {
    return this.handle + this.handleLength;
  }
}

@unmanaged
export class NfsState extends AppState {
  calls: usize;
  callCount: u32;
  names: usize;
  nameCount: u32;
  /** Bytes of a record that is not read, a direction each. */
  skipToServer: u32;
  skipToClient: u32;
  /** The record that is not whole yet is a WRITE that Suricata has begun. */
  earlyWrite: bool;
}

/** A call with its reply, or a file on its way in one direction. */
@unmanaged
export class NfsTx extends ValueTx {
  /** Offset behind the last chunk of the file. */
  tracked: u64;
  isFile: bool;
  closed: bool;
  fileDirection: u32;
  handleLength: u32;
  handle0: u64;
  handle1: u64;
}

export function nfsOpen(): usize {
  return openState(AppProto.Nfs, <u32>offsetof<NfsState>());
}

export function openNfs(state: NfsState): NfsTx | null {
  if (state.live >= MAX_LIVE) return null;
  const at = openTx(state, <u32>offsetof<NfsTx>());
  return at == 0 ? null : changetype<NfsTx>(at);
}

/** Both lists go. */
export function nfsRelease(base: AppState): void {
  const state = changetype<NfsState>(changetype<usize>(base));
  freeNotes(state.calls);
  freeNotes(state.names);
  state.calls = 0;
  state.names = 0;
}

function freeNotes(at: usize): void {
  while (at != 0) {
    const note = changetype<NfsNote>(at);
    at = note.next;
    release(changetype<usize>(note));
  }
}

function makeNote(handle: usize, handleLength: u32, name: usize, nameLength: u32): usize {
  const h = min<u32>(handleLength, MAX_HANDLE);
  const n = min<u32>(nameLength, MAX_NAME);
  const at = acquire(Account.App, <u32>offsetof<NfsNote>() + h + n);
  if (at == 0) return 0;
  memory.fill(at, 0, offsetof<NfsNote>());
  const note = changetype<NfsNote>(at);
  note.handleLength = h;
  note.nameLength = n;
  memory.copy(note.handle, handle, h);
  memory.copy(note.name, name, n);
  return at;
}

/** Frees the last note of a list. */
function dropLast(link: usize): void {
  if (load<usize>(link) == 0) return;
  while (changetype<NfsNote>(load<usize>(link)).next != 0) link = load<usize>(link);
  release(load<usize>(link));
  store<usize>(link, 0);
}

/** Notes a call that waits. `next` is the first field of a note, so a list's head serves as a link. */
export function noteCall(
  state: NfsState,
  xid: u32,
  version: u32,
  procedure: u32,
  offset: u64,
  handle: usize,
  handleLength: u32,
  name: usize,
  nameLength: u32,
): void {
  const at = makeNote(handle, handleLength, name, nameLength);
  if (at == 0) return;
  const link = changetype<usize>(state) + offsetof<NfsState>("calls");
  if (state.callCount >= MAX_CALLS) dropLast(link);
  else state.callCount++;
  const note = changetype<NfsNote>(at);
  note.next = state.calls;
  note.xid = xid;
  note.version = version;
  note.procedure = procedure;
  note.offset = offset;
  state.calls = at;
}

/** Takes the call of a reply out of the list; the caller frees it. 0: none. */
export function takeCall(state: NfsState, xid: u32): usize {
  let link = changetype<usize>(state) + offsetof<NfsState>("calls");
  for (let at = load<usize>(link); at != 0; at = load<usize>(link)) {
    const note = changetype<NfsNote>(at);
    if (note.xid == xid) {
      store<usize>(link, note.next);
      state.callCount--;
      return at;
    }
    link = at;
  }
  return 0;
}

/** Notes the name of a handle. */
export function noteName(state: NfsState, handle: usize, handleLength: u32, name: usize, nameLength: u32): void {
  if (handleLength == 0 || nameLength == 0 || findName(state, handle, handleLength) != 0) return;
  const at = makeNote(handle, handleLength, name, nameLength);
  if (at == 0) return;
  const link = changetype<usize>(state) + offsetof<NfsState>("names");
  if (state.nameCount >= MAX_NAMES) dropLast(link);
  else state.nameCount++;
  changetype<NfsNote>(at).next = state.names;
  state.names = at;
}

/** The note with the name of a handle, or 0. */
export function findName(state: NfsState, handle: usize, length: u32): usize {
  if (length > MAX_HANDLE) return 0;
  for (let at = state.names; at != 0; at = changetype<NfsNote>(at).next) {
    const note = changetype<NfsNote>(at);
    if (note.handleLength == length && memory.compare(note.handle, handle, length) == 0) return at;
  }
  return 0;
}

/** The transaction of a call, or 0; files are found by their handle. */
export function txOfCall(state: NfsState, xid: u32): usize {
  for (let at = state.newest; at != 0; at = changetype<Tx>(at).previous) {
    const tx = changetype<NfsTx>(at);
    if (!tx.isFile && tx.mark == xid) return at;
  }
  return 0;
}

/** A call is over: its reply came, or never will. */
export function finishNfs(tx: NfsTx): void {
  tx.advance(Direction.ToServer, 1);
  tx.advance(Direction.ToClient, 1);
}
