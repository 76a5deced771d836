/** Overlaps: the same bytes sent twice, perhaps with different content. */
import { Action, DropReason } from "../abi/codes";
import { dropPacket } from "../flow/exception";
import { Packet, PacketFlag } from "../wire/packet";
import { Block, blockByte, blockEnd } from "./block";
import { Segment, takesNew } from "./segment";
import { Half } from "./session";
import { findBlock } from "./store";

export enum Overlap {
  None = 0,
  Same = 1,
  Different = 2,
}

/** Room for one payload while the bytes that win are chosen. */
const chosen: usize = memory.data(65536, 16);

/** Compares `length` bytes at `data` with what is held at `offset`. */
export function compareHeld(h: Half, offset: u64, data: usize, length: u32): Overlap {
  const end = offset + <u64>length;
  let result = Overlap.None;
  for (let at = findBlock(h, offset); at != 0; at = changetype<Block>(at).next) {
    const b = changetype<Block>(at);
    if (b.offset >= end) break;
    const from = max(b.offset, offset);
    const to = min(blockEnd(b), end);
    result = Overlap.Same;
    if (memory.compare(blockByte(b, from), data + <usize>(from - offset), <usize>(to - from)) != 0) {
      return Overlap.Different;
    }
  }
  return result;
}

/** Copies what is held of [from, to) over `data`, whose first byte has stream offset `offset`. */
function copyHeld(h: Half, from: u64, to: u64, data: usize, offset: u64): void {
  for (let at = findBlock(h, from); at != 0; at = changetype<Block>(at).next) {
    const b = changetype<Block>(at);
    if (b.offset >= to) return;
    const start = max(b.offset, from);
    const stop = min(blockEnd(b), to);
    memory.copy(data + <usize>(start - offset), blockByte(b, start), <usize>(stop - start));
  }
}

/** Bytes as `target` ends up with them: a copy of `data` in which older bytes stand where they win. `length` <= 65536. */
export function chooseBytes(h: Half, target: u32, offset: u64, data: usize, length: u32): usize {
  memory.copy(chosen, data, length);
  const end = offset + <u64>length;
  const reach = <u64>h.longestSegment;
  for (let at = findBlock(h, offset > reach ? offset - reach : 0); at != 0; at = changetype<Block>(at).next) {
    const b = changetype<Block>(at);
    if (b.offset >= end) break;
    for (let i = b.firstSegment; i != 0; i = changetype<Segment>(i).next) {
      const s = changetype<Segment>(i);
      const oldEnd = s.offset + <u64>s.length;
      if (s.offset >= end) break;
      if (oldEnd <= offset || takesNew(target, offset, end, s.offset, oldEnd)) continue;
      copyHeld(h, max(s.offset, offset), min(oldEnd, end), chosen, offset);
    }
  }
  return chosen;
}

/**
 * Inline: the receiver may have got only one of two versions, and only the first was inspected. The packet with the other one does
 * not go on, whatever else it carries.
 */
export function refuseOverlap(packet: Packet): void {
  packet.set(PacketFlag.StreamIgnored | PacketFlag.NoPayloadInspection);
  dropPacket(packet, Action.Drop, DropReason.StreamReassembly);
}
