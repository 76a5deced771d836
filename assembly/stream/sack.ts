/**
 * Selective acknowledgements (RFC 2018): which bytes above `lastAck` the receiver already has. They widen the window.
 * Ranges lie in one heap piece as pairs of u32 (left edge, right edge), ordered, disjoint, not touching; at most RANGES of them.
 */
import { Account, acquire, release } from "../memory/heap";
import { Packet } from "../wire/packet";
import { after, atOrAfter, atOrBefore, before } from "./sequence";
import { Half } from "./session";

const RANGES: u32 = 64;

function edge(h: Half, i: u32): usize {
  return h.sack + ((<usize>i) << 3);
}

function left(h: Half, i: u32): u32 {
  return load<u32>(edge(h, i));
}

function right(h: Half, i: u32): u32 {
  return load<u32>(edge(h, i), 4);
}

/** Removes ranges [from, to). */
function removeRanges(h: Half, from: u32, to: u32): void {
  if (from >= to) return;
  memory.copy(edge(h, from), edge(h, to), (<usize>(h.sackCount - to)) << 3);
  h.sackCount -= to - from;
}

function insertRange(h: Half, from: u32, to: u32): void {
  if (before(to, h.lastAck) || after(from, h.lastAck + h.window)) return;
  if (h.sack == 0) {
    h.sack = acquire(Account.Stream, RANGES * 8);
    h.sackCount = 0;
    if (h.sack == 0) return;
  }
  let i: u32 = 0;
  while (i < h.sackCount && before(right(h, i), from)) i++;
  let j = i;
  while (j < h.sackCount && atOrBefore(left(h, j), to)) j++;
  if (i == j) {
    if (h.sackCount == RANGES) return;
    memory.copy(edge(h, i + 1), edge(h, i), (<usize>(h.sackCount - i)) << 3);
    h.sackCount++;
  } else {
    if (before(left(h, i), from)) from = left(h, i);
    if (after(right(h, j - 1), to)) to = right(h, j - 1);
    removeRanges(h, i + 1, j);
  }
  store<u32>(edge(h, i), from);
  store<u32>(edge(h, i), to, 4);
}

/** Takes the ranges of an acknowledging packet over; `h` is the half it acknowledges. */
export function sackUpdate(h: Half, packet: Packet): void {
  const at = packet.sack;
  if (at == 0) return;
  for (let i: usize = 0; i < <usize>packet.sackCount; i++) {
    const from = bswap(load<u32>(at + (i << 3)));
    const to = bswap(load<u32>(at + (i << 3), 4));
    if (atOrBefore(to, h.lastAck) || after(to, h.nextWin) || atOrAfter(from, to)) continue;
    insertRange(h, from, to);
  }
  sackPrune(h);
}

/** Forgets what `lastAck` covers by now. */
export function sackPrune(h: Half): void {
  if (h.sackCount == 0) return;
  let gone: u32 = 0;
  while (gone < h.sackCount && before(right(h, gone), h.lastAck)) gone++;
  removeRanges(h, 0, gone);
  if (h.sackCount != 0 && before(left(h, 0), h.lastAck)) store<u32>(edge(h, 0), h.lastAck);
}

/** Bytes acknowledged selectively. */
export function sackedSize(h: Half): u32 {
  let size: u32 = 0;
  for (let i: u32 = 0; i < h.sackCount; i++) size += right(h, i) - left(h, i);
  return size;
}

/** True when the packet's ranges say nothing new. */
export function sackOutdated(h: Half, packet: Packet): bool {
  const at = packet.sack;
  for (let i: usize = 0; i < <usize>packet.sackCount; i++) {
    const from = bswap(load<u32>(at + (i << 3)));
    const to = bswap(load<u32>(at + (i << 3), 4));
    if (atOrBefore(to, h.lastAck)) continue;
    let known = false;
    for (let r: u32 = 0; r < h.sackCount && !known; r++) {
      known = atOrAfter(from, left(h, r)) && atOrBefore(to, right(h, r));
    }
    if (!known) return false;
  }
  return true;
}

/** Releases the ranges. */
export function sackFree(h: Half): void {
  release(h.sack);
  h.sack = 0;
  h.sackCount = 0;
}
