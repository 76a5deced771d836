/**
 * IP defragmentation. Exports for the pipeline:
 *
 *   configureDefrag()     reserves everything; false when memory is exhausted
 *   defragmentAll()       after decodeFrame: takes every fragment among the packets and adds the datagrams that became whole
 *   defragRefused()       did memory run out for a fragment? Then defrag.memcap-policy was applied to it
 *
 * A datagram is rebuilt with the frame of the fragment that completed it: its packet's `outer` is that fragment, so a drop of the
 * datagram drops that frame, without which the receiver never has it whole. Tunnels inside are decoded, fragments inside them too.
 */
import { DropReason } from "../abi/codes";
import { Counter } from "../abi/counters";
import { DecodeEvent } from "../abi/decode_events";
import { Setting } from "../abi/settings";
import { reserve } from "../memory/arena";
import { release } from "../memory/heap";
import { setting } from "../memory/settings";
import { countAdd } from "../verdict/counters";
import { rewriteWord } from "../wire/checksum";
import { decodeRebuilt } from "../wire/decode";
import { Packet, PacketFlag } from "../wire/packet";
import { packetAt, packetCount } from "../wire/packets";
import { closeTracker, contradictsFragments, openDatagrams, refuseFragment } from "./defrag_inline";
import { compare, newSkip, Overlap, resetOverlap } from "./defrag_policy";
import {
  configureTrackers,
  dropTracker,
  findTracker,
  keepFragment,
  MAX_LEAD,
  Tracker,
  touchTracker,
} from "./defrag_tracker";
import { applyException } from "./exception";
import { Fragment } from "./fragment";

const MAX_DATAGRAM: u32 = 65535;
const IPV4_SIZE: u32 = 20;
const IPV6_SIZE: u32 = 40;
/** Fields of the rebuilt header. */
const enum Field {
  ipv4TotalLength = 2,
  ipv4Fragment = 6,
  ipv4Checksum = 10,
  ipv6PayloadLength = 4,
}

/**
 * Fragments of one datagram: each is compared with those there, so their number bounds what one costs. The least MTU of IPv4 but for the
 * historic 68, 576, makes 119 of the longest datagram.
 */
const MAX_FRAGMENTS: u16 = 1024;
/** Datagrams one frame may complete: fragments within fragments. */
const BUFFERS: u32 = 4;
const BUFFER_SIZE: u32 = (MAX_LEAD + IPV6_SIZE + MAX_DATAGRAM + 64 + 15) & ~15;

let buffers: usize = 0;
let usedBuffers: u32 = 0;
let refused: bool = false;

export function configureDefrag(): bool {
  buffers = reserve(<usize>BUFFER_SIZE * BUFFERS);
  return configureTrackers() && buffers != 0;
}

/** Was a fragment of this frame ignored for want of memory? defrag.memcap-policy was applied to it. */
export function defragRefused(): bool {
  return refused;
}

function overlaps(old: Fragment, start: u32, end: u32): bool {
  return start < old.offset + old.length && old.offset < end;
}

/** The fragment in front of `f`, 0 when it is the first. */
function before(t: Tracker, f: usize): usize {
  let previous: usize = 0;
  let at = t.fragments;
  while (at != f && at != 0) {
    previous = at;
    at = changetype<Fragment>(at).next;
  }
  return previous;
}

/** Where comparing begins: the fragment in front of the first one that does not begin earlier than `start`. */
function firstToCompare(t: Tracker, start: u32): usize {
  let at = t.fragments;
  // Without any such fragment all are compared. Suricata searches from `start - 1`, which for 0 finds none.
  while (at != 0 && changetype<Fragment>(at).offset < start) at = changetype<Fragment>(at).next;
  if (at == 0 || start == 0) return t.fragments;
  const previous = before(t, at);
  return previous == 0 ? at : previous;
}

function remove(t: Tracker, f: Fragment): void {
  const previous = before(t, changetype<usize>(f));
  t.count--;
  if (previous == 0) t.fragments = f.next;
  else changetype<Fragment>(previous).next = f.next;
  release(changetype<usize>(f));
}

function insert(t: Tracker, f: Fragment): void {
  let previous: usize = 0;
  let at = t.fragments;
  while (at != 0 && changetype<Fragment>(at).offset <= f.offset) {
    previous = at;
    at = changetype<Fragment>(at).next;
  }
  f.next = at;
  if (previous == 0) t.fragments = changetype<usize>(f);
  else changetype<Fragment>(previous).next = changetype<usize>(f);
}

/** Compares the new fragment with those there. True: what `newSkip` leaves of it is to be kept. */
function settle(t: Tracker, p: Packet): bool {
  const start = p.fragmentOffset;
  const end = start + p.fragmentLength;
  let keep = true;
  let overlap = false;
  resetOverlap();
  let at = firstToCompare(t, start);
  while (at != 0) {
    const old = changetype<Fragment>(at);
    at = old.next;
    if (old.dropped) continue;
    if (overlaps(old, start, end)) overlap = true;
    const answer = compare(t.policy, old, changetype<Fragment | null>(at), start, end);
    if (answer == Overlap.Continue) continue;
    if (answer == Overlap.Discard) keep = false;
    else if (old.dropped || old.skip >= old.length) remove(t, old);
    break;
  }
  if (overlap) p.raise(p.ipVersion == 4 ? DecodeEvent.ipv4__frag_overlap : DecodeEvent.ipv6__frag_overlap);
  return keep && newSkip < p.fragmentLength;
}

/** Is there data from 0 on without a hole? */
function isWhole(t: Tracker): bool {
  if (!t.seenLast) return false;
  let length: u32 = 0;
  let at = t.fragments;
  while (at != 0) {
    const f = changetype<Fragment>(at);
    at = f.next;
    if (f.dropped && t.ipVersion == 6) continue;
    if (f.offset > length) return false;
    length = max(length, f.offset + f.length);
  }
  return length > 0;
}

/** Where the IP header of the datagram in the buffer is, bytes of its headers and of its data; set by `copyFragments`. */
let rebuilt: usize = 0;
let rebuiltLead: u32 = 0;
let rebuiltHeaders: u32 = 0;
let rebuiltData: u32 = 0;

/** Puts headers and data together in order of offset: later ones overwrite, up to the one that says it is the last. */
function copyFragments(t: Tracker, buffer: usize): bool {
  let more = true;
  let previous: u32 = 0;
  let at = t.fragments;
  rebuilt = 0;
  rebuiltData = 0;
  while (at != 0) {
    const f = changetype<Fragment>(at);
    at = f.next;
    if (!more && f.offset > previous) break;
    if (f.dropped || f.skip >= f.length) continue;
    if (f.offset == 0) {
      rebuilt = buffer + f.lead;
      rebuiltLead = f.lead;
      rebuiltHeaders = f.headers;
      rebuiltData = f.length;
      if (f.headers + f.length > MAX_DATAGRAM + IPV6_SIZE) return false;
      memory.copy(buffer, f.head, f.lead + f.headers + f.length);
    } else {
      if (rebuilt == 0 || rebuiltHeaders + f.offset + f.length > MAX_DATAGRAM + IPV6_SIZE) return false;
      memory.copy(rebuilt + rebuiltHeaders + f.offset + f.skip, f.data + f.skip, f.length - f.skip);
      rebuiltData = max(rebuiltData, f.offset + f.length);
    }
    more = f.more;
    previous = f.offset;
  }
  return rebuilt != 0;
}

/** Makes the header that of a whole datagram; false when it would be longer than a datagram can be. */
function fixHeader(version: u8): bool {
  if (version == 4) {
    const total = rebuiltHeaders + rebuiltData;
    if (total > MAX_DATAGRAM) return false;
    const checksum = rebuilt + Field.ipv4Checksum;
    rewriteWord(rebuilt + Field.ipv4TotalLength, checksum, bswap<u16>(<u16>total));
    rewriteWord(rebuilt + Field.ipv4Fragment, checksum, 0);
    return true;
  }
  const payload = rebuiltHeaders - IPV6_SIZE + rebuiltData;
  if (payload > MAX_DATAGRAM) return false;
  store<u16>(rebuilt + Field.ipv6PayloadLength, bswap<u16>(<u16>payload));
  return true;
}

/** Rebuilds a whole datagram and decodes it. Whatever comes of it, the tracker is done. */
function reassemble(t: Tracker, p: Packet): bool {
  const version = t.ipVersion;
  if (usedBuffers == BUFFERS) {
    dropTracker(t);
    if (prevents()) refuseFragment(p);
    return false;
  }
  const good = copyFragments(t, buffers + <usize>usedBuffers * BUFFER_SIZE) && fixHeader(version);
  if (prevents() && good) closeTracker(t, p);
  else dropTracker(t);
  if (!good) {
    if (prevents()) refuseFragment(p);
    return false;
  }
  usedBuffers++;
  countAdd(version == 4 ? Counter.defrag__ipv4__reassembled : Counter.defrag__ipv6__reassembled, 1);
  return decodeRebuilt(p, rebuilt, rebuiltHeaders + rebuiltData, rebuiltLead);
}

/** Would the datagram be longer than one can be? */
function isTooLarge(p: Packet): bool {
  const end = p.fragmentOffset + p.fragmentLength;
  if (p.ipVersion == 4) {
    if (IPV4_SIZE + end <= MAX_DATAGRAM) return false;
    p.raise(DecodeEvent.ipv4__frag_pkt_too_large);
    return true;
  }
  if (end <= MAX_DATAGRAM) return false;
  p.raise(DecodeEvent.ipv6__frag_pkt_too_large);
  return true;
}

/** The fragment finds no room: it is ignored with its event. */
function ignore(p: Packet): void {
  p.raise(p.ipVersion == 4 ? DecodeEvent.ipv4__frag_ignored : DecodeEvent.ipv6__frag_ignored);
  refuse(p);
}

/** There is no memory for the fragment: its policy decides. */
function refuse(p: Packet): void {
  refused = true;
  applyException(p, 0, setting(Setting.DefragMemcapPolicy), DropReason.DefragMemcap);
}

/** Takes one fragment. True: with it a datagram became whole, and is the next packet (wire/packets). */
function defragment(p: Packet): bool {
  countAdd(p.ipVersion == 4 ? Counter.defrag__ipv4__fragments : Counter.defrag__ipv6__fragments, 1);
  const t = findTracker(p);
  if (t === null) {
    countAdd(Counter.defrag__max_trackers_reached, 1);
    refuse(p);
    return false;
  }
  // Before it is compared with all the others.
  if (t.count >= MAX_FRAGMENTS) {
    ignore(p);
    return false;
  }
  if (t.closed || isTooLarge(p) || (prevents() && contradictsFragments(t, p))) {
    if (prevents()) refuseFragment(p);
    return false;
  }
  touchTracker(t, p.timestamp);
  if (!settle(t, p)) return false;
  const f = keepFragment(p, newSkip);
  if (f === null) {
    ignore(p);
    return false;
  }
  insert(t, f);
  t.count++;
  if (!f.more) {
    t.seenLast = true;
    t.end = f.offset + f.length;
  }
  return isWhole(t) && reassemble(t, p);
}

/** Frames may be dropped. The host may change the mode between two databases. */
function prevents(): bool {
  return setting(Setting.Prevent) != 0;
}

/** Takes the fragments among the packets of the frame at hand, those inside rebuilt datagrams included. */
export function defragmentAll(): void {
  openDatagrams();
  usedBuffers = 0;
  refused = false;
  for (let i: u32 = 0; i < packetCount(); i++) {
    const p = packetAt(i);
    if (p.has(PacketFlag.Fragment)) defragment(p);
  }
}
