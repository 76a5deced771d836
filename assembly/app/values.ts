/**
 * What a transaction of the smaller protocols keeps: the very values rules ask for, in the order they were seen. A parser reads a message once
 * and keeps `Buffer`s and `Field`s of it; detection and EVE find them by their number, so such a protocol is a parser and a log, nothing else.
 *
 * Contract: values of a transaction never take more than MAX_BYTES; what comes behind is not kept. Entries lie one behind the other:
 * the head (Entry), then the bytes, or a u64.
 */
import { Direction } from "../abi/codes";
import { SimpleProgress } from "../abi/progress";
import { Account } from "../memory/heap";
import * as cbor from "../verdict/cbor";
import { foundNumber, number } from "./number";
import { freeText, reserveText, Text } from "./text";
import { AppState, closeTx, openTx, Tx, TxFlag } from "./transaction";
import { view, viewData, viewLength } from "./view";

/** Bytes the values of one transaction may take, heads included. */
const MAX_BYTES: u32 = 1 << 20;
/** The value belongs to both directions. */
export const EITHER: u32 = 2;
/** Key bit of numbers: buffers and fields are numbered each on their own. */
const NUMBER: u32 = 0x8000;

/** Head of an entry. */
const enum Entry {
  /** u16: Buffer, or Field with NUMBER. */
  key = 0,
  /** u8: Direction, or EITHER. */
  direction = 2,
  /** u32: bytes behind the head. */
  length = 4,
  size = 8,
}

@unmanaged
export class ValueTx extends Tx {
  data: usize;
  length: u32;
  /** For the protocol's own use: what it must know of a message when the next one comes. */
  mark: u32;
  kind: u32;
  count: u32;
  extra: u32;

  get values(): Text {
    return changetype<Text>(changetype<usize>(this) + offsetof<ValueTx>("data"));
  }
}

/** Where the last search ended, so that asking for index after index walks the entries once. */
let lastTx: usize = 0;
let lastKey: u32 = 0;
let lastDirection: u32 = 0;
let lastIndex: u32 = 0;
let lastAt: u32 = 0;

/** A transaction both sides take part in; null when memory is refused. */
export function openValues(state: AppState): ValueTx | null {
  const at = openTx(state, <u32>offsetof<ValueTx>());
  if (lastTx == at) lastTx = 0;
  return at == 0 ? null : changetype<ValueTx>(at);
}

/** A transaction that is one message of one direction, complete at once. */
export function openMessage(state: AppState, direction: u32): ValueTx | null {
  const tx = openValues(state);
  if (tx == null) return null;
  tx.progressToServer = <u8>SimpleProgress.Complete;
  tx.progressToClient = <u8>SimpleProgress.Complete;
  tx.flags |= TxFlag.Unidirectional | (direction == Direction.ToServer ? TxFlag.SkipToClient : TxFlag.SkipToServer);
  return tx;
}

/** Both directions are over. */
export function completeValues(tx: ValueTx): void {
  tx.advance(Direction.ToServer, SimpleProgress.Complete);
  tx.advance(Direction.ToClient, SimpleProgress.Complete);
}

/** The newest transaction, 0 for none. */
export function newestValues(state: AppState): usize {
  return state.newest;
}

/** Notes an event on the newest transaction; opens one when there is none. */
export function raiseOnNewest(state: AppState, direction: u32, event: u32): void {
  if (state.newest != 0) {
    const tx = changetype<Tx>(state.newest);
    tx.raise(event);
    tx.touch(direction);
    return;
  }
  const tx = openMessage(state, direction);
  if (tx != null) tx.raise(event);
}

export function freeValues(state: AppState, base: Tx): void {
  const tx = changetype<ValueTx>(changetype<usize>(base));
  if (lastTx == changetype<usize>(tx)) lastTx = 0;
  freeText(tx.values);
  closeTx(state, base);
}

function entry(tx: ValueTx, key: u32, direction: u32, length: u32): usize {
  const size = <u32>Entry.size + length;
  if (length > MAX_BYTES || tx.length + size > MAX_BYTES) return 0;
  if (!reserveText(tx.values, Account.App, size)) return 0;
  const at = tx.data + tx.length;
  store<u16>(at, <u16>key, Entry.key);
  store<u8>(at, <u8>direction, Entry.direction);
  store<u32>(at, length, Entry.length);
  tx.length += size;
  return at + Entry.size;
}

/** Keeps bytes for a buffer. */
export function keep(tx: ValueTx, buffer: u32, direction: u32, data: usize, length: u32): void {
  const at = entry(tx, buffer, direction, length);
  if (at != 0) memory.copy(at, data, length);
}

/** Keeps bytes as lower-case hexadecimal text. */
export function keepHex(tx: ValueTx, buffer: u32, direction: u32, data: usize, length: u32): void {
  if (length > MAX_BYTES / 2) return;
  const at = entry(tx, buffer, direction, length << 1);
  if (at == 0) return;
  for (let i: u32 = 0; i < length; i++) {
    const byte = load<u8>(data + i);
    store<u8>(at + ((<usize>i) << 1), hexDigit(byte >> 4));
    store<u8>(at + ((<usize>i) << 1), hexDigit(byte & 15), 1);
  }
}

function hexDigit(nibble: u8): u8 {
  return nibble < 10 ? 0x30 + nibble : 0x57 + nibble;
}

/** Keeps one of our own words. */
export function keepWord(tx: ValueTx, buffer: u32, direction: u32, value: string): void {
  const at = entry(tx, buffer, direction, value.length);
  if (at == 0) return;
  const chars = changetype<usize>(value);
  for (let i: u32 = 0; i < <u32>value.length; i++) store<u8>(at + i, <u8>load<u16>(chars + ((<usize>i) << 1)));
}

/** Keeps a number for a field. */
export function keepNumber(tx: ValueTx, field: u32, direction: u32, value: u64): void {
  const at = entry(tx, field | NUMBER, direction, 8);
  if (at != 0) store<u64>(at, value);
}

/** Keeps the one number of a field: what was kept before is replaced. */
export function setNumber(tx: ValueTx, field: u32, direction: u32, value: u64): void {
  const head = find(tx, field | NUMBER, direction, 0);
  if (head != 0) store<u64>(head + Entry.size, value);
  else keepNumber(tx, field, direction, value);
}

/** The number of a field, 0 when it has none. */
export function numberOf(tx: Tx, field: u32, direction: u32): u64 {
  return valueNumber(tx, field, direction, 0) ? foundNumber : 0;
}

/** Head of the value number `index` with this key, 0 for none. */
function find(tx: ValueTx, key: u32, direction: u32, index: u32): usize {
  let i = index;
  let at: u32 = 0;
  if (lastTx == changetype<usize>(tx) && lastKey == key && lastDirection == direction && lastIndex <= index) {
    i = index - lastIndex;
    at = lastAt;
  }
  while (at < tx.length) {
    const head = tx.data + at;
    if (load<u16>(head, Entry.key) == key) {
      const d = <u32>load<u8>(head, Entry.direction);
      if (d == direction || d == EITHER || direction == EITHER) {
        if (i == 0) {
          lastTx = changetype<usize>(tx);
          lastKey = key;
          lastDirection = direction;
          lastIndex = index;
          lastAt = at;
          return head;
        }
        i--;
      }
    }
    at += <u32>Entry.size + load<u32>(head, Entry.length);
  }
  return 0;
}

/** Shows value number `index` of a buffer. */
export function valueBuffer(base: Tx, buffer: u32, direction: u32, index: u32): bool {
  const head = find(changetype<ValueTx>(changetype<usize>(base)), buffer, direction, index);
  return head != 0 && view(head + Entry.size, load<u32>(head, Entry.length));
}

/** Hands out value number `index` of a field. */
export function valueNumber(base: Tx, field: u32, direction: u32, index: u32): bool {
  const head = find(changetype<ValueTx>(changetype<usize>(base)), field | NUMBER, direction, index);
  return head != 0 && number(load<u64>(head + Entry.size));
}

/** Writes a buffer's value into the open event body, if there is one. */
export function logText(tx: Tx, key: string, buffer: u32, direction: u32): void {
  if (valueBuffer(tx, buffer, direction, 0)) cbor.text(key, viewData, viewLength);
}

/** Writes a field's number into the open event body, if there is one. */
export function logNumber(tx: Tx, key: string, field: u32, direction: u32): void {
  if (valueNumber(tx, field, direction, 0)) cbor.number(key, foundNumber);
}

/** Writes all values of a buffer as an array, if there is one. */
export function logTexts(tx: Tx, key: string, buffer: u32, direction: u32): void {
  if (!valueBuffer(tx, buffer, direction, 0) || !cbor.array(key)) return;
  for (let i: u32 = 0; i < MAX_LISTED && valueBuffer(tx, buffer, direction, i); i++)
    cbor.text("", viewData, viewLength);
  cbor.end();
}

/** Writes all numbers of a field as an array, if there is one. */
export function logNumbers(tx: Tx, key: string, field: u32, direction: u32): void {
  if (!valueNumber(tx, field, direction, 0) || !cbor.array(key)) return;
  for (let i: u32 = 0; i < MAX_LISTED && valueNumber(tx, field, direction, i); i++) cbor.number("", foundNumber);
  cbor.end();
}

/** Values of a list that an event names. */
const MAX_LISTED: u32 = 64;
