/**
 * QUIC (RFC 9000, RFC 9369, gQUIC) over UDP up to the hello of either side: each packet with a long header is a transaction of its own.
 * What follows is encrypted with keys that only the two sides have.
 */
import { AppEvent } from "../abi/app_events";
import { Buffer } from "../abi/buffers";
import { AppProto, Direction } from "../abi/codes";
import { Account, acquire, release } from "../memory/heap";
import { ja3, ja3Hash, ja3s, ja4, keepGrease } from "./fingerprint";
import { fingerprintText } from "./fingerprint_text";
import { PARSE_ERROR } from "./input";
import { cyu, isCyu } from "./quic_cyu";
import { cryptoSize, freeCrypto, isCryptoWhole, QuicCrypto, quicFrames, tagsAt, tagsLength } from "./quic_frames";
import {
  QuicType,
  quicHeader,
  quicIdAt,
  quicIdLength,
  quicPayloadAt,
  quicPayloadLength,
  quicType,
  quicVersion,
  quicVersionAt,
} from "./quic_header";
import { QUIC_KEYS_SIZE, quicKeys, quicOpen } from "./quic_keys";
import { nameOffset, serverName, splitHello } from "./tls_hello";
import { AppState, openState } from "./transaction";
import { keep, openMessage, ValueTx } from "./values";

enum Handshake {
  ClientHello = 1,
  ServerHello = 2,
}

const MAX_LIVE: u32 = 1024;

@unmanaged
export class QuicState extends AppState {
  /** The handshake of either side. */
  clientData: usize;
  clientLength: u32;
  clientFilled: u32;
  clientTooLong: bool;
  serverData: usize;
  serverLength: u32;
  serverFilled: u32;
  serverTooLong: bool;
  /** QUIC_KEYS_SIZE bytes, 0 for none. */
  keys: usize;
  helloToServer: bool;
  helloToClient: bool;
  retried: bool;

  crypto(direction: u32): QuicCrypto {
    const offset =
      direction == Direction.ToServer ? offsetof<QuicState>("clientData") : offsetof<QuicState>("serverData");
    return changetype<QuicCrypto>(changetype<usize>(this) + offset);
  }
}

export function quicOpenState(): usize {
  return openState(AppProto.Quic, <u32>offsetof<QuicState>());
}

/** Gives back what the state gathered; before the state goes. */
export function quicRelease(base: AppState): void {
  const state = changetype<QuicState>(changetype<usize>(base));
  freeCrypto(state.crypto(Direction.ToServer));
  freeCrypto(state.crypto(Direction.ToClient));
  release(state.keys);
}

/** A transaction with the packet's version. */
function packetTx(state: QuicState, direction: u32, data: usize): ValueTx | null {
  if (state.live >= MAX_LIVE) return null;
  const tx = openMessage(state, direction);
  if (tx != null && quicVersionAt != 0) keep(tx, Buffer.quic__version, direction, data + quicVersionAt, 4);
  return tx;
}

function raise(state: QuicState, direction: u32, data: usize, event: u32): void {
  const tx = packetTx(state, direction, data);
  if (tx != null) tx.raise(event);
}

/** Keys begin with the client's first packet, and anew behind a Retry. */
function settleKeys(state: QuicState, direction: u32, data: usize): void {
  if (state.keys == 0 && quicType == QuicType.Initial) {
    const keys = acquire(Account.App, QUIC_KEYS_SIZE);
    if (keys != 0 && quicKeys(quicVersion, data + quicIdAt, quicIdLength, keys)) state.keys = keys;
    else release(keys);
  } else if (direction == Direction.ToClient && quicType == QuicType.Retry && state.keys != 0 && !state.retried) {
    release(state.keys);
    state.keys = 0;
    state.helloToServer = false;
    state.retried = true;
  }
}

export function quicParse(base: AppState, direction: u32, data: usize, length: u32, _flags: u32): i32 {
  const state = changetype<QuicState>(changetype<usize>(base));
  let at: u32 = 0;
  while (at < length) {
    if (!quicHeader(data + at, length - at)) return PARSE_ERROR;
    if (direction == Direction.ToServer ? state.helloToServer : state.helloToClient) break;
    if (quicType == QuicType.Short) break;
    settleKeys(state, direction, data + at);
    const size = quicPayloadAt + quicPayloadLength;
    if (quicType == QuicType.Initial) {
      if (!initial(state, direction, data + at)) return PARSE_ERROR;
    } else packetTx(state, direction, data + at);
    at += size;
  }
  return <i32>length;
}

/** A packet of the handshake's beginning. False: it cannot be read. */
function initial(state: QuicState, direction: u32, data: usize): bool {
  if (state.keys == 0 || quicPayloadLength == 0)
    return frames(state, direction, data, data + quicPayloadAt, quicPayloadLength);
  const room = acquire(Account.App, quicPayloadLength + 64);
  if (room == 0) return false;
  const plain = quicOpen(state.keys, direction, data, quicPayloadAt, quicPayloadLength, room);
  let good = false;
  if (plain < 0) raise(state, direction, data, AppEvent.quic__failed_decrypt);
  else good = frames(state, direction, data, room, <u32>plain);
  release(room);
  return good;
}

function frames(state: QuicState, direction: u32, data: usize, plain: usize, length: u32): bool {
  const crypto = state.crypto(direction);
  if (!quicFrames(crypto, plain, length)) {
    raise(state, direction, data, AppEvent.quic__error_on_data);
    return false;
  }
  const tx = packetTx(state, direction, data);
  if (tx == null) return false;
  if (crypto.tooLong) {
    crypto.tooLong = false;
    tx.raise(AppEvent.quic__crypto_frag_too_long);
  }
  if (tagsLength > 0 && isCyu(quicVersion)) cyu(tx, direction, quicVersion, plain + tagsAt, tagsLength);
  if (isCryptoWhole(crypto)) {
    const whole = hello(tx, direction, crypto);
    freeCrypto(crypto);
    if (!whole) {
      tx.raise(AppEvent.quic__error_on_data);
      return false;
    }
    if (direction == Direction.ToServer) state.helloToServer = true;
    else state.helloToClient = true;
  }
  return true;
}

/** The hello of a side: names and fingerprints. False: it is none. */
function hello(tx: ValueTx, direction: u32, crypto: QuicCrypto): bool {
  const type = <u32>load<u8>(crypto.data);
  const client = type == Handshake.ClientHello;
  if (!client && type != Handshake.ServerHello) return false;
  const at = crypto.data + 4;
  if (!splitHello(at, cryptoSize(crypto), client)) return false;
  if (client) {
    const name = serverName(at);
    if (name > 0) keep(tx, Buffer.quic__sni, direction, at + nameOffset, name);
  }
  // Suricata leaves the values in that only test a server's tolerance.
  keepGrease(true);
  fingerprint(tx, direction, client ? Buffer.ja3__string : Buffer.ja3s__string, client ? ja3(at) : ja3s(at));
  keepGrease(false);
  const size = client ? Buffer.ja3__hash : Buffer.ja3s__hash;
  keep(tx, size, direction, fingerprintText, 32);
  if (client && direction == Direction.ToServer) {
    const length = ja4(at, 0x71);
    keep(tx, Buffer.ja4__hash, direction, fingerprintText, length);
  }
  return true;
}

/** Keeps the fingerprint's text and leaves its digest in its place. */
function fingerprint(tx: ValueTx, direction: u32, buffer: u32, length: u32): void {
  keep(tx, buffer, direction, fingerprintText, length);
  ja3Hash(length);
}
