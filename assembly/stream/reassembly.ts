/** A segment's way into the stream: depth, urgent data, overlaps, and whom it concerns. */
import { DropReason } from "../abi/codes";
import { Counter } from "../abi/counters";
import { Setting } from "../abi/settings";
import { StreamEvent } from "../abi/stream_events";
import { applyException } from "../flow/exception";
import { simulates } from "../flow/simulation";
import { release } from "../memory/heap";
import { countAdd } from "../verdict/counters";
import { Packet, PacketFlag } from "../wire/packet";
import { TcpOption } from "../wire/tcp_option";
import { Block } from "./block";
import { inlineMode, reassemblyPolicy } from "./configuration";
import { chooseBytes, compareHeld, Overlap, refuseOverlap } from "./overlap";
import { addSegment, openSegment } from "./segment";
import { after, atOrBefore } from "./sequence";
import { Half, HalfFlag, half, Session, SessionFlag, TcpFlag, TcpState } from "./session";
import { findBlock, Insert, insertBytes } from "./store";
import { targetOf } from "./target";
import { setDue } from "./update";
import { streamBytes } from "./urgent";

/** Stream offset of a sequence number at or behind the base. */
export function offsetOf(h: Half, seq: u32): u64 {
  return h.base + <u64>(seq - h.baseSeq);
}

/** Bytes of [seq, seq + size) to take: a segment that would cross the depth is left out whole, and with it all that follows. */
function withinDepth(session: Session, h: Half, seq: u32, size: u32): u32 {
  if (session.depth == 0) return size;
  if ((h.flags & HalfFlag.DepthReached) != 0) return 0;
  let end: u64;
  if (after(h.baseSeq, seq)) {
    if (atOrBefore(seq + size, h.baseSeq)) return 0;
    end = h.base + <u64>(size - (h.baseSeq - seq));
  } else end = offsetOf(h, seq + size);
  if (end <= <u64>session.depth) return size;
  h.flags |= HalfFlag.DepthReached;
  return 0;
}

/** Puts the packet's data into the half. False when that failed. */
function takeData(session: Session, direction: u32, packet: Packet): bool {
  const h = half(session, direction);
  if (session.firstData == 0) session.firstData = <u8>(packet.direction + 1);
  const target = targetOf(h, packet);
  if ((session.flags & SessionFlag.AppLayerDisabled) != 0 && (h.flags & HalfFlag.NewRawDisabled) != 0) return true;
  let seq = packet.sequence - <u32>h.urgentOffset;
  const bytes = streamBytes(h, packet);
  if (bytes < 0) return true;
  // The data of a SYN begins behind the SYN's own number.
  const isSyn = (packet.tcpFlags & <u8>TcpFlag.Syn) != 0 && (packet.tcpOptions & <u8>TcpOption.FastOpen) != 0;
  const size = withinDepth(session, h, seq, <u32>bytes);
  if ((h.flags & HalfFlag.DepthReached) != 0) {
    packet.raise(StreamEvent.reassembly_depth_reached);
    countAdd(Counter.tcp__stream_depth_reached, 1);
  }
  if (size == 0) return true;
  if (isSyn) seq++;
  if (atOrBefore(seq + size, h.baseSeq)) {
    packet.raise(StreamEvent.reassembly_segment_before_base_seq);
    return true;
  }
  const skip = after(h.baseSeq, seq) ? h.baseSeq - seq : 0;
  return insert(session, h, target, packet, offsetOf(h, seq + skip), packet.payload + skip, size - skip);
}

function insert(session: Session, h: Half, target: u32, packet: Packet, offset: u64, data: usize, length: u32): bool {
  if (length > 65535) length = 65535;
  let segment: usize = 0;
  const simulated = simulates(Setting.SimulateReassemblyMemcap, packet);
  if (!inlineMode && !simulated) segment = openSegment(offset, length);
  if (simulated || (!inlineMode && segment == 0)) {
    countAdd(Counter.tcp__segment_memcap_drop, 1);
    packet.raise(StreamEvent.reassembly_no_segment);
    session.flags |= SessionFlag.Lossy;
    return false;
  }
  let result: Insert;
  const overlap = offset >= h.rightEdge ? Overlap.None : compareHeld(h, offset, data, length);
  if (overlap != Overlap.None) countAdd(Counter.tcp__overlap, 1);
  if (overlap == Overlap.Different) {
    packet.raise(StreamEvent.reassembly_overlap_different_data);
    countAdd(Counter.tcp__overlap_diff_data, 1);
    if (inlineMode) {
      refuseOverlap(packet);
      return true;
    }
    const wins = chooseBytes(h, target, offset, data, length);
    result = insertBytes(h, offset, wins, length, true);
  } else result = insertBytes(h, offset, data, length, false);
  if (result != Insert.Done) {
    release(segment);
    packet.raise(result == Insert.Memcap ? StreamEvent.reassembly_insert_memcap : StreamEvent.reassembly_insert_limit);
    countAdd(Counter.tcp__insert_data_normal_fail, 1);
    if (result == Insert.Memcap) session.flags |= SessionFlag.Lossy;
    return false;
  }
  if (segment != 0) {
    if (length > h.longestSegment) h.longestSegment = length;
    addSegment(changetype<Block>(findBlock(h, offset)), segment);
  }
  return true;
}

/**
 * Takes an accepted packet over into the half of `direction` and settles which directions the app layer is fed with: in detection
 * mode the one the packet acknowledges, inline the packet's own, at an end both.
 */
export function handleSegment(session: Session, direction: u32, packet: Packet): void {
  const h = half(session, direction);
  const flags = <u32>packet.tcpFlags;
  // A reset may carry data (a reason in plain text), but that is not part of the stream.
  const reset = (flags & TcpFlag.Rst) != 0;
  let own = false;
  let opposing = false;
  // With one side visible nobody acknowledges: what was sent is handed out at once.
  const oneSided = (session.flags & SessionFlag.Async) != 0;
  if (inlineMode || packet.has(PacketFlag.Pseudo) || reset || oneSided) own = true;
  else if ((flags & TcpFlag.Fin) != 0 && session.state > <u8>TcpState.TimeWait) {
    own = true;
    opposing = (flags & TcpFlag.Ack) != 0;
  } else {
    opposing = true;
    own = session.state == <u8>TcpState.Closed;
  }
  if (packet.payloadLength > 0 && !reset && (h.flags & HalfFlag.NoReassembly) == 0) {
    if (takeData(session, direction, packet)) {
      if (!packet.has(PacketFlag.StreamIgnored)) packet.set(PacketFlag.StreamAdded);
    } else {
      // What becomes of it is the policy's decision alone.
      packet.set(PacketFlag.StreamIgnored);
      applyException(packet, packet.flow, reassemblyPolicy, DropReason.StreamReassembly);
      if (opposing) setDue(1 - direction);
      return;
    }
  }
  // The depth was reached just now: the app layer must hear that no more will come.
  if ((h.flags & (HalfFlag.DepthReached | HalfFlag.NoReassembly)) == HalfFlag.DepthReached) own = true;
  if (opposing) setDue(1 - direction);
  if (own) setDue(direction);
}
