/** Interfaces that a client asked for (bind, alter_context) and what the server answered (C706 section 12.6.4). */

import { CompareMode } from "../abi/conditions";
import { Account, acquire, release } from "../memory/heap";
import { read16 } from "./dcerpc_header";

/** Interfaces one conversation may hold; the rest is not kept. */
const MAX_INTERFACES: u32 = 1024;

@unmanaged
export class DcerpcInterface {
  next: usize;
  /** 16 bytes in the order of the text. */
  uuid0: u64;
  uuid1: u64;
  context: u16;
  /** Its place in its bind. */
  place: u16;
  version: u16;
  minor: u16;
  result: u16;
  answered: bool;
  /** Asked for in a first fragment. */
  first: bool;
}

/** The head of a list, as a field of a state. */
@unmanaged
export class DcerpcInterfaces {
  oldest: usize;
  count: u32;
}

function store16(to: usize, from: usize, little: bool): void {
  store<u32>(to, little ? bswap<u32>(load<u32>(from)) : load<u32>(from));
  store<u16>(to, little ? bswap<u16>(load<u16>(from, 4)) : load<u16>(from, 4), 4);
  store<u16>(to, little ? bswap<u16>(load<u16>(from, 6)) : load<u16>(from, 6), 6);
  store<u64>(to, load<u64>(from, 8), 8);
}

/** Notes the context items of a bind's body. False: they do not fit. */
export function bindInterfaces(list: DcerpcInterfaces, body: usize, length: u32, little: bool, first: bool): bool {
  if (length < 12) return false;
  const n = <u32>load<u8>(body, 8);
  let at: u32 = 12;
  for (let i: u32 = 0; i < n; i++) {
    if (length - at < 24) return false;
    const syntaxes = <u32>load<u8>(body + at, 2);
    const size: u32 = 24 + syntaxes * 20;
    if (length - at < size) return false;
    note(list, body + at, i, little, first);
    at += size;
  }
  return true;
}

function note(list: DcerpcInterfaces, item: usize, place: u32, little: bool, first: bool): void {
  if (list.count >= MAX_INTERFACES) return;
  const p = acquire(Account.App, <u32>offsetof<DcerpcInterface>());
  if (p == 0) return;
  memory.fill(p, 0, offsetof<DcerpcInterface>());
  const one = changetype<DcerpcInterface>(p);
  store16(p + offsetof<DcerpcInterface>("uuid0"), item + 4, little);
  one.context = <u16>read16(item, little);
  one.place = <u16>place;
  one.version = <u16>read16(item + 20, little);
  one.minor = <u16>read16(item + 22, little);
  one.first = first;
  list.count++;
  if (list.oldest == 0) {
    list.oldest = p;
    return;
  }
  let last = changetype<DcerpcInterface>(list.oldest);
  while (last.next != 0) last = changetype<DcerpcInterface>(last.next);
  last.next = p;
}

/** Notes the server's answers to the interfaces still open. False: the body does not fit. */
export function acknowledgeInterfaces(list: DcerpcInterfaces, body: usize, length: u32, little: bool): bool {
  if (length < 10) return false;
  // The secondary address is padded to four bytes, counted from the start of the body.
  let at: u32 = (10 + read16(body + 8, little) + 3) & ~3;
  if (length < at || length - at < 4) return false;
  const n = <u32>load<u8>(body + at);
  at += 4;
  for (let i: u32 = 0; i < n; i++) {
    if (length - at < 24) return false;
    answer(list, i, read16(body + at, little));
    at += 24;
  }
  return true;
}

function answer(list: DcerpcInterfaces, place: u32, result: u32): void {
  for (let p = list.oldest; p != 0; p = changetype<DcerpcInterface>(p).next) {
    const one = changetype<DcerpcInterface>(p);
    if (one.answered || <u32>one.place != place) continue;
    one.answered = true;
    one.result = <u16>result;
  }
}

/** What `dcerpc.iface` asks for. */
@unmanaged
export class InterfaceQuestion {
  /** Address of the 16 bytes. */
  uuid: usize;
  version: u32;
  mode: u32;
  hasVersion: bool;
  anyFragment: bool;
}

export const question: InterfaceQuestion = changetype<InterfaceQuestion>(memory.data(offsetof<InterfaceQuestion>(), 8));

/** Does an accepted interface answer `question`? `context` below 0: whichever context. */
export function hasInterface(list: DcerpcInterfaces, context: i32): bool {
  const q = question;
  for (let p = list.oldest; p != 0; p = changetype<DcerpcInterface>(p).next) {
    const one = changetype<DcerpcInterface>(p);
    if (!one.answered || one.result != 0) continue;
    if (context >= 0) {
      if (<i32>one.context != context) continue;
      if (!q.anyFragment && !one.first) continue;
    }
    if (one.uuid0 != load<u64>(q.uuid) || one.uuid1 != load<u64>(q.uuid, 8)) continue;
    if (!q.hasVersion || compare(one.version, q.version, q.mode)) return true;
  }
  return false;
}

function compare(version: u32, wanted: u32, mode: u32): bool {
  if (mode == CompareMode.Less) return version < wanted;
  if (mode == CompareMode.Greater) return version > wanted;
  return (version == wanted) == (mode != CompareMode.NotEqual);
}

/** Forgets every interface. */
export function freeInterfaces(list: DcerpcInterfaces): void {
  let p = list.oldest;
  while (p != 0) {
    const next = changetype<DcerpcInterface>(p).next;
    release(p);
    p = next;
  }
  list.oldest = 0;
  list.count = 0;
}
