/**
 * The app layer is fed by pulling: after `streamPacket`, first for the direction the packet acknowledges, then for its own:
 *
 *   while (appDataReady(session, direction)) {
 *     appData(session, direction);            // streamData, streamLength, streamOffset, streamFlags
 *     ... parse ...
 *     appConsumed(session, direction, bytes); // nothing consumed: the feed of this direction ends for this packet
 *   }
 *
 * In detection mode only acknowledged data is handed out, inline all that is held. A gap (`StreamFlag.Gap`) has a length and no data.
 */
import { Counter } from "../abi/counters";
import { StreamEvent } from "../abi/stream_events";
import { countAdd } from "../verdict/counters";
import { Packet } from "../wire/packet";
import { Block, blockByte, blockEnd } from "./block";
import { inlineMode } from "./configuration";
import { after } from "./sequence";
import { Half, HalfFlag, half, Session, SessionFlag, TcpState } from "./session";
import { findBlock } from "./store";
import { atEnd, beginFeed, currentPacket, endFeed, feedBegun, isDue } from "./update";

export enum StreamFlag {
  /** The protocol of this direction is not decided yet. */
  Start = 1,
  /** Nothing follows. */
  End = 2,
  /** `streamLength` bytes were lost. */
  Gap = 4,
  /** The depth is reached: nothing follows that we take. */
  Depth = 8,
  /** The session was picked up midstream. */
  Midstream = 16,
}

/** Address of the data, 0 for none. Valid until the next call into stream/. */
export let streamData: usize = 0;
export let streamLength: u32 = 0;
/** Stream offset of the first byte. */
export let streamOffset: u64 = 0;
/** StreamFlag bits. */
export let streamFlags: u32 = 0;

/** What `appDataReady` found. */
let readyData: usize = 0;
let readyLength: u32 = 0;
let readyFlags: u32 = 0;
/** State of the feed at hand: progress when data was last handed out, and what it was. */
let lastProgress: u64 = 0;
let lastFlags: u32 = 0;
let lastEmpty: bool = false;

/** Stream offset up to which the other side acknowledged. */
export function ackedOffset(h: Half): u64 {
  return after(h.lastAck, h.baseSeq) ? h.base + <u64>(h.lastAck - h.baseSeq) : h.base;
}

function flagsOf(session: Session, h: Half): u32 {
  let flags: u32 = 0;
  if ((h.flags & HalfFlag.ProtocolDetected) == 0) flags |= StreamFlag.Start;
  if (session.state == <u8>TcpState.Closed || atEnd) flags |= StreamFlag.End;
  if ((session.flags & SessionFlag.Midstream) != 0) flags |= StreamFlag.Midstream;
  if ((h.flags & HalfFlag.DepthReached) != 0) flags |= StreamFlag.Depth;
  return flags;
}

/** `length` without what is not acknowledged. */
function ackedPart(session: Session, h: Half, length: u32): u32 {
  if (inlineMode || length == 0) return length;
  const open = session.state < <u8>TcpState.Closed || (session.flags & SessionFlag.ClosedByReset) != 0;
  if (open && atEnd) return length;
  const acked = ackedOffset(h);
  const progress = h.appProgress;
  return progress <= acked && progress + <u64>length > acked ? <u32>(acked - progress) : length;
}

/** True when the bytes missing at the app layer's progress will not come any more: the receiver has them. */
function isGap(session: Session, h: Half): bool {
  const fin: u64 = session.state >= <u8>TcpState.FinWait1 ? 1 : 0;
  const acked = ackedOffset(h) - fin;
  return <i64>acked > 0 && acked > h.appProgress;
}

/** True when data follows the hole behind `b` and that hole was acknowledged. */
function gapBehind(h: Half, b: Block): bool {
  return b.next != 0 && ackedOffset(h) >= blockEnd(b);
}

function offer(data: usize, length: u32, flags: u32): bool {
  readyData = data;
  readyLength = length;
  readyFlags = flags;
  return true;
}

function finish(direction: u32): bool {
  endFeed(direction);
  return false;
}

/** True when there is something for the app layer in `direction`; asking twice changes nothing. */
export function appDataReady(session: Session, direction: u32): bool {
  if (!isDue(direction)) return false;
  const h = half(session, direction);
  if ((session.flags & SessionFlag.AppLayerDisabled) != 0 || (h.flags & HalfFlag.NoReassembly) != 0) {
    return finish(direction);
  }
  const flags = flagsOf(session, h);
  let wasGap = false;
  if ((feedBegun & (1 << direction)) != 0) {
    if (lastEmpty || h.appProgress == lastProgress) return finish(direction);
    wasGap = (lastFlags & StreamFlag.Gap) != 0;
    if (!wasGap && (lastFlags & StreamFlag.Depth) != 0) return finish(direction);
  } else if (h.rightEdge <= h.appProgress && (session.state >= <u8>TcpState.Closing || atEnd)) {
    return offer(0, 0, flags);
  }
  while (true) {
    let data: usize = 0;
    let length: u32 = 0;
    let behind = false;
    const at = findBlock(h, h.appProgress);
    if (at != 0) {
      const b = changetype<Block>(at);
      if (b.offset > h.appProgress) {
        length = <u32>min<u64>(b.offset - h.appProgress, u32.MAX_VALUE);
      } else {
        data = blockByte(b, h.appProgress);
        length = <u32>(blockEnd(b) - h.appProgress);
        behind = gapBehind(h, b);
      }
    }
    if (wasGap && length == 0) return finish(direction);
    length = ackedPart(session, h, length);
    if (data == 0 && length > 0 && isGap(session, h)) return offer(0, length, flags | StreamFlag.Gap);
    if ((flags & StreamFlag.Depth) != 0) {
      if (data == 0) length = 0;
    } else if (data == 0 || (length == 0 && (flags & StreamFlag.End) == 0)) return finish(direction);
    if ((!atEnd || session.state < <u8>TcpState.Closed) && length < h.dataRequired) {
      if (!behind || length == 0) return finish(direction);
      // What the app layer waits for was lost: it goes on behind the hole.
      h.appProgress += length;
      h.dataRequired -= length;
      wasGap = false;
      continue;
    }
    return offer(data, length, flags);
  }
}

/** Hands out what `appDataReady` found. */
export function appData(session: Session, direction: u32): void {
  const h = half(session, direction);
  streamData = readyData;
  streamLength = readyLength;
  streamOffset = h.appProgress;
  streamFlags = readyFlags;
  lastProgress = h.appProgress;
  lastFlags = readyFlags;
  lastEmpty = readyLength == 0;
  beginFeed(direction);
  if ((readyFlags & StreamFlag.Gap) == 0) {
    h.dataRequired = 0;
    return;
  }
  if (currentPacket != 0) changetype<Packet>(currentPacket).raise(StreamEvent.reassembly_seq_gap);
  countAdd(Counter.tcp__reassembly_gap, 1);
  h.dataRequired = h.dataRequired > readyLength ? h.dataRequired - readyLength : 0;
}

/** The app layer is done with `bytes` of what it was handed. */
export function appConsumed(session: Session, direction: u32, bytes: u32): void {
  const h = half(session, direction);
  h.appProgress += <u64>min(bytes, streamLength);
}

/** The app layer does not want to be called before `bytes` bytes are there. */
export function appRequires(session: Session, direction: u32, bytes: u32): void {
  half(session, direction).dataRequired = bytes;
}
