/**
 * Reads header fields out of a header section that may end anywhere.
 *
 * A field ends with its line, but only the byte after a line end tells whether the next line folds into it; so a field is reported once
 * that byte is there. What counts as a line end differs: requests end lines with LF (CR before it is dropped), responses also with CR
 * alone, as browsers have it. Both know a few deformed ends that servers are known to send.
 *
 * Results stand in module variables: they are valid until the next call.
 */
import { Account } from "../memory/heap";
import { indexOf, isBlank, isTokenCharacter, leadingSpaces, trimEnd } from "./ascii";
import { appendByte, appendText, freeText, Text } from "./text";

export const enum Read {
  Ok = 0,
  /** The end of the data came first. */
  Incomplete = 1,
  /** No field here. */
  None = 2,
}

export const enum FieldFlag {
  NameEmpty = 1,
  NotToken = 2,
  TrailingSpace = 4,
  LeadingSpace = 8,
  MissingColon = 16,
  DeformedEol = 32,
  Folded = 64,
}

/** Most lines folded into one field; bounds what each new segment can make us read again. */
const MAX_FOLDS: u32 = 128;

const LF: u32 = 10;
const CR: u32 = 13;

/** The field just read: name and value, trimmed, and where the next one starts. */
export let fieldName: usize = 0;
export let fieldNameLength: u32 = 0;
export let fieldValue: usize = 0;
export let fieldValueLength: u32 = 0;
export let fieldFlags: u32 = 0;
export let fieldNext: usize = 0;

/** The section under way. */
let end: usize = 0;
let isResponse: bool = false;
/** No more data will come. */
let complete: bool = false;

const unfolded: Text = changetype<Text>(memory.data(8, 8));

/** Gives back the memory that folded values were joined in. */
export function releaseUnfolded(): void {
  freeText(unfolded);
}

export function openFields(stop: usize, response: bool, final: bool): void {
  end = stop;
  isResponse = response;
  complete = final;
}

function isEol(c: u32): bool {
  return c == LF || (isResponse && c == CR);
}

function byteAt(at: usize): u32 {
  return at < end ? <u32>load<u8>(at) : 0x100;
}

/** Length of a plain line end at `at`, or 0. */
export function lineEnd(at: usize): u32 {
  const c = byteAt(at);
  const d = byteAt(at + 1);
  if (c == CR && d == LF) return 2;
  if (isResponse) {
    if (c == LF && d == CR) return 2;
    return c == LF || c == CR ? 1 : 0;
  }
  return c == LF ? 1 : 0;
}

const STARVED: u32 = 0xffff_ffff;

function isLineEndNext(at: usize): bool {
  return byteAt(at) == LF || (byteAt(at) == CR && byteAt(at + 1) == LF);
}

/** Length of a deformed line end at `at`, 0 for none, STARVED when more data may decide. */
function deformedEnd(at: usize): u32 {
  if (byteAt(at) == LF && byteAt(at + 1) == CR) {
    if (byteAt(at + 2) == CR && byteAt(at + 3) == LF && isLineEndNext(at + 4)) return 4;
    if (!isResponse && byteAt(at + 2) == CR && byteAt(at + 3) == LF) return 2;
    return 0;
  }
  if (!isResponse || byteAt(at) != CR || byteAt(at + 1) != LF || byteAt(at + 2) != CR) return 0;
  let next = at + 3;
  while (byteAt(next) == CR || byteAt(next) == 32 || byteAt(next) == 9) next++;
  if (next == at + 3) return at + 3 >= end ? STARVED : 0;
  if (next >= end) return STARVED;
  if (byteAt(next) == LF) next++;
  return isLineEndNext(next) ? 0 : <u32>(next - at);
}

/** Line end of a value: its length, and the length of the fold behind it (0 or 1). */
let eolLength: u32 = 0;
let foldLength: u32 = 0;
let eolDeformed: bool = false;

function isFold(c: u32): bool {
  return c == 32 || c == 9 || c == 0;
}

/** Reads the line end at `at`, with what folds the next line to it. */
function readEnd(at: usize): Read {
  eolDeformed = false;
  foldLength = 0;
  const deformed = deformedEnd(at);
  if (!isResponse && deformed == STARVED) return Read.Incomplete;
  // Folding: responses fold after a plain end only.
  const folding = !isResponse && deformed != 0 ? deformed : lineEnd(at);
  if (folding == 0) return Read.None;
  const next = byteAt(at + folding);
  if (next == 0x100 && !complete) return Read.Incomplete;
  if (next != 0x100 && isFold(next)) {
    eolLength = folding;
    eolDeformed = !isResponse && deformed != 0;
    foldLength = 1;
    return Read.Ok;
  }
  if (deformed == STARVED) return Read.Incomplete;
  eolLength = deformed != 0 ? deformed : lineEnd(at);
  eolDeformed = deformed != 0;
  if (complete) return Read.Ok;
  const after = byteAt(at + eolLength);
  if (after == 0x100) return Read.Incomplete;
  return isFold(after) ? Read.None : Read.Ok;
}

/** One line of a value. */
let lineAt: usize = 0;
let lineSize: u32 = 0;
let lineNext: usize = 0;

function readLine(at: usize): Read {
  let stop = at;
  while (stop < end && !isEol(load<u8>(stop))) stop++;
  if (stop >= end) return Read.Incomplete;
  lineAt = at;
  if (stop > at && load<u8>(stop - 1) == CR) stop--;
  lineSize = <u32>(stop - at);
  const read = readEnd(stop);
  if (read == Read.Ok) lineNext = stop + eolLength + foldLength;
  return read;
}

function finishValue(data: usize, length: u32, next: usize): Read {
  const lead = leadingSpaces(data, length);
  fieldValue = data + lead;
  fieldValueLength = trimEnd(fieldValue, length - lead);
  fieldNext = next;
  return Read.Ok;
}

/** Does a response line that looks folded start a field of its own ("name:")? Ok: it does. */
function looksLikeField(at: usize): Read {
  while (isBlank(byteAt(at))) at++;
  const token = at;
  while (at < end && isTokenCharacter(load<u8>(at))) at++;
  const length = at - token;
  while (isBlank(byteAt(at))) at++;
  if (at >= end) return Read.Incomplete;
  if (load<u8>(at) != 0x3a || length == 0) return Read.None;
  at++;
  while (isBlank(byteAt(at))) at++;
  return at >= end ? Read.Incomplete : Read.Ok;
}

/** Reads a value with the lines folded into it. */
function readValue(at: usize): Read {
  let read = readLine(at);
  if (read != Read.Ok) return read;
  if (eolDeformed) fieldFlags |= FieldFlag.DeformedEol;
  if (foldLength == 0) return finishValue(lineAt, lineSize, lineNext);
  fieldFlags |= FieldFlag.Folded;
  unfolded.length = 0;
  if (!appendText(unfolded, Account.Http, lineAt, lineSize)) return Read.None;
  let rest = lineNext;
  let next = lineNext;
  let fold = <u32>load<u8>(lineNext - 1);
  for (let folds: u32 = 1; folds <= MAX_FOLDS; folds++) {
    if (isResponse) {
      const looks = looksLikeField(next);
      if (looks == Read.Incomplete) return looks;
      if (looks == Read.Ok) {
        fieldFlags &= ~FieldFlag.Folded;
        return finishValue(unfolded.data, unfolded.length, next);
      }
    }
    read = readLine(next);
    if (read != Read.Ok) return read;
    next = lineNext;
    if (eolDeformed) fieldFlags |= FieldFlag.DeformedEol;
    // A value that starts with a fold gets no space for it.
    if (unfolded.length > 0 && !appendByte(unfolded, Account.Http, fold)) return Read.None;
    if (lineSize > 0 || eolLength > 1) {
      rest = next;
      if (!appendText(unfolded, Account.Http, lineAt, lineSize)) return Read.None;
    } else if (byteAt(next) == LF) {
      rest = next;
    }
    if (foldLength == 0) break;
    fold = <u32>load<u8>(next - 1);
  }
  return finishValue(unfolded.data, unfolded.length, rest);
}

/** Finds the end of a name: its colon, or the line end of a line that has none. */
function nameEnd(at: usize): usize {
  let terminated: u32 = 0;
  for (let i = at; i < end; i++) {
    const c = <u32>load<u8>(i);
    if (terminated == 0) {
      if (c == 0x3a) return i;
      if (isEol(c)) terminated = c;
    } else if (c == 32) {
      terminated = 0;
    } else if (c == LF && terminated == CR) {
      terminated = c;
    } else {
      return i - 1;
    }
  }
  return at;
}

function setName(at: usize, length: u32): void {
  fieldName = at;
  fieldNameLength = 0;
  if (length == 0) {
    fieldFlags |= FieldFlag.NameEmpty;
    return;
  }
  if (isBlank(load<u8>(at))) fieldFlags |= FieldFlag.LeadingSpace;
  if (isBlank(load<u8>(at + length - 1))) fieldFlags |= FieldFlag.TrailingSpace;
  if (hasOtherThanToken(at, length)) fieldFlags |= FieldFlag.NotToken;
  const lead = leadingSpaces(at, length);
  fieldName = at + lead;
  fieldNameLength = trimEnd(fieldName, length - lead);
}

/** Something stands in a name besides one token and blanks around it. A name that is token to its end is not decided. */
function hasOtherThanToken(at: usize, length: u32): bool {
  let i: u32 = 0;
  while (i < length && isBlank(load<u8>(at + i))) i++;
  while (i < length && isTokenCharacter(load<u8>(at + i))) i++;
  while (i < length && isBlank(load<u8>(at + i))) i++;
  return i < length;
}

/** Reads the field at `at`. */
export function readField(at: usize): Read {
  fieldFlags = 0;
  const colon = nameEnd(at);
  if (byteAt(colon) == 0x3a) {
    let value = colon + 1;
    while (isBlank(byteAt(value))) value++;
    if (value < end) {
      setName(at, <u32>(colon - at));
      const read = readValue(value);
      if (read == Read.Ok) return read;
    }
  }
  // No colon, or not enough of it: the whole line may be a value without a name.
  if (byteAt(at) == CR && byteAt(at + 1) == LF) return Read.None;
  fieldFlags = FieldFlag.MissingColon | FieldFlag.NameEmpty;
  fieldName = at;
  fieldNameLength = 0;
  return readValue(at);
}

/** Length of the line end, plain or deformed, that ends a header section at `at`; 0 for none. */
export function sectionEnd(at: usize): u32 {
  const deformed = deformedEnd(at);
  return deformed != 0 && deformed != STARVED ? deformed : lineEnd(at);
}

/** Bytes of the first line of the section, with its LF; 0 when it has none. */
export function firstLine(at: usize): u32 {
  const length = <u32>(end - at);
  const lf = indexOf(at, length, LF);
  return lf < length ? lf + 1 : 0;
}
