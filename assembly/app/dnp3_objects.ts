/**
 * Objects of a DNP3 application message (IEEE 1815 section 4.2.2): a header with group, variation and range, then the points. What a point
 * takes depends on the object; an object not known here ends the reading, for nobody can tell where the next begins.
 */
import { AppEvent } from "../abi/app_events";
import { Field } from "../abi/buffers";
import { keepNumber, ValueTx } from "./values";

/** Suricata's limits of a message. */
const MAX_POINTS: u32 = 16384;
const MAX_OBJECTS: u32 = 2048;
const UNKNOWN: i32 = -1;
/** Points are single bits. */
const PACKED: i32 = -2;
/** Points are pairs of bits. */
const DOUBLE_PACKED: i32 = -3;

/** Bytes of a point, by `group << 8 | variation`; PACKED, DOUBLE_PACKED or UNKNOWN. */
function pointSize(object: u32): i32 {
  switch (object) {
    case 0x0101:
    case 0x0a01:
    case 0x5001:
      return PACKED;
    case 0x0301:
      return DOUBLE_PACKED;
    case 0x0102:
    case 0x0201:
    case 0x0302:
    case 0x0401:
    case 0x0a02:
    case 0x0b01:
    case 0x0c03:
    case 0x0d01:
      return 1;
    case 0x1406:
    case 0x1506:
    case 0x1e04:
    case 0x2204:
    case 0x2201:
    case 0x3402:
    case 0x3401:
      return 2;
    case 0x0203:
    case 0x0403:
    case 0x1402:
    case 0x1502:
    case 0x1602:
    case 0x1702:
    case 0x1e02:
    case 0x1f02:
    case 0x2002:
    case 0x2102:
    case 0x2802:
    case 0x2902:
    case 0x2a02:
    case 0x2b02:
      return 3;
    case 0x1405:
    case 0x1505:
    case 0x1e03:
    case 0x2202:
    case 0x2203:
      return 4;
    case 0x1401:
    case 0x1501:
    case 0x1601:
    case 0x1701:
    case 0x1e01:
    case 0x1e05:
    case 0x1f01:
    case 0x2001:
    case 0x2005:
    case 0x2101:
    case 0x2801:
    case 0x2803:
    case 0x2901:
    case 0x2903:
    case 0x2a01:
    case 0x2a05:
    case 0x2b01:
      return 5;
    case 0x3201:
    case 0x3203:
    case 0x3301:
    case 0x3302:
      return 6;
    case 0x0202:
    case 0x0402:
    case 0x0b02:
    case 0x0d02:
      return 7;
    case 0x1606:
    case 0x1706:
    case 0x1e06:
    case 0x2004:
    case 0x2104:
    case 0x2804:
    case 0x2904:
    case 0x2a04:
    case 0x2b04:
      return 9;
    case 0x3202:
      return 10;
    case 0x0c01:
    case 0x0c02:
    case 0x1605:
    case 0x1705:
    case 0x2003:
    case 0x2007:
    case 0x2103:
    case 0x2a03:
    case 0x2a07:
    case 0x2b03:
    case 0x3204:
      return 11;
    default:
      return UNKNOWN;
  }
}

/** Bytes of the index or size before each point, by the prefix code of the qualifier. */
function prefixSize(code: u32): u32 {
  switch (code) {
    case 1:
    case 4:
      return 1;
    case 2:
    case 5:
      return 2;
    case 3:
    case 6:
      return 4;
    default:
      return 0;
  }
}

/** Bytes of the range field by its code; above 8: reserved. */
function rangeSize(code: u32): u32 {
  switch (code) {
    case 0:
    case 3:
    case 8:
      return 2;
    case 1:
    case 4:
    case 9:
      return 4;
    case 2:
    case 5:
      return 8;
    case 6:
      return 0;
    case 7:
    case 11:
      return 1;
    default:
      return 99;
  }
}

function little(at: usize, bytes: u32): u32 {
  if (bytes == 1) return load<u8>(at);
  return bytes == 2 ? <u32>load<u16>(at) : load<u32>(at);
}

/** Points an object has, by its range. */
function countOf(code: u32, at: usize, size: u32): u32 {
  if (code == 6) return 0;
  if (code >= 7) return little(at, size);
  const half = size >> 1;
  return little(at + half, half) - little(at, half) + 1;
}

/** Reads the objects; raises what is wrong with them. */
export function readObjects(tx: ValueTx, direction: u32, data: usize, length: u32): void {
  let at: u32 = 0;
  let points: u32 = 0;
  for (let objects: u32 = 0; at + 3 <= length; objects++) {
    if (objects >= MAX_OBJECTS) {
      tx.raise(AppEvent.dnp3__too_many_objects);
      return;
    }
    const group = <u32>load<u8>(data + at);
    const variation = <u32>load<u8>(data + at, 1);
    const qualifier = <u32>load<u8>(data + at, 2);
    const code = qualifier & 15;
    const range = rangeSize(code);
    at += 3;
    if (range > length - at) return;
    keepNumber(tx, Field.dnp3_obj, direction, (group << 8) | variation);
    const count = countOf(code, data + at, range);
    at += range;
    if (variation == 0 || count == 0) continue;
    if (count > MAX_POINTS - points) {
      tx.raise(AppEvent.dnp3__too_many_points);
      return;
    }
    points += count;
    const size = pointSize((group << 8) | variation);
    if (size == UNKNOWN) {
      tx.raise(AppEvent.dnp3__unknown_object);
      return;
    }
    const prefix = prefixSize((qualifier >> 4) & 7);
    // Packed points have one prefix together.
    let taken = count * (prefix + <u32>size);
    if (size == PACKED) taken = prefix + (count + 7) / 8;
    else if (size == DOUBLE_PACKED) taken = prefix + (count + 3) / 4;
    if (taken > length - at) {
      tx.raise(AppEvent.dnp3__malformed);
      return;
    }
    at += taken;
  }
}
