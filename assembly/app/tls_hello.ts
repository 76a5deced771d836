/**
 * ClientHello and ServerHello (RFC 8446 section 4.1) as checked views.
 * Contract: after `checkClientHello` or `checkServerHello` returned true every accessor for that hello stays inside its bytes.
 */
import { AppEvent } from "../abi/app_events";
import { TlsTx } from "./tls_state";

/** Where the parts of the hello read last lie, offsets into it. */
export let helloVersion: u32 = 0;
export let ciphersOffset: u32 = 0;
export let ciphersLength: u32 = 0;
export let extensionsOffset: u32 = 0;
export let extensionsLength: u32 = 0;

const RANDOM: u32 = 2;
const SESSION: u32 = 34;
/** Longest name of a host (RFC 1035 section 2.3.4). */
const MAX_NAME: u32 = 255;

export const enum Extension {
  ServerName = 0,
  SupportedGroups = 10,
  PointFormats = 11,
  SignatureAlgorithms = 13,
  Alpn = 16,
  SupportedVersions = 43,
}

function u16At(hello: usize, offset: u32): u32 {
  return bswap<u16>(load<u16>(hello + offset));
}

/** The 32 random bytes of either hello. */
export function randomOf(hello: usize): usize {
  return hello + RANDOM;
}

/** Splits either hello; false when it does not fit. */
export function splitHello(hello: usize, length: u32, client: bool): bool {
  if (length < SESSION + 1) return false;
  helloVersion = u16At(hello, 0);
  let at: u32 = SESSION + 1 + load<u8>(hello + SESSION);
  if (client) {
    if (at + 2 > length) return false;
    ciphersLength = u16At(hello, at);
    if ((ciphersLength & 1) != 0) return false;
    ciphersOffset = at + 2;
    at = ciphersOffset + ciphersLength;
    if (at + 1 > length) return false;
    at += 1 + load<u8>(hello + at);
  } else {
    if (at + 3 > length) return false;
    ciphersOffset = at;
    ciphersLength = 2;
    at += 3;
  }
  if (at > length) return false;
  extensionsOffset = 0;
  extensionsLength = 0;
  if (at + 2 > length) return true;
  const size = u16At(hello, at);
  if (at + 2 + size > length) return false;
  extensionsOffset = at + 2;
  extensionsLength = size;
  return true;
}

/** Of the extension read last. */
export let extensionType: u32 = 0;
export let extensionData: u32 = 0;
export let extensionLength: u32 = 0;

/** Moves to the extension at `offset` (extensionsOffset first). The offset behind it, 0 at the end. */
export function readExtension(hello: usize, offset: u32): u32 {
  const end = extensionsOffset + extensionsLength;
  if (extensionsLength == 0 || offset + 4 > end) return 0;
  extensionType = u16At(hello, offset);
  extensionLength = u16At(hello, offset + 2);
  extensionData = offset + 4;
  return extensionData + extensionLength > end ? 0 : extensionData + extensionLength;
}

/** Finds an extension of the hello split last. */
export function findExtension(hello: usize, type: u32): bool {
  let at = extensionsOffset;
  while (at != 0) {
    at = readExtension(hello, at);
    if (at != 0 && extensionType == type) return true;
  }
  return false;
}

/** RFC 8701: values a client sends only to keep servers tolerant. */
export function isGrease(value: u32): bool {
  return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

/** The server name of a split ClientHello (RFC 6066 section 3): offset in `nameOffset`, length. */
export let nameOffset: u32 = 0;

export function serverName(hello: usize): u32 {
  if (!findExtension(hello, Extension.ServerName) || extensionLength < 5) return 0;
  const size = u16At(hello, extensionData + 3);
  if (size + 5 > extensionLength) return 0;
  nameOffset = extensionData + 5;
  return size;
}

/** Protocol `index` of ALPN (RFC 7301): offset in `nameOffset`; 0 when there is none. */
export function alpnAt(hello: usize, index: u32): u32 {
  if (!findExtension(hello, Extension.Alpn) || extensionLength < 2) return 0;
  const end = extensionData + extensionLength;
  let at = extensionData + 2;
  for (let i: u32 = 0; at < end; i++) {
    const size = <u32>load<u8>(hello + at);
    if (at + 1 + size > end) return 0;
    if (i == index) {
      nameOffset = at + 1;
      return size;
    }
    at += 1 + size;
  }
  return 0;
}

/** Highest version a client offers; a server's chosen one. */
export function negotiable(hello: usize, client: bool): u32 {
  if (!findExtension(hello, Extension.SupportedVersions)) return helloVersion;
  if (!client) return extensionLength >= 2 ? u16At(hello, extensionData) : helloVersion;
  let best: u32 = 0;
  for (let i: u32 = 1; i + 2 <= extensionLength; i += 2) {
    const version = u16At(hello, extensionData + i);
    if (!isGrease(version) && version > best) best = version;
  }
  return best == 0 ? helloVersion : best;
}

export function checkClientHello(hello: usize, length: u32, tx: TlsTx): bool {
  if (!splitHello(hello, length, true)) return false;
  let names: u32 = 0;
  const end = extensionsOffset + extensionsLength;
  for (let at = extensionsOffset; at < end; ) {
    at = readExtension(hello, at);
    if (at == 0) return false;
    if (extensionType != <u32>Extension.ServerName) continue;
    names++;
    if (extensionLength >= 3 && load<u8>(hello + extensionData + 2) != 0) tx.raise(AppEvent.tls__invalid_sni_type);
    else if (extensionLength >= 5) {
      const size = u16At(hello, extensionData + 3);
      if (size + 5 > extensionLength || size > MAX_NAME || size == 0) tx.raise(AppEvent.tls__invalid_sni_length);
    }
  }
  if (names > 1) tx.raise(AppEvent.tls__multiple_sni_extensions);
  if (tx.version == 0) tx.version = helloVersion;
  return true;
}

export function checkServerHello(hello: usize, length: u32, tx: TlsTx): bool {
  if (!splitHello(hello, length, false)) return false;
  tx.version = negotiable(hello, false);
  return true;
}
