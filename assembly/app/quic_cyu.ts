/**
 * CYU, the fingerprint of Google's QUIC handshake: the version's number and the names of the tags in their order
 * (`46,PAD-SNI-VER`), and its MD5; and the values the handshake names: server name, user agent.
 */
import { Buffer } from "../abi/buffers";
import { ja3Hash } from "./fingerprint";
import { beginText, fingerprintText, putByte, textLength } from "./fingerprint_text";
import { isGoogleQuic } from "./quic_header";
import { keep, ValueTx } from "./values";

const SNI: u32 = 0x0049_4e53;
const USER_AGENT: u32 = 0x4449_4155;

export function isCyu(version: u32): bool {
  return isGoogleQuic(version);
}

/** Keeps what the handshake message at `message` tells. Its tags were checked (quic_frames.ts). */
export function cyu(tx: ValueTx, direction: u32, version: u32, message: usize, _length: u32): void {
  const count = <u32>load<u16>(message, 4);
  const values = message + 8 + count * 8;
  let previous: u32 = 0;
  beginText();
  putByte((version >> 8) & 0xff);
  putByte(version & 0xff);
  putByte(0x2c);
  for (let i: u32 = 0; i < count; i++) {
    const entry = message + 8 + i * 8;
    const tag = load<u32>(entry);
    const end = load<u32>(entry, 4);
    if (tag == SNI) keep(tx, Buffer.quic__sni, direction, values + previous, end - previous);
    if (tag == USER_AGENT) keep(tx, Buffer.quic__ua, direction, values + previous, end - previous);
    previous = end;
    if (i > 0) putByte(0x2d);
    for (let c: usize = 0; c < 4; c++) {
      const letter = load<u8>(entry + c);
      if (letter != 0) putByte(letter);
    }
  }
  const length = textLength();
  keep(tx, Buffer.quic__cyu__string, direction, fingerprintText, length);
  ja3Hash(length);
  keep(tx, Buffer.quic__cyu__hash, direction, fingerprintText, 32);
}
