/** Files that go over SMB: the chunks of writes to the server and of reads to the client, a transaction a handle and direction. */
import { AppEvent } from "../abi/app_events";
import { Direction } from "../abi/codes";
import { SimpleProgress } from "../abi/progress";
import { Setting } from "../abi/settings";
import { Account } from "../memory/heap";
import { setting } from "../memory/settings";
import { appendFile, closeFile, gapFile, lastFile, openFile } from "./file";
import { findNote, Note, NoteKind } from "./smb_notes";
import { flushParts, growPart, joinParts, openPart } from "./smb_parts";
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

/** The limit that a chunk of `total` bytes exceeds, as its event; 0: none. Suricata has them for version 2 alone. */
function exceeded(tx: SmbTx, total: u32): u32 {
  if (tx.version != 2) return 0;
  const read = tx.direction == Direction.ToClient;
  const size = setting(read ? Setting.SmbMaxReadQueueSize : Setting.SmbMaxWriteQueueSize);
  if (size != 0 && tx.partsBytes + <u64>total > <u64>size)
    return read ? AppEvent.smb__read_queue_size_exceeded : AppEvent.smb__write_queue_size_exceeded;
  const count = setting(read ? Setting.SmbMaxReadQueueCount : Setting.SmbMaxWriteQueueCount);
  if (count == 0 || tx.partsCount < count) return 0;
  return read ? AppEvent.smb__read_queue_cnt_exceeded : AppEvent.smb__write_queue_cnt_exceeded;
}

/** `length` of the `total` bytes that lie at `offset` of the file are here; the rest is expected next. */
export function fileChunk(state: SmbState, p: usize, offset: u64, data: usize, length: u32, total: u32): void {
  const tx = changetype<SmbTx>(p);
  tx.touch(tx.direction);
  tx.partsOpen = 0;
  const event = exceeded(tx, total);
  if (offset < tx.tracked) raiseSmb(state, AppEvent.smb__file_overlap);
  if (event != 0) raiseSmb(state, event);
  const ahead = offset > tx.tracked;
  const wanted = event == 0 && offset >= tx.tracked && (!ahead || openPart(tx.parts, offset, total));
  if (wanted) {
    if (!ahead) tx.tracked = offset + <u64>total;
    take(tx, data, length, total - length);
  }
  if (total > length) state.expect(tx.direction, total - length, wanted ? p : 0);
}

/** Bytes of the chunk at hand, of which `left` are still to come; 0 for those lost. */
function take(tx: SmbTx, data: usize, length: u32, left: u32): void {
  const file = lastFile(tx, tx.direction);
  const parts = tx.parts;
  if (parts.open != 0) {
    if (data != 0) growPart(parts, data, length);
    if (left == 0) parts.open = 0;
    return;
  }
  if (data == 0) gapFile(file);
  else appendFile(file, data, length);
  if (left == 0) tx.tracked = joinParts(parts, file, tx.tracked);
}

/** The next bytes of a record that was cut. Bytes taken. */
export function continueFile(state: SmbState, direction: u32, data: usize, length: u32): u32 {
  const left = state.left(direction);
  if (left == 0) return 0;
  const n = min(left, length);
  const p = state.fileOf(direction);
  if (p != 0) {
    const tx = changetype<SmbTx>(p);
    take(tx, data, n, left - n);
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
    flushParts(tx.parts, lastFile(tx, direction));
    closeFile(lastFile(tx, direction), false);
    tx.answer(0);
    tx.done(Direction.ToServer);
    tx.done(Direction.ToClient);
  }
}
