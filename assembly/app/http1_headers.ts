/**
 * The table of headers of a message: looked up by name, repeated ones joined into the first with ", ".
 *
 * libhtp's reading: lookups of the parser's own ignore NUL bytes in a name; after 64 repetitions further ones are dropped; a repeated
 * Content-Length is never joined, the first one counts.
 */
import { Setting } from "../abi/settings";
import { Account, acquire, release } from "../memory/heap";
import { setting } from "../memory/settings";
import { equalsNoCase, equalsWord, equalsWordSkippingNul } from "./ascii";
import { HeaderTable } from "./http1_state";
import { appendByte, appendText, freeText, Text } from "./text";

const MAX_REPETITIONS: u32 = 64;

@unmanaged
export class Header {
  next: usize = 0;
  nameLength: u32 = 0;
  repeated: bool = false;
  valueData: usize = 0;
  valueLength: u32 = 0;
  /** Next header of the same chain. */
  chained: usize = 0;

  /** The name's bytes follow the record. */
  get name(): usize {
    return changetype<usize>(this) + offsetof<Header>();
  }
  get value(): Text {
    return changetype<Text>(changetype<usize>(this) + offsetof<Header>("valueData"));
  }
}

/** What `addHeader` did. */
export const enum Added {
  New = 0,
  /** The second header of that name: it was joined, and libhtp warns. */
  Repeated = 1,
  /** A further one: joined, or dropped. */
  Again = 2,
  /** The table is full. */
  TooMany = 3,
  /** Out of memory. */
  Refused = 4,
}

/** The header of exactly this name, letter case aside; 0 for none. */
export function findHeader(t: HeaderTable, name: string): Header {
  let at = t.first;
  while (at != 0) {
    const h = changetype<Header>(at);
    if (equalsWord(h.name, h.nameLength, name)) return h;
    at = h.next;
  }
  return changetype<Header>(0);
}

/** As `findHeader`, with NUL bytes in the name ignored: how the parser looks for what it obeys. */
export function findObeyed(t: HeaderTable, name: string): Header {
  let at = t.first;
  while (at != 0) {
    const h = changetype<Header>(at);
    if (equalsWordSkippingNul(h.name, h.nameLength, name)) return h;
    at = h.next;
  }
  return changetype<Header>(0);
}

export function isPresent(h: Header): bool {
  return changetype<usize>(h) != 0;
}

/** From so many headers on names are looked up by hash: a message may have a thousand. */
const INDEXED: u32 = 16;
const CHAINS: u32 = 256;

/** Hash of a name, letter case aside; the seed keeps strangers from choosing its chains. */
function chainOf(t: HeaderTable, name: usize, length: u32): usize {
  let hash = setting(Setting.HashSeed) ^ 0x811c_9dc5;
  for (let i: u32 = 0; i < length; i++) {
    const byte = <u32>load<u8>(name + i);
    hash = (hash ^ (byte - 0x41 < 26 ? byte | 0x20 : byte)) * 0x0100_0193;
  }
  return t.chains + ((<usize>((hash ^ (hash >> 15)) & (CHAINS - 1))) << 2);
}

function chain(t: HeaderTable, h: Header): void {
  const slot = chainOf(t, h.name, h.nameLength);
  h.chained = load<usize>(slot);
  store<usize>(slot, changetype<usize>(h));
}

/** Begins to look names up by hash. Without memory the table stays a list. */
function index(t: HeaderTable): void {
  t.chains = acquire(Account.Http, CHAINS * 4);
  if (t.chains == 0) return;
  memory.fill(t.chains, 0, CHAINS * 4);
  for (let at = t.first; at != 0; at = changetype<Header>(at).next) chain(t, changetype<Header>(at));
}

function findName(t: HeaderTable, name: usize, length: u32): Header {
  if (t.chains != 0) {
    for (let at = load<usize>(chainOf(t, name, length)); at != 0; at = changetype<Header>(at).chained) {
      const h = changetype<Header>(at);
      if (equalsNoCase(h.name, h.nameLength, name, length)) return h;
    }
    return changetype<Header>(0);
  }
  let at = t.first;
  while (at != 0) {
    const h = changetype<Header>(at);
    if (equalsNoCase(h.name, h.nameLength, name, length)) return h;
    at = h.next;
  }
  return changetype<Header>(0);
}

/** The header that `addHeader` joined to or made. */
export let added: Header = changetype<Header>(0);

export function addHeader(t: HeaderTable, name: usize, nameLength: u32, value: usize, length: u32, most: u32): Added {
  const existing = findName(t, name, nameLength);
  added = existing;
  if (!isPresent(existing)) return create(t, name, nameLength, value, length, most);
  const first = !existing.repeated;
  if (!first) {
    if (t.repetitions >= MAX_REPETITIONS) return Added.Again;
    t.repetitions++;
  }
  existing.repeated = true;
  if (!equalsWord(name, nameLength, "content-length")) {
    appendByte(existing.value, Account.Http, 0x2c);
    appendByte(existing.value, Account.Http, 0x20);
    appendText(existing.value, Account.Http, value, length);
  }
  return first ? Added.Repeated : Added.Again;
}

function create(t: HeaderTable, name: usize, nameLength: u32, value: usize, length: u32, most: u32): Added {
  if (t.count > most) return Added.TooMany;
  const at = acquire(Account.Http, <u32>offsetof<Header>() + nameLength);
  if (at == 0) return Added.Refused;
  const h = changetype<Header>(at);
  h.next = 0;
  h.nameLength = nameLength;
  h.repeated = false;
  h.valueData = 0;
  h.valueLength = 0;
  memory.copy(h.name, name, nameLength);
  appendText(h.value, Account.Http, value, length);
  if (t.last != 0) changetype<Header>(t.last).next = at;
  else t.first = at;
  t.last = at;
  t.count++;
  if (t.chains != 0) chain(t, h);
  else if (t.count == INDEXED) index(t);
  added = h;
  return Added.New;
}

export function freeHeaders(t: HeaderTable): void {
  let at = t.first;
  while (at != 0) {
    const h = changetype<Header>(at);
    at = h.next;
    freeText(h.value);
    release(changetype<usize>(h));
  }
  release(t.chains);
  t.chains = 0;
  t.first = 0;
  t.last = 0;
  t.count = 0;
}
