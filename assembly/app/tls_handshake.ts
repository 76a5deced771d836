/** Handshake messages of TLS (RFC 5246 section 7.4, RFC 8446 section 4): hellos and certificates are kept as they came. */
import { AppEvent } from "../abi/app_events";
import { TlsProgress } from "../abi/progress";
import { Account, acquire, release, resize } from "../memory/heap";
import { checkClientHello, checkServerHello, negotiable } from "./tls_hello";
import { TlsSide, TlsTx } from "./tls_state";
import { certificateFault } from "./x509_check";

enum Handshake {
  HelloRequest = 0,
  ClientHello = 1,
  ServerHello = 2,
  NewSessionTicket = 4,
  Certificate = 11,
  ServerKeyExchange = 12,
  CertificateRequest = 13,
  ServerHelloDone = 14,
  CertificateVerify = 15,
  ClientKeyExchange = 16,
  Finished = 20,
  CertificateUrl = 21,
  CertificateStatus = 22,
}

/** Type and length of a message; a record has at least these. */
export const MESSAGE_HEADER: u32 = 4;
/** Longest handshake message that is gathered over records; of a longer one nothing is read. */
const MAX_MESSAGE: u32 = 131072;

/** The messages of one record; the last may go on in the next. False, with events: they are none. */
export function readHandshake(tx: TlsTx, side: TlsSide, direction: u32, data: usize, length: u32): bool {
  let at: u32 = 0;
  while (at < length) {
    if (side.openLeft > 0) {
      at += resume(tx, side, direction, data + at, length - at);
      continue;
    }
    if (length - at < MESSAGE_HEADER) {
      tx.raise(AppEvent.tls__invalid_ssl_record);
      tx.raise(AppEvent.tls__invalid_handshake_message);
      return false;
    }
    const head = bswap<u32>(load<u32>(data + at));
    at += MESSAGE_HEADER;
    const size = head & 0xffffff;
    const here = min(size, length - at);
    if (!isKnown(head >> 24)) tx.raise(AppEvent.tls__invalid_handshake_message);
    else if (here == size) message(tx, side, direction, head >> 24, data + at, size);
    else {
      side.openType = head >> 24;
      side.openLeft = size;
      at += resume(tx, side, direction, data + at, here);
      continue;
    }
    at += here;
  }
  return true;
}

function isKnown(type: u32): bool {
  if (type >= <u32>Handshake.Certificate && type <= <u32>Handshake.ClientKeyExchange) return true;
  if (type >= <u32>Handshake.Finished && type <= <u32>Handshake.CertificateStatus) return true;
  return type <= <u32>Handshake.ServerHello || type == Handshake.NewSessionTicket;
}

/** More of the open message. Bytes taken. */
function resume(tx: TlsTx, side: TlsSide, direction: u32, data: usize, length: u32): u32 {
  const n = min(length, side.openLeft);
  gather(side, data, n);
  side.openLeft -= n;
  if (side.openLeft > 0) return n;
  if (side.open != 0) message(tx, side, direction, side.openType, side.open, side.openLength);
  release(side.open);
  side.open = 0;
  side.openLength = 0;
  return n;
}

function gather(side: TlsSide, data: usize, length: u32): void {
  const begins = side.openLength == 0;
  const total = side.openLength + length;
  // Longer than is gathered, or no memory: the rest is only counted.
  if (total + (side.openLeft - length) > MAX_MESSAGE || (!begins && side.open == 0)) {
    side.openLength = total;
    return;
  }
  const grown = begins ? acquire(Account.App, total) : resize(Account.App, side.open, total);
  if (grown != 0) memory.copy(grown + side.openLength, data, length);
  else release(side.open);
  side.open = grown;
  side.openLength = total;
}

function keep(data: usize, length: u32): usize {
  const copy = acquire(Account.App, length);
  if (copy != 0) memory.copy(copy, data, length);
  return copy;
}

/** Bit of `ssl_state`, 0 for messages that change none. */
function stateBit(type: u32): u32 {
  switch (type) {
    case Handshake.ClientHello:
      return 1;
    case Handshake.ServerHello:
      return 2;
    case Handshake.ClientKeyExchange:
      return 4;
    case Handshake.ServerKeyExchange:
      return 8;
    default:
      return 0;
  }
}

function message(tx: TlsTx, side: TlsSide, direction: u32, type: u32, data: usize, length: u32): void {
  const bit = stateBit(type);
  if (bit != 0) tx.lastMessage = bit;
  switch (type) {
    case Handshake.ClientHello:
    case Handshake.ServerHello:
      hello(tx, side, direction, type == <u32>Handshake.ClientHello, data, length);
      return;
    case Handshake.Certificate:
      if (side.certificates == 0 && areCertificates(tx, data, length)) {
        side.certificates = keep(data, length);
        side.certificatesLength = side.certificates == 0 ? 0 : length;
      }
      tx.advance(direction, TlsProgress.CertificateDone);
      return;
    case Handshake.ServerHelloDone:
    case Handshake.ClientKeyExchange:
      tx.advance(direction, TlsProgress.HandshakeDone);
      return;
    default:
      tx.advance(direction, 0);
  }
}

function hello(tx: TlsTx, side: TlsSide, direction: u32, client: bool, data: usize, length: u32): void {
  side.greeted = true;
  const sound = client ? checkClientHello(data, length, tx) : checkServerHello(data, length, tx);
  if (!sound) {
    tx.raise(AppEvent.tls__handshake_invalid_length);
    return;
  }
  side.version = negotiable(data, client);
  if (side.hello == 0) {
    side.hello = keep(data, length);
    side.helloLength = side.hello == 0 ? 0 : length;
  }
  tx.advance(direction, TlsProgress.HelloDone);
}

/** Does the message hold certificates to keep? Raises what is wrong with their lengths, and with the first of them. */
function areCertificates(tx: TlsTx, data: usize, length: u32): bool {
  if (length < 3 || length - 3 < size24(data)) return false;
  const end = data + 3 + size24(data);
  let first = true;
  for (let at = data + 3; at < end; ) {
    const size = at + 3 > end ? u32.MAX_VALUE : size24(at);
    if (<u64>at + 3 + size > <u64>end) {
      tx.raise(AppEvent.tls__invalid_certificate);
      return !first;
    }
    const fault = first ? certificateFault(at + 3, at + 3 + size) : 0;
    if (fault != 0) {
      tx.raise(fault);
      return false;
    }
    first = false;
    at += 3 + size;
  }
  return true;
}

function size24(at: usize): u32 {
  return ((<u32>load<u8>(at)) << 16) | ((<u32>load<u8>(at, 1)) << 8) | load<u8>(at, 2);
}
