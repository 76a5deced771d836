/** HKDF with SHA-256 (RFC 5869) and TLS 1.3's labels (RFC 8446 section 7.1), as QUIC derives its initial secrets. */
import { DIGEST_SIZE, DigestKind, digestBegin, digestFinish, digestUpdate } from "./digest";

export const HKDF_HASH: u32 = 32;
/** Longest label. */
const MAX_LABEL: u32 = 32;

const inner: usize = memory.data(<i32>DIGEST_SIZE, 8);
const pad: usize = memory.data(64, 8);
const mac: usize = memory.data(32, 8);
const info: usize = memory.data(64, 8);

/** HMAC-SHA-256 (RFC 2104) of a message with a key of at most 64 bytes; 32 bytes to `out`. */
function hmac(key: usize, keyLength: u32, message: usize, length: u32, out: usize): void {
  keyPad(key, keyLength, 0x36);
  let d = digestBegin(inner, DigestKind.Sha256);
  digestUpdate(d, pad, 64);
  digestUpdate(d, message, length);
  digestFinish(d, mac);
  keyPad(key, keyLength, 0x5c);
  d = digestBegin(inner, DigestKind.Sha256);
  digestUpdate(d, pad, 64);
  digestUpdate(d, mac, HKDF_HASH);
  digestFinish(d, out);
}

function keyPad(key: usize, length: u32, value: u8): void {
  memory.fill(pad, value, 64);
  for (let i: u32 = 0; i < min<u32>(length, 64); i++) store<u8>(pad + i, load<u8>(key + i) ^ value);
}

/** HKDF-Extract: 32 bytes to `out`. */
export function hkdfExtract(salt: usize, saltLength: u32, secret: usize, length: u32, out: usize): void {
  hmac(salt, saltLength, secret, length, out);
}

const expanded: usize = memory.data(32, 8);

/** HKDF-Expand-Label with an empty context: `length` bytes (at most 32) of the 32 byte secret to `out`. `label` without "tls13 ". */
export function hkdfExpandLabel(secret: usize, label: string, length: u32, out: usize): void {
  const n = min<u32>(label.length, MAX_LABEL - 6);
  store<u16>(info, bswap<u16>(<u16>length));
  store<u8>(info, <u8>(n + 6), 2);
  put(info + 3, "tls13 ", 6);
  put(info + 9, label, n);
  store<u8>(info + 9 + n, 0);
  store<u8>(info + 10 + n, 1);
  hmac(secret, HKDF_HASH, info, 11 + n, expanded);
  memory.copy(out, expanded, min<u32>(length, HKDF_HASH));
}

function put(at: usize, text: string, n: u32): void {
  for (let i: u32 = 0; i < n; i++) store<u8>(at + i, <u8>text.charCodeAt(i));
}
