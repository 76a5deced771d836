/** What SMB remembers from a record for a later one: shares of trees, names of handles, where a read asked. Newest first, bounded. */
import { Account, acquire, release } from "../memory/heap";
import { freeText, setText, Text } from "./text";

/** app-layer.protocols.smb.max-guid-cache-size and its like; the oldest goes first. */
const MAX_NOTES: u32 = 1024;

export enum NoteKind {
  /** Session, tree: the share; `number` 1 for a pipe. */
  Tree = 1,
  /** Handle: the name. */
  Handle = 2,
  /** Session, message: the name a create asked for. */
  Create = 3,
  /** Session, message: where a read starts (`number`), and of which handle. */
  Read = 4,
}

@unmanaged
export class Note {
  next: usize;
  kind: u32;
  textLength: u32;
  textData: usize;
  a: u64;
  b: u64;
  number: u64;
  fid0: u64;
  fid1: u64;
}

@unmanaged
export class Notes {
  first: usize;
  count: u32;
}

@unmanaged
class NoteText {
  data: usize;
  length: u32;
}

const scratch: NoteText = changetype<NoteText>(memory.data(8, 8));

/** The note, or 0. */
export function findNote(notes: Notes, kind: NoteKind, a: u64, b: u64): usize {
  for (let p = notes.first; p != 0; p = changetype<Note>(p).next) {
    const note = changetype<Note>(p);
    if (note.kind == <u32>kind && note.a == a && note.b == b) return p;
  }
  return 0;
}

/** Adds a note, in place of one with the same key. 0 when memory is short. */
export function addNote(notes: Notes, kind: NoteKind, a: u64, b: u64, text: usize, length: u32): usize {
  dropNote(notes, kind, a, b);
  if (notes.count >= MAX_NOTES) dropLast(notes);
  const p = acquire(Account.App, <u32>offsetof<Note>());
  if (p == 0) return 0;
  memory.fill(p, 0, offsetof<Note>());
  const note = changetype<Note>(p);
  note.kind = kind;
  note.a = a;
  note.b = b;
  scratch.data = 0;
  scratch.length = 0;
  setText(changetype<Text>(changetype<usize>(scratch)), Account.App, text, length);
  note.textData = scratch.data;
  note.textLength = scratch.length;
  note.next = notes.first;
  notes.first = p;
  notes.count++;
  return p;
}

function free(p: usize): void {
  scratch.data = changetype<Note>(p).textData;
  freeText(changetype<Text>(changetype<usize>(scratch)));
  release(p);
}

/** Forgets a note. */
export function dropNote(notes: Notes, kind: NoteKind, a: u64, b: u64): void {
  let before: usize = 0;
  for (let p = notes.first; p != 0; p = changetype<Note>(p).next) {
    const note = changetype<Note>(p);
    if (note.kind == <u32>kind && note.a == a && note.b == b) {
      if (before == 0) notes.first = note.next;
      else changetype<Note>(before).next = note.next;
      notes.count--;
      free(p);
      return;
    }
    before = p;
  }
}

function dropLast(notes: Notes): void {
  let before: usize = 0;
  let p = notes.first;
  if (p == 0) return;
  while (changetype<Note>(p).next != 0) {
    before = p;
    p = changetype<Note>(p).next;
  }
  if (before == 0) notes.first = 0;
  else changetype<Note>(before).next = 0;
  notes.count--;
  free(p);
}

export function freeNotes(notes: Notes): void {
  let p = notes.first;
  while (p != 0) {
    const next = changetype<Note>(p).next;
    free(p);
    p = next;
  }
  notes.first = 0;
  notes.count = 0;
}
