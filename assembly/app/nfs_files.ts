/** Files that go over NFS: the chunks of writes to the server and of reads to the client, a transaction a handle and direction. */
import { Buffer, Field } from "../abi/buffers";
import { appendFile, closeFile, gapFile, lastFile, openFile } from "./file";
import { findName, finishNfs, NfsNote, NfsState, NfsTx, openNfs } from "./nfs_state";
import { Tx } from "./transaction";
import { EITHER, keep, keepNumber } from "./values";

/** A handle in 16 bytes: its ends, which tell the handles of one server apart. */
function handleStart(handle: usize, length: u32): u64 {
  let value: u64 = 0;
  for (let i: u32 = 0; i < length; i++) value = (value ^ <u64>load<u8>(handle + i)) * 0x0000_0100_0000_01b3;
  return value;
}

function handleEnd(handle: usize, length: u32): u64 {
  let value: u64 = 0xcbf2_9ce4_8422_2325;
  for (let i = length; i > 0; i--) value = (value ^ <u64>load<u8>(handle + i - 1)) * 0x0000_0100_0000_01b3;
  return value;
}

/** The open file of a handle in a direction, or 0. */
export function nfsFile(state: NfsState, direction: u32, handle: usize, length: u32): usize {
  const first = handleStart(handle, length);
  const last = handleEnd(handle, length);
  for (let at = state.newest; at != 0; at = changetype<Tx>(at).previous) {
    const tx = changetype<NfsTx>(at);
    if (!tx.isFile || tx.closed || tx.fileDirection != direction || tx.handleLength != length) continue;
    if (tx.handle0 == first && tx.handle1 == last) return at;
  }
  return 0;
}

/** The transaction of a handle's file; made when there is none. 0 without memory. */
export function openNfsFile(
  state: NfsState,
  direction: u32,
  version: u32,
  procedure: u32,
  handle: usize,
  length: u32,
): usize {
  const known = nfsFile(state, direction, handle, length);
  if (known != 0) return known;
  const tx = openNfs(state);
  if (tx == null) return 0;
  tx.isFile = true;
  tx.fileDirection = direction;
  tx.handleLength = length;
  tx.handle0 = handleStart(handle, length);
  tx.handle1 = handleEnd(handle, length);
  keepNumber(tx, Field.nfs_version, EITHER, version);
  keepNumber(tx, Field.nfs_procedure, EITHER, procedure);
  const named = findName(state, handle, length);
  const name: usize = named == 0 ? 0 : changetype<NfsNote>(named).name;
  const nameLength: u32 = named == 0 ? 0 : changetype<NfsNote>(named).nameLength;
  if (nameLength > 0) keep(tx, Buffer.nfs_file_name, EITHER, name, nameLength);
  openFile(tx, direction, name, nameLength, true);
  return changetype<usize>(tx);
}

/** A chunk that lies at `offset` of the file. */
export function nfsChunk(at: usize, offset: u64, data: usize, length: u32): void {
  const tx = changetype<NfsTx>(at);
  const file = lastFile(tx, tx.fileDirection);
  if (offset > tx.tracked) gapFile(file);
  if (offset >= tx.tracked) {
    appendFile(file, data, length);
    tx.tracked = offset + <u64>length;
  }
  tx.touch(tx.fileDirection);
}

/** The file is over. */
export function closeNfsFile(at: usize): void {
  if (at == 0) return;
  const tx = changetype<NfsTx>(at);
  tx.closed = true;
  closeFile(lastFile(tx, tx.fileDirection), false);
  finishNfs(tx);
}
