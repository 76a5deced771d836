/**
 * Headers of QUIC packets: versions 1 and 2 and the drafts (RFC 9000 section 17, RFC 9369), and Google's before (gQUIC, Q043 to Q046).
 * Contract: after `quicHeader` returned true, everything it found lies inside the bytes it was given.
 */
import { QUIC_V2 } from "./quic_keys";

export enum QuicType {
  Initial,
  ZeroRtt,
  Handshake,
  Retry,
  VersionNegotiation,
  Short,
}

/** Of the header read last: what it says, and offsets into it. */
export let quicType: QuicType = QuicType.Short;
export let quicVersion: u32 = 0;
/** Offset of the version, 0 for none. */
export let quicVersionAt: u32 = 0;
export let quicIdAt: u32 = 0;
export let quicIdLength: u32 = 0;
/** Where the payload begins (with the packet number, where that is protected), and its length. */
export let quicPayloadAt: u32 = 0;
export let quicPayloadLength: u32 = 0;

const MULTIPATH: u32 = 0x40;
const HAS_ID: u32 = 8;
const HAS_NONCE: u32 = 4;
const HAS_VERSION: u32 = 1;
/** Google's digest of a packet that is not encrypted. */
const HASH: u32 = 12;

/** Q043 to Q046. */
export function isGoogleQuic(version: u32): bool {
  return version >= 0x5130_3433 && version <= 0x5130_3436;
}

/** Reads the header of the packet that begins at `data`. False: it is none. */
export function quicHeader(data: usize, length: u32): bool {
  if (length < 1) return false;
  const first = <u32>load<u8>(data);
  quicVersion = 0;
  quicVersionAt = 0;
  quicIdLength = 0;
  quicType = QuicType.Short;
  if ((first & 0x80) != 0) return longHeader(data, length, first);
  if ((first & MULTIPATH) != 0) return payload(1, length);
  return publicHeader(data, length, first);
}

function payload(at: u32, length: u32): bool {
  if (at > length || length - at > 0xffff) return false;
  quicPayloadAt = at;
  quicPayloadLength = length - at;
  return true;
}

/** Google's public header. */
function publicHeader(data: usize, length: u32, first: u32): bool {
  let at: u32 = 1;
  if ((first & HAS_ID) != 0) {
    quicIdAt = at;
    quicIdLength = 8;
    at += 8;
  } else if ((first & HAS_NONCE) != 0) at += 32;
  if ((first & HAS_VERSION) != 0) {
    if (at + 4 > length) return false;
    quicVersionAt = at;
    quicVersion = bswap<u32>(load<u32>(data + at));
    quicType = QuicType.Initial;
    at += 4;
  }
  at += 1 + ((first & 0x30) >> 4);
  if ((first & HAS_ID) != 0) at += HASH;
  return payload(at, length);
}

/** Type of a long header; below 0: none. */
function typeOf(version: u32, first: u32): i32 {
  if (version == 0) return QuicType.VersionNegotiation;
  if (isGoogleQuic(version) && version != 0x5130_3436) {
    switch (first & 0x7f) {
      case 0x7f:
        return QuicType.Initial;
      case 0x7e:
        return QuicType.Retry;
      case 0x7d:
        return QuicType.Handshake;
      case 0x7c:
        return QuicType.ZeroRtt;
      default:
        return -1;
    }
  }
  const bits = (first >> 4) & 3;
  // Version 2 moves every type on by one (RFC 9369 section 3.2).
  return <i32>(version == QUIC_V2 ? (bits + 3) & 3 : bits);
}

function longHeader(data: usize, length: u32, first: u32): bool {
  if (length < 6) return false;
  quicVersionAt = 1;
  const version = bswap<u32>(load<u32>(data, 1));
  quicVersion = version;
  const type = typeOf(version, first);
  if (type < 0) return false;
  quicType = type;
  let at: u32 = 5;
  if (isGoogleQuic(version)) {
    const lengths = <u32>load<u8>(data + at);
    quicIdAt = at + 1;
    quicIdLength = idLength(lengths >> 4);
    at += 1 + quicIdLength + idLength(lengths & 15);
    if (type == QuicType.Initial) at += 4 + HASH;
    return payload(at, length);
  }
  quicIdLength = load<u8>(data + at);
  quicIdAt = at + 1;
  at += 1 + quicIdLength;
  if (at >= length) return false;
  at += 1 + <u32>load<u8>(data + at);
  if (at > length) return false;
  if (type != QuicType.Initial) return payload(at, length);
  if (!quicNumber(data, length, at) || quicValue > <u64>(length - quicBehind)) return false;
  at = quicBehind + <u32>quicValue;
  if (!quicNumber(data, length, at) || quicValue > <u64>(length - quicBehind)) return false;
  quicPayloadAt = quicBehind;
  quicPayloadLength = <u32>quicValue;
  return quicValue <= 0xffff;
}

function idLength(code: u32): u32 {
  return code == 0 ? 0 : code + 3;
}

/** A number of variable length (RFC 9000 section 16) read last, and the offset behind it. */
export let quicValue: u64 = 0;
export let quicBehind: u32 = 0;

export function quicNumber(data: usize, length: u32, at: u32): bool {
  if (at >= length) return false;
  const first = <u32>load<u8>(data + at);
  const bytes: u32 = 1 << (first >> 6);
  if (bytes > length - at) return false;
  let value: u64 = first & 63;
  for (let i: u32 = 1; i < bytes; i++) value = (value << 8) | <u64>load<u8>(data + at + i);
  quicValue = value;
  quicBehind = at + bytes;
  return true;
}
