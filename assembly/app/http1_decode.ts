/**
 * Decoding of request targets, as the configured server would do it (libhtp personalities).
 *
 * Paths: percent and %u escapes, separators (encoded, doubled, backslashes), UTF-8 to single bytes, dot segments. Queries and the rest: escapes
 * only. Every function writes at most as many bytes as it reads and may work in place.
 */
import { HttpPersonality, Setting } from "../abi/settings";
import { hexPair } from "../codec/percent";
import { setting } from "../memory/settings";
import { bestFit } from "./bestfit";

const REPLACEMENT: u32 = 0x3f;

function decodesU(): bool {
  const p = setting(Setting.HttpPersonality);
  return p == HttpPersonality.Ids || (p >= <u32>HttpPersonality.Iis60 && p <= <u32>HttpPersonality.Iis75);
}

function convertsBackslash(): bool {
  const p = setting(Setting.HttpPersonality);
  return p != HttpPersonality.Minimal && p != HttpPersonality.Apache2;
}

/** Four hexadecimal digits at `at`, or -1. */
function hexWord(at: usize, end: usize): i32 {
  if (at + 4 > end) return -1;
  const high = hexPair(at);
  const low = hexPair(at + 2);
  return high < 0 || low < 0 ? -1 : (high << 8) | low;
}

/** The byte an escape at `at` (behind the %) stands for, or -1; `escapeLength` counts its characters. */
let escapeLength: u32 = 0;

function escaped(at: usize, end: usize, u: bool): i32 {
  if (at < end && (load<u8>(at) | 0x20) == 0x75) {
    if (!u) return -1;
    const word = hexWord(at + 1, end);
    escapeLength = 5;
    if (word < 0) return -1;
    return word < 0x100 ? word : <i32>bestFit(word);
  }
  escapeLength = 2;
  return at + 2 <= end ? hexPair(at) : -1;
}

/** Undoes escapes (and `+` when `plus`) once. Returns the new length. */
export function decodeEscapes(data: usize, length: u32, plus: bool): u32 {
  const end = data + length;
  const u = decodesU();
  let to = data;
  for (let at = data; at < end; ) {
    let c = <u32>load<u8>(at++);
    if (c == 0x25) {
      const value = escaped(at, end, u);
      if (value >= 0) {
        c = <u32>value;
        at += escapeLength;
      }
    } else if (c == 0x2b && plus) c = 0x20;
    store<u8>(to++, <u8>c);
  }
  return <u32>(to - data);
}

/** Undoes escapes and separators of a path. */
function decodePathEscapes(data: usize, length: u32): u32 {
  const end = data + length;
  const personality = setting(Setting.HttpPersonality);
  const u = decodesU();
  const backslash = convertsBackslash();
  const compress = personality != HttpPersonality.Minimal;
  const decodeSeparators = compress && personality != HttpPersonality.Apache2;
  let to = data;
  for (let at = data; at < end; ) {
    let c = <u32>load<u8>(at++);
    if (c == 0x25) {
      const word = at < end && (load<u8>(at) | 0x20) == 0x75;
      const value = escaped(at, end, u);
      const separator = value == 0x2f || (backslash && value == 0x5c);
      if (value >= 0 && (word || decodeSeparators || !separator)) {
        c = <u32>value;
        at += escapeLength;
      }
    }
    if (c == 0x5c && backslash) c = 0x2f;
    if (c == 0x2f && compress && to > data && load<u8>(to - 1) == 0x2f) continue;
    store<u8>(to++, <u8>c);
  }
  return <u32>(to - data);
}

/** Length of the UTF-8 sequence a lead byte starts, overlong forms included; 0 for none. */
function sequenceLength(c: u32): u32 {
  if (c >= 0xc0 && c < 0xe0) return 2;
  if (c >= 0xe0 && c < 0xf0) return 3;
  return c >= 0xf0 && c < 0xf5 ? 4 : 0;
}

/** Turns UTF-8 into single bytes; each invalid sequence becomes one `?`. */
function decodeUtf8(data: usize, length: u32): u32 {
  const end = data + length;
  let to = data;
  for (let at = data; at < end; ) {
    const lead = <u32>load<u8>(at++);
    if (lead < 0x80) {
      store<u8>(to++, <u8>lead);
      continue;
    }
    const size = sequenceLength(lead);
    if (size == 0) {
      store<u8>(to++, <u8>REPLACEMENT);
      continue;
    }
    let code = lead & (0xff >> (size + 1));
    let more = size - 1;
    while (more > 0 && at < end && (load<u8>(at) & 0xc0) == 0x80) {
      code = (code << 6) | (load<u8>(at) & 0x3f);
      at++;
      more--;
    }
    if (more > 0 && at >= end) {
      // Cut off at the end: its first byte leaves nothing, each further one a replacement.
      for (let i: u32 = 1; i < size - more; i++) store<u8>(to++, <u8>REPLACEMENT);
      break;
    }
    const surrogate = code >= 0xd800 && code < 0xe000;
    if (more > 0 || surrogate || code > 0x10_ffff) store<u8>(to++, <u8>REPLACEMENT);
    else store<u8>(to++, <u8>(code < 0x100 ? code : bestFit(code)));
  }
  return <u32>(to - data);
}

/** Removes dot segments (RFC 3986 section 5.2.4, with libhtp's corners: "/a/.." leaves nothing, "one/." leaves "one"). */
function removeDotSegments(data: usize, length: u32): u32 {
  const end = data + length;
  let to = data;
  // At the start of a segment: is its slash held back, was it left by dots, and how many dots were read.
  let starting = true;
  let slash = false;
  let silent = false;
  let dots: u32 = 0;
  for (let at = data; at < end; at++) {
    const c = <u32>load<u8>(at);
    if (!starting) {
      if (c == 0x2f) {
        starting = true;
        slash = true;
        silent = false;
        dots = 0;
      } else store<u8>(to++, <u8>c);
    } else if (c == 0x2e && dots < 2) {
      dots++;
    } else if (c == 0x2f && dots > 0) {
      if (slash && dots == 2) to = parentOf(data, to);
      silent = slash;
      dots = 0;
    } else if (c == 0x2f && !slash) {
      slash = true;
    } else {
      if (slash) store<u8>(to++, 0x2f);
      for (; dots > 0; dots--) store<u8>(to++, 0x2e);
      store<u8>(to++, <u8>c);
      starting = false;
    }
  }
  if (starting && slash) {
    if (dots == 2) to = parentOf(data, to);
    else if (dots == 0 && !silent) store<u8>(to++, 0x2f);
  }
  return <u32>(to - data);
}

/** The path up to `to` without its last segment. */
function parentOf(data: usize, to: usize): usize {
  while (to > data && load<u8>(to - 1) != 0x2f) to--;
  return to > data ? to - 1 : to;
}

/** Normalises a path in place. Returns the new length. */
export function normalizePath(data: usize, length: u32): u32 {
  length = decodePathEscapes(data, length);
  if (setting(Setting.HttpPersonality) == HttpPersonality.Ids) length = decodeUtf8(data, length);
  return removeDotSegments(data, length);
}
