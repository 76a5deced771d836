/**
 * The trace of one rule (abi/trace.ts): each room says what it did with the rule while `tracing` holds. Off, that is one branch a place.
 * A frame may write so many steps; what follows is cut, and said so.
 */
import { EventRecord, EventType } from "../abi/frames";
import { Setting } from "../abi/settings";
import { HeaderCheck, ListOutcome, TraceStage, TraceStep } from "../abi/trace";
import { setting } from "../memory/settings";
import { number, text } from "./cbor";
import { closeEvent, openEvent } from "./event";

/** Steps of one packet at most. */
const MAX_STEPS: u32 = 512;
/** Bytes of a buffer that are shown. */
const SHOWN: u32 = 4096;

/** Is the rule at hand traced? */
export let tracing: bool = false;
/** Is any rule traced? */
export let traced: bool = false;
let sid: u32 = 0;
let steps: u32 = 0;
let frame: u64 = 0;
let timestamp: u64 = 0;
let direction: u8 = 0;
let rule: u32 = 0;
let list: u32 = 0;

export function configureTrace(): void {
  sid = setting(Setting.TraceSid);
  traced = sid != 0;
}

/** Begins a packet. */
export function openTrace(frameNumber: u64, time: u64, way: u8): void {
  if (frameNumber != frame) steps = 0;
  frame = frameNumber;
  timestamp = time;
  direction = way;
}

export function isTraced(ruleSid: u32): bool {
  return traced && ruleSid == sid;
}

/** Begins with a rule: traces when it is the one. */
export function beginTrace(index: u32, ruleSid: u32, stage: TraceStage): void {
  tracing = ruleSid == sid;
  if (!tracing) return;
  rule = index;
  list = 0;
  const record = open(TraceStep.Taken);
  if (record == 0) return;
  number("stage", stage);
  closeEvent(record);
}

export function endTrace(matched: bool): void {
  if (tracing && matched) {
    const record = open(TraceStep.Matched);
    if (record != 0) closeEvent(record);
  }
  tracing = false;
}

function open(step: TraceStep): usize {
  if (steps >= MAX_STEPS) return 0;
  const record = openEvent();
  if (record == 0) return 0;
  steps++;
  store<u16>(record, <u16>EventType.Trace, EventRecord.type);
  store<u64>(record, timestamp, EventRecord.timestamp);
  store<u64>(record, frame, EventRecord.frame);
  store<u8>(record, direction, EventRecord.direction);
  store<u32>(record, rule, EventRecord.rule);
  store<u64>(record, 0xffff_ffff_ffff_ffff, EventRecord.txId);
  number("step", steps == MAX_STEPS ? TraceStep.Cut : step);
  return record;
}

export function traceNotBrought(index: u32, stage: TraceStage): void {
  rule = index;
  const record = open(TraceStep.NotBrought);
  if (record == 0) return;
  number("stage", stage);
  closeEvent(record);
}

export function traceSuspended(): void {
  const record = open(TraceStep.Suspended);
  if (record != 0) closeEvent(record);
}

export function traceHeader(check: HeaderCheck, seen: u64): void {
  const record = open(TraceStep.Header);
  if (record == 0) return;
  number("check", check);
  number("seen", seen);
  closeEvent(record);
}

/** A condition failed that looks at no bytes. */
export function traceCondition(condition: u32): void {
  const record = open(TraceStep.Condition);
  if (record == 0) return;
  number("condition", condition);
  closeEvent(record);
}

/** ... and what it was compared with. */
export function traceNumber(condition: u32, seen: u64): void {
  const record = open(TraceStep.Condition);
  if (record == 0) return;
  number("condition", condition);
  number("seen", seen);
  closeEvent(record);
}

/** Names the list whose buffers come next. */
export function traceList(index: u32): void {
  list = index;
}

export function traceOutcome(index: u32, outcome: ListOutcome, seen: u32, wanted: u32): void {
  const record = open(TraceStep.List);
  if (record == 0) return;
  number("list", index);
  number("outcome", outcome);
  number("seen", seen);
  number("wanted", wanted);
  closeEvent(record);
}

/** The list named last has no buffer here. */
export function traceAbsent(): void {
  traceOutcome(list, ListOutcome.Absent, 0, 0);
}

export function traceBuffer(chain: u32, data: usize, length: u32, offset: u64): void {
  const record = open(TraceStep.Buffer);
  if (record == 0) return;
  number("list", list);
  number("condition", chain);
  number("length", length);
  number("offset", offset);
  text("data", data, min<u32>(length, SHOWN));
  closeEvent(record);
}

export function traceTry(condition: u32, cursor: u32): void {
  const record = open(TraceStep.Try);
  if (record == 0) return;
  number("condition", condition);
  number("cursor", cursor);
  closeEvent(record);
}

export function traceHeld(cursor: u32): void {
  const record = open(TraceStep.Held);
  if (record == 0) return;
  number("cursor", cursor);
  closeEvent(record);
}
