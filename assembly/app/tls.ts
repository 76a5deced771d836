/**
 * TLS and SSL (RFC 8446, RFC 5246, RFC 6101): one transaction a connection, record by record. Handshake messages are read in
 * tls_handshake.ts; encrypted records are skipped. What is wrong is told, and the reading ended, as Suricata 8 does.
 */
import { AppEvent } from "../abi/app_events";
import { AppProto, Direction } from "../abi/codes";
import { TlsProgress } from "../abi/progress";
import { Setting } from "../abi/settings";
import { release } from "../memory/heap";
import { setting } from "../memory/settings";
import { noteFrame } from "./frame";
import { InputFlag, PARSE_ERROR } from "./input";
import { MESSAGE_HEADER, readHandshake } from "./tls_handshake";
import { heartbeat } from "./tls_heartbeat";
import { sideOf, TlsSide, TlsTx, tlsTx } from "./tls_state";
import { AppState, closeTx, Tx, whenEncrypted } from "./transaction";
import { openTwoSided } from "./two_sided";

enum Content {
  ChangeCipherSpec = 20,
  Alert = 21,
  Handshake = 22,
  ApplicationData = 23,
  Heartbeat = 24,
}

/** Messages of SSL 2.0. */
enum SslTwo {
  Error = 0,
  ClientHello = 1,
  ServerHello = 4,
}

const RECORD_HEADER: u32 = 5;
/** Bytes of the shortest record. */
const LEAST_RECORD: u32 = 6;
/** RFC 5246 section 6.2.2. */
const MAX_RECORD: u32 = 16384 + 1024;
const FATAL: u32 = 2;
/** Bytes of a version 2 hello from its type to the length of its session. */
const SSL_TWO_HELLO: u32 = 7;

export function tlsOpen(_transport: u32): usize {
  return openTwoSided(AppProto.Tls, <u32>offsetof<TlsTx>(), <u32>offsetof<TlsSide>());
}

function freeSide(side: TlsSide): void {
  release(side.hello);
  release(side.certificates);
  release(side.open);
}

export function tlsFreeTx(state: AppState, base: Tx): void {
  freeSide(sideOf(tlsTx(base), Direction.ToServer));
  freeSide(sideOf(tlsTx(base), Direction.ToClient));
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
  const most = max<u32>(length / LEAST_RECORD, 1);
  let at: u32 = 0;
  for (let records: u32 = 0; at < length; records++) {
    if (records > most) {
      tx.raise(AppEvent.tls__too_many_records_in_packet);
      return PARSE_ERROR;
    }
    if (side.skip == 0) {
      const taken = record(state, tx, side, direction, data + at, length - at);
      if (taken < 0) return PARSE_ERROR;
      if (taken == 0) break;
      at += <u32>taken;
    }
    const n = min<u32>(side.skip, length - at);
    side.skip -= n;
    at += n;
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
    side.lost = true;
    tx.advance(direction, TlsProgress.Finished);
  }
  return length;
}

/** SSL 3.0 to TLS 1.3, and the drafts of 1.3. */
function isVersion(version: u32): bool {
  if (version >= 0x300 && version <= 0x304) return true;
  const draft = version & 0xff;
  const usual = version >> 8 == 0x7f && (draft == 1 || (draft >= 16 && draft <= 28));
  return usual || version == 0xfb17 || version == 0xfb1a;
}

/** What is wrong with a record's header: an event, 0 for nothing. */
function headerFault(type: i32, version: u32, size: u32): u32 {
  if (type < Content.ChangeCipherSpec || type > Content.Heartbeat) return AppEvent.tls__invalid_record_type;
  if (size == 0) return AppEvent.tls__invalid_record_length;
  if (!isVersion(version)) return AppEvent.tls__invalid_record_version;
  return size > MAX_RECORD ? AppEvent.tls__invalid_record_length : 0;
}

/** One record. Bytes taken, 0: more are needed, -1: not TLS. */
function record(state: AppState, tx: TlsTx, side: TlsSide, direction: u32, data: usize, length: u32): i32 {
  const type = <i32>load<u8>(data);
  if ((type & 0xc0) != 0) return sslTwo(tx, side, direction, data, length);
  if (length < RECORD_HEADER) return 0;
  const version = <u32>bswap<u16>(load<u16>(data, 1));
  const size = <u32>bswap<u16>(load<u16>(data, 3));
  const before = side.version;
  if (!side.greeted || before == 0) side.version = version;
  const fault = headerFault(type, side.version, size);
  if (fault != 0) {
    tx.raise(fault);
    // Unknown records of these versions are passed over, with all that came along.
    const passes = fault == AppEvent.tls__invalid_record_type && (before == 0x301 || before == 0x302);
    side.version = before;
    return passes ? <i32>length : -1;
  }
  side.recordVersion = version;
  noteFrame(state, direction, "pdu", data, RECORD_HEADER + size);
  noteFrame(state, direction, "hdr", data, RECORD_HEADER);
  noteFrame(state, direction, "data", data + RECORD_HEADER, size);
  if (type == Content.Alert) noteFrame(state, direction, "alert_pdu", data, RECORD_HEADER + size);
  if (type == Content.Heartbeat) noteFrame(state, direction, "heartbeat_pdu", data, RECORD_HEADER + size);
  const handshake = type == Content.Handshake && readsHandshake(tx, side);
  if (!handshake && type != Content.Alert && type != Content.Heartbeat) {
    side.skip = size;
    if (type == Content.ChangeCipherSpec) {
      // TLS 1.3 sends one for old middleboxes only (RFC 8446 appendix D.4); what follows is encrypted either way.
      tx.cipherChanged = true;
      tx.advance(direction, TlsProgress.HandshakeDone);
    } else if (type == Content.ApplicationData) applicationData(state, tx, direction);
    return RECORD_HEADER;
  }
  if (length - RECORD_HEADER < size) return 0;
  if (handshake && size < MESSAGE_HEADER) {
    tx.raise(AppEvent.tls__invalid_ssl_record);
    return -1;
  }
  const body = data + RECORD_HEADER;
  let sound = true;
  if (handshake) sound = readHandshake(tx, side, direction, body, size);
  else if (type == Content.Alert) sound = alert(tx, body, size);
  else sound = heartbeat(tx, direction, body, size);
  return sound ? <i32>(RECORD_HEADER + size) : -1;
}

/** Behind ChangeCipherSpec handshakes are encrypted, but for the early one of TLS 1.3, before the server's hello. */
function readsHandshake(tx: TlsTx, side: TlsSide): bool {
  if (side.lost || !tx.cipherChanged) return !side.lost;
  const client = sideOf(tx, Direction.ToServer);
  return client.greeted && client.version > 0x303 && !sideOf(tx, Direction.ToClient).greeted;
}

function applicationData(state: AppState, tx: TlsTx, direction: u32): void {
  tx.advance(direction, TlsProgress.Finished);
  if (tx.progress(direction ^ 1) >= <u32>TlsProgress.HandshakeDone) {
    tx.advance(direction ^ 1, TlsProgress.Finished);
    state.flags |= whenEncrypted(setting(Setting.TlsEncryptionHandling));
  }
}

/** One longer than two bytes is encrypted. */
function alert(tx: TlsTx, data: usize, length: u32): bool {
  if (length < 2) {
    tx.raise(AppEvent.tls__invalid_alert_message);
    return false;
  }
  if (length == 2 && <u32>load<u8>(data) == FATAL) {
    tx.advance(Direction.ToServer, TlsProgress.Finished);
    tx.advance(Direction.ToClient, TlsProgress.Finished);
  }
  return true;
}

/** SSL 2.0 framing: a length of two bytes, or of three with padding, and the type of the message. Only hellos are understood. */
function sslTwo(tx: TlsTx, side: TlsSide, direction: u32, data: usize, length: u32): i32 {
  const head: u32 = (<u32>load<u8>(data) & 0x80) != 0 ? 2 : 3;
  if (length <= head) return 0;
  const size = ((<u32>load<u8>(data) & (head == 2 ? 0x7f : 0x3f)) << 8) | load<u8>(data, 1);
  if (size == 0) {
    tx.raise(AppEvent.tls__invalid_sslv2_header);
    tx.raise(AppEvent.tls__invalid_ssl_record);
    return -1;
  }
  if (length - head < size) return 0;
  const type = <u32>load<u8>(data + head);
  if (type == SslTwo.ClientHello && size < SSL_TWO_HELLO) {
    tx.raise(AppEvent.tls__invalid_ssl_record);
    return -1;
  }
  side.recordVersion = 2;
  tx.touch(direction);
  if (type == SslTwo.Error) tx.raise(AppEvent.tls__error_message_encountered);
  else if (type == SslTwo.ClientHello || type == SslTwo.ServerHello) {
    side.greeted = true;
    if (type == SslTwo.ClientHello) {
      side.version = bswap<u16>(load<u16>(data + head, 1));
      side.recordVersion = side.version;
      if (tx.version == 0) tx.version = side.version;
    }
    tx.advance(direction, TlsProgress.HelloDone);
  }
  return <i32>(head + size);
}
