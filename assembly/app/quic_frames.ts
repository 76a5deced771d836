/**
 * Frames of QUIC's first packets: CRYPTO frames, which carry the TLS hello in pieces (RFC 9000 section 19.6), and Google's stream frames
 * with the tags of its own handshake. What other frames carry is encrypted or of no interest.
 */
import { Account, acquire, release, resize } from "../memory/heap";
import { quicBehind, quicNumber, quicValue } from "./quic_header";

enum FrameType {
  Padding = 0,
  Ping = 1,
  Ack = 2,
  Crypto = 6,
  GoogleCrypto = 8,
}

/** Bytes of handshake gathered for a direction at most. */
const MAX_CRYPTO: u32 = 65535;

/** The handshake of one direction as far as it has come: a piece of heap. */
@unmanaged
export class QuicCrypto {
  data: usize;
  /** Bytes up to the highest offset seen. */
  length: u32;
  /** Bytes that came, all frames together. */
  filled: u32;
  /** A frame lay beyond MAX_CRYPTO. */
  tooLong: bool;
}

export function freeCrypto(crypto: QuicCrypto): void {
  release(crypto.data);
  crypto.data = 0;
  crypto.length = 0;
  crypto.filled = 0;
}

/** Tags of a Google handshake seen last: offset and bytes of the message in the frames, 0 for none. */
export let tagsAt: u32 = 0;
export let tagsLength: u32 = 0;

function addCrypto(crypto: QuicCrypto, offset: u64, data: usize, length: u32): void {
  const end = offset + <u64>length;
  if (end > MAX_CRYPTO) {
    crypto.tooLong = true;
    return;
  }
  if (<u32>end > crypto.length) {
    const grown = crypto.data == 0 ? acquire(Account.App, <u32>end) : resize(Account.App, crypto.data, <u32>end);
    if (grown == 0) return;
    memory.fill(grown + crypto.length, 0, <u32>end - crypto.length);
    crypto.data = grown;
    crypto.length = <u32>end;
  }
  memory.copy(crypto.data + <u32>offset, data, length);
  crypto.filled += length;
}

/** The first message of the handshake is there whole. */
export function isCryptoWhole(crypto: QuicCrypto): bool {
  if (crypto.length < 4 || crypto.filled < crypto.length) return false;
  return cryptoSize(crypto) <= crypto.length - 4;
}

/** Bytes of the first message behind its header. */
export function cryptoSize(crypto: QuicCrypto): u32 {
  return bswap<u32>(load<u32>(crypto.data)) & 0xffffff;
}

/** Skips an ACK frame; the offset behind it, 0: it does not fit. */
function skipAck(data: usize, length: u32, at: u32): u32 {
  if (!quicNumber(data, length, at) || !quicNumber(data, length, quicBehind)) return 0;
  if (!quicNumber(data, length, quicBehind)) return 0;
  const ranges = quicValue;
  if (!quicNumber(data, length, quicBehind)) return 0;
  for (let i: u64 = 0; i < ranges; i++) {
    if (!quicNumber(data, length, quicBehind) || !quicNumber(data, length, quicBehind)) return 0;
  }
  return quicBehind;
}

/** A CRYPTO frame's offset, length and data; the offset behind it, 0: it does not fit. */
function cryptoFrame(crypto: QuicCrypto, google: bool, data: usize, length: u32, at: u32): u32 {
  if (!quicNumber(data, length, at)) return 0;
  const offset = quicValue;
  if (!quicNumber(data, length, quicBehind) || quicValue > <u64>(length - quicBehind)) return 0;
  const size = <u32>quicValue;
  if (google) noteTags(data, quicBehind, size);
  else addCrypto(crypto, offset, data + quicBehind, size);
  return quicBehind + size;
}

/** Google's stream frame `1fdooo ss`; the offset behind it, 0: it does not fit. */
function streamFrame(type: u32, data: usize, length: u32, at: u32): u32 {
  let offsetLength = (type & 0x1c) >> 2;
  if (offsetLength != 0) offsetLength++;
  at += (type & 3) + 1 + offsetLength;
  if (at > length) return 0;
  let size = length - at;
  if ((type & 0x20) != 0) {
    if (size < 2) return 0;
    size = bswap<u16>(load<u16>(data + at));
    at += 2;
    if (size > length - at) return 0;
  }
  noteTags(data, at, size);
  return at + size;
}

/** Notes a handshake message: its name, a count of tags, each with the end of its value, the values. */
function noteTags(data: usize, at: u32, length: u32): void {
  if (length < 8) return;
  const count = <u32>load<u16>(data + at, 4);
  const head = count * 8 + 8;
  if (head > length) return;
  let previous: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const end = load<u32>(data + at + 8 + i * 8, 4);
    if (end < previous || end > length - head) return;
    previous = end;
  }
  if (previous != length - head) return;
  tagsAt = at;
  tagsLength = length;
}

/** Reads the frames of a packet. False: one of them does not fit. */
export function quicFrames(crypto: QuicCrypto, data: usize, length: u32): bool {
  tagsAt = 0;
  tagsLength = 0;
  let at: u32 = 0;
  while (at < length) {
    const type = <u32>load<u8>(data + at++);
    if ((type & 0x80) != 0) at = streamFrame(type, data, length, at);
    else if (type == FrameType.Ack) at = skipAck(data, length, at);
    else if (type == FrameType.Crypto || type == FrameType.GoogleCrypto)
      at = cryptoFrame(crypto, type == FrameType.GoogleCrypto, data, length, at);
    else if (type != FrameType.Padding && type != FrameType.Ping) return true;
    if (at == 0) return false;
  }
  return true;
}
