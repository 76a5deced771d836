/**
 * A growable byte string in the heap, for what a protocol keeps of a message: lines, headers, names.
 * An append that the memcap refuses leaves the text as it was.
 */
import { Account, acquire, capacityOf, release, resize } from "../memory/heap";

@unmanaged
export class Text {
  data: usize = 0;
  length: u32 = 0;
}

/** Room for `more` bytes behind the content. False when the memcap refuses. */
export function reserveText(t: Text, account: Account, more: u32): bool {
  const needed = t.length + more;
  if (t.data != 0 && needed <= capacityOf(t.data)) return true;
  const wanted = max(needed, t.length + (t.length >> 1));
  const data = t.data == 0 ? acquire(account, wanted) : resize(account, t.data, wanted);
  if (data == 0) return false;
  t.data = data;
  return true;
}

export function appendText(t: Text, account: Account, from: usize, length: u32): bool {
  if (length == 0) return true;
  if (!reserveText(t, account, length)) return false;
  memory.copy(t.data + t.length, from, length);
  t.length += length;
  return true;
}

/** Appends one byte. */
export function appendByte(t: Text, account: Account, byte: u32): bool {
  if (!reserveText(t, account, 1)) return false;
  store<u8>(t.data + t.length, <u8>byte);
  t.length++;
  return true;
}

/** Replaces the content. */
export function setText(t: Text, account: Account, from: usize, length: u32): bool {
  t.length = 0;
  return appendText(t, account, from, length);
}

/** Gives the memory back. */
export function freeText(t: Text): void {
  release(t.data);
  t.data = 0;
  t.length = 0;
}
