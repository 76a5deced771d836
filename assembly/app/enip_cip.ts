/**
 * Common Industrial Protocol in EtherNet/IP (CIP volume 1, chapter 2; volume 2, chapter 2): items, service, path, status. A message with
 * several services has one level of them.
 */
import { Field } from "../abi/buffers";
import { Direction } from "../abi/codes";
import { noteFrame } from "./frame";
import { AppState } from "./transaction";
import { keepNumber, ValueTx } from "./values";

const CONNECTED_DATA: u32 = 0xb1;
const UNCONNECTED_DATA: u32 = 0xb2;
const GET_ATTRIBUTE_LIST: u32 = 3;
const SET_ATTRIBUTE_LIST: u32 = 4;
const MULTIPLE_SERVICE: u32 = 10;

/** Of the data read last: is there CIP, and the sequence number of connected data (NO_SEQUENCE: none). */
export let hasCip: bool = false;
export let cipSequence: u32 = 0;
export const NO_SEQUENCE: u32 = 0x10000;

/** Reads interface handle, timeout and items; values of the first item with data are kept. False: invalid. */
export function readCip(tx: ValueTx, direction: u32, data: usize, length: u32): bool {
  hasCip = false;
  cipSequence = NO_SEQUENCE;
  if (length < 8) return false;
  const n = <u32>load<u16>(data, 6);
  let at: u32 = 8;
  let seen = false;
  for (let i: u32 = 0; i < n; i++) {
    if (length - at < 4) return false;
    const type = <u32>load<u16>(data + at);
    const size = <u32>load<u16>(data + at, 2);
    at += 4;
    if (length - at < size) return false;
    if ((type == CONNECTED_DATA || type == UNCONNECTED_DATA) && !seen) {
      const skip: u32 = type == CONNECTED_DATA ? 2 : 0;
      if (size < skip) return false;
      if (skip != 0) cipSequence = load<u16>(data + at);
      if (!service(tx, direction, data + at + skip, size - skip, true)) return false;
      seen = true;
    }
    at += size;
  }
  hasCip = true;
  return true;
}

/** The CIP of each data item is a frame, and each service of several in one. The data was read (`readCip`) or is checked here. */
export function cipFrames(state: AppState, direction: u32, data: usize, length: u32): void {
  if (length < 8) return;
  const n = <u32>load<u16>(data, 6);
  let at: u32 = 8;
  for (let i: u32 = 0; i < n && at + 4 <= length; i++) {
    const type = <u32>load<u16>(data + at);
    const size = <u32>load<u16>(data + at, 2);
    at += 4;
    if (length - at < size) return;
    const skip: u32 = type == CONNECTED_DATA ? 2 : 0;
    if ((type == CONNECTED_DATA || type == UNCONNECTED_DATA) && size >= skip) {
      noteFrame(state, direction, "cip", data + at + skip, size - skip);
      severalFrames(state, direction, data + at + skip, size - skip);
    }
    at += size;
  }
}

function severalFrames(state: AppState, direction: u32, data: usize, length: u32): void {
  if (length < 4 || (<u32>load<u8>(data) & 0x7f) != MULTIPLE_SERVICE) return;
  const head: u32 = (load<u8>(data) & 0x80) == 0 ? 2 + <u32>load<u8>(data, 1) * 2 : 4 + <u32>load<u8>(data, 3) * 2;
  if (length < head + 2) return;
  const list = data + head;
  const left = length - head;
  const n = <u32>load<u16>(list);
  if (left < 2 + n * 2) return;
  for (let i: u32 = 0; i < n; i++) {
    const from = <u32>load<u16>(list + 2 + ((<usize>i) << 1));
    if (from >= left) continue;
    let to = i + 1 < n ? <u32>load<u16>(list + 4 + ((<usize>i) << 1)) : left;
    if (to <= from || to > left) to = left;
    noteFrame(state, direction, "cip", list + from, to - from);
  }
}

function service(tx: ValueTx, direction: u32, data: usize, length: u32, outer: bool): bool {
  if (length < 2) return false;
  const code = <u32>load<u8>(data);
  keepNumber(tx, Field.cip_service, direction, code & 0x7f);
  return (code & 0x80) == 0
    ? request(tx, code, data + 1, length - 1, outer)
    : response(tx, code & 0x7f, data + 1, length - 1, outer);
}

/** Field of a path segment's type: class, instance or attribute; 0 for others. */
function segmentField(type: u32): u32 {
  switch (type >> 2) {
    case 8:
      return Field.enip__cip_class;
    case 9:
      return Field.enip__cip_instance;
    case 12:
      return Field.enip__cip_attribute;
    default:
      return 0;
  }
}

function path(tx: ValueTx, data: usize, length: u32): void {
  let at: u32 = 0;
  while (at + 2 <= length) {
    const type = <u32>load<u8>(data + at);
    const field = segmentField(type);
    // 8, 16 or 32 bits: the wider ones have a pad byte before the value.
    const size: u32 = (type & 3) == 0 ? 2 : (type & 3) == 1 ? 4 : 6;
    if (field == 0 || (type & 3) == 3 || at + size > length) return;
    const value: u32 =
      size == 2 ? <u32>load<u8>(data + at, 1) : size == 4 ? <u32>load<u16>(data + at, 2) : load<u32>(data + at, 2);
    keepNumber(tx, field, Direction.ToServer, value);
    at += size;
  }
}

function request(tx: ValueTx, code: u32, data: usize, length: u32, outer: bool): bool {
  const words: u32 = load<u8>(data);
  const head: u32 = 1 + words * 2;
  if (head > length) return false;
  path(tx, data + 1, words * 2);
  const rest = data + head;
  const left = length - head;
  if (code == MULTIPLE_SERVICE && outer) return several(tx, Direction.ToServer, rest, left);
  if (code != GET_ATTRIBUTE_LIST && code != SET_ATTRIBUTE_LIST) return true;
  if (left < 2) return false;
  // Of attributes that are set only the first can be told without knowing their sizes.
  const n: u32 = code == GET_ATTRIBUTE_LIST ? <u32>load<u16>(rest) : min<u32>(load<u16>(rest), 1);
  if (left < 2 + n * 2) return false;
  for (let i: u32 = 0; i < n; i++)
    keepNumber(tx, Field.enip__cip_attribute, Direction.ToServer, load<u16>(rest + 2 + ((<usize>i) << 1)));
  return true;
}

function response(tx: ValueTx, code: u32, data: usize, length: u32, outer: bool): bool {
  if (length < 3) return false;
  const words: u32 = load<u8>(data, 2);
  const head: u32 = 3 + words * 2;
  if (head > length) return false;
  keepNumber(tx, Field.enip__cip_status, Direction.ToClient, load<u8>(data, 1));
  if (words == 1) keepNumber(tx, Field.enip__cip_extendedstatus, Direction.ToClient, load<u16>(data, 3));
  return code == MULTIPLE_SERVICE && outer ? several(tx, Direction.ToClient, data + head, length - head) : true;
}

/** A count, that many offsets from the count on, and the services. */
function several(tx: ValueTx, direction: u32, data: usize, length: u32): bool {
  if (length < 2) return false;
  const n = <u32>load<u16>(data);
  if (length < 2 + n * 2) return false;
  for (let i: u32 = 0; i < n; i++) {
    const from = <u32>load<u16>(data + 2 + ((<usize>i) << 1));
    if (from >= length) continue;
    let to = i + 1 < n ? <u32>load<u16>(data + 4 + ((<usize>i) << 1)) : length;
    if (to <= from || to > length) to = length;
    if (!service(tx, direction, data + from, to - from, false)) return false;
  }
  return true;
}
