/**
 * DNP3 (IEEE 1815) over TCP: link frames with checksums carry fragments of an application message. A message is a transaction of its own,
 * as in Suricata 8.
 */
import { AppEvent } from "../abi/app_events";
import { Buffer, Field } from "../abi/buffers";
import { AppProto, Direction } from "../abi/codes";
import { SimpleProgress } from "../abi/progress";
import { Account } from "../memory/heap";
import { end, map } from "../verdict/cbor";
import { readObjects } from "./dnp3_objects";
import { InputFlag, PARSE_ERROR } from "./input";
import { appendText, freeText, Text } from "./text";
import { AppState, openState, Tx } from "./transaction";
import { keep, keepNumber, logNumber, openMessage, ValueTx, valueNumber } from "./values";

/** Link header: 0x05 0x64, length, control, destination, source, checksum. */
const HEADER: u32 = 10;
const START: u32 = 0x6405;
/** Bytes of the header the length counts. */
const COUNTED: u32 = 5;
const BLOCK: u32 = 16;
/** Suricata's limits: unanswered requests, bytes of a message put together. */
const FLOOD: u32 = 32;
const MAX_REASSEMBLED: u32 = 16000;

enum ApplicationCode {
  Confirm = 0,
}

/** Keys of what EVE alone shows. */
enum Key {
  Source = 0x7000,
  Destination = 0x7001,
  Sequence = 0x7002,
}

@unmanaged
export class Dnp3State extends AppState {
  /** A message of several frames, by direction: its transaction, next transport number, bytes. */
  requestTx: usize;
  requestNext: u32;
  requestData: usize;
  requestLength: u32;
  responseTx: usize;
  responseNext: u32;
  responseData: usize;
  responseLength: u32;
  flooded: bool;
}

export function dnp3Open(): usize {
  return openState(AppProto.Dnp3, <u32>offsetof<Dnp3State>());
}

/** Checksum of IEEE 1815 section 9.2.4.3: polynomial 0x3d65, reflected, inverted. */
function checksum(data: usize, length: u32): u32 {
  let crc: u32 = 0;
  for (let i: u32 = 0; i < length; i++) {
    crc ^= <u32>load<u8>(data + i);
    for (let bit: u32 = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xa6bc : crc >> 1;
  }
  return ~crc & 0xffff;
}

function isIntact(data: usize, length: u32): bool {
  return length > 2 && checksum(data, length - 2) == <u32>load<u16>(data + length - 2);
}

function areBlocksIntact(data: usize, length: u32): bool {
  for (let at: u32 = 0; at < length; at += BLOCK + 2)
    if (!isIntact(data + at, min<u32>(BLOCK + 2, length - at))) return false;
  return true;
}

/** Bytes of a frame with its checksums. */
function frameSize(counted: u32): u32 {
  const user = counted - COUNTED;
  return HEADER + user + ((user + BLOCK - 1) / BLOCK) * 2;
}

function messageText(state: Dnp3State, direction: u32): Text {
  return changetype<Text>(
    changetype<usize>(state) +
      (direction == Direction.ToServer ? offsetof<Dnp3State>("requestData") : offsetof<Dnp3State>("responseData")),
  );
}

/** A transaction still being put together. In a flood those FLOOD behind the newest are over. */
function openTx(state: Dnp3State, direction: u32): ValueTx | null {
  const tx = openMessage(state, direction);
  if (tx == null) return null;
  if (direction == Direction.ToServer) tx.progressToServer = <u8>SimpleProgress.Open;
  else tx.progressToClient = <u8>SimpleProgress.Open;
  if (state.live > FLOOD) {
    tx.raise(AppEvent.dnp3__flooded);
    state.flooded = true;
  } else if (state.live < FLOOD) state.flooded = false;
  if (state.flooded) acknowledgeOld(state);
  return tx;
}

function acknowledgeOld(state: Dnp3State): void {
  for (let p = state.oldest; p != 0; p = changetype<Tx>(p).next) {
    const tx = changetype<Tx>(p);
    if (state.opened - tx.id < FLOOD) return;
    tx.advance(Direction.ToServer, SimpleProgress.Complete);
    tx.advance(Direction.ToClient, SimpleProgress.Complete);
  }
}

/** The event belongs to the newest transaction. */
function raise(state: Dnp3State, direction: u32, event: u32): void {
  let at = state.newest;
  if (at == 0) {
    const made = openMessage(state, direction);
    if (made == null) return;
    at = changetype<usize>(made);
  }
  const tx = changetype<Tx>(at);
  tx.raise(event);
  tx.touch(direction);
}

/** Transaction of a message whose first frame this is; 0: not to be read. */
function first(state: Dnp3State, direction: u32, frame: usize): usize {
  const control = <u32>load<u8>(frame, HEADER + 1);
  const code = <u32>load<u8>(frame, HEADER + 2);
  const destination = <u32>load<u16>(frame, 4);
  const source = <u32>load<u16>(frame, 6);
  if (direction == Direction.ToServer && code == ApplicationCode.Confirm) return 0;
  const tx = openTx(state, direction);
  if (tx == null) return 0;
  keepNumber(tx, Key.Source, direction, source);
  keepNumber(tx, Key.Destination, direction, destination);
  keepNumber(tx, Key.Sequence, direction, control & 15);
  keepNumber(tx, Field.dnp3_func, direction, code);
  if (direction == Direction.ToClient)
    keepNumber(tx, Field.dnp3_ind, direction, ((<u32>load<u8>(frame, HEADER + 3)) << 8) | load<u8>(frame, HEADER + 4));
  return changetype<usize>(tx);
}

/** The transaction the state puts a message together for. It may have been freed meanwhile. */
function continued(state: Dnp3State, at: usize): usize {
  for (let p = state.newest; p != 0; p = changetype<Tx>(p).previous) if (p == at) return p;
  return 0;
}

/** User data of one frame, checked. */
function userData(state: Dnp3State, direction: u32, frame: usize, size: u32): void {
  const transport = <u32>load<u8>(frame, HEADER);
  const toServer = direction == Direction.ToServer;
  const message = messageText(state, direction);
  let at: usize = 0;
  if ((transport & 0x40) != 0) {
    at = first(state, direction, frame);
    message.length = 0;
  } else if ((toServer ? state.requestNext : state.responseNext) == (transport & 63)) {
    at = continued(state, toServer ? state.requestTx : state.responseTx);
  }
  if (toServer) state.requestTx = at;
  else state.responseTx = at;
  if (at == 0) return;
  const tx = changetype<ValueTx>(at);
  tx.touch(direction);
  if (toServer) state.requestNext = (transport + 1) & 63;
  else state.responseNext = (transport + 1) & 63;
  append(message, frame + HEADER, size - HEADER);
  if (message.length > MAX_REASSEMBLED) {
    tx.raise(AppEvent.dnp3__too_long_reassembly);
    finish(tx, direction, state, message);
    return;
  }
  if ((transport & 0x80) == 0) return;
  const head: u32 = toServer ? 2 : 4;
  keep(tx, Buffer.dnp3__data, direction, message.data, message.length);
  if (message.length >= head) readObjects(tx, direction, message.data + head, message.length - head);
  finish(tx, direction, state, message);
}

/** Adds the blocks without transport header and checksums. */
function append(message: Text, data: usize, length: u32): void {
  for (let at: u32 = 0; at < length; at += BLOCK + 2) {
    const n = min<u32>(BLOCK + 2, length - at);
    const skip: u32 = at == 0 ? 1 : 0;
    if (n > skip + 2) appendText(message, Account.App, data + at + skip, n - skip - 2);
  }
}

function finish(tx: ValueTx, direction: u32, state: Dnp3State, message: Text): void {
  tx.advance(direction, SimpleProgress.Complete);
  freeText(message);
  if (direction == Direction.ToServer) state.requestTx = 0;
  else state.responseTx = 0;
}

export function dnp3Parse(base: AppState, direction: u32, data: usize, length: u32, flags: u32): i32 {
  if ((flags & InputFlag.Gap) != 0) return PARSE_ERROR;
  const state = changetype<Dnp3State>(changetype<usize>(base));
  // A server may greet with a line of text.
  if (direction == Direction.ToClient && length >= 4 && load<u32>(data) == 0x33504e44) return <i32>length;
  let at: u32 = 0;
  while (length - at >= HEADER) {
    const frame = data + at;
    if (load<u16>(frame) != START) return PARSE_ERROR;
    if (!isIntact(frame, HEADER)) {
      raise(state, direction, AppEvent.dnp3__bad_link_crc);
      return PARSE_ERROR;
    }
    const counted = <u32>load<u8>(frame, 2);
    if (counted < COUNTED) {
      raise(state, direction, AppEvent.dnp3__len_too_small);
      return PARSE_ERROR;
    }
    const size = frameSize(counted);
    if (length - at < size) break;
    at += size;
    const code = <u32>load<u8>(frame, 3) & 15;
    if (code != 3 && code != 4) continue;
    const least: u32 = direction == Direction.ToServer ? COUNTED + 3 : COUNTED + 5;
    if (counted < least) {
      raise(state, direction, AppEvent.dnp3__len_too_small);
      if (direction == Direction.ToClient) return PARSE_ERROR;
    } else if (!areBlocksIntact(frame + HEADER, size - HEADER))
      raise(state, direction, AppEvent.dnp3__bad_transport_crc);
    else userData(state, direction, frame, size);
  }
  return <i32>at;
}

/** Gives back the messages not finished; before the state goes. */
export function dnp3Release(base: AppState): void {
  const state = changetype<Dnp3State>(changetype<usize>(base));
  freeText(messageText(state, Direction.ToServer));
  freeText(messageText(state, Direction.ToClient));
}

/** The `dnp3` object of EVE. */
export function dnp3Log(tx: Tx): void {
  if (!map("dnp3")) return;
  side(tx, "request", Direction.ToServer);
  side(tx, "response", Direction.ToClient);
  end();
}

function side(tx: Tx, key: string, direction: u32): void {
  if (!valueNumber(tx, Field.dnp3_func, direction, 0) || !map(key)) return;
  logNumber(tx, "src", Key.Source, direction);
  logNumber(tx, "dst", Key.Destination, direction);
  if (map("application")) {
    logNumber(tx, "function_code", Field.dnp3_func, direction);
    end();
  }
  end();
}
