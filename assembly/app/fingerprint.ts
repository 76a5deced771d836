/**
 * Fingerprints of TLS hellos: JA3 and JA3S (github.com/salesforce/ja3), JA4 (github.com/FoxIO-LLC/ja4, technical details JA4).
 * Each reads the hello split last (tls_hello.ts) and leaves its text in `fingerprintText`.
 */
import { DIGEST_SIZE, DigestKind, digestBegin, digestFinish, digestUpdate, hexText } from "../codec/digest";
import {
  beginText,
  cutText,
  fingerprintText,
  putByte,
  putDecimal,
  putHex16,
  putTwo,
  textLength,
} from "./fingerprint_text";
import {
  alpnAt,
  ciphersLength,
  ciphersOffset,
  Extension,
  extensionData,
  extensionLength,
  extensionsOffset,
  extensionType,
  findExtension,
  helloVersion,
  isGrease,
  nameOffset,
  negotiable,
  readExtension,
} from "./tls_hello";

const COMMA: u32 = 0x2c;
const DASH: u32 = 0x2d;
const digest: usize = memory.data(<i32>DIGEST_SIZE, 8);
const sum: usize = memory.data(32);

/** QUIC's JA3 keeps GREASE values. */
let grease: bool = false;

export function keepGrease(keeps: bool): void {
  grease = keeps;
}

function isLeftOut(value: u32): bool {
  return !grease && isGrease(value);
}

function u16At(hello: usize, offset: u32): u32 {
  return bswap<u16>(load<u16>(hello + offset));
}

/** A list of u16 joined by dashes, GREASE left out. */
function list16(hello: usize, offset: u32, length: u32): void {
  let first = true;
  for (let i: u32 = 0; i + 2 <= length; i += 2) {
    const value = u16At(hello, offset + i);
    if (isLeftOut(value)) continue;
    if (!first) putByte(DASH);
    putDecimal(value);
    first = false;
  }
}

function extensionTypes(hello: usize): void {
  let first = true;
  for (let at = readExtension(hello, extensionsOffset); at != 0; at = readExtension(hello, at)) {
    if (isLeftOut(extensionType)) continue;
    if (!first) putByte(DASH);
    putDecimal(extensionType);
    first = false;
  }
}

/** JA3 string: version, ciphers, extensions, groups, point formats. */
export function ja3(hello: usize): u32 {
  beginText();
  putDecimal(helloVersion);
  putByte(COMMA);
  list16(hello, ciphersOffset, ciphersLength);
  putByte(COMMA);
  extensionTypes(hello);
  putByte(COMMA);
  if (findExtension(hello, Extension.SupportedGroups) && extensionLength >= 2)
    list16(hello, extensionData + 2, extensionLength - 2);
  putByte(COMMA);
  if (findExtension(hello, Extension.PointFormats)) {
    for (let i: u32 = 1; i < extensionLength; i++) {
      if (i > 1) putByte(DASH);
      putDecimal(load<u8>(hello + extensionData + i));
    }
  }
  return textLength();
}

/** JA3S string: version, cipher, extensions. */
export function ja3s(hello: usize): u32 {
  beginText();
  putDecimal(helloVersion);
  putByte(COMMA);
  putDecimal(u16At(hello, ciphersOffset));
  putByte(COMMA);
  extensionTypes(hello);
  return textLength();
}

/** MD5 of the text in place, as hex. */
export function ja3Hash(length: u32): u32 {
  const d = digestBegin(digest, DigestKind.Md5);
  digestUpdate(d, fingerprintText, length);
  digestFinish(d, sum);
  hexText(sum, 16, fingerprintText);
  return 32;
}

/** Values sorted for JA4; more than this are left out. */
const MAX_SORTED: u32 = 256;
const sorted: usize = memory.data(256 * 2);
let count: u32 = 0;

function insert(value: u32): void {
  if (count >= MAX_SORTED) return;
  let i = count++;
  while (i > 0 && <u32>load<u16>(sorted + ((<usize>(i - 1)) << 1)) > value) {
    store<u16>(sorted + ((<usize>i) << 1), load<u16>(sorted + ((<usize>(i - 1)) << 1)));
    i--;
  }
  store<u16>(sorted + ((<usize>i) << 1), <u16>value);
}

function sortCiphers(hello: usize): void {
  count = 0;
  for (let i: u32 = 0; i + 2 <= ciphersLength; i += 2) {
    const value = u16At(hello, ciphersOffset + i);
    if (!isGrease(value)) insert(value);
  }
}

/** Sorted extension types; `all`: server name and ALPN too. */
function sortExtensions(hello: usize, all: bool): void {
  count = 0;
  for (let at = readExtension(hello, extensionsOffset); at != 0; at = readExtension(hello, at)) {
    if (isGrease(extensionType)) continue;
    if (!all && (extensionType == <u32>Extension.ServerName || extensionType == <u32>Extension.Alpn)) continue;
    insert(extensionType);
  }
}

function putSorted(): void {
  for (let i: u32 = 0; i < count; i++) {
    if (i > 0) putByte(COMMA);
    putHex16(load<u16>(sorted + ((<usize>i) << 1)));
  }
}

/** Replaces the text from `from` on by the first 12 hex digits of its SHA-256; 12 zeros when it is empty. */
function shorten(from: u32): void {
  const length = textLength() - from;
  if (length == 0) {
    for (let i = 0; i < 12; i++) putByte(0x30);
    return;
  }
  const d = digestBegin(digest, DigestKind.Sha256);
  digestUpdate(d, fingerprintText + from, length);
  digestFinish(d, sum);
  hexText(sum, 6, fingerprintText + from);
  cutText(from + 12);
}

function versionDigits(version: u32): void {
  if (version >= 0x301 && version <= 0x304) {
    putByte(0x31);
    putByte(0x30 + version - 0x301);
  } else if (version == 0x300) {
    putByte(0x73);
    putByte(0x33);
  } else {
    putByte(0x30);
    putByte(0x30);
  }
}

function isAlphanumeric(byte: u32): bool {
  return byte - 0x30 < 10 || (byte | 0x20) - 0x61 < 26;
}

function alpnDigits(hello: usize): void {
  const n = alpnAt(hello, 0);
  if (n == 0) {
    putByte(0x30);
    putByte(0x30);
    return;
  }
  const first = <u32>load<u8>(hello + nameOffset);
  const last = <u32>load<u8>(hello + nameOffset + n - 1);
  if (isAlphanumeric(first) && isAlphanumeric(last)) {
    putByte(first);
    putByte(last);
  } else {
    putByte(hexDigit(first >> 4));
    putByte(hexDigit(last & 15));
  }
}

function hexDigit(nibble: u32): u32 {
  return nibble < 10 ? 0x30 + nibble : 0x57 + nibble;
}

/** JA4; `transport`: `t` for TCP, `q` for QUIC. */
export function ja4(hello: usize, transport: u32): u32 {
  beginText();
  putByte(transport);
  versionDigits(negotiable(hello, true));
  putByte(findExtension(hello, Extension.ServerName) ? 0x64 : 0x69);
  sortCiphers(hello);
  putTwo(count);
  sortExtensions(hello, true);
  putTwo(count);
  alpnDigits(hello);
  putByte(0x5f);
  let from = textLength();
  sortCiphers(hello);
  putSorted();
  shorten(from);
  putByte(0x5f);
  from = textLength();
  sortExtensions(hello, false);
  putSorted();
  if (findExtension(hello, Extension.SignatureAlgorithms) && extensionLength >= 2) {
    putByte(0x5f);
    for (let i: u32 = 2; i + 2 <= extensionLength; i += 2) {
      if (i > 2) putByte(COMMA);
      putHex16(u16At(hello, extensionData + i));
    }
  }
  shorten(from);
  return textLength();
}
