/**
 * Trackers: one for each datagram whose fragments are being collected. A pool, a hash table and one queue in order of timeout; when
 * the pool is empty the tracker that would time out first gives way.
 */
import { Setting } from "../abi/settings";
import { reserve } from "../memory/arena";
import { Account, acquire, capAccount, release } from "../memory/heap";
import { give, makePool, Pool, take } from "../memory/pool";
import { setting } from "../memory/settings";
import { Packet } from "../wire/packet";
import { policyOf } from "./defrag_policy";
import { Fragment } from "./fragment";
import { mix } from "./key";
import { simulates } from "./simulation";
import { targetOs } from "./target_os";

const DEFAULT_TRACKERS: u32 = 1024;
const DEFAULT_TIMEOUT: u32 = 60;
const MICROSECONDS: u64 = 1000000;

@unmanaged
export class Tracker {
  /** Next in hash chain; free-list link while unused. */
  next: usize;
  older: usize;
  newer: usize;
  hash: u32;
  id: u32;
  sourceLow: u64;
  sourceHigh: u64;
  destinationLow: u64;
  destinationHigh: u64;
  /** Microseconds; from then on it is forgotten. */
  timeout: u64;
  /** First Fragment by offset. */
  fragments: usize;
  vlan0: u16;
  vlan1: u16;
  vlan2: u16;
  ipVersion: u8;
  proto: u8;
  policy: u8;
  /** Fragments kept. */
  count: u16;
  /** The fragment without "more fragments" is there. */
  seenLast: bool;
  /** The datagram became whole with the frame at hand, or with one that was dropped: no fragment of it may follow (defrag_inline.ts). */
  closed: bool;
  /** Fragments said the same bytes twice. */
  overlapped: bool;
  /** One behind its last byte, once that is known. */
  end: u32;
  /** Microseconds of the first fragment. */
  started: u64;
}

let pool: Pool = changetype<Pool>(0);
let buckets: usize = 0;
let bucketMask: u32 = 0;
let oldest: usize = 0;
let newest: usize = 0;

/** Reserves trackers and table and caps the heap account. False when memory is exhausted. */
export function configureTrackers(): bool {
  const wanted = setting(Setting.DefragTrackers);
  const capacity = wanted == 0 ? DEFAULT_TRACKERS : wanted;
  const made = makePool(offsetof<Tracker>(), capacity);
  let count: u32 = 64;
  while (count < capacity && count < 1 << 16) count <<= 1;
  buckets = reserve((<usize>count) << 2);
  if (made === null || buckets == 0) return false;
  pool = made;
  bucketMask = count - 1;
  capAccount(Account.Defrag, setting(Setting.DefragMemcap));
  return true;
}

function bucketOf(hash: u32): usize {
  return buckets + ((<usize>(hash & bucketMask)) << 2);
}

function unqueue(t: Tracker): void {
  if (t.older == 0) oldest = t.newer;
  else changetype<Tracker>(t.older).newer = t.newer;
  if (t.newer == 0) newest = t.older;
  else changetype<Tracker>(t.newer).older = t.older;
}

function queue(t: Tracker): void {
  t.older = newest;
  t.newer = 0;
  if (newest == 0) oldest = changetype<usize>(t);
  else changetype<Tracker>(newest).newer = changetype<usize>(t);
  newest = changetype<usize>(t);
}

/** Forgets the fragments of a tracker. */
export function freeFragments(t: Tracker): void {
  let fragment = t.fragments;
  while (fragment != 0) {
    const next = changetype<Fragment>(fragment).next;
    release(fragment);
    fragment = next;
  }
  t.fragments = 0;
  t.count = 0;
}

/** Forgets a tracker and its fragments. */
export function dropTracker(t: Tracker): void {
  freeFragments(t);
  let slot = bucketOf(t.hash);
  while (load<usize>(slot) != changetype<usize>(t)) slot = load<usize>(slot) + offsetof<Tracker>("next");
  store<usize>(slot, t.next);
  unqueue(t);
  give(pool, changetype<usize>(t));
}

/** Forgets what timed out by `now` (microseconds). */
export function expireTrackers(now: u64): void {
  while (oldest != 0) {
    const t = changetype<Tracker>(oldest);
    if (t.timeout > now) return;
    dropTracker(t);
  }
}

/** A fragment came at `now`: the tracker waits anew. */
export function touchTracker(t: Tracker, now: u64): void {
  const configured = setting(Setting.DefragTimeout);
  const seconds = configured == 0 ? DEFAULT_TIMEOUT : configured;
  t.timeout = (now / MICROSECONDS + seconds) * MICROSECONDS;
  unqueue(t);
  queue(t);
}

/** The same for both directions: an answer with the same identification meets the same tracker, as in Suricata. */
function hashOf(p: Packet): u32 {
  const source = mix(p.sourceLow ^ mix(p.sourceHigh));
  const destination = mix(p.destinationLow ^ mix(p.destinationHigh));
  const seed = (<u64>setting(Setting.HashSeed)) << 32;
  return <u32>mix((source + destination) ^ mix(seed | p.fragmentId));
}

function matches(t: Tracker, p: Packet): bool {
  if (t.id != p.fragmentId || t.ipVersion != p.ipVersion || t.proto != p.proto) return false;
  if (t.vlan0 != p.vlan0 || t.vlan1 != p.vlan1 || t.vlan2 != p.vlan2) return false;
  if (
    t.sourceLow == p.sourceLow &&
    t.sourceHigh == p.sourceHigh &&
    t.destinationLow == p.destinationLow &&
    t.destinationHigh == p.destinationHigh
  ) {
    return true;
  }
  return (
    t.sourceLow == p.destinationLow &&
    t.sourceHigh == p.destinationHigh &&
    t.destinationLow == p.sourceLow &&
    t.destinationHigh == p.sourceHigh
  );
}

function makeTracker(p: Packet, hash: u32): Tracker | null {
  if (simulates(Setting.SimulateDefragMemcap, p)) return null;
  let record = take(pool);
  // In prevention none gives way: the host still has its fragments, which a flood of others must not make us forget.
  if (record == 0 && oldest != 0 && setting(Setting.Prevent) == 0) {
    dropTracker(changetype<Tracker>(oldest));
    record = take(pool);
  }
  if (record == 0) return null;
  const t = changetype<Tracker>(record);
  t.hash = hash;
  t.id = p.fragmentId;
  t.sourceLow = p.sourceLow;
  t.sourceHigh = p.sourceHigh;
  t.destinationLow = p.destinationLow;
  t.destinationHigh = p.destinationHigh;
  t.vlan0 = p.vlan0;
  t.vlan1 = p.vlan1;
  t.vlan2 = p.vlan2;
  t.ipVersion = p.ipVersion;
  t.proto = p.proto;
  t.policy = <u8>policyOf(targetOs(p));
  t.started = p.timestamp;
  const slot = bucketOf(hash);
  t.next = load<usize>(slot);
  store<usize>(slot, record);
  queue(t);
  touchTracker(t, p.timestamp);
  return t;
}

/** The tracker of a fragment, made when it is the first of its datagram; null when there is no room. */
export function findTracker(p: Packet): Tracker | null {
  expireTrackers(p.timestamp);
  const hash = hashOf(p);
  let next = load<usize>(bucketOf(hash));
  while (next != 0) {
    const t = changetype<Tracker>(next);
    if (matches(t, p)) return t;
    next = t.next;
  }
  return makeTracker(p, hash);
}

/** Keeps a copy of the fragment `p` without its first `skip` bytes; null when the heap refuses. It is not yet in a list. */
export function keepFragment(p: Packet, skip: u32): Fragment | null {
  const first = p.fragmentOffset == 0 && skip == 0;
  const lead = first ? min<u32>(<u32>(p.ip - p.frame), MAX_LEAD) : 0;
  const end = p.ipVersion == 4 ? p.fragmentData : p.fragmentHeader;
  const headers = first ? <u32>(end - p.ip) : 0;
  const length = p.fragmentLength - skip;
  const piece = acquire(Account.Defrag, offsetof<Fragment>() + lead + headers + length);
  if (piece == 0) return null;
  memory.fill(piece, 0, offsetof<Fragment>());
  const f = changetype<Fragment>(piece);
  f.offset = p.fragmentOffset + skip;
  f.length = length;
  f.more = p.moreFragments;
  f.lead = lead;
  f.headers = headers;
  if (first) {
    memory.copy(f.head, p.ip - lead, lead + headers);
    if (p.ipVersion == 6) noteNextHeader(p, f);
  }
  memory.copy(f.data, p.fragmentData + skip, length);
  return f;
}

/** Bytes of link layer kept in front of a datagram, at most. */
export const MAX_LEAD: u32 = 256;

/** The fragment header goes: the header in front of it names what stood behind it. */
function noteNextHeader(p: Packet, f: Fragment): void {
  const at = p.fragmentPrevious == 0 ? NEXT_HEADER : <u32>(p.fragmentPrevious - p.ip);
  store<u8>(f.head + f.lead + at, load<u8>(p.fragmentHeader));
}

/** Offset of the next-header field in the IPv6 header. */
const NEXT_HEADER: u32 = 6;
