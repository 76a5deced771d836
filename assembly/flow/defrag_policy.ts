/**
 * Which bytes win where fragments overlap, by the operating system that will receive them (Novak, "Target-based fragmentation
 * reassembly", 2005; host-os-policy of suricata.yaml). One call compares the new fragment with one that is there, in order of offset;
 * the answers reproduce Suricata's, so that both see the same datagram.
 *
 *   there:  |------ old ------|        `oldSkip`: leading bytes of it that were already given up
 *   new:         |------ new ------|   `newSkip`: leading bytes of it that lose
 */
import { TargetOs } from "../abi/settings";
import { Fragment } from "./fragment";

export const enum Policy {
  First,
  Last,
  Bsd,
  BsdRight,
  Linux,
  Windows,
  Solaris,
}

export const enum Overlap {
  /** Compare with the next fragment. */
  Continue,
  /** Insert the new fragment here. */
  Insert,
  /** The new fragment has nothing to add. */
  Discard,
}

/** Leading bytes of the new fragment that lose; set and read by `compare`, 0 at the beginning. */
export let newSkip: u32 = 0;

export function resetOverlap(): void {
  newSkip = 0;
}

/** The policy of a target system; an unknown one is BSD. */
export function policyOf(os: u32): Policy {
  switch (os) {
    case TargetOs.BsdRight:
      return Policy.BsdRight;
    case TargetOs.OldLinux:
    case TargetOs.Linux:
      return Policy.Linux;
    case TargetOs.OldSolaris:
    case TargetOs.Hpux11:
    case TargetOs.Macos:
    case TargetOs.First:
      return Policy.First;
    case TargetOs.Solaris:
      return Policy.Solaris;
    case TargetOs.Windows:
    case TargetOs.Vista:
    case TargetOs.Windows2k3:
      return Policy.Windows;
    case TargetOs.Last:
      return Policy.Last;
    default:
      return Policy.Bsd;
  }
}

/** BSD: the earlier start wins, at equal starts the one that came first. */
function bsd(old: Fragment, after: Fragment | null, start: u32, end: u32): Overlap {
  const oldEnd = old.offset + old.length;
  if (start >= oldEnd) return Overlap.Continue;
  if (old.offset <= start) {
    if (oldEnd > end) return Overlap.Discard;
    newSkip = oldEnd - start;
  } else if (end > old.offset + old.skip) {
    old.skip = max(old.skip, end - old.offset);
  }
  if (after !== null && end > after.offset) after.skip = end - after.offset;
  return Overlap.Insert;
}

/** Linux: as BSD, but at equal starts the one that came last. */
function linux(old: Fragment, start: u32, end: u32): Overlap {
  const oldStart = old.offset + old.skip;
  const oldEnd = old.offset + old.length;
  if (oldStart < start + newSkip && oldEnd > start + newSkip) newSkip += oldEnd - start;
  if (start + newSkip < oldStart && end > oldStart) {
    old.skip += end - oldStart;
    return Overlap.Insert;
  }
  if (start + newSkip <= oldStart && end >= oldEnd) {
    old.dropped = true;
    return Overlap.Insert;
  }
  return Overlap.Continue;
}

/** Windows: what was there wins, unless the new fragment covers it on both sides. */
function windows(old: Fragment, start: u32, end: u32): Overlap {
  const oldEnd = old.offset + old.length;
  if (start >= old.offset && end <= oldEnd) return Overlap.Discard;
  if (start < old.offset && end > oldEnd) {
    old.dropped = true;
    return Overlap.Insert;
  }
  const begin = start + newSkip;
  if (begin > old.offset + old.skip && begin < oldEnd) {
    newSkip += oldEnd - start;
    return Overlap.Insert;
  }
  if (start == old.offset && end > oldEnd) {
    newSkip += oldEnd - start;
    return Overlap.Insert;
  }
  return Overlap.Continue;
}

/** Solaris: what was there wins, unless the new fragment begins before it and reaches its end. */
function solaris(old: Fragment, start: u32, end: u32): Overlap {
  const oldEnd = old.offset + old.length;
  if (start >= oldEnd) return Overlap.Continue;
  if (start >= old.offset) newSkip = oldEnd - start;
  else if (end >= oldEnd) old.dropped = true;
  return Overlap.Insert;
}

function first(old: Fragment, start: u32, end: u32): Overlap {
  const oldEnd = old.offset + old.length;
  if (start >= old.offset && end <= oldEnd) return Overlap.Discard;
  if (start < old.offset) return Overlap.Insert;
  if (start >= oldEnd) return Overlap.Continue;
  newSkip = oldEnd - start;
  return Overlap.Insert;
}

function last(old: Fragment, start: u32, end: u32): Overlap {
  if (start > old.offset) return Overlap.Continue;
  if (end > old.offset) old.skip = end - old.offset;
  return Overlap.Insert;
}

/** Compares the new fragment `start .. end` with `old`; `after` is the one behind `old`. */
export function compare(policy: Policy, old: Fragment, after: Fragment | null, start: u32, end: u32): Overlap {
  switch (policy) {
    case Policy.Bsd:
      return bsd(old, after, start, end);
    case Policy.Linux:
      return linux(old, start, end);
    case Policy.Windows:
      return windows(old, start, end);
    case Policy.Solaris:
      return solaris(old, start, end);
    case Policy.First:
      return first(old, start, end);
    case Policy.Last:
      return last(old, start, end);
    default:
      return Overlap.Continue;
  }
}
