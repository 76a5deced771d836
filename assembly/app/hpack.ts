/**
 * Header blocks of HTTP/2 (HPACK, RFC 7541), read as Suricata reads them: what cannot be resolved becomes a field with an error status,
 * a block that ends early is refused as a whole.
 *
 * Contract: no read goes beyond `length`; a field's name and value are decoded into a buffer of the module's own first.
 */
import { Account } from "../memory/heap";
import { huffmanRoom, huffmanText } from "./hpack_huffman";
import {
  addEntry,
  DynamicTable,
  entryName,
  entryNameLength,
  entryValue,
  entryValueLength,
  findEntry,
  STATIC_ENTRIES,
  shrinkTable,
  staticName,
  staticValue,
} from "./hpack_table";
import { HeaderStatus, keepField, Side } from "./http2_state";
import { appendByte, appendText, freeText, reserveText, Text } from "./text";

export const enum Block {
  /** Read to its end. */
  Whole = 0,
  /** An integer overflowed: what follows is not read. */
  Rest = 1,
  /** It ends inside a field: nothing of it is kept. */
  Short = 2,
}

/** Name and value of the field at hand. */
const work: Text = changetype<Text>(memory.data(8, 8));
let nameLength: u32 = 0;
let shared: bool = false;
let status: HeaderStatus = HeaderStatus.Success;

/** Reading position. */
let at: usize = 0;
let end: usize = 0;
let overflowed: bool = false;
let integer: u64 = 0;

/** Of the last block. */
export let sawInvalid: bool = false;
export let sawUpdate: bool = false;
export let largestUpdate: u64 = 0;

export function releaseHpack(): void {
  freeText(work);
}

/** RFC 7541 section 5.1. False when the input ends, or the integer overflows. */
function readInteger(prefix: u64, most: u64): bool {
  integer = prefix;
  if (prefix < most) return true;
  const from = at;
  while (at < end && (load<u8>(at) & 0x80) != 0) at++;
  if (at >= end) return false;
  const n = <u32>(at - from);
  const last = <u64>load<u8>(at++);
  if (n > 9 || (n == 9 && last > 1)) {
    integer = 0;
    return true;
  }
  integer = most;
  for (let i: u32 = 0; i < n; i++) integer += (<u64>load<u8>(from + i) & 0x7f) << (7 * <u64>i);
  const more = last << (7 * <u64>n);
  if (integer + more < integer) {
    overflowed = true;
    return false;
  }
  integer += more;
  return true;
}

/** RFC 7541 section 5.2, appended to `work`. */
function readString(): bool {
  if (at >= end) return false;
  const first = <u32>load<u8>(at++);
  if (!readInteger(first & 0x7f, 0x7f)) return false;
  if (integer > <u64>(end - at)) return false;
  const length = <u32>integer;
  if ((first & 0x80) == 0) appendText(work, Account.Http, at, length);
  else if (reserveText(work, Account.Http, huffmanRoom(length)))
    work.length += huffmanText(at, length, work.data + work.length);
  at += length;
  return true;
}

function appendWord(s: string): void {
  for (let i = 0; i < s.length; i++) appendByte(work, Account.Http, <u32>s.charCodeAt(i));
}

/** Puts the name of entry `index`, and its value if asked for, into `work`. */
function takeIndexed(table: DynamicTable, index: u64, withValue: bool): void {
  if (index > 0 && index <= <u64>STATIC_ENTRIES) {
    appendWord(staticName(<u32>index));
    nameLength = work.length;
    if (withValue) appendWord(staticValue(<u32>index));
  } else if (index == 0) {
    status = HeaderStatus.Index0;
  } else if (findEntry(table, index)) {
    shared = true;
    appendText(work, Account.Http, entryName, entryNameLength);
    nameLength = work.length;
    if (withValue) appendText(work, Account.Http, entryValue, entryValueLength);
  } else status = HeaderStatus.NotIndexed;
}

/** A literal: its name may be that of an entry. An unknown entry leaves the name empty. */
function readLiteral(table: DynamicTable, prefix: u32, most: u32): bool {
  if (!readInteger(prefix, most)) return false;
  if (integer == 0) {
    if (!readString()) return false;
    nameLength = work.length;
  } else {
    takeIndexed(table, integer, false);
    status = HeaderStatus.Success;
  }
  return readString();
}

/** One field. `update`: the size update it is. */
function readField(table: DynamicTable): bool {
  const first = <u32>load<u8>(at++);
  if ((first & 0x80) != 0) {
    if (!readInteger(first & 0x7f, 0x7f)) return false;
    takeIndexed(table, integer, true);
    return true;
  }
  if ((first & 0x40) != 0) {
    if (!readLiteral(table, first & 0x3f, 0x3f)) return false;
    addEntry(table, work.data, nameLength, work.data + nameLength, work.length - nameLength);
    return true;
  }
  if ((first & 0x20) != 0) {
    if (!readInteger(first & 0x1f, 0x1f)) return false;
    status = HeaderStatus.SizeUpdate;
    shrinkTable(table, integer);
    return true;
  }
  return readLiteral(table, first & 0x0f, 0x0f);
}

/** Reads a header block and appends its fields to `side`. */
export function readBlock(table: DynamicTable, side: Side, data: usize, length: u32): Block {
  at = data;
  end = data + length;
  sawInvalid = false;
  sawUpdate = false;
  largestUpdate = 0;
  overflowed = false;
  const bytesBefore = side.bytesLength;
  const fieldsBefore = side.fieldsLength;
  while (at < end) {
    work.length = 0;
    nameLength = 0;
    shared = false;
    status = HeaderStatus.Success;
    if (!readField(table)) {
      if (overflowed) {
        sawInvalid = true;
        keepField(side, HeaderStatus.IntegerOverflow, false, 0, 0, 0, 0);
        return Block.Rest;
      }
      side.bytesLength = bytesBefore;
      side.fieldsLength = fieldsBefore;
      sawInvalid = false;
      sawUpdate = false;
      return Block.Short;
    }
    if (status == HeaderStatus.SizeUpdate) {
      sawUpdate = true;
      if (integer > largestUpdate) largestUpdate = integer;
      keepField(side, status, false, integer, 0, 0, 0);
      continue;
    }
    if (status != HeaderStatus.Success) sawInvalid = true;
    keepField(side, status, shared, 0, work.data, nameLength, work.length - nameLength);
  }
  return Block.Whole;
}
