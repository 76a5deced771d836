/**
 * Parts of a file that came ahead of what is missing: they wait, in the order of their offsets, until the hole before them is filled. How
 * many and how long they may be the caller says; MOST holds when it has no limit.
 */
import { Account, acquire, release } from "../memory/heap";
import { appendFile, gapFile } from "./file";
import { appendText, freeText, Text } from "./text";

const MOST: u32 = 1024;

@unmanaged
class Part {
  next: usize;
  /** Bytes it will have; those that came are in the text. */
  total: u32;
  textData: usize;
  textLength: u32;
  offset: u64;

  get text(): Text {
    return changetype<Text>(changetype<usize>(this) + offsetof<Part>("textData"));
  }
}

@unmanaged
export class Parts {
  first: usize;
  count: u32;
  bytes: u64;
  /** The part whose bytes are still coming, 0 for none. */
  open: usize;
}

/** Begins a part of `total` bytes; what belongs to it is given to `growPart`. False when there is no room. */
export function openPart(parts: Parts, offset: u64, total: u32): bool {
  const p: usize = parts.count >= MOST ? 0 : acquire(Account.File, <u32>offsetof<Part>());
  if (p == 0) return false;
  memory.fill(p, 0, offsetof<Part>());
  let before: usize = 0;
  let next = parts.first;
  while (next != 0 && changetype<Part>(next).offset < offset) {
    before = next;
    next = changetype<Part>(next).next;
  }
  const part = changetype<Part>(p);
  part.next = next;
  part.offset = offset;
  part.total = total;
  if (before == 0) parts.first = p;
  else changetype<Part>(before).next = p;
  parts.count++;
  parts.bytes += <u64>total;
  parts.open = p;
  return true;
}

/** Bytes of the open part. */
export function growPart(parts: Parts, data: usize, length: u32): void {
  appendText(changetype<Part>(parts.open).text, Account.File, data, length);
}

/** The file is known up to `offset`: appends the parts that follow at once. How far it is known then. */
export function joinParts(parts: Parts, file: usize, offset: u64): u64 {
  let end = offset;
  while (parts.first != 0 && changetype<Part>(parts.first).offset <= end) {
    const part = changetype<Part>(parts.first);
    if (part.offset == end) {
      end += <u64>part.total;
      appendPart(file, part);
    }
    dropFirst(parts);
  }
  return end;
}

/** What fills the holes will not come: appends the parts left, and says that something is missing. */
export function flushParts(parts: Parts, file: usize): void {
  if (parts.first == 0) return;
  while (parts.first != 0) {
    appendPart(file, changetype<Part>(parts.first));
    dropFirst(parts);
  }
  gapFile(file);
}

function appendPart(file: usize, part: Part): void {
  appendFile(file, part.textData, part.textLength);
  if (part.textLength < part.total) gapFile(file);
}

function dropFirst(parts: Parts): void {
  const p = parts.first;
  const part = changetype<Part>(p);
  parts.first = part.next;
  parts.count--;
  parts.bytes -= <u64>part.total;
  if (parts.open == p) parts.open = 0;
  freeText(part.text);
  release(p);
}

export function freeParts(parts: Parts): void {
  while (parts.first != 0) dropFirst(parts);
}
