/**
 * Filters by gram hash: every stride-th position is written to the candidates, and the cursor moves on only if the table has the gram.
 * There is no branch to predict. The group may run past `stop`: what it finds there is refused by the verification.
 *
 * Contract: 64 bytes beyond `stop` are readable; `out` has room for every position of the block and 64 more.
 */
import { LiteralFormat, LiteralSection } from "../abi/literals";

/** The byte of a gram, as a step of the cursor. */
function byte(bytes: usize, gram: u32, shift: u32): usize {
  return (<usize>load<u8>(bytes + ((gram * <u32>LiteralFormat.GRAM_MULTIPLIER) >>> shift))) << 2;
}

/** Table of bytes: 0 or 1. Returns the end of the candidates. */
export function filterBytes(table: usize, section: usize, at: usize, stop: usize, out: usize): usize {
  const mask = load<u32>(section, LiteralSection.GRAM_MASK);
  const shift = 32 - load<u32>(section, LiteralSection.TABLE_BITS);
  const bytes = table + load<u32>(section, LiteralSection.TABLE);
  const stride = load<u32>(section, LiteralSection.STRIDE);
  if (stride == 4) {
    for (; at < stop; at += 32) {
      store<u32>(out, <u32>at);
      out += byte(bytes, load<u32>(at) & mask, shift);
      store<u32>(out, <u32>at + 4);
      out += byte(bytes, load<u32>(at, 4) & mask, shift);
      store<u32>(out, <u32>at + 8);
      out += byte(bytes, load<u32>(at, 8) & mask, shift);
      store<u32>(out, <u32>at + 12);
      out += byte(bytes, load<u32>(at, 12) & mask, shift);
      store<u32>(out, <u32>at + 16);
      out += byte(bytes, load<u32>(at, 16) & mask, shift);
      store<u32>(out, <u32>at + 20);
      out += byte(bytes, load<u32>(at, 20) & mask, shift);
      store<u32>(out, <u32>at + 24);
      out += byte(bytes, load<u32>(at, 24) & mask, shift);
      store<u32>(out, <u32>at + 28);
      out += byte(bytes, load<u32>(at, 28) & mask, shift);
    }
    return out;
  }
  if (stride == 2) {
    for (; at < stop; at += 8) {
      store<u32>(out, <u32>at);
      out += byte(bytes, load<u32>(at) & mask, shift);
      store<u32>(out, <u32>at + 2);
      out += byte(bytes, load<u32>(at, 2) & mask, shift);
      store<u32>(out, <u32>at + 4);
      out += byte(bytes, load<u32>(at, 4) & mask, shift);
      store<u32>(out, <u32>at + 6);
      out += byte(bytes, load<u32>(at, 6) & mask, shift);
    }
    return out;
  }
  for (; at < stop; at += 4) {
    store<u32>(out, <u32>at);
    out += byte(bytes, load<u32>(at) & mask, shift);
    store<u32>(out, <u32>at + 1);
    out += byte(bytes, load<u32>(at, 1) & mask, shift);
    store<u32>(out, <u32>at + 2);
    out += byte(bytes, load<u32>(at, 2) & mask, shift);
    store<u32>(out, <u32>at + 3);
    out += byte(bytes, load<u32>(at, 3) & mask, shift);
  }
  return out;
}

/** The bit of a gram, as a step of the cursor. */
function bit(bits: usize, gram: u32, shift: u32): usize {
  const hash = gram * <u32>LiteralFormat.GRAM_MULTIPLIER;
  return (<usize>((<u32>load<u8>(bits + (hash >>> shift)) >>> (hash & 7)) & 1)) << 2;
}

/** Table of bits. Returns the end of the candidates. */
export function filterBits(table: usize, section: usize, at: usize, stop: usize, out: usize): usize {
  const mask = load<u32>(section, LiteralSection.GRAM_MASK);
  const shift = 35 - load<u32>(section, LiteralSection.TABLE_BITS);
  const bits = table + load<u32>(section, LiteralSection.TABLE);
  const stride = load<u32>(section, LiteralSection.STRIDE);
  if (stride == 4) {
    for (; at < stop; at += 16) {
      store<u32>(out, <u32>at);
      out += bit(bits, load<u32>(at) & mask, shift);
      store<u32>(out, <u32>at + 4);
      out += bit(bits, load<u32>(at, 4) & mask, shift);
      store<u32>(out, <u32>at + 8);
      out += bit(bits, load<u32>(at, 8) & mask, shift);
      store<u32>(out, <u32>at + 12);
      out += bit(bits, load<u32>(at, 12) & mask, shift);
    }
    return out;
  }
  if (stride == 2) {
    for (; at < stop; at += 8) {
      store<u32>(out, <u32>at);
      out += bit(bits, load<u32>(at) & mask, shift);
      store<u32>(out, <u32>at + 2);
      out += bit(bits, load<u32>(at, 2) & mask, shift);
      store<u32>(out, <u32>at + 4);
      out += bit(bits, load<u32>(at, 4) & mask, shift);
      store<u32>(out, <u32>at + 6);
      out += bit(bits, load<u32>(at, 6) & mask, shift);
    }
    return out;
  }
  for (; at < stop; at += 4) {
    store<u32>(out, <u32>at);
    out += bit(bits, load<u32>(at) & mask, shift);
    store<u32>(out, <u32>at + 1);
    out += bit(bits, load<u32>(at, 1) & mask, shift);
    store<u32>(out, <u32>at + 2);
    out += bit(bits, load<u32>(at, 2) & mask, shift);
    store<u32>(out, <u32>at + 3);
    out += bit(bits, load<u32>(at, 3) & mask, shift);
  }
  return out;
}
