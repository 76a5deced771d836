/**
 * The heap: variable-sized pieces (stream data, headers, bodies) out of one region reserved at configure.
 * Two-level segregated fit (Masmano et al., "TLSF", ECRTS 2004): acquire and release are O(1), fragmentation is bounded.
 * What a piece costs besides its bytes are 4 of them and what rounding up to 16 adds: most pieces are small, and there are very many.
 *
 *   in use  | head | payload ...
 *   free    | head | next free | previous free | ... | address of this block |
 *
 * Accounts: each piece is charged to one account with a cap (Suricata's memcaps); a refusal is counted and the caller decides.
 * What lies behind a piece is memory of the core, so that a scanner may read on there; it must not write there.
 */
import { reserve } from "./arena";

/** Who pays for a piece of memory. */
export enum Account {
  Stream = 0,
  App = 1,
  Http = 2,
  Defrag = 3,
  File = 4,
  Detect = 5,
  COUNT = 6,
}

const HEAD: u32 = 4;
/** A head with three words while it is free. */
const MIN_BLOCK: u32 = 16;
const SL_BITS: u32 = 4;
const SL: u32 = 1 << SL_BITS;
const FL_SHIFT: u32 = SL_BITS + 4;
const FL: u32 = 32 - FL_SHIFT;
/** Bits of a head below its size: the account + 1 whose piece it is, 0 free; and whether the block before it is free. */
const OWNER: u32 = 7;
const PREVIOUS_FREE: u32 = 8;
const FLAGS: u32 = 15;
/** Payloads are 16-byte aligned. */
const FIRST: u32 = 16 - HEAD;

@unmanaged
class Block {
  /** Bytes with this head (multiple of 16) and the bits. */
  head: u32;
  nextFree: usize;
  previousFree: usize;
}

let region: usize = 0;
let firstBitmap: u32 = 0;
let secondBitmaps: usize = 0;
let heads: usize = 0;
let used: usize = 0;
let caps: usize = 0;
let refusals: usize = 0;

function sizeOf(b: Block): u32 {
  return b.head & ~FLAGS;
}

function classOf(size: u32): u32 {
  if (size < 1 << FL_SHIFT) return size >> 4;
  const log = 31 - clz(size);
  return ((log - FL_SHIFT + 1) << SL_BITS) + ((size >> (log - SL_BITS)) ^ SL);
}

function headOf(sizeClass: u32): usize {
  return heads + ((<usize>sizeClass) << 2);
}

function rowOf(first: u32): usize {
  return secondBitmaps + ((<usize>first) << 2);
}

function link(b: Block): void {
  const sizeClass = classOf(sizeOf(b));
  const slot = headOf(sizeClass);
  const head = load<usize>(slot);
  b.nextFree = head;
  b.previousFree = 0;
  if (head != 0) changetype<Block>(head).previousFree = changetype<usize>(b);
  store<usize>(slot, changetype<usize>(b));
  const first = sizeClass >> SL_BITS;
  firstBitmap |= 1 << first;
  store<u32>(rowOf(first), load<u32>(rowOf(first)) | (1 << (sizeClass & (SL - 1))));
}

function unlink(b: Block): void {
  if (b.nextFree != 0) changetype<Block>(b.nextFree).previousFree = b.previousFree;
  if (b.previousFree != 0) {
    changetype<Block>(b.previousFree).nextFree = b.nextFree;
    return;
  }
  const sizeClass = classOf(sizeOf(b));
  store<usize>(headOf(sizeClass), b.nextFree);
  if (b.nextFree != 0) return;
  const first = sizeClass >> SL_BITS;
  const bits = load<u32>(rowOf(first)) & ~(1 << (sizeClass & (SL - 1)));
  store<u32>(rowOf(first), bits);
  if (bits == 0) firstBitmap &= ~(1 << first);
}

function following(b: Block): Block {
  return changetype<Block>(changetype<usize>(b) + sizeOf(b));
}

function isFree(b: Block): bool {
  return (b.head & OWNER) == 0;
}

/** Marks `b` free, tells the block behind it and puts it into its class. */
function setFree(b: Block): void {
  b.head &= ~OWNER;
  const after = changetype<usize>(following(b));
  store<usize>(after - 4, changetype<usize>(b));
  changetype<Block>(after).head |= PREVIOUS_FREE;
  link(b);
}

/** Reserves the region of `bytes`. False when memory is exhausted. */
export function configureHeap(bytes: u32): bool {
  secondBitmaps = reserve((FL + 1) * 4);
  heads = reserve((FL + 1) * SL * 4);
  used = reserve(Account.COUNT * 4);
  caps = reserve(Account.COUNT * 4);
  refusals = reserve(Account.COUNT * 4);
  region = reserve(bytes);
  if (region == 0) return false;
  const b = changetype<Block>(region + FIRST);
  b.head = (bytes & ~15) - 16;
  // The end is nobody's, and not free.
  following(b).head = OWNER;
  setFree(b);
  return true;
}

/** Caps an account in bytes; 0 lifts the cap: then only the region bounds it. */
export function capAccount(account: Account, bytes: u32): void {
  store<u32>(caps + ((<usize>account) << 2), bytes);
}

/** Bytes an account holds now. */
export function usedBy(account: Account): u32 {
  return load<u32>(used + ((<usize>account) << 2));
}

/** Requests of an account that were refused. */
export function refusedBy(account: Account): u32 {
  return load<u32>(refusals + ((<usize>account) << 2));
}

function find(size: u32): usize {
  // Rounded up to the next class, so that any block of that class fits.
  let rounded = size;
  if (size >= 1 << FL_SHIFT) {
    const step: u32 = 1 << (31 - clz(size) - SL_BITS);
    rounded = (size + step - 1) & ~(step - 1);
  }
  const sizeClass = classOf(rounded);
  let first = sizeClass >> SL_BITS;
  let bits = load<u32>(rowOf(first)) & (~(<u32>0) << (sizeClass & (SL - 1)));
  if (bits == 0) {
    const above = firstBitmap & (~(<u32>0) << (first + 1));
    if (above == 0) return 0;
    first = ctz(above);
    bits = load<u32>(rowOf(first));
  }
  return load<usize>(headOf((first << SL_BITS) + ctz(bits)));
}

/** Lets `b` (in use) keep `size` bytes; the rest becomes free. */
function trim(b: Block, size: u32): void {
  const whole = sizeOf(b);
  if (whole - size < MIN_BLOCK) return;
  b.head = size | (b.head & FLAGS);
  const rest = following(b);
  rest.head = whole - size;
  setFree(rest);
}

function refuse(account: Account): usize {
  const slot = refusals + ((<usize>account) << 2);
  store<u32>(slot, load<u32>(slot) + 1);
  return 0;
}

/** A piece of at least `bytes` bytes, not zeroed, 16-byte aligned; 0 when the account's cap or the region is exhausted. */
export function acquire(account: Account, bytes: u32): usize {
  if (bytes > 0x3fffffff) return refuse(account);
  const size = max<u32>((bytes + HEAD + 15) & ~15, MIN_BLOCK);
  const cap = load<u32>(caps + ((<usize>account) << 2));
  const total = usedBy(account) + size;
  if (cap != 0 && total > cap) return refuse(account);
  const found = find(size);
  if (found == 0) return refuse(account);
  const b = changetype<Block>(found);
  unlink(b);
  b.head |= <u32>account + 1;
  following(b).head &= ~PREVIOUS_FREE;
  trim(b, size);
  store<u32>(used + ((<usize>account) << 2), total);
  return found + HEAD;
}

/** Bytes the piece can hold. */
export function capacityOf(piece: usize): u32 {
  return sizeOf(changetype<Block>(piece - HEAD)) - HEAD;
}

/** Gives a piece back; 0 is allowed and does nothing. */
export function release(piece: usize): void {
  if (piece == 0) return;
  let b = changetype<Block>(piece - HEAD);
  const slot = used + (((<usize>b.head & OWNER) - 1) << 2);
  store<u32>(slot, load<u32>(slot) - sizeOf(b));
  const after = following(b);
  if (isFree(after)) {
    unlink(after);
    b.head += sizeOf(after);
  }
  if ((b.head & PREVIOUS_FREE) != 0) {
    const before = changetype<Block>(load<usize>(changetype<usize>(b) - 4));
    unlink(before);
    before.head += sizeOf(b);
    b = before;
  }
  setFree(b);
}

/** Resizes a piece, keeping its first min(old, new) bytes; 0 when refused, and then the old piece is still valid. */
export function resize(account: Account, piece: usize, bytes: u32): usize {
  if (piece == 0) return acquire(account, bytes);
  const have = capacityOf(piece);
  if (bytes <= have) return piece;
  const fresh = acquire(account, bytes);
  if (fresh == 0) return 0;
  memory.copy(fresh, piece, have);
  release(piece);
  return fresh;
}
