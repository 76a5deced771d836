/**
 * Incremental decoder of the ".lzma" (LZMA alone) format: 13 bytes of header, then one range-coded stream.
 *
 * The caller hands in a region of `LZMA_SIZE` bytes and a window; a stream whose dictionary does not fit the window is
 * decoded until its output does not fit either, then refused (the memory limit of libhtp's decoder). `lc + lp` is
 * limited to 4, as in every encoder's presets, which bounds the probability tables.
 *
 * A symbol is decoded as a whole or not at all: probabilities changed by a symbol that runs out of input are put back
 * from a log, and its bytes (at most 20) wait in `carry`. So a step may end at any byte.
 */
import { CodecStatus } from "./status";

const enum Mode {
  Header = 0,
  Symbols = 1,
  Match = 2,
  Done = 3,
  Failed = 4,
}

/** 13 bytes of header and 5 bytes that start the range coder. */
const HEADER_SIZE: u32 = 18;
const CARRY_SIZE: u32 = 64;
/** A symbol is at most 50 bits and so at most that many probabilities. */
const LOG_ENTRIES: u32 = 64;
const SIZE_UNKNOWN: u64 = u64.MAX_VALUE;
const MIN_DICTIONARY: u32 = 4096;
const MAX_LITERAL_BITS: u32 = 4;

@unmanaged
export class Lzma {
  mode: Mode = Mode.Header;
  window: usize = 0;
  /** Size of the ring inside the window: the dictionary, or the whole window if that is smaller. */
  ring: u32 = 0;
  windowSize: u32 = 0;
  /** True when the dictionary is larger than the window. */
  cramped: bool = false;
  total: u64 = 0;
  unpackedSize: u64 = 0;
  range: u32 = 0;
  code: u32 = 0;
  state: u32 = 0;
  rep0: u32 = 0;
  rep1: u32 = 0;
  rep2: u32 = 0;
  rep3: u32 = 0;
  /** Bytes left of a match. */
  remaining: u32 = 0;
  lc: u32 = 0;
  lpMask: u32 = 0;
  pbMask: u32 = 0;
  carryLength: u32 = 0;
  logged: u32 = 0;
  consumed: u32 = 0;
  produced: u32 = 0;
}

/** Probability tables, as indices of u16 (LZMA specification, "Probability model"). */
const enum Probability {
  IsMatch = 0,
  IsRep = 192,
  IsRepG0 = 204,
  IsRepG1 = 216,
  IsRepG2 = 228,
  IsRep0Long = 240,
  PositionSlot = 432,
  PositionSpecial = 688,
  Align = 802,
  Length = 818,
  RepLength = 1332,
  Literal = 1846,
}
const enum LengthTable {
  Choice = 0,
  Choice2 = 1,
  Low = 2,
  Mid = 130,
  High = 258,
}

const PROBABILITIES: u32 = Probability.Literal + (0x300 << MAX_LITERAL_BITS);
const CARRY: usize = offsetof<Lzma>();
const LOG: usize = CARRY + <usize>CARRY_SIZE;
const MODEL: usize = LOG + ((<usize>LOG_ENTRIES) << 3);
/** Bytes of one decoder, without its window. */
export const LZMA_SIZE: usize = MODEL + ((<usize>PROBABILITIES) << 1);

/** Begins a stream in `region` (`LZMA_SIZE` bytes, 8-byte aligned) with a window of `windowSize` bytes. */
export function lzmaBegin(region: usize, window: usize, windowSize: u32): Lzma {
  memory.fill(region, 0, CARRY);
  const s = changetype<Lzma>(region);
  s.window = window;
  s.windowSize = windowSize;
  return s;
}

/** The input of the step under way; a symbol that reads past `inputEnd` sets `starved` and is undone. */
let inputAt: usize = 0;
let inputEnd: usize = 0;
let starved: bool = false;

function normalize(s: Lzma): void {
  if (s.range >= 1 << 24) return;
  if (inputAt >= inputEnd) {
    starved = true;
    s.range = 0xffff_ffff;
    return;
  }
  s.range <<= 8;
  s.code = (s.code << 8) | <u32>load<u8>(inputAt++);
}

function decodeBit(s: Lzma, index: u32): u32 {
  const at = changetype<usize>(s) + MODEL + ((<usize>index) << 1);
  const probability = <u32>load<u16>(at);
  if (s.logged < LOG_ENTRIES) {
    store<u32>(changetype<usize>(s) + LOG + ((<usize>s.logged) << 3), index);
    store<u32>(changetype<usize>(s) + LOG + ((<usize>s.logged) << 3), probability, 4);
    s.logged++;
  }
  const bound = (s.range >> 11) * probability;
  let bit: u32 = 0;
  if (s.code < bound) {
    s.range = bound;
    store<u16>(at, <u16>(probability + ((2048 - probability) >> 5)));
  } else {
    s.range -= bound;
    s.code -= bound;
    store<u16>(at, <u16>(probability - (probability >> 5)));
    bit = 1;
  }
  normalize(s);
  return bit;
}

function decodeTree(s: Lzma, base: u32, bits: u32): u32 {
  let node: u32 = 1;
  for (let i: u32 = 0; i < bits; i++) node = (node << 1) | decodeBit(s, base + node);
  return node - (1 << bits);
}

function decodeReverse(s: Lzma, base: u32, bits: u32): u32 {
  let node: u32 = 1;
  let value: u32 = 0;
  for (let i: u32 = 0; i < bits; i++) {
    const bit = decodeBit(s, base + node);
    node = (node << 1) | bit;
    value |= bit << i;
  }
  return value;
}

function decodeDirect(s: Lzma, bits: u32): u32 {
  let value: u32 = 0;
  for (; bits > 0; bits--) {
    s.range >>= 1;
    const bit: u32 = s.code >= s.range ? 1 : 0;
    if (bit) s.code -= s.range;
    value = (value << 1) | bit;
    normalize(s);
  }
  return value;
}

function decodeLength(s: Lzma, base: u32, position: u32): u32 {
  if (!decodeBit(s, base + LengthTable.Choice)) return decodeTree(s, base + LengthTable.Low + (position << 3), 3);
  if (!decodeBit(s, base + LengthTable.Choice2)) return 8 + decodeTree(s, base + LengthTable.Mid + (position << 3), 3);
  return 16 + decodeTree(s, base + LengthTable.High, 8);
}

function decodeDistance(s: Lzma, length: u32): u32 {
  const slot = decodeTree(s, Probability.PositionSlot + (min<u32>(length, 3) << 6), 6);
  if (slot < 4) return slot;
  const bits = (slot >> 1) - 1;
  const base = (2 | (slot & 1)) << bits;
  // The special tables start one before their first node: node numbers begin at 1.
  if (slot < 14) return base + decodeReverse(s, Probability.PositionSpecial + base - slot - 1, bits);
  return base + (decodeDirect(s, bits - 4) << 4) + decodeReverse(s, Probability.Align, 4);
}

/** The byte `distance + 1` before the write position. */
function windowByte(s: Lzma, distance: u32): u32 {
  const at = <u32>((s.total + <u64>s.ring - 1 - <u64>distance) % <u64>s.ring);
  return <u32>load<u8>(s.window + at);
}

function emit(s: Lzma, byte: u32, out: usize): void {
  store<u8>(s.window + <u32>(s.total % <u64>s.ring), <u8>byte);
  store<u8>(out, <u8>byte);
  s.total++;
}

function decodeLiteral(s: Lzma): u32 {
  const previous = s.total == 0 ? 0 : windowByte(s, 0);
  const context = ((<u32>s.total & s.lpMask) << s.lc) + (previous >> (8 - s.lc));
  const base: u32 = Probability.Literal + 0x300 * context;
  let node: u32 = 1;
  if (s.state >= 7) {
    let match = windowByte(s, s.rep0);
    while (node < 0x100) {
      const matchBit = (match >> 7) & 1;
      match <<= 1;
      const bit = decodeBit(s, base + ((1 + matchBit) << 8) + node);
      node = (node << 1) | bit;
      if (bit != matchBit) break;
    }
  }
  while (node < 0x100) node = (node << 1) | decodeBit(s, base + node);
  return node & 0xff;
}

/** True when `distance` reaches back no further than the output and the dictionary. */
function reachable(s: Lzma, distance: u32): bool {
  return <u64>distance < s.total && distance < s.ring;
}

const LITERAL_DECODED: u32 = 0x100;

/**
 * Decodes one symbol. Returns `LITERAL_DECODED | byte` for a literal, else 0 with `remaining` bytes of a match at `rep0`
 * to copy, or with the mode changed to Done or Failed.
 */
function decodeSymbol(s: Lzma): u32 {
  const position = <u32>s.total & s.pbMask;
  if (!decodeBit(s, Probability.IsMatch + (s.state << 4) + position)) {
    const byte = decodeLiteral(s);
    s.state = s.state < 4 ? 0 : s.state < 10 ? s.state - 3 : s.state - 6;
    return LITERAL_DECODED | byte;
  }
  if (!decodeBit(s, Probability.IsRep + s.state)) {
    s.rep3 = s.rep2;
    s.rep2 = s.rep1;
    s.rep1 = s.rep0;
    const length = decodeLength(s, Probability.Length, position);
    s.state = s.state < 7 ? 7 : 10;
    s.rep0 = decodeDistance(s, length);
    s.remaining = length + 2;
    if (s.rep0 == 0xffff_ffff) {
      s.mode = s.code == 0 ? Mode.Done : Mode.Failed;
      s.remaining = 0;
      return 0;
    }
  } else {
    if (!decodeBit(s, Probability.IsRepG0 + s.state)) {
      if (!decodeBit(s, Probability.IsRep0Long + (s.state << 4) + position)) {
        s.state = s.state < 7 ? 9 : 11;
        s.remaining = 1;
        s.mode = reachable(s, s.rep0) ? Mode.Match : Mode.Failed;
        return 0;
      }
    } else {
      let distance = s.rep1;
      if (decodeBit(s, Probability.IsRepG1 + s.state)) {
        distance = s.rep2;
        if (decodeBit(s, Probability.IsRepG2 + s.state)) {
          distance = s.rep3;
          s.rep3 = s.rep2;
        }
        s.rep2 = s.rep1;
      }
      s.rep1 = s.rep0;
      s.rep0 = distance;
    }
    s.remaining = decodeLength(s, Probability.RepLength, position) + 2;
    s.state = s.state < 7 ? 8 : 11;
  }
  s.mode = reachable(s, s.rep0) ? Mode.Match : Mode.Failed;
  return 0;
}

/** The 18 bytes in `carry` start the stream. */
function readHeader(s: Lzma): void {
  const carry = changetype<usize>(s) + CARRY;
  const properties = <u32>load<u8>(carry);
  const dictionary = max(load<u32>(carry, 1), MIN_DICTIONARY);
  s.unpackedSize = load<u64>(carry, 5);
  s.lc = properties % 9;
  const lp = (properties / 9) % 5;
  const pb = properties / 45;
  s.range = 0xffff_ffff;
  s.code = bswap<u32>(load<u32>(carry, 14));
  s.cramped = dictionary > s.windowSize;
  s.ring = min(dictionary, s.windowSize);
  s.carryLength = 0;
  if (pb > 4 || s.lc + lp > MAX_LITERAL_BITS || s.ring == 0) {
    s.mode = Mode.Failed;
    return;
  }
  s.lpMask = (1 << lp) - 1;
  s.pbMask = (1 << pb) - 1;
  const model = changetype<usize>(s) + MODEL;
  const count: u32 = Probability.Literal + (0x300 << (s.lc + lp));
  for (let i: u32 = 0; i < count; i++) store<u16>(model + ((<usize>i) << 1), 1024);
  s.mode = s.unpackedSize == 0 ? Mode.Done : Mode.Symbols;
}

/** Decodes symbols from the step's input until it is used up (`starved`), `outEnd` is met or the stream ends. Returns the new `out`. */
function decodeRun(s: Lzma, out: usize, outEnd: usize, stop: usize): usize {
  starved = false;
  while (out < outEnd) {
    if (s.mode == Mode.Match) {
      emit(s, windowByte(s, s.rep0), out++);
      if (--s.remaining == 0) s.mode = Mode.Symbols;
    } else if (s.mode == Mode.Symbols) {
      if (inputAt >= stop) break;
      const from = inputAt;
      const range = s.range;
      const code = s.code;
      const state = s.state;
      const rep0 = s.rep0;
      const rep1 = s.rep1;
      const rep2 = s.rep2;
      const rep3 = s.rep3;
      s.logged = 0;
      const decoded = decodeSymbol(s);
      if (starved) {
        for (let i = <i32>s.logged - 1; i >= 0; i--) {
          const entry = changetype<usize>(s) + LOG + ((<usize>i) << 3);
          store<u16>(changetype<usize>(s) + MODEL + ((<usize>load<u32>(entry)) << 1), <u16>load<u32>(entry, 4));
        }
        s.range = range;
        s.code = code;
        s.state = state;
        s.rep0 = rep0;
        s.rep1 = rep1;
        s.rep2 = rep2;
        s.rep3 = rep3;
        s.remaining = 0;
        s.mode = Mode.Symbols;
        inputAt = from;
        break;
      }
      if (decoded) emit(s, decoded & 0xff, out++);
    } else break;
    if (s.mode <= Mode.Match) {
      if (s.total == s.unpackedSize) s.mode = Mode.Done;
      else if (s.cramped && s.total >= <u64>s.windowSize) s.mode = Mode.Failed;
    }
  }
  return out;
}

/** Decodes from `input` into `out`, at most `room` bytes. `consumed` and `produced` tell how far it came. */
export function lzmaStep(s: Lzma, input: usize, length: u32, out: usize, room: u32): CodecStatus {
  const carry = changetype<usize>(s) + CARRY;
  const start = out;
  const outEnd = out + room;
  let used: u32 = 0;
  s.consumed = 0;
  s.produced = 0;
  starved = false;
  if (s.mode == Mode.Header) {
    used = min(HEADER_SIZE - s.carryLength, length);
    memory.copy(carry + s.carryLength, input, used);
    s.carryLength += used;
    if (s.carryLength == HEADER_SIZE) readHeader(s);
  }
  if (s.carryLength > 0 && s.mode != Mode.Header) {
    // Bytes kept from the last step go first, joined to as many new ones as a symbol may need.
    const kept = s.carryLength;
    const joined = min(CARRY_SIZE - kept, length);
    memory.copy(carry + kept, input, joined);
    inputAt = carry;
    inputEnd = carry + kept + joined;
    out = decodeRun(s, out, outEnd, carry + kept);
    const taken = <u32>(inputAt - carry);
    if (taken < kept) {
      // Starved: all new input is in `carry`. Out of room: keep only what was kept before.
      const rest = (starved ? kept + joined : kept) - taken;
      memory.copy(carry, carry + taken, rest);
      s.carryLength = rest;
      used = starved ? joined : 0;
    } else {
      s.carryLength = 0;
      used = taken - kept;
    }
  }
  if (s.carryLength == 0 && s.mode != Mode.Header) {
    inputAt = input + used;
    inputEnd = input + length;
    out = decodeRun(s, out, outEnd, inputEnd);
    used = <u32>(inputAt - input);
    if (starved) {
      s.carryLength = length - used;
      memory.copy(carry, inputAt, s.carryLength);
      used = length;
    }
  }
  s.consumed = used;
  s.produced = <u32>(out - start);
  if (s.mode == Mode.Done) return CodecStatus.End;
  if (s.mode == Mode.Failed) return CodecStatus.Error;
  if (starved || out < outEnd) return CodecStatus.NeedInput;
  return s.mode == Mode.Match || s.carryLength > 0 || used < length ? CodecStatus.NeedOutput : CodecStatus.NeedInput;
}
