/**
 * Filter by gram hash.
 *
 * Every stride-th position is hashed and its hash looked up in a table. A position is always written to the candidates, but the cursor moves
 * on only past those that the table has: there is no branch to mispredict, which would cost as much as scanning fifty bytes. A group may run
 * past `stop`: what it finds there is refused by the verification.
 *
 * The hashes are scalar on purpose: with SIMD the four products of a vector must come back to general registers one by one, which made
 * these loops slower by a third (Node 20, x86-64). Shift counts are constants where they can be: a variable one costs two instructions more.
 *
 * Contract: 64 bytes beyond `stop` are readable; `out` has room for every position of the block and 64 more.
 */
import { LiteralFilter, LiteralFormat, LiteralSection } from "../abi/literals";

/** Scans with the gram section alone. Returns the end of its candidates. */
export function filterGrams(table: usize, section: usize, at: usize, stop: usize, out: usize): usize {
  const mask = load<u32>(section, LiteralSection.GRAM_MASK);
  const stride = load<u32>(section, LiteralSection.STRIDE);
  const answers = table + load<u32>(section, LiteralSection.TABLE);
  const limit = load<u32>(section, LiteralSection.TABLE_LIMIT);
  if (load<u32>(section, LiteralSection.FILTER) == LiteralFilter.BYTE_TABLE) {
    if (stride == 4) return bytes4(answers, mask, limit, at, stop, out);
    if (stride == 2) return bytes2(answers, mask, limit, at, stop, out);
    return bytes1(answers, mask, limit, at, stop, out);
  }
  if (stride == 4) return bits4(answers, mask, limit, at, stop, out);
  if (stride == 2) return bits2(answers, mask, limit, at, stop, out);
  return bits1(answers, mask, limit, at, stop, out);
}

function bytes4(answers: usize, mask: u32, limit: u32, at: usize, stop: usize, out: usize): usize {
  for (; at < stop; at += 32) {
    store<u32>(out, <u32>at);
    out += byte(answers, load<u32>(at) & mask, limit);
    store<u32>(out, <u32>at + 4);
    out += byte(answers, load<u32>(at, 4) & mask, limit);
    store<u32>(out, <u32>at + 8);
    out += byte(answers, load<u32>(at, 8) & mask, limit);
    store<u32>(out, <u32>at + 12);
    out += byte(answers, load<u32>(at, 12) & mask, limit);
    store<u32>(out, <u32>at + 16);
    out += byte(answers, load<u32>(at, 16) & mask, limit);
    store<u32>(out, <u32>at + 20);
    out += byte(answers, load<u32>(at, 20) & mask, limit);
    store<u32>(out, <u32>at + 24);
    out += byte(answers, load<u32>(at, 24) & mask, limit);
    store<u32>(out, <u32>at + 28);
    out += byte(answers, load<u32>(at, 28) & mask, limit);
  }
  return out;
}

function bytes2(answers: usize, mask: u32, limit: u32, at: usize, stop: usize, out: usize): usize {
  for (; at < stop; at += 16) {
    store<u32>(out, <u32>at);
    out += byte(answers, load<u32>(at) & mask, limit);
    store<u32>(out, <u32>at + 2);
    out += byte(answers, load<u32>(at, 2) & mask, limit);
    store<u32>(out, <u32>at + 4);
    out += byte(answers, load<u32>(at, 4) & mask, limit);
    store<u32>(out, <u32>at + 6);
    out += byte(answers, load<u32>(at, 6) & mask, limit);
    store<u32>(out, <u32>at + 8);
    out += byte(answers, load<u32>(at, 8) & mask, limit);
    store<u32>(out, <u32>at + 10);
    out += byte(answers, load<u32>(at, 10) & mask, limit);
    store<u32>(out, <u32>at + 12);
    out += byte(answers, load<u32>(at, 12) & mask, limit);
    store<u32>(out, <u32>at + 14);
    out += byte(answers, load<u32>(at, 14) & mask, limit);
  }
  return out;
}

function bytes1(answers: usize, mask: u32, limit: u32, at: usize, stop: usize, out: usize): usize {
  for (; at < stop; at += 8) {
    store<u32>(out, <u32>at);
    out += byte(answers, load<u32>(at) & mask, limit);
    store<u32>(out, <u32>at + 1);
    out += byte(answers, load<u32>(at, 1) & mask, limit);
    store<u32>(out, <u32>at + 2);
    out += byte(answers, load<u32>(at, 2) & mask, limit);
    store<u32>(out, <u32>at + 3);
    out += byte(answers, load<u32>(at, 3) & mask, limit);
    store<u32>(out, <u32>at + 4);
    out += byte(answers, load<u32>(at, 4) & mask, limit);
    store<u32>(out, <u32>at + 5);
    out += byte(answers, load<u32>(at, 5) & mask, limit);
    store<u32>(out, <u32>at + 6);
    out += byte(answers, load<u32>(at, 6) & mask, limit);
    store<u32>(out, <u32>at + 7);
    out += byte(answers, load<u32>(at, 7) & mask, limit);
  }
  return out;
}

function bits4(answers: usize, mask: u32, limit: u32, at: usize, stop: usize, out: usize): usize {
  for (; at < stop; at += 32) {
    store<u32>(out, <u32>at);
    out += bit(answers, load<u32>(at) & mask, limit);
    store<u32>(out, <u32>at + 4);
    out += bit(answers, load<u32>(at, 4) & mask, limit);
    store<u32>(out, <u32>at + 8);
    out += bit(answers, load<u32>(at, 8) & mask, limit);
    store<u32>(out, <u32>at + 12);
    out += bit(answers, load<u32>(at, 12) & mask, limit);
    store<u32>(out, <u32>at + 16);
    out += bit(answers, load<u32>(at, 16) & mask, limit);
    store<u32>(out, <u32>at + 20);
    out += bit(answers, load<u32>(at, 20) & mask, limit);
    store<u32>(out, <u32>at + 24);
    out += bit(answers, load<u32>(at, 24) & mask, limit);
    store<u32>(out, <u32>at + 28);
    out += bit(answers, load<u32>(at, 28) & mask, limit);
  }
  return out;
}

function bits2(answers: usize, mask: u32, limit: u32, at: usize, stop: usize, out: usize): usize {
  for (; at < stop; at += 16) {
    store<u32>(out, <u32>at);
    out += bit(answers, load<u32>(at) & mask, limit);
    store<u32>(out, <u32>at + 2);
    out += bit(answers, load<u32>(at, 2) & mask, limit);
    store<u32>(out, <u32>at + 4);
    out += bit(answers, load<u32>(at, 4) & mask, limit);
    store<u32>(out, <u32>at + 6);
    out += bit(answers, load<u32>(at, 6) & mask, limit);
    store<u32>(out, <u32>at + 8);
    out += bit(answers, load<u32>(at, 8) & mask, limit);
    store<u32>(out, <u32>at + 10);
    out += bit(answers, load<u32>(at, 10) & mask, limit);
    store<u32>(out, <u32>at + 12);
    out += bit(answers, load<u32>(at, 12) & mask, limit);
    store<u32>(out, <u32>at + 14);
    out += bit(answers, load<u32>(at, 14) & mask, limit);
  }
  return out;
}

function bits1(answers: usize, mask: u32, limit: u32, at: usize, stop: usize, out: usize): usize {
  for (; at < stop; at += 8) {
    store<u32>(out, <u32>at);
    out += bit(answers, load<u32>(at) & mask, limit);
    store<u32>(out, <u32>at + 1);
    out += bit(answers, load<u32>(at, 1) & mask, limit);
    store<u32>(out, <u32>at + 2);
    out += bit(answers, load<u32>(at, 2) & mask, limit);
    store<u32>(out, <u32>at + 3);
    out += bit(answers, load<u32>(at, 3) & mask, limit);
    store<u32>(out, <u32>at + 4);
    out += bit(answers, load<u32>(at, 4) & mask, limit);
    store<u32>(out, <u32>at + 5);
    out += bit(answers, load<u32>(at, 5) & mask, limit);
    store<u32>(out, <u32>at + 6);
    out += bit(answers, load<u32>(at, 6) & mask, limit);
    store<u32>(out, <u32>at + 7);
    out += bit(answers, load<u32>(at, 7) & mask, limit);
  }
  return out;
}

/** The byte of a gram, which is a step of the cursor: 0 or 4. */
export function byte(bytes: usize, gram: u32, limit: u32): usize {
  return load<u8>(bytes + (((gram * <u32>LiteralFormat.GRAM_MULTIPLIER) >>> LiteralFormat.TABLE_SHIFT) & limit));
}

/** Both bits of a gram as a step of the cursor: bits (hash mod 32) and (hash / 32 mod 32) counted from the byte its upper bits name. */
export function bit(bits: usize, gram: u32, limit: u32): usize {
  const hash = gram * <u32>LiteralFormat.GRAM_MULTIPLIER;
  const word = load<u32>(bits + ((hash >>> LiteralFormat.TABLE_SHIFT) & limit));
  return (<usize>((word >>> (hash & 31)) & (word >>> ((hash >>> 5) & 31)) & 1)) << 2;
}
