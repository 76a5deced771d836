/**
 * What a half holds: blocks of contiguous bytes, ordered by stream offset, disjoint. In order there is one block and new data goes to
 * its end; data behind a hole opens a block of its own. Adjacent blocks are joined when somebody looks at them (`joined`), so a
 * sender of tiny segments in any order costs as much as it sends.
 *
 *   base            hole                 rightEdge
 *    |#### block ####|      |## block ##||# block #|
 */
import { Account, acquire, release } from "../memory/heap";
import { Block, blockByte, blockEnd, SLACK } from "./block";
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

function openBlock(h: Half, before: usize, after: usize, offset: u64, data: usize, length: u32): Insert {
  if (h.blockCount >= MAX_BLOCKS) return Insert.Limit;
  if (isRegionTooMany(h, before, after, offset, offset + <u64>length)) return Insert.Limit;
  const address = acquire(Account.Stream, offsetof<Block>());
  if (address == 0) return Insert.Memcap;
  const piece = acquire(Account.Stream, length + SLACK);
  if (piece == 0) {
    release(address);
    return Insert.Memcap;
  }
  memory.copy(piece, data, length);
  const b = changetype<Block>(address);
  b.offset = offset;
  b.data = piece;
  b.start = 0;
  b.length = length;
  b.capacity = length;
  b.firstSegment = 0;
  b.lastSegment = 0;
  b.previous = before;
  b.next = after;
  if (before != 0) changetype<Block>(before).next = address;
  else h.firstBlock = address;
  if (after != 0) changetype<Block>(after).previous = address;
  else h.lastBlock = address;
  h.blockCount++;
  return Insert.Done;
}

/** Adds bytes at the block's end. False when memory is exhausted. */
function append(b: Block, data: usize, length: u32): bool {
  if (b.start + b.length + length > b.capacity) {
    if (b.start >= b.length && b.length + length <= b.capacity) {
      memory.copy(b.data, b.data + b.start, b.length);
      b.start = 0;
    } else {
      const capacity = max(b.length + length, b.length + (b.length >> 1));
      const piece = acquire(Account.Stream, capacity + SLACK);
      if (piece == 0) return false;
      memory.copy(piece, b.data + b.start, b.length);
      release(b.data);
      b.data = piece;
      b.start = 0;
      b.capacity = capacity;
    }
  }
  memory.copy(b.data + b.start + b.length, data, length);
  b.length += length;
  return true;
}

/** Fills a hole between `before` and `after` (0: none). */
function fill(h: Half, before: usize, after: usize, offset: u64, data: usize, length: u32): Insert {
  if (before != 0 && blockEnd(changetype<Block>(before)) == offset) {
    return append(changetype<Block>(before), data, length) ? Insert.Done : Insert.Memcap;
  }
  return openBlock(h, before, after, offset, data, length);
}

/** Puts `length` bytes at `offset`: holes are filled; where data is held already it stays, or is overwritten if `overwrite`. */
export function insertBytes(h: Half, offset: u64, data: usize, length: u32, overwrite: bool): Insert {
  const end = offset + <u64>length;
  let at = offset;
  let next = findBlock(h, offset);
  let before = next == 0 ? h.lastBlock : changetype<Block>(next).previous;
  while (at < end) {
    const from = data + <usize>(at - offset);
    const held = next == 0 ? end : min(changetype<Block>(next).offset, end);
    if (at < held) {
      const done = fill(h, before, next, at, from, <u32>(held - at));
      if (done != Insert.Done) return done;
      at = held;
      if (held == end) break;
      continue;
    }
    const b = changetype<Block>(next);
    const stop = min(blockEnd(b), end);
    if (overwrite) memory.copy(blockByte(b, at), from, <usize>(stop - at));
    at = stop;
    before = next;
    next = b.next;
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

/** Joins the block with those that touch its end, until it reaches `offset`. */
export function joined(h: Half, b: Block, offset: u64): Block {
  while (b.next != 0 && blockEnd(b) < offset) {
    const next = changetype<Block>(b.next);
    if (next.offset != blockEnd(b)) break;
    if (!append(b, next.data + next.start, next.length)) break;
    joinSegments(b, next);
    dropBlock(h, b.next);
  }
  return b;
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
  if (b.capacity < 16384 || b.length > b.capacity >> 3) return;
  const piece = acquire(Account.Stream, b.length + SLACK);
  if (piece == 0) return;
  memory.copy(piece, b.data + b.start, b.length);
  release(b.data);
  b.data = piece;
  b.start = 0;
  b.capacity = b.length;
}

/** Releases everything held. */
export function freeBlocks(h: Half): void {
  while (h.firstBlock != 0) dropBlock(h, h.firstBlock);
}
