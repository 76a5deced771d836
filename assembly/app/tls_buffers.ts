/** Buffers and numbers of TLS rules (Suricata manual, TLS keywords). */
import { Buffer, Field } from "../abi/buffers";
import { Direction } from "../abi/codes";
import { DIGEST_SIZE, DigestKind, digestBegin, digestFinish, digestUpdate } from "../codec/digest";
import { ja3, ja3Hash, ja3s, ja4 } from "./fingerprint";
import { fingerprintText } from "./fingerprint_text";
import { number } from "./number";
import { alpnAt, nameOffset, randomOf, serverName, splitHello } from "./tls_hello";
import { sideOf, TlsSide, TlsTx } from "./tls_state";
import { AppState, Tx } from "./transaction";
import { view } from "./view";
import {
  alternativeName,
  CertificatePart,
  certificateText,
  distinguishedName,
  nameAt,
  serialNumber,
  validity,
} from "./x509";

const digest: usize = memory.data(<i32>DIGEST_SIZE, 8);
const lowered: usize = memory.data(512);
const printed: usize = memory.data(64);

/** Certificate found last by `certificateAt`. */
let certificate: usize = 0;
let certificateLength: u32 = 0;

/** Certificate `index` of the side's message (RFC 5246 section 7.4.2). */
function certificateAt(side: TlsSide, index: u32): bool {
  if (side.certificates == 0 || side.certificatesLength < 3) return false;
  const end = side.certificates + side.certificatesLength;
  let at = side.certificates + 3;
  for (let i: u32 = 0; at + 3 <= end; i++) {
    const size = ((<u32>load<u8>(at)) << 16) | ((<u32>load<u8>(at, 1)) << 8) | load<u8>(at, 2);
    if (<u64>at + 3 + size > <u64>end) return false;
    if (i == index) {
      certificate = at + 3;
      certificateLength = size;
      return true;
    }
    at += 3 + size;
  }
  return false;
}

/** Splits the client's hello; false without one. */
function clientHello(tx: TlsTx): usize {
  const side = sideOf(tx, Direction.ToServer);
  return side.hello != 0 && splitHello(side.hello, side.helloLength, true) ? side.hello : 0;
}

function serverHello(tx: TlsTx): usize {
  const side = sideOf(tx, Direction.ToClient);
  return side.hello != 0 && splitHello(side.hello, side.helloLength, false) ? side.hello : 0;
}

/** Host names compare in lower case. */
function lowerView(at: usize, length: u32): bool {
  const n = min<u32>(length, 512);
  for (let i: u32 = 0; i < n; i++) {
    const byte = <u32>load<u8>(at + i);
    store<u8>(lowered + i, <u8>(byte - 0x41 < 26 ? byte | 0x20 : byte));
  }
  return view(lowered, n);
}

export function sniView(tx: TlsTx): bool {
  const hello = clientHello(tx);
  if (hello == 0) return false;
  const size = serverName(hello);
  return size != 0 && lowerView(hello + nameOffset, size);
}

function nameView(side: TlsSide, part: CertificatePart): bool {
  if (!certificateAt(side, 0)) return false;
  const n = distinguishedName(certificate, certificateLength, part);
  return n != 0 && view(certificateText, n);
}

function fingerprintView(side: TlsSide): bool {
  if (!certificateAt(side, 0)) return false;
  const d = digestBegin(digest, DigestKind.Sha1);
  digestUpdate(d, certificate, certificateLength);
  digestFinish(d, printed + 40);
  return view(fingerprintText, hexWithColons(printed + 40, 20, fingerprintText));
}

function hexWithColons(data: usize, length: u32, out: usize): u32 {
  let n: u32 = 0;
  for (let i: u32 = 0; i < length; i++) {
    if (i > 0) store<u8>(out + n++, 0x3a);
    const byte = <u32>load<u8>(data + i);
    store<u8>(out + n++, digit(byte >> 4));
    store<u8>(out + n++, digit(byte & 15));
  }
  return n;
}

function digit(nibble: u32): u8 {
  return <u8>(nibble < 10 ? 0x30 + nibble : 0x57 + nibble);
}

function helloView(tx: TlsTx, direction: u32, from: u32, length: u32): bool {
  const hello = direction == Direction.ToServer ? clientHello(tx) : serverHello(tx);
  return hello != 0 && view(randomOf(hello) + from, length);
}

export function tlsBuffer(_state: AppState, base: Tx, buffer: u32, direction: u32, index: u32): bool {
  const tx = changetype<TlsTx>(changetype<usize>(base));
  const side = sideOf(tx, direction);
  switch (buffer) {
    case Buffer.tls__certs:
      return certificateAt(side, index) && view(certificate, certificateLength);
    case Buffer.tls__subjectaltname: {
      if (!certificateAt(side, 0)) return false;
      const n = alternativeName(certificate, certificateLength, index);
      return n >= 0 && view(nameAt, <u32>n);
    }
    case Buffer.tls__alpn: {
      const hello = direction == Direction.ToServer ? clientHello(tx) : serverHello(tx);
      if (hello == 0) return false;
      const n = alpnAt(hello, index);
      return n != 0 && view(hello + nameOffset, n);
    }
    default:
      return index == 0 && single(tx, side, buffer, direction);
  }
}

function single(tx: TlsTx, side: TlsSide, buffer: u32, direction: u32): bool {
  switch (buffer) {
    case Buffer.tls__sni:
      return sniView(tx);
    case Buffer.tls__cert_subject:
      return nameView(side, CertificatePart.Subject);
    case Buffer.tls__cert_issuer:
      return nameView(side, CertificatePart.Issuer);
    case Buffer.tls__cert_serial: {
      if (!certificateAt(side, 0)) return false;
      const n = serialNumber(certificate, certificateLength);
      return n != 0 && view(certificateText, n);
    }
    case Buffer.tls__cert_fingerprint:
      return fingerprintView(side);
    case Buffer.tls__random:
      return helloView(tx, direction, 0, 32);
    case Buffer.tls__random_time:
      return helloView(tx, direction, 0, 4);
    case Buffer.tls__random_bytes:
      return helloView(tx, direction, 4, 28);
    case Buffer.ja3__string: {
      const hello = clientHello(tx);
      return hello != 0 && view(fingerprintText, ja3(hello));
    }
    case Buffer.ja3__hash: {
      const hello = clientHello(tx);
      return hello != 0 && view(fingerprintText, ja3Hash(ja3(hello)));
    }
    case Buffer.ja3s__string: {
      const hello = serverHello(tx);
      return hello != 0 && view(fingerprintText, ja3s(hello));
    }
    case Buffer.ja3s__hash: {
      const hello = serverHello(tx);
      return hello != 0 && view(fingerprintText, ja3Hash(ja3s(hello)));
    }
    case Buffer.ja4__hash: {
      const hello = clientHello(tx);
      return hello != 0 && view(fingerprintText, ja4(hello, 0x74));
    }
    default:
      return false;
  }
}

/** Bits of ssl_version by the version's place: SSLv2, SSLv3, TLS 1.0 ... 1.3. */
function versionBit(version: u32): u32 {
  if (version == 2) return 1;
  return version >= 0x300 && version <= 0x304 ? 2 << (version - 0x300) : 0;
}

export function tlsNumber(_state: AppState, base: Tx, field: u32, direction: u32, index: u32): bool {
  const tx = changetype<TlsTx>(changetype<usize>(base));
  if (index != 0) return false;
  const side = sideOf(tx, direction);
  switch (field) {
    case Field.tls__version_number:
      return tx.version != 0 && number(tx.version);
    case Field.ssl_version:
      return side.recordVersion != 0 && number(versionBit(tx.version != 0 ? tx.version : side.recordVersion));
    case Field.ssl_state:
      return tx.lastMessage != 0 && number(tx.lastMessage);
    case Field.tls__cert_chain_len: {
      let n: u32 = 0;
      while (n < 64 && certificateAt(side, n)) n++;
      return n > 0 && number(n);
    }
    case Field.tls__cert_notbefore:
    case Field.tls__cert_notafter: {
      if (!certificateAt(side, 0)) return false;
      const at = validity(certificate, certificateLength, field == <u32>Field.tls__cert_notafter ? 1 : 0);
      return at > 0 && number(<u64>at);
    }
    default:
      return false;
  }
}
