/**
 * XXH64, seed 0 (https://github.com/Cyan4973/xxHash, specification v0.1.1), on pairs of 32-bit halves, as bigints would
 * take seconds for a large database.
 */

/** Primes as [high, low]. */
const P1 = [0x9e3779b1, 0x85ebca87] as const;
const P2 = [0xc2b2ae3d, 0x27d4eb4f] as const;
const P3 = [0x165667b1, 0x9e3779f9] as const;
const P4 = [0x85ebca77, 0xc2b2ae63] as const;
const P5 = [0x27d4eb2f, 0x165667c5] as const;

/** The result of the last operation. */
let high = 0;
let low = 0;

/** a * b, modulo 2^64. */
function multiply(ah: number, al: number, bh: number, bl: number): void {
  const a0 = al & 0xffff;
  const a1 = al >>> 16;
  const b0 = bl & 0xffff;
  const b1 = bl >>> 16;
  const p00 = a0 * b0;
  const middle = a1 * b0 + (p00 >>> 16);
  const middle2 = a0 * b1 + (middle % 0x1_0000);
  low = ((middle2 % 0x1_0000) * 0x1_0000 + (p00 & 0xffff)) >>> 0;
  const carry = a1 * b1 + Math.floor(middle / 0x1_0000) + Math.floor(middle2 / 0x1_0000);
  high = (Math.imul(ah, bl) + Math.imul(al, bh) + carry) >>> 0;
}

function add(ah: number, al: number, bh: number, bl: number): void {
  const sum = (al >>> 0) + (bl >>> 0);
  low = sum >>> 0;
  high = (ah + bh + (sum > 0xffff_ffff ? 1 : 0)) >>> 0;
}

function rotate(h: number, l: number, by: number): void {
  const n = by & 31;
  const [a, b] = by >= 32 ? [l, h] : [h, l];
  high = n === 0 ? a >>> 0 : ((a << n) | (b >>> (32 - n))) >>> 0;
  low = n === 0 ? b >>> 0 : ((b << n) | (a >>> (32 - n))) >>> 0;
}

function mix(laneHigh: number, laneLow: number, inputHigh: number, inputLow: number): void {
  multiply(inputHigh, inputLow, P2[0], P2[1]);
  add(laneHigh, laneLow, high, low);
  rotate(high, low, 31);
  multiply(high, low, P1[0], P1[1]);
}

/** hash = (hash ^ mix(0, lane)) * P1 + P4, on `high` and `low`. */
function merge(hashHigh: number, hashLow: number, laneHigh: number, laneLow: number): void {
  mix(0, 0, laneHigh, laneLow);
  multiply((hashHigh ^ high) >>> 0, (hashLow ^ low) >>> 0, P1[0], P1[1]);
  add(high, low, P4[0], P4[1]);
}

function shiftXor(by: number): void {
  // Shifts of 29, 32 and 33.
  const shiftedHigh = by >= 32 ? 0 : high >>> by;
  const shiftedLow = by >= 32 ? high >>> (by - 32) : ((low >>> by) | (high << (32 - by))) >>> 0;
  high = (high ^ shiftedHigh) >>> 0;
  low = (low ^ shiftedLow) >>> 0;
}

/** The 64-bit hash. */
export function xxh64(data: Uint8Array): bigint {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const end = data.length;
  let at = 0;
  let hashHigh: number = P5[0];
  let hashLow: number = P5[1];
  if (end >= 32) {
    const lanes = new Uint32Array(8);
    add(P1[0], P1[1], P2[0], P2[1]);
    lanes.set([high, low, P2[0], P2[1], 0, 0]);
    // 0 - P1
    lanes[6] = ~P1[0] >>> 0;
    lanes[7] = (~P1[1] + 1) >>> 0;
    for (; at + 32 <= end; at += 32) {
      for (let lane = 0; lane < 8; lane += 2) {
        const input = at + lane * 4;
        mix(lanes[lane]!, lanes[lane + 1]!, view.getUint32(input + 4, true), view.getUint32(input, true));
        lanes[lane] = high;
        lanes[lane + 1] = low;
      }
    }
    hashHigh = 0;
    hashLow = 0;
    [1, 7, 12, 18].forEach((by, i) => {
      rotate(lanes[i * 2]!, lanes[i * 2 + 1]!, by);
      add(hashHigh, hashLow, high, low);
      hashHigh = high;
      hashLow = low;
    });
    for (let lane = 0; lane < 8; lane += 2) {
      merge(hashHigh, hashLow, lanes[lane]!, lanes[lane + 1]!);
      hashHigh = high;
      hashLow = low;
    }
  }
  add(hashHigh, hashLow, 0, end);
  for (; at + 8 <= end; at += 8) {
    const [h, l] = [high, low];
    mix(0, 0, view.getUint32(at + 4, true), view.getUint32(at, true));
    rotate((h ^ high) >>> 0, (l ^ low) >>> 0, 27);
    multiply(high, low, P1[0], P1[1]);
    add(high, low, P4[0], P4[1]);
  }
  if (at + 4 <= end) {
    const [h, l] = [high, low];
    multiply(0, view.getUint32(at, true), P1[0], P1[1]);
    rotate((h ^ high) >>> 0, (l ^ low) >>> 0, 23);
    multiply(high, low, P2[0], P2[1]);
    add(high, low, P3[0], P3[1]);
    at += 4;
  }
  for (; at < end; at += 1) {
    const [h, l] = [high, low];
    multiply(0, data[at]!, P5[0], P5[1]);
    rotate((h ^ high) >>> 0, (l ^ low) >>> 0, 11);
    multiply(high, low, P1[0], P1[1]);
  }
  shiftXor(33);
  multiply(high, low, P2[0], P2[1]);
  shiftXor(29);
  multiply(high, low, P3[0], P3[1]);
  shiftXor(32);
  return (BigInt(high) << 32n) | BigInt(low);
}
