/**
 * XXH64, seed 0 (https://github.com/Cyan4973/xxHash, specification v0.1.1), on pairs of signed 32-bit halves: bigints
 * would take seconds for a large database, and numbers above 2^31 would be allocated.
 */

/** Primes as high and low halves. */
const P1H = 0x9e3779b1 | 0;
const P1L = 0x85ebca87 | 0;
const P2H = 0xc2b2ae3d | 0;
const P2L = 0x27d4eb4f | 0;
const P3H = 0x165667b1 | 0;
const P3L = 0x9e3779f9 | 0;
const P4H = 0x85ebca77 | 0;
const P4L = 0xc2b2ae63 | 0;
const P5H = 0x27d4eb2f | 0;
const P5L = 0x165667c5 | 0;

/** The result of the last operation. */
let high = 0;
let low = 0;

/** a * b, modulo 2^64. */
function multiply(ah: number, al: number, bh: number, bl: number): void {
  const a0 = al & 0xffff;
  const a1 = al >>> 16;
  const b0 = bl & 0xffff;
  const b1 = bl >>> 16;
  const p01 = Math.imul(a0, b1);
  const p10 = Math.imul(a1, b0);
  const middle = (Math.imul(a0, b0) >>> 16) + (p01 & 0xffff) + (p10 & 0xffff);
  const carried = (Math.imul(a1, b1) + (p01 >>> 16) + (p10 >>> 16) + (middle >>> 16)) | 0;
  low = Math.imul(al, bl);
  high = (carried + Math.imul(ah, bl) + Math.imul(al, bh)) | 0;
}

function add(ah: number, al: number, bh: number, bl: number): void {
  const sum = (al + bl) | 0;
  // Unsigned comparison: a sum below an addend has wrapped.
  const carry = (sum ^ 0x8000_0000) < (al ^ 0x8000_0000) ? 1 : 0;
  low = sum;
  high = (ah + bh + carry) | 0;
}

/** Rotates by 1 to 31. */
function rotate(h: number, l: number, by: number): void {
  high = (h << by) | (l >>> (32 - by));
  low = (l << by) | (h >>> (32 - by));
}

/** (lane + input * P2) rotated by 31, * P1. */
function mix(laneHigh: number, laneLow: number, inputHigh: number, inputLow: number): void {
  multiply(inputHigh, inputLow, P2H, P2L);
  add(laneHigh, laneLow, high, low);
  rotate(high, low, 31);
  multiply(high, low, P1H, P1L);
}

/** (hash ^ mix(0, lane)) * P1 + P4. */
function merge(hashHigh: number, hashLow: number, laneHigh: number, laneLow: number): void {
  mix(0, 0, laneHigh, laneLow);
  multiply(hashHigh ^ high, hashLow ^ low, P1H, P1L);
  add(high, low, P4H, P4L);
}

/** The 64-bit hash. */
export function xxh64(data: Uint8Array): bigint {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const end = data.length;
  let at = 0;
  high = P5H;
  low = P5L;
  if (end >= 32) {
    at = end - (end % 32);
    stripes(view, at);
  }
  add(high, low, 0, end);
  for (; at + 8 <= end; at += 8) {
    const [h, l] = [high, low];
    mix(0, 0, view.getInt32(at + 4, true), view.getInt32(at, true));
    rotate(h ^ high, l ^ low, 27);
    multiply(high, low, P1H, P1L);
    add(high, low, P4H, P4L);
  }
  if (at + 4 <= end) {
    const [h, l] = [high, low];
    multiply(0, view.getInt32(at, true), P1H, P1L);
    rotate(h ^ high, l ^ low, 23);
    multiply(high, low, P2H, P2L);
    add(high, low, P3H, P3L);
    at += 4;
  }
  for (; at < end; at += 1) {
    const [h, l] = [high, low];
    multiply(0, data[at]!, P5H, P5L);
    rotate(h ^ high, l ^ low, 11);
    multiply(high, low, P1H, P1L);
  }
  // hash ^ hash >> 33, >> 29, >> 32 between multiplications.
  low ^= high >>> 1;
  multiply(high, low, P2H, P2L);
  const shifted = (low >>> 29) | (high << 3);
  high ^= high >>> 29;
  low ^= shifted;
  multiply(high, low, P3H, P3L);
  low ^= high;
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

/** The stripes of 32 bytes up to `end`, in four lanes. */
function stripes(view: DataView, end: number): void {
  add(P1H, P1L, P2H, P2L);
  let [h1, l1] = [high, low];
  let [h2, l2] = [P2H, P2L];
  let [h3, l3] = [0, 0];
  // 0 - P1
  let [h4, l4] = [~P1H, (~P1L + 1) | 0];
  for (let at = 0; at < end; at += 32) {
    mix(h1, l1, view.getInt32(at + 4, true), view.getInt32(at, true));
    h1 = high;
    l1 = low;
    mix(h2, l2, view.getInt32(at + 12, true), view.getInt32(at + 8, true));
    h2 = high;
    l2 = low;
    mix(h3, l3, view.getInt32(at + 20, true), view.getInt32(at + 16, true));
    h3 = high;
    l3 = low;
    mix(h4, l4, view.getInt32(at + 28, true), view.getInt32(at + 24, true));
    h4 = high;
    l4 = low;
  }
  rotate(h1, l1, 1);
  let [h, l] = [high, low];
  rotate(h2, l2, 7);
  add(h, l, high, low);
  [h, l] = [high, low];
  rotate(h3, l3, 12);
  add(h, l, high, low);
  [h, l] = [high, low];
  rotate(h4, l4, 18);
  add(h, l, high, low);
  merge(high, low, h1, l1);
  merge(high, low, h2, l2);
  merge(high, low, h3, l3);
  merge(high, low, h4, l4);
}
