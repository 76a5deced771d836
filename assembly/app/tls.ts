/**
 * TLS and SSL handshakes (RFC 8446, RFC 5246, RFC 6101): one transaction a connection. The hello and certificate messages are kept
 * as they came; buffers, fingerprints and events are read out of them (tls_hello.ts, x509.ts). Encrypted records are skipped.
 */
import { AppEvent } from "../abi/app_events";
import { AppProto, Direction } from "../abi/codes";
import { TlsProgress } from "../abi/progress";
import { Setting } from "../abi/settings";
import { Account, acquire, release, resize } from "../memory/heap";
import { setting } from "../memory/settings";
import { contentAt, contentLength, ElementFault, elementFault, readElement } from "./der";
import { noteFrame } from "./frame";
import { InputFlag, PARSE_ERROR } from "./input";
import { checkClientHello, checkServerHello } from "./tls_hello";
import { sideOf, TlsSide, TlsTx } from "./tls_state";
import { AppState, closeTx, openState, openTx, Tx, whenEncrypted } from "./transaction";

enum Content {
  ChangeCipherSpec = 20,
  Alert = 21,
  Handshake = 22,
  ApplicationData = 23,
  Heartbeat = 24,
}

enum Handshake {
  ClientHello = 1,
  ServerHello = 2,
  Certificate = 11,
  ServerKeyExchange = 12,
  ServerHelloDone = 14,
  ClientKeyExchange = 16,
}

const RECORD_HEADER: u32 = 5;
const MESSAGE_HEADER: u32 = 4;
/** Longest handshake message that is gathered. */
const MAX_MESSAGE: u32 = 131072;

export function tlsOpen(_transport: u32): usize {
  const p = openState(AppProto.Tls, <u32>offsetof<AppState>());
  if (p == 0) return 0;
  const state = changetype<AppState>(p);
  const size = <u32>offsetof<TlsSide>();
  const at = openTx(state, <u32>offsetof<TlsTx>() + size * 2);
  if (at == 0) {
    release(p);
    return 0;
  }
  const tx = changetype<TlsTx>(at);
  tx.client = at + offsetof<TlsTx>();
  tx.server = tx.client + size;
  return p;
}

function freeSide(side: TlsSide): void {
  release(side.hello);
  release(side.certificates);
  release(side.open);
}

export function tlsFreeTx(state: AppState, base: Tx): void {
  const tx = changetype<TlsTx>(changetype<usize>(base));
  freeSide(changetype<TlsSide>(tx.client));
  freeSide(changetype<TlsSide>(tx.server));
  closeTx(state, base);
}

export function tlsClose(state: AppState): void {
  while (state.oldest != 0) tlsFreeTx(state, changetype<Tx>(state.oldest));
  release(changetype<usize>(state));
}

export function tlsParse(state: AppState, direction: u32, data: usize, length: u32, flags: u32): i32 {
  if (state.oldest == 0) return <i32>length;
  const tx = changetype<TlsTx>(state.oldest);
  if ((flags & InputFlag.Gap) != 0) return <i32>gap(tx, direction, length);
  const side = sideOf(tx, direction);
  let at: u32 = 0;
  while (at < length) {
    if (side.skip > 0) {
      const n = min<u32>(side.skip, length - at);
      side.skip -= n;
      at += n;
      continue;
    }
    const taken = record(state, tx, side, direction, data + at, length - at);
    if (taken < 0) return PARSE_ERROR;
    if (taken == 0) break;
    at += <u32>taken;
  }
  if ((flags & InputFlag.Eof) != 0) tx.advance(direction, TlsProgress.Finished);
  return <i32>at;
}

/** Bytes are lost: what is being skipped goes on, a handshake is over. */
function gap(tx: TlsTx, direction: u32, length: u32): u32 {
  const side = sideOf(tx, direction);
  if (side.skip >= length) side.skip -= length;
  else {
    side.skip = 0;
    side.encrypted = true;
    tx.advance(direction, TlsProgress.Finished);
  }
  return length;
}

/** One record. Bytes taken, 0: more are needed, -1: not TLS. */
function record(state: AppState, tx: TlsTx, side: TlsSide, direction: u32, data: usize, length: u32): i32 {
  const type = <i32>load<u8>(data);
  if ((type & 0x80) != 0 && side.recordVersion == 0) return sslv2(tx, side, direction, data, length);
  if (length < RECORD_HEADER) return 0;
  const version = <u32>bswap<u16>(load<u16>(data, 1));
  const size = <u32>bswap<u16>(load<u16>(data, 3));
  if (version >> 8 != 3) {
    tx.raise(AppEvent.tls__invalid_record_version);
    return -1;
  }
  if (type < Content.ChangeCipherSpec || type > Content.Heartbeat) {
    tx.raise(AppEvent.tls__invalid_record_type);
    return -1;
  }
  if (size > 16384 + 1024) tx.raise(AppEvent.tls__invalid_record_length);
  side.recordVersion = version;
  noteFrame(state, direction, "pdu", data, RECORD_HEADER + size);
  noteFrame(state, direction, "hdr", data, RECORD_HEADER);
  noteFrame(state, direction, "data", data + RECORD_HEADER, size);
  if (type == Content.Alert) noteFrame(state, direction, "alert_pdu", data, RECORD_HEADER + size);
  if (type == Content.Heartbeat) noteFrame(state, direction, "heartbeat_pdu", data, RECORD_HEADER + size);
  const wanted = type == Content.Handshake && !side.encrypted;
  if (!wanted && type != Content.Alert && type != Content.Heartbeat) {
    side.skip = size;
    if (type == Content.ChangeCipherSpec) changeCipher(tx, side, direction);
    else if (type == Content.ApplicationData) applicationData(state, tx, side, direction);
    return RECORD_HEADER;
  }
  if (length - RECORD_HEADER < size) return 0;
  if (wanted && !handshakes(tx, side, direction, data + RECORD_HEADER, size)) return -1;
  if (type == Content.Alert && !side.encrypted && size == 2) alert(tx, direction, data + RECORD_HEADER);
  if (type == Content.Heartbeat && !side.encrypted) heartbeat(tx, data + RECORD_HEADER, size);
  return <i32>(RECORD_HEADER + size);
}

function changeCipher(tx: TlsTx, side: TlsSide, direction: u32): void {
  // TLS 1.3 sends one for old middleboxes only (RFC 8446 appendix D.4); what follows is encrypted either way.
  side.encrypted = true;
  tx.advance(direction, TlsProgress.HandshakeDone);
}

function applicationData(state: AppState, tx: TlsTx, side: TlsSide, direction: u32): void {
  side.encrypted = true;
  tx.advance(direction, TlsProgress.Finished);
  if (tx.progress(direction ^ 1) >= <u32>TlsProgress.HandshakeDone) {
    tx.advance(direction ^ 1, TlsProgress.Finished);
    state.flags |= whenEncrypted(setting(Setting.TlsEncryptionHandling));
  }
}

function alert(tx: TlsTx, direction: u32, data: usize): void {
  if (load<u8>(data) != 2) return;
  tx.raise(AppEvent.tls__error_message_encountered);
  tx.advance(direction, TlsProgress.Finished);
}

/** RFC 6520; CVE-2014-0160: a request that claims more payload than it has. */
function heartbeat(tx: TlsTx, data: usize, length: u32): void {
  if (length < 3) {
    tx.raise(AppEvent.tls__invalid_heartbeat_message);
    return;
  }
  tx.raise(AppEvent.tls__heartbeat_message);
  const claimed = <u32>bswap<u16>(load<u16>(data, 1));
  if (claimed + 19 > length) tx.raise(AppEvent.tls__overflow_heartbeat_message);
}

/** SSL 2.0 framing: only the hello is understood. */
function sslv2(tx: TlsTx, side: TlsSide, direction: u32, data: usize, length: u32): i32 {
  if (length < 5) return 0;
  const size = ((<u32>load<u8>(data) & 0x7f) << 8) | load<u8>(data, 1);
  if (size < 3) {
    tx.raise(AppEvent.tls__invalid_sslv2_header);
    return -1;
  }
  side.sslv2 = true;
  side.skip = size;
  const version = <u32>bswap<u16>(load<u16>(data, 3));
  side.recordVersion = version;
  if (tx.version == 0) tx.version = version;
  tx.advance(direction, TlsProgress.HelloDone);
  return 2;
}

/** The handshake messages of one record; one that is cut goes on in the next record. False: not TLS. */
function handshakes(tx: TlsTx, side: TlsSide, direction: u32, data: usize, length: u32): bool {
  if (side.open != 0) {
    const total = side.openLength + length;
    if (total > MAX_MESSAGE) return false;
    const grown = resize(Account.App, side.open, total);
    if (grown == 0) return false;
    memory.copy(grown + side.openLength, data, length);
    side.open = grown;
    side.openLength = total;
    const used = messages(tx, side, direction, grown, total);
    if (used < 0) return false;
    const rest = total - <u32>used;
    if (rest == 0) {
      release(grown);
      side.open = 0;
    } else if (used > 0) memory.copy(grown, grown + used, rest);
    side.openLength = rest;
    return true;
  }
  const used = messages(tx, side, direction, data, length);
  if (used < 0) return false;
  const rest = length - <u32>used;
  if (rest == 0) return true;
  side.open = acquire(Account.App, rest);
  if (side.open == 0) return false;
  memory.copy(side.open, data + used, rest);
  side.openLength = rest;
  return true;
}

/** Bytes of whole messages, or -1. */
function messages(tx: TlsTx, side: TlsSide, direction: u32, data: usize, length: u32): i32 {
  let at: u32 = 0;
  while (length - at >= MESSAGE_HEADER) {
    const head = bswap<u32>(load<u32>(data + at));
    const size = head & 0xffffff;
    if (size > MAX_MESSAGE) {
      tx.raise(AppEvent.tls__handshake_invalid_length);
      return -1;
    }
    if (length - at - MESSAGE_HEADER < size) break;
    if (!message(tx, side, direction, head >> 24, data + at + MESSAGE_HEADER, size)) return -1;
    at += MESSAGE_HEADER + size;
  }
  return <i32>at;
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

function message(tx: TlsTx, side: TlsSide, direction: u32, type: u32, data: usize, length: u32): bool {
  const bit = stateBit(type);
  if (bit != 0) tx.lastMessage = bit;
  switch (type) {
    case Handshake.ClientHello:
    case Handshake.ServerHello:
      return hello(tx, side, direction, type == <u32>Handshake.ClientHello, data, length);
    case Handshake.Certificate:
      if (side.certificates == 0) {
        if (!checkCertificates(tx, data, length)) {
          tx.advance(direction, TlsProgress.Finished);
          return false;
        }
        side.certificates = keep(data, length);
        side.certificatesLength = side.certificates == 0 ? 0 : length;
      }
      tx.advance(direction, TlsProgress.CertificateDone);
      return true;
    case Handshake.ServerHelloDone:
    case Handshake.ClientKeyExchange:
      tx.advance(direction, TlsProgress.HandshakeDone);
      return true;
    default:
      tx.advance(direction, 0);
      return true;
  }
}

/** False, with events: a certificate message whose lengths do not fit, or whose first certificate is no DER. */
function checkCertificates(tx: TlsTx, data: usize, length: u32): bool {
  const end = data + length;
  let at = data + 3;
  let first = true;
  while (at < end) {
    const size = at + 3 > end ? 0 : ((<u32>load<u8>(at)) << 16) | ((<u32>load<u8>(at, 1)) << 8) | load<u8>(at, 2);
    if (at + 3 > end || <u64>at + 3 + size > <u64>end) {
      tx.raise(AppEvent.tls__invalid_certificate);
      tx.raise(AppEvent.tls__invalid_handshake_message);
      return false;
    }
    if (first && !isCertificate(at + 3, at + 3 + size)) {
      tx.raise(
        elementFault == ElementFault.Length
          ? AppEvent.tls__certificate_invalid_length
          : AppEvent.tls__invalid_certificate,
      );
      tx.raise(AppEvent.tls__invalid_handshake_message);
      return false;
    }
    first = false;
    at += 3 + size;
  }
  return true;
}

/** Do the certificate's outer elements fit (RFC 5280 section 4.1)? */
function isCertificate(der: usize, end: usize): bool {
  return readElement(der, end) != 0 && readElement(contentAt, contentAt + contentLength) != 0;
}

function hello(tx: TlsTx, side: TlsSide, direction: u32, client: bool, data: usize, length: u32): bool {
  const sound = client ? checkClientHello(data, length, tx) : checkServerHello(data, length, tx);
  if (!sound) {
    tx.raise(client ? AppEvent.tls__invalid_client_hello : AppEvent.tls__invalid_server_hello);
    return true;
  }
  if (side.hello == 0) {
    side.hello = keep(data, length);
    side.helloLength = side.hello == 0 ? 0 : length;
  }
  tx.advance(direction, TlsProgress.HelloDone);
  return true;
}
