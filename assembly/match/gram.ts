/**
 * Filters by gram hash, alone and together with a nibble filter.
 *
 * Every stride-th position is hashed and its hash looked up in a table. A position is always written to the candidates, but the cursor moves
 * on only past those that the table has: there is no branch to mispredict, which would cost as much as scanning fifty bytes. A group may run
 * past `stop`: what it finds there is refused by the verification.
 *
 * The hashes are scalar on purpose: with SIMD the four products of a vector must come back to general registers one by one, which made
 * these loops slower by a third (Node 20, x86-64). Shift counts are constants, since a variable one costs two instructions more. A nibble
 * filter in the same loop is nearly free: it keeps the vector units busy while the hashes keep the others.
 *
 * Contract: 64 bytes beyond `stop` are readable; `out` has room for every position of the block and 64 more.
 */
import { LiteralFilter, LiteralFormat, LiteralSection } from "../abi/literals";
import { allow, setNibbleEnd, writeLanes } from "./nibble";

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

/**
 * Scans with a gram section (stride 2 or 4) and, in the same loop, with a nibble section; `active` are the nibble buckets still wanted.
 * Returns the end of the gram candidates; `nibbleEnd` is the end of the others, which start at `nibbleOut`.
 */
export function filterBoth(
  table: usize,
  section: usize,
  nibbles: usize,
  active: u32,
  at: usize,
  stop: usize,
  out: usize,
  nibbleOut: usize,
): usize {
  const mask = load<u32>(section, LiteralSection.GRAM_MASK);
  const answers = table + load<u32>(section, LiteralSection.TABLE);
  const limit = load<u32>(section, LiteralSection.TABLE_LIMIT);
  const stride = load<u32>(section, LiteralSection.STRIDE);
  const bytes = load<u32>(section, LiteralSection.FILTER) == LiteralFilter.BYTE_TABLE;
  const buckets = table + load<u32>(nibbles, LiteralSection.TABLE);
  const wanted = i8x16.splat(<i8>active);
  const low = v128.and(v128.load(buckets), wanted);
  const high = v128.load(buckets, 16);
  const low1 = v128.load(buckets, 32);
  const high1 = v128.load(buckets, 48);
  const low2 = v128.load(buckets, 64);
  const high2 = v128.load(buckets, 80);
  if (bytes && stride == 4) {
    for (; at < stop; at += 16) {
      const found = v128.and(
        v128.and(allow(low, high, v128.load(at)), allow(low1, high1, v128.load(at, 1))),
        allow(low2, high2, v128.load(at, 2)),
      );
      if (v128.any_true(found)) nibbleOut = writeLanes(found, at, nibbleOut);
      store<u32>(out, <u32>at);
      out += byte(answers, load<u32>(at) & mask, limit);
      store<u32>(out, <u32>at + 4);
      out += byte(answers, load<u32>(at, 4) & mask, limit);
      store<u32>(out, <u32>at + 8);
      out += byte(answers, load<u32>(at, 8) & mask, limit);
      store<u32>(out, <u32>at + 12);
      out += byte(answers, load<u32>(at, 12) & mask, limit);
    }
  } else if (bytes) {
    for (; at < stop; at += 16) {
      const found = v128.and(
        v128.and(allow(low, high, v128.load(at)), allow(low1, high1, v128.load(at, 1))),
        allow(low2, high2, v128.load(at, 2)),
      );
      if (v128.any_true(found)) nibbleOut = writeLanes(found, at, nibbleOut);
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
  } else if (stride == 4) {
    for (; at < stop; at += 16) {
      const found = v128.and(
        v128.and(allow(low, high, v128.load(at)), allow(low1, high1, v128.load(at, 1))),
        allow(low2, high2, v128.load(at, 2)),
      );
      if (v128.any_true(found)) nibbleOut = writeLanes(found, at, nibbleOut);
      store<u32>(out, <u32>at);
      out += bit(answers, load<u32>(at) & mask, limit);
      store<u32>(out, <u32>at + 4);
      out += bit(answers, load<u32>(at, 4) & mask, limit);
      store<u32>(out, <u32>at + 8);
      out += bit(answers, load<u32>(at, 8) & mask, limit);
      store<u32>(out, <u32>at + 12);
      out += bit(answers, load<u32>(at, 12) & mask, limit);
    }
  } else {
    for (; at < stop; at += 16) {
      const found = v128.and(
        v128.and(allow(low, high, v128.load(at)), allow(low1, high1, v128.load(at, 1))),
        allow(low2, high2, v128.load(at, 2)),
      );
      if (v128.any_true(found)) nibbleOut = writeLanes(found, at, nibbleOut);
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
  }
  setNibbleEnd(nibbleOut);
  return out;
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
function byte(bytes: usize, gram: u32, limit: u32): usize {
  return load<u8>(bytes + (((gram * <u32>LiteralFormat.GRAM_MULTIPLIER) >>> LiteralFormat.TABLE_SHIFT) & limit));
}

/** The bit of a gram as a step of the cursor: bit (hash mod 32) counted from the byte its upper bits name. */
function bit(bits: usize, gram: u32, limit: u32): usize {
  const hash = gram * <u32>LiteralFormat.GRAM_MULTIPLIER;
  return (<usize>((load<u32>(bits + ((hash >>> LiteralFormat.TABLE_SHIFT) & limit)) >>> (hash & 31)) & 1)) << 2;
}
