/** What the pipeline, the app layer and rules tell or ask a session, besides its data. */

import { Direction } from "../abi/codes";
import { Packet } from "../wire/packet";
import { Block, blockByte, blockEnd } from "./block";
import { offsetOf } from "./reassembly";
import { after } from "./sequence";
import { Half, HalfFlag, half, Session, SessionFlag, TcpState } from "./session";
import { findBlock } from "./store";
import { beginEnd, restartFeed } from "./update";

/** Sequence numbers a direction used so far, SYN included: the `stream_size` keyword. */
export function streamSize(session: Session, direction: u32): u32 {
  const h = half(session, direction);
  return h.nextSeq - h.isn;
}

/** Stream offset of the packet's first payload byte; 2^64-1 when that lies before what is still known. */
export function payloadOffset(session: Session, packet: Packet): u64 {
  const h = half(session, packet.direction);
  const seq = packet.sequence - <u32>h.urgentOffset;
  return after(h.baseSeq, seq) ? u64.MAX_VALUE : offsetOf(h, seq);
}

/** Direction of the session's first data, 255 when there was none yet. */
export function firstDataDirection(session: Session): u8 {
  return session.firstData - 1;
}

/** The protocol of `direction` is decided, or never will be: its data need not be kept from the start. */
export function setProtocolDetected(session: Session, direction: u32): void {
  half(session, direction).flags |= HalfFlag.ProtocolDetected;
}

export function isProtocolDetected(session: Session, direction: u32): bool {
  return (half(session, direction).flags & HalfFlag.ProtocolDetected) != 0;
}

/** The app layer takes no more data of this session. */
export function disableAppLayer(session: Session): void {
  session.flags |= SessionFlag.AppLayerDisabled;
  half(session, Direction.ToServer).flags |= HalfFlag.ProtocolDetected;
  half(session, Direction.ToClient).flags |= HalfFlag.ProtocolDetected;
}

export function isAppLayerDisabled(session: Session): bool {
  return (session.flags & SessionFlag.AppLayerDisabled) != 0;
}

/** Raw inspection of `direction` ends with what is there (encrypted from here on). */
export function disableRaw(session: Session, direction: u32): void {
  half(session, direction).flags |= HalfFlag.NewRawDisabled;
}

/** Nothing more is reassembled in `direction`, and the app layer is done with the session. */
export function disableReassembly(session: Session, direction: u32): void {
  session.flags |= SessionFlag.AppLayerDisabled;
  half(session, direction).flags |= HalfFlag.NewRawDisabled;
}

/** Nothing is to be learned from this session any more: with `stream.bypass` its flow is bypassed. */
export function bypassSession(session: Session): void {
  session.flags |= SessionFlag.Bypass;
}

/** The app layer lost data in `direction` and cannot go on. */
export function setGap(session: Session, direction: u32): void {
  half(session, direction).flags |= HalfFlag.Gap;
}

/** Raises the reassembly depth; 0 lifts it. */
export function setDepth(session: Session, bytes: u32): void {
  if (bytes == 0 || (session.depth != 0 && bytes > session.depth)) session.depth = bytes;
}

/** Bytes before the app layer's progress that a triggered raw inspection looks at too. */
export function setMinInspectDepth(session: Session, direction: u32, bytes: u32): void {
  half(session, direction).minInspectDepth = bytes;
}

/** Data from `offset` on is kept although all readers went on (frames); 2^64-1 lets it go. */
export function holdFrom(session: Session, direction: u32, offset: u64): void {
  half(session, direction).holdFrom = offset;
}

/** Bytes `streamBytes` found. */
export let bytesAt: usize = 0;
export let bytesLength: u32 = 0;

/** Finds the contiguous bytes held from stream offset `offset` on, as far as the application may see them. False: none. */
export function streamBytes(session: Session, direction: u32, offset: u64): bool {
  const h = half(session, direction);
  const found = findBlock(h, offset);
  if (found == 0) return false;
  const b = changetype<Block>(found);
  if (offset < b.offset || offset >= blockEnd(b)) return false;
  bytesAt = blockByte(b, offset);
  bytesLength = <u32>(blockEnd(b) - offset);
  return true;
}

/** Stream offset up to which the application layer has taken the data of `direction`. */
export function appOffset(session: Session, direction: u32): u64 {
  return half(session, direction).appProgress;
}

/** Data of `direction` is missing or beyond the depth: what the application has of it is all there will be. */
export function isDisrupted(session: Session, direction: u32): bool {
  return (half(session, direction).flags & (HalfFlag.DepthReached | HalfFlag.Gap)) != 0;
}

/** True when the end of the flow still has data of `direction` to hand out: then a pseudo packet must be made. */
export function needsReassembly(session: Session, direction: u32): bool {
  const h = half(session, direction);
  if ((h.flags & HalfFlag.RawDisabled) == 0 && h.rightEdge > h.rawProgress) return true;
  return (session.flags & SessionFlag.AppLayerDisabled) == 0 && h.rightEdge > h.appProgress;
}

/** The flow ends: everything held in `direction` is handed out, and its end. */
export function forceEnd(_session: Session, direction: u32): void {
  beginEnd(direction);
}

/** Client and server change roles: the protocol was found in the other direction (midstream). The flow is swapped by the caller. */
export function swapDirections(session: Session): void {
  const a = changetype<usize>(half(session, Direction.ToServer));
  const b = changetype<usize>(half(session, Direction.ToClient));
  const bytes = b - a;
  for (let i: usize = 0; i < bytes; i += 8) {
    const word = load<u64>(a + i);
    store<u64>(a + i, load<u64>(b + i));
    store<u64>(b + i, word);
  }
  if (session.firstData != 0) session.firstData = 3 - session.firstData;
}

/** What lies ready in `direction` is handed out (again) with the packet at hand. */
export function feedAgain(direction: u32): void {
  restartFeed(direction);
}

/** The protocol is to be found anew in both directions (STARTTLS, CONNECT, upgrade). */
export function resetProtocolDetected(session: Session): void {
  half(session, Direction.ToServer).flags &= ~HalfFlag.ProtocolDetected;
  half(session, Direction.ToClient).flags &= ~HalfFlag.ProtocolDetected;
}

/** Bytes of `direction` that wait for a decision about the protocol. */
export function bytesWaiting(session: Session, direction: u32): u64 {
  const h = half(session, direction);
  return h.rightEdge > h.base ? h.rightEdge - h.base : 0;
}

/** What is allowed to wait: the peer's window within the reassembly depth, at least 100000 bytes. */
export function waitingLimit(session: Session, direction: u32): u64 {
  const window = half(session, direction).window;
  return <u64>max<u32>(100000, session.depth == 0 ? window : min<u32>(window, session.depth));
}

function isTaken(h: Half): bool {
  return h.rightEdge <= h.appProgress && (h.flags & HalfFlag.ResetReceived) == 0;
}

/** Closed for good, with all its data handed to the application layer: none will follow. */
export function isOver(session: Session): bool {
  if (session.state != <u8>TcpState.Closed) return false;
  return isTaken(half(session, Direction.ToServer)) && isTaken(half(session, Direction.ToClient));
}

/** Picked up midstream, and not with the server's half of the handshake. */
export function isMidstream(session: Session): bool {
  return (session.flags & (SessionFlag.Midstream | SessionFlag.MidstreamSynAck)) == SessionFlag.Midstream;
}
