/**
 * Files inside a transaction: uploads, downloads, attachments. A transaction holds a list a direction, in order of appearance.
 *
 * Content is kept when the protocol asks for it (`keeps`): inspection waits for `INSPECT_MINIMUM` bytes, the limit or the end of the file, then
 * sees what it has not seen yet. A file whose bytes are seen elsewhere (an HTTP response body) counts them only.
 */
import { Direction } from "../abi/codes";
import { Account, acquire, release } from "../memory/heap";
import { appendText, freeText, setText, Text } from "./text";
import { Tx } from "./transaction";
import { ViewFlag, view, viewWindow } from "./view";

export const enum FileState {
  Open = 1,
  Closed = 2,
  /** Bytes are missing: a gap, a limit, or an end that never came. */
  Truncated = 3,
}

/** Suricata's FILEDATA_CONTENT_INSPECT_MIN_SIZE and FILEDATA_CONTENT_LIMIT. */
const INSPECT_MINIMUM: u64 = 32768;
const CONTENT_LIMIT: u64 = 100_000;
/** Longest name kept (SC_FILENAME_MAX). */
export const MAX_FILE_NAME: u32 = 4095;

@unmanaged
export class AppFile {
  next: usize = 0;
  nameData: usize = 0;
  nameLength: u32 = 0;
  /** Bytes seen so far. */
  size: u64 = 0;
  state: FileState = FileState.Open;
  keeps: bool = false;
  gap: bool = false;
  data: usize = 0;
  length: u32 = 0;
  /** Offset of the first kept byte; what is inspected, and what was shown since. */
  base: u64 = 0;
  inspected: u64 = 0;
  shown: u64 = 0;

  get name(): Text {
    return changetype<Text>(changetype<usize>(this) + offsetof<AppFile>("nameData"));
  }
  get content(): Text {
    return changetype<Text>(changetype<usize>(this) + offsetof<AppFile>("data"));
  }
}

function listOf(tx: Tx, direction: u32): usize {
  return direction == Direction.ToServer ? tx.filesToServer : tx.filesToClient;
}

/** File number `index` of a direction, or 0. */
export function fileAt(tx: Tx, direction: u32, index: u32): usize {
  let at = listOf(tx, direction);
  for (; at != 0 && index > 0; index--) at = changetype<AppFile>(at).next;
  return at;
}

/** The last file of a direction, or 0. */
export function lastFile(tx: Tx, direction: u32): usize {
  let at = listOf(tx, direction);
  while (at != 0 && changetype<AppFile>(at).next != 0) at = changetype<AppFile>(at).next;
  return at;
}

/** Starts a file; names beyond `MAX_FILE_NAME` are cut. 0 when memory is short. */
export function openFile(tx: Tx, direction: u32, name: usize, length: u32, keeps: bool): usize {
  const at = acquire(Account.File, <u32>offsetof<AppFile>());
  if (at == 0) return 0;
  memory.fill(at, 0, offsetof<AppFile>());
  const f = changetype<AppFile>(at);
  f.state = FileState.Open;
  f.keeps = keeps;
  setText(f.name, Account.File, name, min(length, MAX_FILE_NAME));
  const last = lastFile(tx, direction);
  if (last != 0) changetype<AppFile>(last).next = at;
  else if (direction == Direction.ToServer) tx.filesToServer = at;
  else tx.filesToClient = at;
  return at;
}

/** The file's next bytes. */
export function appendFile(at: usize, data: usize, length: u32): void {
  if (at == 0) return;
  const f = changetype<AppFile>(at);
  if (f.state != FileState.Open) return;
  f.size += <u64>length;
  if (!f.keeps || f.gap) return;
  if (f.shown > f.inspected) f.inspected = f.shown;
  if (f.inspected > f.base) {
    const gone = <u32>min<u64>(f.inspected - f.base, <u64>f.length);
    memory.copy(f.data, f.data + gone, f.length - gone);
    f.length -= gone;
    f.base += <u64>gone;
  }
  // Nobody inspects: keep the newest part.
  if (<u64>f.length > CONTENT_LIMIT * 2) {
    f.base += <u64>f.length;
    f.length = 0;
  }
  if (!appendText(f.content, Account.File, data, length)) f.gap = true;
}

/** Bytes of the file were lost. */
export function gapFile(at: usize): void {
  if (at == 0) return;
  changetype<AppFile>(at).gap = true;
}

/** Ends the file. */
export function closeFile(at: usize, truncated: bool): void {
  if (at == 0) return;
  const f = changetype<AppFile>(at);
  if (f.state == FileState.Open) f.state = truncated || f.gap ? FileState.Truncated : FileState.Closed;
}

/** Shows the content not inspected yet; false when there is none, or it is too little to look at. */
export function viewFile(at: usize, over: bool): bool {
  if (at == 0) return false;
  const f = changetype<AppFile>(at);
  if (!f.keeps || f.length == 0) return false;
  const ended = f.state != FileState.Open;
  if (!over && !ended && f.size < INSPECT_MINIMUM) return false;
  const offset = max<u64>(f.inspected, f.base);
  if (offset >= f.base + <u64>f.length) return false;
  const skip = <u32>(offset - f.base);
  f.shown = f.base + <u64>f.length;
  const flags = (offset == 0 ? ViewFlag.Start : 0) | (ended ? ViewFlag.End : 0);
  return viewWindow(f.data + skip, f.length - skip, offset, flags);
}

/** Shows the name. */
export function viewFileName(at: usize): bool {
  if (at == 0) return false;
  const f = changetype<AppFile>(at);
  return f.nameLength > 0 && view(f.nameData, f.nameLength);
}

function freeList(at: usize): void {
  while (at != 0) {
    const f = changetype<AppFile>(at);
    at = f.next;
    freeText(f.name);
    freeText(f.content);
    release(changetype<usize>(f));
  }
}

/** Gives back every file of a transaction. */
export function freeFiles(tx: Tx): void {
  freeList(tx.filesToServer);
  freeList(tx.filesToClient);
  tx.filesToServer = 0;
  tx.filesToClient = 0;
}
