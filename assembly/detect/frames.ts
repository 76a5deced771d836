/**
 * Frame rules: each frame of the packet's direction is inspected once, when all of it is there or nothing more of it will come. Inline it
 * is inspected as it grows too, new bytes joined to the WINDOW before them, so that none goes on uninspected.
 * A datagram's frames lie in its payload; a stream's in the bytes the session holds.
 */
import { AppProto, IpProto } from "../abi/codes";
import { EventFlag } from "../abi/frames";
import { ListRecord } from "../abi/lists";
import { PrefilterKind, PrefilterRecord } from "../abi/prefilters";
import { RuleFlag, RuleListKind, RuleRecord } from "../abi/rules";
import { TraceStage } from "../abi/trace";
import { AppFrame, dropFrame, framesWanted, OPEN_FRAME } from "../app/frame";
import { AppState } from "../app/transaction";
import { view, viewData, viewLength } from "../app/view";
import { Flow } from "../flow/flow";
import { rules } from "../rules/database";
import { inlineMode } from "../stream/configuration";
import { appOffset, bytesAt, bytesLength, holdFrom, isDisrupted, streamBytes } from "../stream/inspection";
import { Session } from "../stream/session";
import { overBudget } from "../verdict/cost";
import { traceList, tracing } from "../verdict/trace";
import { Packet } from "../wire/packet";
import { putDown, takeUp } from "./account";
import { addMatch, NO_TX } from "./alerts";
import { Candidates } from "./candidates";
import { inspectBuffer } from "./content/inspect";
import { InspectFlag } from "./content/state";
import { matchHead } from "./head";
import { runPostMatch } from "./post_match";
import { addRuleLists, firstPrefilter, nextPrefilter, prefilterAt, runPrefilter } from "./prefilter";
import { coversProtocol } from "./state/protocol";
import { listOf } from "./transaction/inspect";
import { applyTransforms } from "./transform";

/** A frame longer than this is inspected in its first bytes only. */
const MAX_FRAME: u32 = 1 << 20;

/** Bytes inspected again with new ones, inline (as Suricata). */
const WINDOW: u64 = 2500;

// The frame at hand: its bytes from `from` on.
let data: usize = 0;
let length: u32 = 0;
let from: u64 = 0;
let whole: bool = false;

/** Inspects the frames that are ready. `end`: no more data of this direction will come. */
export function runFrames(packet: Packet, flow: Flow, direction: u32, end: bool, set: Candidates): void {
  if (!framesWanted() || flow.app == 0) return;
  const state = changetype<AppState>(flow.app);
  let hold: u64 = OPEN_FRAME;
  let at = state.frames;
  while (at != 0) {
    const frame = changetype<AppFrame>(at);
    at = frame.next;
    if (frame.inspected) {
      dropFrame(state, changetype<usize>(frame));
      continue;
    }
    if (frame.direction != direction) continue;
    if (locate(packet, flow, frame, direction, end)) {
      // The alert tells of it: it goes with the next packet.
      frame.inspected = true;
      inspectFrame(packet, state, frame, direction, set);
    } else {
      if (inlineMode && from + <u64>length > frame.seen) {
        inspectFrame(packet, state, frame, direction, set);
        frame.progress = frame.seen > WINDOW ? frame.seen - WINDOW : 0;
      }
      hold = min<u64>(hold, frame.start + frame.progress);
    }
  }
  if (flow.tcp != 0 && packet.proto == <u8>IpProto.Tcp) holdFrom(changetype<Session>(flow.tcp), direction, hold);
}

/** Finds the frame's bytes. False: it must wait. */
function locate(packet: Packet, flow: Flow, frame: AppFrame, direction: u32, end: bool): bool {
  length = 0;
  from = frame.progress;
  whole = false;
  if (packet.proto != <u8>IpProto.Tcp) {
    data = packet.payload + <usize>frame.start;
    if (frame.start < <u64>packet.payloadLength)
      length = <u32>min<u64>(frame.length, <u64>packet.payloadLength - frame.start);
    whole = true;
    return true;
  }
  if (flow.tcp == 0) return true;
  const session = changetype<Session>(flow.tcp);
  const taken = appOffset(session, direction);
  let over = end || isDisrupted(session, direction);
  const start = frame.start + from;
  if (!streamBytes(session, direction, start)) return over || taken > start;
  // The application went on behind these bytes: what follows them is lost.
  over = over || taken > start + <u64>bytesLength;
  data = bytesAt;
  whole = frame.length != OPEN_FRAME && frame.length <= from + <u64>bytesLength;
  length = whole ? <u32>(max<u64>(frame.length, from) - from) : bytesLength;
  if (length > MAX_FRAME) length = MAX_FRAME;
  return whole || over;
}

function inspectFrame(packet: Packet, state: AppState, frame: AppFrame, direction: u32, set: Candidates): void {
  frame.data = data;
  frame.dataLength = length;
  frame.seen = from + <u64>length;
  if (length == 0) return;
  for (let i = firstPrefilter(PrefilterKind.Frame, direction); i >= 0; i = nextPrefilter(i)) {
    const record = prefilterAt(i);
    if (load<u32>(record, PrefilterRecord.frame) != frame.type) continue;
    if (!coversProtocol(load<u8>(record, PrefilterRecord.appProto), state.proto)) continue;
    view(data, length);
    if (applyTransforms(load<u16>(record, PrefilterRecord.buffer))) runPrefilter(record, viewData, viewLength, 0, set);
  }
  addRuleLists(RuleListKind.Frame, direction, packet, state.proto, set);
  for (let r = set.next(0); r >= 0; r = set.next(<u32>r + 1)) {
    const rule = rules + <usize>r * RuleRecord.size;
    if (overBudget()) break;
    if (!takeUp(r, rule, TraceStage.Frame)) continue;
    const matched = matchFrame(rule, packet, state, frame, direction);
    putDown(r, matched);
    if (!matched) continue;
    runPostMatch(rule, packet);
    addMatch(<u32>r, NO_TX, 0, EventFlag.Stream, changetype<usize>(frame));
  }
  set.clear();
}

/** Does a frame rule hold for the frame at hand? Lists of other protocols and directions do not count. */
function matchFrame(rule: usize, packet: Packet, state: AppState, frame: AppFrame, direction: u32): bool {
  if ((load<u32>(rule, RuleRecord.flags) & RuleFlag.Frame) == 0 || !matchHead(rule, packet)) return false;
  const n = <u32>load<u16>(rule, RuleRecord.listCount);
  let held: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const list = listOf(rule, i);
    if (load<u32>(list, ListRecord.frame) != frame.type || <u32>load<u8>(list, ListRecord.direction) != direction)
      continue;
    const proto = <u32>load<u8>(list, ListRecord.appProto);
    if (proto != <u32>AppProto.Unknown && !coversProtocol(proto, state.proto)) continue;
    if (tracing) traceList(i);
    view(data, length);
    if (!applyTransforms(load<u16>(list, ListRecord.buffer))) return false;
    const flags: u32 = (from == 0 ? InspectFlag.Start : 0) | (whole ? InspectFlag.End : 0);
    if (!inspectBuffer(load<u32>(list, ListRecord.conditions), viewData, viewLength, from, flags)) return false;
    held++;
  }
  return held > 0;
}
