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

/** One's complement sum of bytes at `address`, the first one at `parity` (0 high, 1 low byte of its word). */
function sum(address: usize, length: u32, parity: u32): u64 {
  let total: u64 = 0;
  for (let i: u32 = 0; i < length; i++) {
    const byte = <u64>load<u8>(address + i);
    total += ((i + parity) & 1) == 0 ? byte << 8 : byte;
  }
  return total;
}

/**
 * Inline: the packet must not carry other bytes than the receiver's side saw first. They are put into the packet, and its checksum
 * is corrected (RFC 1624); a packet that has no frame of its own (defragmented, out of a tunnel) is dropped instead.
 */
export function rewritePacket(h: Half, packet: Packet, offset: u64, data: usize, length: u32): void {
  if (packet.outer != 0 || packet.has(PacketFlag.Defragmented)) {
    dropPacket(packet, Action.Drop, DropReason.StreamReassembly);
    return;
  }
  const parity = <u32>(data - packet.transport) & 1;
  const before = sum(data, length, parity);
  copyHeld(h, offset, offset + <u64>length, data, offset);
  packet.set(PacketFlag.Modified);
  // The checksum of an offloaded packet covers the pseudo header only.
  if (packet.has(PacketFlag.PartialChecksum)) return;
  const field = packet.transport + 16;
  let total = <u64>(~bswap(load<u16>(field)) & 0xffff) + sum(data, length, parity);
  total += (before / 0xffff + 1) * 0xffff - before;
  while (total >> 16 != 0) total = (total & 0xffff) + (total >> 16);
  store<u16>(field, bswap(<u16>(~total & 0xffff)));
}
