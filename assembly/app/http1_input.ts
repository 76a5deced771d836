/**
 * The bytes under way: one chunk of one direction, or a gap of known length, and how far the state machine has come.
 * There is one at a time: a chunk is parsed to its end before the next one is given.
 */
import { Account } from "../memory/heap";
import { indexOf } from "./ascii";
import { appendText, Text } from "./text";

/** First byte, next byte and end of the chunk; for a gap, counted from 0. */
export let inputStart: usize = 0;
export let inputAt: usize = 0;
export let inputEnd: usize = 0;
export let inputIsGap: bool = false;
/** Where raw header recording goes on. */
export let recordFrom: usize = 0;

export function openInput(data: usize, length: u32): void {
  inputStart = data;
  inputAt = data;
  inputEnd = data + length;
  inputIsGap = false;
  recordFrom = data;
}

export function openGap(length: u32): void {
  openInput(0, length);
  inputIsGap = true;
}

export function inputLeft(): u32 {
  return <u32>(inputEnd - inputAt);
}

export function consume(length: u32): void {
  inputAt += min(length, inputLeft());
}

/** Steps back, at most to the start of the chunk. */
export function unconsume(length: u32): void {
  inputAt -= min(length, <u32>(inputAt - inputStart));
}

/** Length of the next line with its LF, or 0 when there is no LF. Not for gaps. */
export function lineLength(): u32 {
  const left = inputLeft();
  const at = indexOf(inputAt, left, 10);
  return at < left ? at + 1 : 0;
}

/** Raw header recording starts, or goes on, here. */
export function recordHere(): void {
  recordFrom = inputAt;
}

/** The line of `length` input bytes with what was kept of its start. Valid until the kept part is cleared; 0 when memory is short. */
export let wholeLine: usize = 0;
export let wholeLength: u32 = 0;

/** Joins the next `length` bytes to `part`, which is emptied. False when memory is short. */
export function takeLine(part: Text, length: u32): bool {
  wholeLine = inputAt;
  wholeLength = length;
  if (part.length > 0) {
    if (!appendText(part, Account.Http, inputAt, length)) return false;
    wholeLine = part.data;
    wholeLength = part.length;
    part.length = 0;
  }
  return true;
}

/** Keeps the last `length` bytes of what `takeLine` joined. False when memory is short. */
export function keepTail(part: Text, length: u32): bool {
  const tail = wholeLine + wholeLength - length;
  if (wholeLine != part.data) return appendText(part, Account.Http, tail, length);
  memory.copy(part.data, tail, length);
  part.length = length;
  return true;
}
