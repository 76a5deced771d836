/**
 * What a half holds: blocks of contiguous bytes, ordered by stream offset, disjoint. In order there is one block and new data goes to
 * its end; data behind a hole opens a block of its own. Bytes that touch a block join it, at either end; when a hole is filled the
 * smaller block is copied to the larger, so that a byte is moved log(n) times at most, in whatever order a sender's segments come.
 *
 *   base             hole            rightEdge
 *    |#### block ####|   |## block ##|
 */
import { Account, acquire, release } from "../memory/heap";
import { Block, blockByte, blockEnd } from "./block";
import { maxRegions } from "./configuration";
import { freeSegments, joinSegments, pruneSegments } from "./segment";
import { Half } from "./session";

/** Holes of this size separate regions (stream.reassembly.max-regions). */
const REGION_GAP: u64 = 262144;
/** Blocks of one half: bounds every walk over them. */
const MAX_BLOCKS: u32 = 4096;

export enum Insert {
  Done = 0,
  /** Memory is exhausted. */
  Memcap = 1,
  /** Too many blocks or regions. */
  Limit = 2,
}

/** The first block that ends behind `offset`, or 0. Searched from the nearer end. */
export function findBlock(h: Half, offset: u64): usize {
  if (h.lastBlock == 0) return 0;
  const head = changetype<Block>(h.firstBlock);
  const tail = changetype<Block>(h.lastBlock);
  if (blockEnd(tail) <= offset) return 0;
  if (offset < head.offset || offset - head.offset < blockEnd(tail) - offset) {
    let at = h.firstBlock;
    while (at != 0 && blockEnd(changetype<Block>(at)) <= offset) at = changetype<Block>(at).next;
    return at;
  }
  let at = h.lastBlock;
  while (true) {
    const earlier = changetype<Block>(at).previous;
    if (earlier == 0 || blockEnd(changetype<Block>(earlier)) <= offset) return at;
    at = earlier;
  }
}

/** True when a block of its own at `offset` would make one region too many. */
function isRegionTooMany(h: Half, before: usize, after: usize, offset: u64, end: u64): bool {
  if (maxRegions == 0) return false;
  const edge = before == 0 ? h.base : blockEnd(changetype<Block>(before));
  if (offset - edge < REGION_GAP) return false;
  if (after != 0 && changetype<Block>(after).offset - end < REGION_GAP) return false;
  let regions: u32 = 2;
  let last = h.base;
  for (let at = h.firstBlock; at != 0; at = changetype<Block>(at).next) {
    const b = changetype<Block>(at);
    if (b.offset - last >= REGION_GAP) regions++;
    last = blockEnd(b);
  }
  return regions > maxRegions;
}

/** Why the last `fill` failed. */
let failure: Insert = Insert.Done;

function fail(why: Insert): usize {
  failure = why;
  return 0;
}

/** A block of its own between `before` and `after`; 0: refused. */
function openBlock(h: Half, before: usize, after: usize, offset: u64, data: usize, length: u32): usize {
  if (h.blockCount >= MAX_BLOCKS) return fail(Insert.Limit);
  if (isRegionTooMany(h, before, after, offset, offset + <u64>length)) return fail(Insert.Limit);
  const address = acquire(Account.Stream, offsetof<Block>());
  if (address == 0) return fail(Insert.Memcap);
  const piece = acquire(Account.Stream, length);
  if (piece == 0) {
    release(address);
    return fail(Insert.Memcap);
  }
  memory.copy(piece, data, length);
  memory.fill(address, 0, offsetof<Block>());
  const b = changetype<Block>(address);
  b.offset = offset;
  b.data = piece;
  b.length = length;
  b.capacity = length;
  b.previous = before;
  b.next = after;
  if (before != 0) changetype<Block>(before).next = address;
  else h.firstBlock = address;
  if (after != 0) changetype<Block>(after).previous = address;
  else h.lastBlock = address;
  h.blockCount++;
  return address;
}

/** Moves the block's bytes to a piece with `front` bytes free before and `back` behind them. False when memory is exhausted. */
function move(b: Block, front: u32, back: u32): bool {
  const capacity = front + b.length + back;
  const piece = acquire(Account.Stream, capacity);
  if (piece == 0) return false;
  memory.copy(piece + front, b.data + b.start, b.length);
  release(b.data);
  b.data = piece;
  b.start = front;
  b.capacity = capacity;
  return true;
}

/** Adds bytes at the block's end. False when memory is exhausted. */
function append(b: Block, data: usize, length: u32): bool {
  if (b.start + b.length + length > b.capacity) {
    if (b.start >= b.length && b.length + length <= b.capacity) {
      memory.copy(b.data, b.data + b.start, b.length);
      b.start = 0;
    } else if (!move(b, 0, max(length, b.length >> 1)) && !move(b, 0, length)) return false;
  }
  memory.copy(b.data + b.start + b.length, data, length);
  b.length += length;
  return true;
}

/** Adds bytes before the block's first. False when memory is exhausted. */
function prepend(b: Block, data: usize, length: u32): bool {
  if (b.start < length && !move(b, max(length, b.length >> 1), 0) && !move(b, length, 0)) return false;
  b.start -= length;
  b.length += length;
  b.offset -= <u64>length;
  memory.copy(b.data + b.start, data, length);
  return true;
}

/** Fills a hole between `before` and `after` (0: none). The block that holds the bytes now, 0: refused. */
function fill(h: Half, before: usize, after: usize, offset: u64, data: usize, length: u32): usize {
  const touchesBefore = before != 0 && blockEnd(changetype<Block>(before)) == offset;
  const touchesAfter = after != 0 && changetype<Block>(after).offset == offset + <u64>length;
  if (touchesBefore) {
    if (!append(changetype<Block>(before), data, length)) return fail(Insert.Memcap);
    return touchesAfter ? join(h, before, after) : before;
  }
  if (touchesAfter) return prepend(changetype<Block>(after), data, length) ? after : fail(Insert.Memcap);
  return openBlock(h, before, after, offset, data, length);
}

/** Joins two blocks that touch; what is left. Without memory they stay two. */
function join(h: Half, first: usize, second: usize): usize {
  const a = changetype<Block>(first);
  const b = changetype<Block>(second);
  if (a.length >= b.length) {
    if (!append(a, b.data + b.start, b.length)) return first;
    joinSegments(a, b, a);
    dropBlock(h, second);
    return first;
  }
  if (!prepend(b, a.data + a.start, a.length)) return first;
  joinSegments(a, b, b);
  dropBlock(h, first);
  return second;
}

/** Puts `length` bytes at `offset`: holes are filled; where data is held already it stays, or is overwritten if `overwrite`. */
export function insertBytes(h: Half, offset: u64, data: usize, length: u32, overwrite: bool): Insert {
  const end = offset + <u64>length;
  let at = offset;
  let block = findBlock(h, offset);
  let before = block == 0 ? h.lastBlock : changetype<Block>(block).previous;
  while (at < end) {
    const from = data + <usize>(at - offset);
    if (block != 0 && changetype<Block>(block).offset <= at) {
      const b = changetype<Block>(block);
      const stop = min(blockEnd(b), end);
      if (overwrite) memory.copy(blockByte(b, at), from, <usize>(stop - at));
      at = stop;
      before = block;
      block = b.next;
      continue;
    }
    const stop = block == 0 ? end : min(changetype<Block>(block).offset, end);
    block = fill(h, before, block, at, from, <u32>(stop - at));
    if (block == 0) return failure;
    at = stop;
  }
  if (end > h.rightEdge) h.rightEdge = end;
  return Insert.Done;
}

function dropBlock(h: Half, address: usize): void {
  const b = changetype<Block>(address);
  if (b.previous != 0) changetype<Block>(b.previous).next = b.next;
  else h.firstBlock = b.next;
  if (b.next != 0) changetype<Block>(b.next).previous = b.previous;
  else h.lastBlock = b.previous;
  h.blockCount--;
  freeSegments(b);
  release(b.data);
  release(address);
}

/** Forgets everything before `edge`. */
export function slideTo(h: Half, edge: u64): void {
  while (h.firstBlock != 0) {
    const b = changetype<Block>(h.firstBlock);
    if (blockEnd(b) <= edge) {
      dropBlock(h, h.firstBlock);
      continue;
    }
    if (b.offset < edge) {
      const gone = <u32>(edge - b.offset);
      b.start += gone;
      b.length -= gone;
      b.offset = edge;
      pruneSegments(b, edge);
      shrink(b);
    }
    break;
  }
}

/** Gives memory back that a small rest does not need. */
function shrink(b: Block): void {
  if (b.capacity >= 4096 && b.length <= b.capacity >> 3) move(b, 0, 0);
}

/** Releases everything held. */
export function freeBlocks(h: Half): void {
  while (h.firstBlock != 0) dropBlock(h, h.firstBlock);
}
