/**
 * The event area: records (abi/frames.ts EventRecord) one behind the other, drained by the host between two calls of `inspect`.
 * `roomForFrame` tells whether the events of one more frame surely fit; the pipeline stops before a frame when not, so none is lost.
 */
import { Counter } from "../abi/counters";
import { EventRecord } from "../abi/frames";
import { Setting } from "../abi/settings";
import { reserve } from "../memory/arena";
import { setting } from "../memory/settings";
import { closeBody, openBody } from "./cbor";
import { countAdd } from "./counters";

/** What one frame may write at most before the rest of its events is counted as lost. */
const FRAME_ROOM: u32 = 512 * 1024;
/** Largest body of one record. */
const MAX_BODY: u32 = 128 * 1024;

let area: usize = 0;
let capacity: u32 = 0;
let used: u32 = 0;

/** Carves the area. False when memory is exhausted. */
export function configureEvents(): bool {
  capacity = max<u32>(setting(Setting.EventBytes), FRAME_ROOM * 2) & ~7;
  area = reserve(capacity);
  return area != 0;
}

export function eventsAddress(): usize {
  return area;
}

/** Bytes of records since `drainEvents`. */
export function eventsUsed(): u32 {
  return used;
}

export function drainEvents(): void {
  used = 0;
}

export function roomForFrame(): bool {
  return capacity - used >= FRAME_ROOM;
}

/** Opens a record with an open body; 0 when there is no room (counted). */
export function openEvent(): usize {
  if (capacity - used < <u32>(EventRecord.size + 256)) {
    countAdd(Counter.events__lost, 1);
    return 0;
  }
  const record = area + used;
  memory.fill(record, 0, EventRecord.size);
  const room = min<u32>(capacity - used - <u32>(EventRecord.size + 16), MAX_BODY);
  openBody(record + EventRecord.size, room);
  return record;
}

/** Ends the record opened last. */
export function closeEvent(record: usize): void {
  const body = closeBody();
  const length: u32 = (EventRecord.size + body + 7) & ~7;
  store<u32>(record, body, EventRecord.bodyLength);
  store<u32>(record, length, EventRecord.length);
  used += length;
}

/** Opens a record for a body of at most `bytes` bytes that the caller writes behind its header; 0 when there is no room (counted). */
export function openRawEvent(bytes: u32): usize {
  if (capacity - used < <u32>(EventRecord.size + 16) + bytes) {
    countAdd(Counter.events__lost, 1);
    return 0;
  }
  const record = area + used;
  memory.fill(record, 0, EventRecord.size);
  return record;
}

/** Ends that record. `length`: bytes of its body. */
export function closeRawEvent(record: usize, length: u32): void {
  const whole: u32 = (EventRecord.size + length + 7) & ~7;
  store<u32>(record, length, EventRecord.bodyLength);
  store<u32>(record, whole, EventRecord.length);
  used += whole;
}
