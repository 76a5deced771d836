/**
 * Incremental DEFLATE decoder (RFC 1951), with the zlib (RFC 1950) framing when asked.
 *
 * The caller hands in a region of `INFLATE_SIZE` bytes; it holds the record, the code tables and the 32 KiB window.
 * A step takes what input there is, stops at any byte and goes on from there. Malformed input ends in
 * `CodecStatus.Error` with everything before the fault produced; no input traps or loops.
 * What is refused is what zlib refuses: over-subscribed or incomplete codes, a missing end-of-block code, distances
 * beyond the output so far, and, with the zlib framing, a bad header, a preset dictionary or a wrong Adler-32.
 */
import { adler32 } from "./checksum";
import { HUFFMAN_INVALID, HUFFMAN_MORE, HUFFMAN_SIZE, huffmanBuild, huffmanDecode, huffmanLongest } from "./huffman";
import { CodecStatus } from "./status";

/** Framing around the DEFLATE stream. */
export const enum InflateFraming {
  Raw = 0,
  Zlib = 1,
}

const enum Mode {
  ZlibHeader = 0,
  BlockHeader = 1,
  StoredLength = 2,
  StoredCopy = 3,
  TableSizes = 4,
  CodeLengths = 5,
  Lengths = 6,
  Symbols = 7,
  Match = 8,
  Trailer = 9,
  Done = 10,
  Failed = 11,
}

const WINDOW_SIZE: u32 = 32768;
const WINDOW_MASK: u32 = WINDOW_SIZE - 1;
const END_OF_BLOCK: u32 = 256;
const MAX_LENGTHS: usize = 320;

/** Decoder state; tables and window follow the record in the same region. */
@unmanaged
export class Inflate {
  mode: Mode = Mode.BlockHeader;
  framing: InflateFraming = InflateFraming.Raw;
  /** Bits taken from the input and not yet used, lowest first. */
  bits: u64 = 0;
  bitCount: u32 = 0;
  lastBlock: u32 = 0;
  /** Bytes left of a stored block, or of a match. */
  remaining: u32 = 0;
  distance: u32 = 0;
  /** Sizes of the dynamic tables and the number of lengths read so far. */
  literalCount: u32 = 0;
  distanceCount: u32 = 0;
  codeLengthCount: u32 = 0;
  lengthIndex: u32 = 0;
  /** Next write position in the window, and how much of it is filled. */
  windowAt: u32 = 0;
  windowFill: u32 = 0;
  adler: u32 = 1;
  /** Input bytes used and output bytes produced by the last step. */
  consumed: u32 = 0;
  produced: u32 = 0;
}

const LITERALS: usize = offsetof<Inflate>();
const DISTANCES: usize = LITERALS + HUFFMAN_SIZE;
const LENGTHS: usize = DISTANCES + HUFFMAN_SIZE;
const WINDOW: usize = LENGTHS + MAX_LENGTHS;

/** Bytes of one decoder. */
export const INFLATE_SIZE: usize = WINDOW + <usize>WINDOW_SIZE;

/** RFC 1951 section 3.2.5: base and extra bits of the length codes 257..285 and of the distance codes 0..29. */
const lengthBase: usize = memory.data<u16>([
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
]);
const lengthExtra: usize = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
]);
const distanceBase: usize = memory.data<u16>([
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
  8193, 12289, 16385, 24577,
]);
const distanceExtra: usize = memory.data<u8>([
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
]);
const codeLengthOrder: usize = memory.data<u8>([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]);

/** Begins a stream in `region` (`INFLATE_SIZE` bytes, 8-byte aligned). */
export function inflateBegin(region: usize, framing: InflateFraming): Inflate {
  memory.fill(region, 0, LITERALS);
  const s = changetype<Inflate>(region);
  s.framing = framing;
  s.mode = framing == InflateFraming.Zlib ? Mode.ZlibHeader : Mode.BlockHeader;
  s.adler = 1;
  return s;
}

/** RFC 1951 section 3.2.6. */
function fixedTables(base: usize): void {
  const lengths = base + LENGTHS;
  memory.fill(lengths, 8, 144);
  memory.fill(lengths + 144, 9, 112);
  memory.fill(lengths + 256, 7, 24);
  memory.fill(lengths + 280, 8, 8);
  huffmanBuild(base + LITERALS, lengths, 288);
  memory.fill(lengths, 5, 30);
  huffmanBuild(base + DISTANCES, lengths, 30);
}

/** Tables of a dynamic block from the lengths read. False when zlib would refuse them. */
function dynamicTables(base: usize, literalCount: u32, distanceCount: u32): bool {
  const lengths = base + LENGTHS;
  if (load<u8>(lengths + END_OF_BLOCK) == 0) return false;
  let left = huffmanBuild(base + LITERALS, lengths, literalCount);
  if (left < 0 || (left > 0 && huffmanLongest(base + LITERALS) != 1)) return false;
  left = huffmanBuild(base + DISTANCES, lengths + literalCount, distanceCount);
  return left == 0 || (left > 0 && huffmanLongest(base + DISTANCES) <= 1);
}

/** Shorter runs are copied byte by byte: a bulk copy costs about as much as twenty of them. */
const BULK: u32 = 24;

/** Copies `run` bytes of the window that begin `distance` before `to` to there; they may overlap, and wrap around. */
function copyMatch(window: usize, to: u32, distance: u32, run: u32): void {
  let from = (to - distance) & WINDOW_MASK;
  if (run < BULK || from + run > WINDOW_SIZE || to + run > WINDOW_SIZE || from > to) {
    for (let i: u32 = 0; i < run; i++) {
      store<u8>(window + to, load<u8>(window + from));
      from = (from + 1) & WINDOW_MASK;
      to = (to + 1) & WINDOW_MASK;
    }
    return;
  }
  if (distance == 1) {
    memory.fill(window + to, load<u8>(window + from), run);
    return;
  }
  // What was copied is a repetition of what comes before it: each piece may be longer than the one before.
  let done: u32 = 0;
  while (done < run) {
    const piece = min(distance + done, run - done);
    memory.copy(window + to + done, window + from, piece);
    done += piece;
  }
}

/** Copies the `length` bytes of the window that end at its write position to `out`. */
function windowTail(s: Inflate, out: usize, length: u32): void {
  const window = changetype<usize>(s) + WINDOW;
  const from = (s.windowAt - length) & WINDOW_MASK;
  const first = min(length, WINDOW_SIZE - from);
  memory.copy(out, window + from, first);
  if (first < length) memory.copy(out + first, window, length - first);
}

/**
 * Decodes from `input` into `out`: at most `min(room, 32768)` bytes a step. `consumed` and `produced` tell how far it came.
 * Input past the end of the stream is left alone (up to seven bytes of look-ahead excepted).
 */
export function inflateStep(s: Inflate, input: usize, length: u32, out: usize, room: u32): CodecStatus {
  const base = changetype<usize>(s);
  const window = base + WINDOW;
  const end = input + length;
  let at = input;
  let bits = s.bits;
  let have = s.bitCount;
  let windowAt = s.windowAt;
  let left = min(room, WINDOW_SIZE);
  const limit = left;
  let status: CodecStatus = CodecStatus.NeedInput;
  let mode = s.mode;

  for (;;) {
    if (have <= 56) {
      if (end - at >= 8) {
        bits |= load<u64>(at) << have;
        const taken = (63 - have) >> 3;
        at += taken;
        have += taken << 3;
        bits &= ((<u64>1) << have) - 1;
      } else {
        while (have <= 55 && at < end) {
          bits |= (<u64>load<u8>(at++)) << have;
          have += 8;
        }
      }
    }
    if (mode == Mode.Symbols) {
      const literal = huffmanDecode(base + LITERALS, bits, have);
      if (literal == HUFFMAN_MORE) break;
      if (literal == HUFFMAN_INVALID) {
        mode = Mode.Failed;
        continue;
      }
      const symbol = literal & 0xffff;
      let used = literal >> 16;
      if (symbol < END_OF_BLOCK) {
        if (left == 0) {
          status = CodecStatus.NeedOutput;
          break;
        }
        store<u8>(window + windowAt, <u8>symbol);
        windowAt = (windowAt + 1) & WINDOW_MASK;
        left--;
        bits >>= used;
        have -= used;
        continue;
      }
      if (symbol == END_OF_BLOCK) {
        bits >>= used;
        have -= used;
        mode = s.lastBlock ? Mode.Trailer : Mode.BlockHeader;
        continue;
      }
      if (symbol > 285) {
        mode = Mode.Failed;
        continue;
      }
      let extra = <u32>load<u8>(lengthExtra + symbol - 257);
      if (used + extra > have) break;
      s.remaining =
        <u32>load<u16>(lengthBase + ((<usize>(symbol - 257)) << 1)) + (<u32>(bits >> used) & ((1 << extra) - 1));
      used += extra;
      const far = huffmanDecode(base + DISTANCES, bits >> used, have - used);
      if (far == HUFFMAN_MORE) break;
      if (far == HUFFMAN_INVALID || (far & 0xffff) > 29) {
        mode = Mode.Failed;
        continue;
      }
      used += far >> 16;
      extra = <u32>load<u8>(distanceExtra + (far & 0xffff));
      if (used + extra > have) break;
      s.distance =
        <u32>load<u16>(distanceBase + ((<usize>(far & 0xffff)) << 1)) + (<u32>(bits >> used) & ((1 << extra) - 1));
      used += extra;
      bits >>= used;
      have -= used;
      mode = s.distance > min(WINDOW_SIZE, s.windowFill + (limit - left)) ? Mode.Failed : Mode.Match;
      continue;
    }
    if (mode == Mode.Match) {
      if (left == 0) {
        status = CodecStatus.NeedOutput;
        break;
      }
      const run = min(s.remaining, left);
      copyMatch(window, windowAt, s.distance, run);
      windowAt = (windowAt + run) & WINDOW_MASK;
      left -= run;
      s.remaining -= run;
      if (s.remaining == 0) mode = Mode.Symbols;
      continue;
    }
    if (mode == Mode.StoredCopy) {
      if (s.remaining == 0) {
        mode = s.lastBlock ? Mode.Trailer : Mode.BlockHeader;
        continue;
      }
      if (have < 8) break;
      if (left == 0) {
        status = CodecStatus.NeedOutput;
        break;
      }
      store<u8>(window + windowAt, <u8>bits);
      windowAt = (windowAt + 1) & WINDOW_MASK;
      left--;
      s.remaining--;
      bits >>= 8;
      have -= 8;
      continue;
    }
    if (mode >= Mode.Done) {
      status = mode == Mode.Done ? CodecStatus.End : CodecStatus.Error;
      break;
    }
    if (mode == Mode.Trailer) {
      bits >>= have & 7;
      have &= ~7;
      if (s.framing == InflateFraming.Raw) {
        mode = Mode.Done;
        continue;
      }
      if (have < 32) break;
      s.windowAt = windowAt;
      const expected = bswap<u32>(<u32>bits);
      bits >>= 32;
      have -= 32;
      // The bytes of this step are not summed yet; they stand at the tail of the window.
      windowTail(s, out, limit - left);
      mode = adler32(s.adler, out, limit - left) == expected ? Mode.Done : Mode.Failed;
      continue;
    }
    const used = blockHeading(s, mode, bits, have);
    if (used < 0) break;
    bits >>= <u64>used;
    have -= used;
    mode = s.mode;
  }

  s.mode = mode;
  s.windowAt = windowAt;
  s.produced = limit - left;
  s.windowFill = min(WINDOW_SIZE, s.windowFill + s.produced);
  windowTail(s, out, s.produced);
  if (s.framing == InflateFraming.Zlib) s.adler = adler32(s.adler, out, s.produced);
  if (mode == Mode.Done) {
    // Whole bytes of look-ahead belong to what follows.
    const back = min(have >> 3, <u32>(at - input));
    at -= back;
    bits = 0;
    have = 0;
  }
  s.bits = bits;
  s.bitCount = have;
  s.consumed = <u32>(at - input);
  return status;
}

/**
 * One piece of what stands before a block's data: the zlib header, the block header, a stored length, the dynamic code
 * lengths. Sets the next mode; returns the bits used, or -1 when `have` is not enough.
 */
function blockHeading(s: Inflate, mode: Mode, bits: u64, have: u32): i32 {
  const base = changetype<usize>(s);
  const word = <u32>bits;
  switch (mode) {
    case Mode.ZlibHeader: {
      if (have < 16) return -1;
      const cmf = word & 0xff;
      const flags = (word >> 8) & 0xff;
      const valid = ((cmf << 8) | flags) % 31 == 0 && (cmf & 15) == 8 && cmf >> 4 <= 7 && (flags & 0x20) == 0;
      s.mode = valid ? Mode.BlockHeader : Mode.Failed;
      return 16;
    }
    case Mode.BlockHeader: {
      if (have < 3) return -1;
      s.lastBlock = word & 1;
      const kind = (word >> 1) & 3;
      if (kind == 0) {
        // The length of a stored block starts at the next byte.
        s.mode = Mode.StoredLength;
        return 3 + <i32>((have - 3) & 7);
      }
      if (kind == 1) {
        fixedTables(base);
        s.mode = Mode.Symbols;
      } else s.mode = kind == 2 ? Mode.TableSizes : Mode.Failed;
      return 3;
    }
    case Mode.StoredLength: {
      if (have < 32) return -1;
      s.remaining = word & 0xffff;
      s.mode = (word & 0xffff) == ((~word >> 16) & 0xffff) ? Mode.StoredCopy : Mode.Failed;
      return 32;
    }
    case Mode.TableSizes: {
      if (have < 14) return -1;
      s.literalCount = (word & 31) + 257;
      s.distanceCount = ((word >> 5) & 31) + 1;
      s.codeLengthCount = ((word >> 10) & 15) + 4;
      s.lengthIndex = 0;
      memory.fill(base + LENGTHS, 0, MAX_LENGTHS);
      s.mode = s.literalCount > 286 || s.distanceCount > 30 ? Mode.Failed : Mode.CodeLengths;
      return 14;
    }
    case Mode.CodeLengths: {
      if (have < 3) return -1;
      store<u8>(base + LENGTHS + load<u8>(codeLengthOrder + s.lengthIndex), <u8>(word & 7));
      if (++s.lengthIndex == s.codeLengthCount) {
        s.lengthIndex = 0;
        // The code of the code lengths lives where the literal table will: it is done with before that one is built.
        const left = huffmanBuild(base + LITERALS, base + LENGTHS, 19);
        memory.fill(base + LENGTHS, 0, 19);
        s.mode = left == 0 ? Mode.Lengths : Mode.Failed;
      }
      return 3;
    }
    default:
      return codeLength(s, bits, have);
  }
}

/** One symbol of the code length alphabet (RFC 1951 section 3.2.7). Returns the bits used or -1. */
function codeLength(s: Inflate, bits: u64, have: u32): i32 {
  const base = changetype<usize>(s);
  const lengths = base + LENGTHS;
  const total = s.literalCount + s.distanceCount;
  const code = huffmanDecode(base + LITERALS, bits, have);
  if (code == HUFFMAN_MORE) return -1;
  if (code == HUFFMAN_INVALID) {
    s.mode = Mode.Failed;
    return 0;
  }
  const symbol = code & 0xffff;
  let used = code >> 16;
  if (symbol < 16) {
    store<u8>(lengths + s.lengthIndex++, <u8>symbol);
  } else {
    const extra: u32 = symbol == 16 ? 2 : symbol == 17 ? 3 : 7;
    if (used + extra > have) return -1;
    const times = (symbol == 18 ? 11 : 3) + (<u32>(bits >> used) & ((1 << extra) - 1));
    used += extra;
    if ((symbol == 16 && s.lengthIndex == 0) || s.lengthIndex + times > total) {
      s.mode = Mode.Failed;
      return <i32>used;
    }
    const value = symbol == 16 ? load<u8>(lengths + s.lengthIndex - 1) : 0;
    memory.fill(lengths + s.lengthIndex, value, times);
    s.lengthIndex += times;
  }
  if (s.lengthIndex == total) {
    s.mode = dynamicTables(base, s.literalCount, s.distanceCount) ? Mode.Symbols : Mode.Failed;
  }
  return <i32>used;
}
