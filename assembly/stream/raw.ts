/**
 * The stream as rules without a buffer see it. In detection mode: acknowledged data not inspected before, once a chunk has gathered
 * (`toserver-chunk-size`), the app layer asks for it (`triggerRaw`), or the stream ends; each run of bytes between holes is one
 * window. Inline: the packet's bytes joined to what lies before and behind them, at once.
 *
 *   if (rawReady(session, direction, packet)) {
 *     for (let more = rawWindow(session, direction, packet); more; more = rawNext()) ...  // rawData, rawLength, rawOffset
 *     rawInspected(session, direction);   // or rawSkipped, when there is no rule that looks at the stream
 *   }
 */
import { Packet, PacketFlag } from "../wire/packet";
import { Block, blockByte, blockEnd } from "./block";
import { chunkSize, inlineMode } from "./configuration";
import { ackedOffset } from "./feed";
import { offsetOf } from "./reassembly";
import { after } from "./sequence";
import { Half, HalfFlag, half, Session, SessionFlag, TcpState } from "./session";
import { findBlock } from "./store";
import { atEnd } from "./update";

/** Address of the window. Valid until the next call into stream/. */
export let rawData: usize = 0;
export let rawLength: u32 = 0;
/** Stream offset of its first byte. */
export let rawOffset: u64 = 0;

/** Windows still to come: next block, and how far inspection went. */
let walkBlock: usize = 0;
let walkProgress: u64 = 0;
let walkEdge: u64 = 0;
/** Where inspection of the half stands after this packet. */
let reached: u64 = 0;

/** True when enough has gathered. */
function isChunk(session: Session, h: Half, direction: u32): bool {
  const now = HalfFlag.DepthReached | HalfFlag.TriggerRaw | HalfFlag.NewRawDisabled;
  if ((h.flags & now) != 0 || session.state > <u8>TcpState.TimeWait || atEnd) return true;
  return <i64>(ackedOffset(h) - h.rawProgress) >= <i64>chunkSize(direction);
}

/** True when there is a window to inspect with this packet. */
export function rawReady(session: Session, direction: u32, packet: Packet): bool {
  const h = half(session, direction);
  if (h.firstBlock == 0 || (h.flags & (HalfFlag.NoReassembly | HalfFlag.RawDisabled)) != 0) return false;
  if (inlineMode) return packet.payloadLength > 0 && packet.has(PacketFlag.StreamAdded);
  return h.rawProgress != h.rightEdge && isChunk(session, h, direction);
}

/** The first window; false: none. Asking again begins anew. */
export function rawWindow(session: Session, direction: u32, packet: Packet): bool {
  const h = half(session, direction);
  reached = h.rawProgress;
  walkBlock = 0;
  if (inlineMode) return inlineWindow(h, direction, packet);
  if ((h.flags & (HalfFlag.NoReassembly | HalfFlag.RawDisabled)) != 0 || !isChunk(session, h, direction)) return false;
  return beginWalk(h, h.rawProgress);
}

/** As `rawWindow`, but with the `minInspectDepth` bytes before the app layer's progress when it asked for the inspection. */
export function rawWindowDeep(session: Session, direction: u32, packet: Packet): bool {
  const h = half(session, direction);
  if (inlineMode || (h.flags & HalfFlag.TriggerRaw) == 0 || h.minInspectDepth == 0) {
    return rawWindow(session, direction, packet);
  }
  if ((h.flags & (HalfFlag.NoReassembly | HalfFlag.RawDisabled)) != 0) return false;
  const depth = <u64>h.minInspectDepth;
  const from = depth >= h.appProgress ? 0 : h.appProgress - depth;
  return beginWalk(h, min(from, h.rawProgress));
}

function beginWalk(h: Half, from: u64): bool {
  walkBlock = findBlock(h, from);
  walkProgress = from;
  walkEdge = ackedOffset(h);
  const found = rawNext();
  if (!found) reached = max(reached, walkProgress);
  return found;
}

/** The next window of this packet. */
export function rawNext(): bool {
  if (walkBlock == 0) return false;
  const b = changetype<Block>(walkBlock);
  walkBlock = b.next;
  const from = max(b.offset, walkProgress);
  let length = <u32>(blockEnd(b) - from);
  if (!atEnd) {
    if (walkEdge < walkProgress) length = 0;
    else if (walkProgress + <u64>length > walkEdge) length = <u32>(walkEdge - walkProgress);
  }
  if (length == 0) {
    walkBlock = 0;
    return false;
  }
  rawData = blockByte(b, from);
  rawLength = length;
  rawOffset = from;
  if (from == walkProgress) walkProgress += <u64>length;
  else if (from < walkEdge) walkProgress = from;
  reached = max(reached, walkProgress);
  return true;
}

/** The packet's own bytes, where the half does not hold them. */
function payloadWindow(packet: Packet, offset: u64): void {
  rawData = packet.payload;
  rawLength = packet.payloadLength;
  rawOffset = offset;
}

function inlineWindow(h: Half, direction: u32, packet: Packet): bool {
  const length = packet.payloadLength;
  if (length == 0 || !packet.has(PacketFlag.StreamAdded) || (h.flags & HalfFlag.NoReassembly) != 0) return false;
  let chunk = chunkSize(direction);
  if (chunk <= length || (chunk / 3) * 2 < length) chunk = length + chunk / 3;
  const behindBase = after(h.baseSeq, packet.sequence);
  const left = behindBase ? h.base : offsetOf(h, packet.sequence - <u32>h.urgentOffset);
  const right = left + <u64>length;
  const at: usize = behindBase ? 0 : findBlock(h, left);
  if (at == 0 || changetype<Block>(at).offset > left || blockEnd(changetype<Block>(at)) < right) {
    payloadWindow(packet, left);
  } else {
    const b = changetype<Block>(at);
    let before = <u32>min<u64>(left - b.offset, chunk);
    let behind = <u32>min<u64>(blockEnd(b) - right, chunk);
    if (before + length + behind > chunk) {
      const spare = chunk - length;
      const fair = spare / 2;
      if (behind == 0) before = spare;
      else if (before == 0) behind = spare;
      else if (behind >= fair && before >= fair) {
        before = fair;
        behind = fair;
      } else if (behind >= fair) behind = spare - before;
      else before = spare - behind;
    }
    rawOffset = left - <u64>before;
    rawLength = before + length + behind;
    rawData = blockByte(b, rawOffset);
  }
  settleInline(h);
  return true;
}

/** Inspection went to the window's end, unless a hole that may still fill lies before it. */
function settleInline(h: Half): void {
  const end = rawOffset + <u64>rawLength;
  if (h.blockCount == 1) {
    reached = end;
    return;
  }
  const acked = ackedOffset(h);
  if (h.rawProgress >= acked) reached = h.rawProgress;
  else reached = rawOffset > acked ? acked : end;
}

/** All windows of this packet were inspected. */
export function rawInspected(session: Session, direction: u32): void {
  while (!inlineMode && rawNext());
  progressTo(session, half(session, direction), reached);
}

/** It was ready, but no rule looked: raw inspection moves on behind the app layer. */
export function rawSkipped(session: Session, direction: u32): void {
  progressTo(session, half(session, direction), 0);
}

function progressTo(session: Session, h: Half, progress: u64): void {
  if (progress > h.rawProgress) {
    h.rawProgress = progress;
    h.flags &= ~HalfFlag.TriggerRaw;
  } else if (progress == 0) {
    const appLives = (session.flags & SessionFlag.AppLayerDisabled) == 0;
    if (appLives && h.appProgress > h.rawProgress) {
      if ((h.flags & HalfFlag.TriggerRaw) != 0) {
        h.rawProgress = h.appProgress;
        h.flags &= ~HalfFlag.TriggerRaw;
      } else if (h.window != 0) keepWindow(h, h.appProgress);
    } else {
      keepWindow(h, h.rightEdge);
      h.flags &= ~HalfFlag.TriggerRaw;
    }
  }
  if ((h.flags & HalfFlag.NewRawDisabled) != 0) h.flags |= HalfFlag.RawDisabled;
}

/** Raw inspection keeps a TCP window's worth of bytes before `edge`. */
function keepWindow(h: Half, edge: u64): void {
  const window = <u64>h.window;
  if (window < edge && edge - window > h.rawProgress) h.rawProgress = edge - window;
}

/** The app layer completed something: raw inspection of `direction` is due with the next packet of that direction. */
export function triggerRaw(session: Session, direction: u32): void {
  half(session, direction).flags |= HalfFlag.TriggerRaw;
}
