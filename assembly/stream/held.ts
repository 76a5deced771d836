/** What a direction holds at the moment, in one piece: alerts on the stream or on a transaction show it as their payload. */
import { Block, blockByte, blockEnd } from "./block";
import { inlineMode } from "./configuration";
import { ackedOffset } from "./feed";
import { half, Session } from "./session";

/** Bytes shown at most (payload-buffer-size of suricata.yaml's eve-log). */
const ROOM: u32 = 4096;
const room: usize = memory.data(4096, 16);

/** Address and length of what was gathered. Valid until the next call into stream/. */
export let heldData: usize = 0;
export let heldLength: u32 = 0;

/**
 * Gathers what `direction` holds, holes left out, its first 4096 bytes; in detection mode only what was acknowledged, unless
 * `everything` (the end of the flow). False: nothing.
 */
export function gatherHeld(session: Session, direction: u32, everything: bool): bool {
  const h = half(session, direction);
  const edge = inlineMode || everything ? h.rightEdge : ackedOffset(h);
  let length: u32 = 0;
  for (let at = h.firstBlock; at != 0 && length < ROOM; at = changetype<Block>(at).next) {
    const b = changetype<Block>(at);
    if (b.offset >= edge) break;
    const bytes = <u32>min<u64>(min(blockEnd(b), edge) - b.offset, ROOM - length);
    memory.copy(room + length, blockByte(b, b.offset), bytes);
    length += bytes;
  }
  heldData = room;
  heldLength = length;
  return length > 0;
}
