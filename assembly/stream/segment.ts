/**
 * Segments as they came, in detection mode: which target keeps the old and which takes the new bytes of an overlap depends on where
 * the segments begin and end (Novak and Sturges, "Target-Based TCP Stream Reassembly", 2007). Inline the first bytes win and no
 * segment is kept. A block lists the segments that begin in it, ordered by offset; ends may reach into the next block.
 */
import { TargetOs } from "../abi/settings";
import { Account, acquire, release } from "../memory/heap";
import { Block } from "./block";

/** Segments of one block kept apart: bounds the walk when an overlap differs. */
const MAX_SEGMENTS: u32 = 1024;

@unmanaged
export class Segment {
  previous: usize;
  next: usize;
  offset: u64;
  length: u32;
}

/** A segment record not yet in a list, or 0 when memory is exhausted. */
export function openSegment(offset: u64, length: u32): usize {
  const address = acquire(Account.Stream, offsetof<Segment>());
  if (address == 0) return 0;
  const s = changetype<Segment>(address);
  s.offset = offset;
  s.length = length;
  return address;
}

/** Puts a segment into its block, behind all that begin before it or at the same byte. */
export function addSegment(b: Block, address: usize): void {
  const s = changetype<Segment>(address);
  let before = b.lastSegment;
  if (b.segments >= MAX_SEGMENTS) {
    extend(b, s);
    release(address);
    return;
  }
  while (before != 0 && changetype<Segment>(before).offset > s.offset) before = changetype<Segment>(before).previous;
  const after = before == 0 ? b.firstSegment : changetype<Segment>(before).next;
  s.previous = before;
  s.next = after;
  if (before != 0) changetype<Segment>(before).next = address;
  else b.firstSegment = address;
  if (after != 0) changetype<Segment>(after).previous = address;
  else b.lastSegment = address;
  b.segments++;
}

/** A block of very many segments: the last one stands for further ones too. */
function extend(b: Block, s: Segment): void {
  const last = changetype<Segment>(b.lastSegment);
  const end = max(last.offset + <u64>last.length, s.offset + <u64>s.length);
  last.offset = min(last.offset, s.offset);
  last.length = <u32>(end - last.offset);
}

/** The segments of `first` and `second`, blocks that touch, all become those of `heir`, one of the two. */
export function joinSegments(first: Block, second: Block, heir: Block): void {
  const tail = first.lastSegment;
  const head = second.firstSegment;
  if (tail != 0 && head != 0) {
    changetype<Segment>(tail).next = head;
    changetype<Segment>(head).previous = tail;
  }
  const from = first.firstSegment != 0 ? first.firstSegment : head;
  const to = second.lastSegment != 0 ? second.lastSegment : tail;
  const count = first.segments + second.segments;
  forget(first);
  forget(second);
  heir.firstSegment = from;
  heir.lastSegment = to;
  heir.segments = count;
}

function forget(b: Block): void {
  b.firstSegment = 0;
  b.lastSegment = 0;
  b.segments = 0;
}

/** Forgets the leading segments that end at or before `edge`. */
export function pruneSegments(b: Block, edge: u64): void {
  while (b.firstSegment != 0) {
    const s = changetype<Segment>(b.firstSegment);
    if (s.offset + <u64>s.length > edge) return;
    const next = s.next;
    release(b.firstSegment);
    b.segments--;
    b.firstSegment = next;
    if (next != 0) changetype<Segment>(next).previous = 0;
    else b.lastSegment = 0;
  }
}

/** Releases all segments of a block. */
export function freeSegments(b: Block): void {
  let at = b.firstSegment;
  while (at != 0) {
    const next = changetype<Segment>(at).next;
    release(at);
    at = next;
  }
  forget(b);
}

/** Whether `target` (TargetOs) takes the bytes of a segment [from, to) where it overlaps an older, different one [oldFrom, oldTo). */
export function takesNew(target: u32, from: u64, to: u64, oldFrom: u64, oldTo: u64): bool {
  if (target == TargetOs.Last) return true;
  const solaris = target == TargetOs.Solaris || target == TargetOs.Hpux11;
  if (from == oldFrom) {
    if (to < oldTo) return false;
    return solaris || target == TargetOs.OldLinux || (target == TargetOs.Linux && to > oldTo);
  }
  if (from > oldFrom) return solaris && to > oldTo;
  switch (target) {
    case TargetOs.Bsd:
    case TargetOs.Hpux10:
    case TargetOs.Irix:
    case TargetOs.Windows:
    case TargetOs.Windows2k3:
    case TargetOs.OldLinux:
    case TargetOs.Linux:
    case TargetOs.Macos:
      return true;
    default:
      return solaris && to >= oldTo;
  }
}
