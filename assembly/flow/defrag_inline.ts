/**
 * Defragmentation in prevention. Hosts differ on overlapping fragments: some keep the old bytes, some the new, Linux gives the whole
 * datagram up and begins anew. So that every host puts together what was inspected, or nothing:
 *
 * - a fragment that says other bytes than an earlier one, or another length of the datagram, does not go on;
 * - a datagram that was dropped stays dropped: its first fragments wait at the host already, so none of its fragments may follow until
 *   the host has given them up;
 * - nor may they when fragments overlapped or took long: then the host may have begun anew in between, and miss some of them.
 */
import { Action, DropReason } from "../abi/codes";
import { DecodeEvent } from "../abi/decode_events";
import { Packet } from "../wire/packet";
import { dropTracker, freeFragments, Tracker, touchTracker } from "./defrag_tracker";
import { dropPacket } from "./exception";
import { Fragment } from "./fragment";

/** Hosts forget fragments after 30 seconds and more; what took longer than this may have been forgotten by one. */
const SAFE_MICROSECONDS: u64 = 15000000;
/** Datagrams one frame may complete (defrag.ts). */
const MAX_COMPLETED: u32 = 4;

/** Trackers whose datagrams became whole with the frame at hand. */
const completed: usize = memory.data(16, 8);
let completedCount: u32 = 0;

/** A fragment that must not go on. */
export function refuseFragment(p: Packet): void {
  dropPacket(p, Action.Drop, DropReason.DefragError);
}

/** Does the fragment leave a host the choice of what the datagram is? */
export function contradictsFragments(t: Tracker, p: Packet): bool {
  const start = p.fragmentOffset;
  const end = start + p.fragmentLength;
  // Hosts round such a length down, or give up.
  if (p.moreFragments && (p.fragmentLength & 7) != 0) return true;
  if (t.seenLast && (end > t.end || (!p.moreFragments && end != t.end))) return true;
  for (let at = t.fragments; at != 0; at = changetype<Fragment>(at).next) {
    const f = changetype<Fragment>(at);
    const oldEnd = f.offset + f.length;
    if (!p.moreFragments && oldEnd > end) return true;
    // In order of offset: what follows lies behind, too.
    if (p.moreFragments && f.offset >= end) break;
    if (start >= oldEnd || f.offset >= end) continue;
    t.overlapped = true;
    if (!isSame(f, p)) {
      p.raise(p.ipVersion == 4 ? DecodeEvent.ipv4__frag_overlap : DecodeEvent.ipv6__frag_overlap);
      return true;
    }
  }
  return false;
}

/** Do both say the same where they overlap? */
function isSame(f: Fragment, p: Packet): bool {
  const from = max(f.offset, p.fragmentOffset);
  const to = min(f.offset + f.length, p.fragmentOffset + p.fragmentLength);
  return memory.compare(f.data + (from - f.offset), p.fragmentData + (from - p.fragmentOffset), to - from) == 0;
}

/** The datagram is whole: what becomes of its tracker is decided with the frame's verdict. */
export function closeTracker(t: Tracker, p: Packet): void {
  freeFragments(t);
  t.closed = true;
  if (completedCount == MAX_COMPLETED) return;
  store<u32>(completed + ((<usize>completedCount) << 2), <u32>changetype<usize>(t));
  completedCount++;
  touchTracker(t, p.timestamp);
}

/** Before a frame. */
export function openDatagrams(): void {
  completedCount = 0;
}

/** After a frame: `dropped`, or let through at `now` (microseconds). */
export function settleDatagrams(dropped: bool, now: u64): void {
  for (let i: u32 = 0; i < completedCount; i++) {
    const t = changetype<Tracker>(<usize>load<u32>(completed + ((<usize>i) << 2)));
    if (!dropped && !t.overlapped && now < t.started + SAFE_MICROSECONDS) dropTracker(t);
  }
  completedCount = 0;
}
