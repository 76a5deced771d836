/** What is no longer needed goes: held data behind all readers, and whole sessions. */
import { Direction } from "../abi/codes";
import { Flow } from "../flow/flow";
import { chunkSize, inlineMode } from "./configuration";
import { ackedOffset } from "./feed";
import { freeQueue } from "./handshake_queue";
import { isOver } from "./inspection";
import { sackFree } from "./sack";
import { closeSession, Half, HalfFlag, half, Session, SessionFlag, TcpState } from "./session";
import { freeBlocks, slideTo } from "./store";

/** Bytes kept of a stream that no rule can read any more: enough for one that asks whether there is something. */
const UNREAD: u64 = 256;

function less(a: u64, b: u64): u64 {
  return a > b ? a - b : 0;
}

/** Offset before which nobody needs the data any more. */
function leftEdge(session: Session, h: Half, direction: u32): u64 {
  const appReads = (session.flags & SessionFlag.AppLayerDisabled) == 0 && (h.flags & HalfFlag.Gap) == 0;
  const rawReads = (h.flags & HalfFlag.RawDisabled) == 0;
  let edge = h.rightEdge;
  if (appReads) edge = min(edge, h.appProgress);
  if (rawReads) {
    let raw = h.rawProgress;
    if (inlineMode) raw = less(raw, chunkSize(direction));
    if (appReads && session.state < <u8>TcpState.Closed) raw = less(raw, h.minInspectDepth);
    edge = min(edge, raw);
  }
  // Until it is acknowledged, data may be sent again, and differ.
  if (inlineMode) edge = min(edge, ackedOffset(h));
  return min(edge, h.holdFrom);
}

/**
 * Lets go what was consumed and inspected in `direction`. To be called when the packet is done.
 * @param encrypted what came in the clear was inspected: raw inspection still counts the bytes (and keeps a window of them behind the
 *   application, as for every stream that no rule looks at), but not one of them will be read
 */
export function pruneStream(session: Session, direction: u32, encrypted: bool): void {
  const h = half(session, direction);
  if ((h.flags & HalfFlag.NoReassembly) != 0) return;
  const appDone = (session.flags & SessionFlag.AppLayerDisabled) != 0 || (h.flags & HalfFlag.Gap) != 0;
  const depth = (h.flags & HalfFlag.DepthReached) != 0;
  if (depth || (appDone && (h.flags & HalfFlag.RawDisabled) != 0)) {
    h.flags |= HalfFlag.NoReassembly;
    freeBlocks(h);
    return;
  }
  // Until the protocol is decided the data from the start is needed.
  if ((h.flags & (HalfFlag.Gap | HalfFlag.ProtocolDetected)) == 0 && !appDone) return;
  if (encrypted) slideTo(h, less(min(min(appDone ? h.rightEdge : h.appProgress, ackedOffset(h)), h.holdFrom), UNREAD));
  const edge = leftEdge(session, h, direction);
  if (edge > h.base) moveBase(h, edge);
  if (isOver(session)) {
    freeInspected(h);
    freeInspected(half(session, 1 - direction));
  }
}

/** Inline a piece of what was inspected is kept, to be seen together with what follows: here nothing does. */
function freeInspected(h: Half): void {
  if (h.rawProgress >= h.rightEdge) freeBlocks(h);
}

function moveBase(h: Half, edge: u64): void {
  slideTo(h, edge);
  h.baseSeq += <u32>(edge - h.base);
  h.base = edge;
  if (h.appProgress < edge) h.appProgress = edge;
  if (h.rawProgress < edge) h.rawProgress = edge;
}

/** Releases what the session holds in both directions; its state stays. */
export function freeData(session: Session): void {
  freeBlocks(half(session, Direction.ToServer));
  freeBlocks(half(session, Direction.ToClient));
}

/** Ends the session of a flow. */
export function freeSession(flow: Flow): void {
  if (flow.tcp == 0) return;
  const session = changetype<Session>(flow.tcp);
  freeData(session);
  sackFree(half(session, Direction.ToServer));
  sackFree(half(session, Direction.ToClient));
  freeQueue(session);
  closeSession(session);
  flow.tcp = 0;
}
