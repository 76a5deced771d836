/**
 * A gram filter (stride 2 or 4) and a nibble filter in one loop: the hashes leave the vector units idle, so the nibbles are nearly free. The
 * loops are written out, since a call, or a branch on what does not change, would cost more than what it does.
 *
 * Contract: as in gram.ts and nibble.ts.
 */
import { LiteralFilter, LiteralSection } from "../abi/literals";
import { bit, byte } from "./gram";
import { allow, setNibbleEnd, writeLanes } from "./nibble";

/**
 * Scans with a gram section and eight `buckets` of the nibble section before it; `active` are those still wanted. Returns the end of the gram
 * candidates; `nibbleEnd` is the end of the others, which start at `nibbleOut`.
 */
export function filterBoth(
  table: usize,
  section: usize,
  buckets: usize,
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
  const wanted = i8x16.splat(<i8>active);
  const low = v128.and(v128.load(buckets), wanted);
  const high = v128.load(buckets, 16);
  const low1 = v128.load(buckets, 32);
  const high1 = v128.load(buckets, 48);
  const low2 = v128.load(buckets, 64);
  const high2 = v128.load(buckets, 80);
  if (bytes && stride == 4) {
    for (; at < stop; at += 16) {
      const text = v128.load(at);
      const next = v128.load(at, 1);
      const last = v128.load(at, 2);
      const found = v128.and(v128.and(allow(low, high, text), allow(low1, high1, next)), allow(low2, high2, last));
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
      const text = v128.load(at);
      const next = v128.load(at, 1);
      const last = v128.load(at, 2);
      const found = v128.and(v128.and(allow(low, high, text), allow(low1, high1, next)), allow(low2, high2, last));
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
      const text = v128.load(at);
      const next = v128.load(at, 1);
      const last = v128.load(at, 2);
      const found = v128.and(v128.and(allow(low, high, text), allow(low1, high1, next)), allow(low2, high2, last));
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
      const text = v128.load(at);
      const next = v128.load(at, 1);
      const last = v128.load(at, 2);
      const found = v128.and(v128.and(allow(low, high, text), allow(low1, high1, next)), allow(low2, high2, last));
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
