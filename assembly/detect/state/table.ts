/**
 * What rules remember beyond one flow, by rule and address: thresholds, xbits, tags of hosts. A hash table with chains over a pool;
 * entries that ran out are reused first, and when the pool is full and none did, the oldest of a chain gives way.
 */
import { Setting } from "../../abi/settings";
import { reserve } from "../../memory/arena";
import { give, makePool, Pool, take } from "../../memory/pool";
import { setting } from "../../memory/settings";

@unmanaged
export class Entry {
  next: usize;
  kind: u32;
  name: u32;
  count: u32;
  a0: u64;
  a1: u64;
  b0: u64;
  b1: u64;
  /** Microseconds. */
  since: u64;
  /** Microseconds; 0 never. */
  until: u64;
  extra: u64;
}

export enum EntryKind {
  Threshold = 1,
  Xbit = 2,
  RateFilter = 3,
  Tag = 4,
  Dataset = 5,
}

// The key of the next look-up.
let a0: u64 = 0;
let a1: u64 = 0;
let b0: u64 = 0;
let b1: u64 = 0;

let pool: usize = 0;
let buckets: usize = 0;
let mask: u32 = 0;
/** Buckets looked at for room with one entry, and the next of them. */
const SWEEP: u32 = 32;
let hand: u32 = 0;

export function configureTable(): bool {
  let items = setting(Setting.RuleStateItems);
  const memcap = setting(Setting.ThresholdsMemcap);
  if (memcap != 0) items = min(items, max<u32>(memcap / offsetof<Entry>(), 1));
  const made = makePool(<u32>offsetof<Entry>(), items);
  if (made == null) return false;
  pool = changetype<usize>(made);
  let size: u32 = 256;
  while (size < items && size < 65536) size <<= 1;
  mask = size - 1;
  buckets = reserve(size * 4);
  return buckets != 0;
}

/** Sets the addresses of the next look-up. */
export function key(x0: u64, x1: u64, y0: u64, y1: u64): void {
  a0 = x0;
  a1 = x1;
  b0 = y0;
  b1 = y1;
}

function bucketOf(kind: u32, name: u32): usize {
  let h: u64 = ((<u64>name) << 8) ^ kind ^ setting(Setting.HashSeed);
  h = (h ^ a0) * 0x9e3779b97f4a7c15;
  h = ((h ^ (h >> 29)) + a1) * 0xbf58476d1ce4e5b9;
  h = ((h ^ (h >> 32)) + b0) * 0x94d049bb133111eb;
  h = ((h ^ (h >> 29)) + b1) * 0x9e3779b97f4a7c15;
  return buckets + ((<usize>(<u32>(h >> 32) & mask)) << 2);
}

/** The entry for the key, or 0. Entries that ran out at `now` are gone. */
export function findEntry(kind: EntryKind, name: u32, now: u64): usize {
  let link = bucketOf(kind, name);
  for (let at = load<usize>(link); at != 0; at = load<usize>(link)) {
    const e = changetype<Entry>(at);
    if (e.until != 0 && e.until < now) {
      store<usize>(link, e.next);
      give(changetype<Pool>(pool), at);
      continue;
    }
    if (e.name == name && e.kind == <u32>kind && e.a0 == a0 && e.a1 == a1 && e.b0 == b0 && e.b1 == b1) return at;
    link = at;
  }
  return 0;
}

/** Makes room: what ran out in the next buckets goes, or the oldest entry of the last chain that is there. */
function makeRoom(now: u64): void {
  let oldest: usize = 0;
  let freed = false;
  for (let i: u32 = 0; i < SWEEP || (oldest == 0 && !freed && i <= mask); i++) {
    let link = buckets + ((<usize>(hand++ & mask)) << 2);
    for (let at = load<usize>(link); at != 0; at = load<usize>(link)) {
      const e = changetype<Entry>(at);
      if (e.until != 0 && e.until < now) {
        store<usize>(link, e.next);
        give(changetype<Pool>(pool), at);
        freed = true;
        continue;
      }
      // The last of the chain is the oldest.
      oldest = link;
      link = at;
    }
  }
  if (freed || oldest == 0) return;
  const at = load<usize>(oldest);
  store<usize>(oldest, changetype<Entry>(at).next);
  give(changetype<Pool>(pool), at);
}

/** A new entry for the key; 0 when there is no pool. */
export function addEntry(kind: EntryKind, name: u32, now: u64, until: u64): usize {
  const bucket = bucketOf(kind, name);
  let fresh = take(changetype<Pool>(pool));
  if (fresh == 0) {
    makeRoom(now);
    fresh = take(changetype<Pool>(pool));
    if (fresh == 0) return 0;
  }
  const e = changetype<Entry>(fresh);
  e.kind = kind;
  e.name = name;
  e.a0 = a0;
  e.a1 = a1;
  e.b0 = b0;
  e.b1 = b1;
  e.since = now;
  e.until = until;
  e.next = load<usize>(bucket);
  store<usize>(bucket, fresh);
  return fresh;
}

export function removeEntry(kind: EntryKind, name: u32): void {
  let link = bucketOf(kind, name);
  for (let at = load<usize>(link); at != 0; at = load<usize>(link)) {
    const e = changetype<Entry>(at);
    if (e.name == name && e.kind == <u32>kind && e.a0 == a0 && e.a1 == a1 && e.b0 == b0 && e.b1 == b1) {
      store<usize>(link, e.next);
      give(changetype<Pool>(pool), at);
      return;
    }
    link = at;
  }
}
