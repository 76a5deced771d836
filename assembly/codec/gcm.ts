/** AES-128-GCM (NIST SP 800-38D) with nonces of 12 bytes: opening only. */
import { AES_KEY_SIZE, aesEncrypt, aesExpand } from "./aes";

export const GCM_TAG: u32 = 16;
export const GCM_NONCE: u32 = 12;

const expanded: usize = memory.data(<i32>AES_KEY_SIZE, 8);
const counter: usize = memory.data(16, 8);
const stream: usize = memory.data(16, 8);
const last: usize = memory.data(16, 8);

/** The hash key, and the running GHASH, high half first. */
let keyHigh: u64 = 0;
let keyLow: u64 = 0;
let sumHigh: u64 = 0;
let sumLow: u64 = 0;

/** Multiplies the running value by the hash key in GF(2^128). */
function multiply(): void {
  let high: u64 = 0;
  let low: u64 = 0;
  let vHigh = keyHigh;
  let vLow = keyLow;
  for (let i: u32 = 0; i < 128; i++) {
    const bit = i < 64 ? (sumHigh >> (63 - <u64>i)) & 1 : (sumLow >> (127 - <u64>i)) & 1;
    if (bit != 0) {
      high ^= vHigh;
      low ^= vLow;
    }
    const carry = vLow & 1;
    vLow = (vLow >> 1) | (vHigh << 63);
    vHigh >>= 1;
    if (carry != 0) vHigh ^= 0xe100_0000_0000_0000;
  }
  sumHigh = high;
  sumLow = low;
}

function hashBlock(at: usize): void {
  sumHigh ^= bswap<u64>(load<u64>(at));
  sumLow ^= bswap<u64>(load<u64>(at, 8));
  multiply();
}

/** Takes bytes into the hash, the last block filled up with zeros. */
function hash(data: usize, length: u32): void {
  let at: u32 = 0;
  for (; length - at >= 16; at += 16) hashBlock(data + at);
  if (at == length) return;
  memory.fill(last, 0, 16);
  memory.copy(last, data + at, length - at);
  hashBlock(last);
}

/**
 * Opens `length` bytes at `data`, the last 16 of them the tag, into `out` (length - 16 bytes). `key`: 16 bytes, `nonce`: 12 bytes.
 * False when the tag does not fit; then `out` holds nothing of worth.
 */
export function gcmOpen(
  key: usize,
  nonce: usize,
  associated: usize,
  associatedLength: u32,
  data: usize,
  length: u32,
  out: usize,
): bool {
  if (length < GCM_TAG) return false;
  const size = length - GCM_TAG;
  aesExpand(key, expanded);
  memory.fill(stream, 0, 16);
  aesEncrypt(expanded, stream, stream);
  keyHigh = bswap<u64>(load<u64>(stream));
  keyLow = bswap<u64>(load<u64>(stream, 8));
  sumHigh = 0;
  sumLow = 0;
  hash(associated, associatedLength);
  hash(data, size);
  sumHigh ^= (<u64>associatedLength) << 3;
  sumLow ^= (<u64>size) << 3;
  multiply();
  memory.copy(counter, nonce, GCM_NONCE);
  block(1);
  const good =
    (sumHigh ^ bswap<u64>(load<u64>(stream))) == bswap<u64>(load<u64>(data + size)) &&
    (sumLow ^ bswap<u64>(load<u64>(stream, 8))) == bswap<u64>(load<u64>(data + size, 8));
  if (!good) return false;
  for (let at: u32 = 0; at < size; at += 16) {
    block(2 + (at >> 4));
    const n = min<u32>(16, size - at);
    for (let i: u32 = 0; i < n; i++) store<u8>(out + at + i, load<u8>(data + at + i) ^ load<u8>(stream + i));
  }
  return true;
}

/** Block number `n` of the key stream. */
function block(n: u32): void {
  store<u32>(counter, bswap<u32>(n), 12);
  aesEncrypt(expanded, counter, stream);
}
