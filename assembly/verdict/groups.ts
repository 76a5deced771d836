/**
 * Which conversations a frame belongs to (abi/frames.ts FrameGroups): the host keeps frames by them, so that an alert can carry the frames of
 * its flow. Written while the frame is inspected: they also tell whose frame it was that stopped the core.
 */
import { FRAME_GROUPS, FrameGroups, GroupKind } from "../abi/frames";
import { Setting } from "../abi/settings";
import { reserve } from "../memory/arena";
import { setting } from "../memory/settings";

let records: usize = 0;
let record: usize = 0;
let count: u32 = 0;

/** Carves a record a slot. False when memory is exhausted. */
export function configureGroups(): bool {
  records = reserve(setting(Setting.FrameSlots) * FrameGroups.size);
  record = records;
  return records != 0;
}

export function groupsAddress(): usize {
  return records;
}

/** Begins a frame. */
export function openGroups(slot: u32): void {
  record = records + <usize>slot * FrameGroups.size;
  memory.fill(record, 0, FrameGroups.size);
  count = 0;
}

/** The frame belongs to `id` of a kind; what is beyond the record's room is left out. */
export function noteGroup(kind: GroupKind, id: u64): void {
  const group = ((<u64>kind) << 56) | (id & 0x00ff_ffff_ffff_ffff);
  for (let i: u32 = 0; i < count; i++) if (load<u64>(record + ((<usize>i) << 3)) == group) return;
  if (count >= <u32>FRAME_GROUPS) return;
  store<u64>(record + ((<usize>count) << 3), group);
  count++;
}
