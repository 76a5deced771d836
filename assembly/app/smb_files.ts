/** Files that go over SMB: the chunks of writes to the server and of reads to the client, a transaction a handle and direction. */
import { AppEvent } from "../abi/app_events";
import { Direction } from "../abi/codes";
import { SimpleProgress } from "../abi/progress";
import { Account } from "../memory/heap";
import { appendFile, closeFile, gapFile, lastFile, openFile } from "./file";
import { findNote, Note, NoteKind } from "./smb_notes";
import { openSmb, raiseSmb, SmbKind, SmbState, SmbTx } from "./smb_state";
import { setText } from "./text";
import { Tx } from "./transaction";

/** The open file of a handle in a direction, or 0. */
export function fileOfHandle(state: SmbState, direction: u32, fid0: u64, fid1: u64): usize {
  for (let p = state.newest; p != 0; p = changetype<Tx>(p).previous) {
    const tx = changetype<SmbTx>(p);
    if (tx.kind != <u8>SmbKind.File || tx.direction != direction || tx.fid0 != fid0 || tx.fid1 != fid1) continue;
    if (<u32>tx.progress(direction) < <u32>SimpleProgress.Complete) return p;
  }
  return 0;
}

/** The transaction of a handle's file; made when there is none. 0 without memory. */
export function openHandle(state: SmbState, direction: u32, version: u32, command: u32, fid0: u64, fid1: u64): usize {
  const known = fileOfHandle(state, direction, fid0, fid1);
  if (known != 0) return known;
  const p = openSmb(state, SmbKind.File, version, command);
  if (p == 0) return 0;
  const tx = changetype<SmbTx>(p);
  tx.direction = direction;
  tx.fid0 = fid0;
  tx.fid1 = fid1;
  const named = findNote(state.notes, NoteKind.Handle, fid0, fid1);
  if (named != 0) setText(tx.name, Account.App, changetype<Note>(named).textData, changetype<Note>(named).textLength);
  openFile(tx, direction, tx.name.data, tx.name.length, true);
  return p;
}

/** `length` of the `total` bytes that lie at `offset` of the file are here; the rest is expected next. */
export function fileChunk(state: SmbState, p: usize, offset: u64, data: usize, length: u32, total: u32): void {
  const tx = changetype<SmbTx>(p);
  const file = lastFile(tx, tx.direction);
  if (offset < tx.tracked) raiseSmb(state, AppEvent.smb__file_overlap);
  else {
    // What lies before was not seen.
    if (offset > tx.tracked) gapFile(file);
    appendFile(file, data, length);
    tx.tracked = offset + <u64>total;
  }
  tx.touch(tx.direction);
  if (total > length) state.expect(tx.direction, total - length, offset + <u64>total == tx.tracked ? p : 0);
}

/** The next bytes of a record that was cut. Bytes taken. */
export function continueFile(state: SmbState, direction: u32, data: usize, length: u32): u32 {
  const left = state.left(direction);
  if (left == 0) return 0;
  const n = min(left, length);
  const p = state.fileOf(direction);
  if (p != 0) {
    const tx = changetype<SmbTx>(p);
    if (data == 0) gapFile(lastFile(tx, direction));
    else appendFile(lastFile(tx, direction), data, n);
    tx.touch(direction);
  }
  state.expect(direction, left - n, p);
  return n;
}

/** The handle is closed: its files end. */
export function closeHandle(state: SmbState, fid0: u64, fid1: u64): void {
  for (let direction: u32 = 0; direction < 2; direction++) {
    const p = fileOfHandle(state, direction, fid0, fid1);
    if (p == 0) continue;
    const tx = changetype<SmbTx>(p);
    closeFile(lastFile(tx, direction), false);
    tx.answer(0);
    tx.done(Direction.ToServer);
    tx.done(Direction.ToClient);
  }
}
