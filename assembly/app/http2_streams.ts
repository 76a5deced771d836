/** Transactions of HTTP/2: one a stream, and one for each frame of stream 0. Their states are Suricata's. */
import { AppEvent } from "../abi/app_events";
import { Direction } from "../abi/codes";
import { Http2Progress } from "../abi/progress";
import { release } from "../memory/heap";
import { freeDnsMessage } from "./dns";
import { freeFiles } from "./file";
import { Half2, Http2State, Http2Tx, Side } from "./http2_state";
import { freeText } from "./text";
import { closeTx, openTx, Tx } from "./transaction";

/** app-layer.protocols.http2.max-streams */
const MAX_STREAMS: u32 = 4096;

export const enum Frame2 {
  Data = 0,
  Headers = 1,
  Priority = 2,
  RstStream = 3,
  Settings = 4,
  PushPromise = 5,
  Ping = 6,
  GoAway = 7,
  WindowUpdate = 8,
  Continuation = 9,
}

/** Flags of frames (RFC 9113 section 6). */
export const END_STREAM: u32 = 1;
export const END_HEADERS: u32 = 4;

/** The state moves on, never back; rules look at both directions again. */
export function enter(tx: Http2Tx, step: u32): void {
  tx.step = <u8>step;
  tx.advance(Direction.ToServer, step);
  tx.advance(Direction.ToClient, step);
}

/** The newest transaction of a stream, 0 for none. */
export function findStream(state: Http2State, stream: u32): usize {
  for (let at = state.newest; at != 0; at = changetype<Tx>(at).previous) {
    if (changetype<Http2Tx>(at).stream == stream) return at;
  }
  return 0;
}

function open(state: Http2State, stream: u32, step: u32): usize {
  const at = openTx(state, <u32>offsetof<Http2Tx>());
  if (at == 0) return 0;
  const tx = changetype<Http2Tx>(at);
  tx.stream = stream;
  enter(tx, step);
  return at;
}

/** Too many streams: the oldest that is still kept goes. */
function dropOldest(state: Http2State): void {
  for (let at = state.oldest; at != 0; at = changetype<Tx>(at).next) {
    const tx = changetype<Http2Tx>(at);
    if (tx.step == <u8>Http2Progress.Dropped) continue;
    tx.raise(AppEvent.http2__too_many_streams);
    enter(tx, Http2Progress.Dropped);
    return;
  }
}

/** The stream a frame counts for: a pushed one's header block goes on under the number of the stream that announced it. */
function streamOf(state: Http2State, type: u32, stream: u32, promised: u32, direction: u32): u32 {
  if (type == Frame2.PushPromise && promised != 0) return promised;
  if (type != Frame2.Continuation || direction != Direction.ToClient) return stream;
  const at = findStream(state, stream);
  const child: u32 = at == 0 ? 0 : changetype<Http2Tx>(at).child;
  return child != 0 ? child : stream;
}

/** The transaction a frame belongs to, made when there is none. 0 when memory is short. */
export function transactionOf(state: Http2State, type: u32, stream: u32, promised: u32, direction: u32): usize {
  if (stream == 0) {
    if (state.live > MAX_STREAMS) dropOldest(state);
    return open(state, 0, Http2Progress.Global);
  }
  const wanted = streamOf(state, type, stream, promised, direction);
  const at = findStream(state, wanted);
  if (at == 0) {
    if (state.live > MAX_STREAMS) dropOldest(state);
    return open(state, wanted, Http2Progress.Open);
  }
  const tx = changetype<Http2Tx>(at);
  const late = type == Frame2.RstStream || type == Frame2.WindowUpdate || type == Frame2.Priority;
  if (tx.step == <u8>Http2Progress.Complete && !late) state.report(AppEvent.http2__stream_id_reuse);
  return at;
}

/** What a frame changes about its stream. */
export function follow(tx: Http2Tx, type: u32, flags: u32, promised: u32, direction: u32): void {
  const toClient = direction == Direction.ToClient;
  if (type == Frame2.PushPromise) {
    if (toClient) {
      if ((flags & END_HEADERS) == 0) tx.child = promised;
      tx.step = <u8>Http2Progress.Reserved;
    }
  } else if (type == Frame2.Continuation) {
    if (toClient && (flags & END_HEADERS) != 0) tx.child = 0;
  } else if (type == Frame2.Headers) {
    if (toClient) tx.child = 0;
  } else if (type == Frame2.RstStream) tx.child = 0;
  if (type == Frame2.Headers || type == Frame2.Data) {
    if ((flags & END_STREAM) != 0) endStream(tx, toClient);
    else if (type == Frame2.Data) {
      const step: u8 = toClient ? <u8>Http2Progress.DataServer : <u8>Http2Progress.DataClient;
      if (tx.step < step) tx.step = step;
    }
  }
  enter(tx, tx.step);
}

function endStream(tx: Http2Tx, toClient: bool): void {
  switch (tx.step) {
    case <u8>Http2Progress.HalfClosedClient:
    case <u8>Http2Progress.DataServer:
      if (toClient) tx.step = <u8>Http2Progress.Complete;
      return;
    case <u8>Http2Progress.HalfClosedServer:
      if (!toClient) tx.step = <u8>Http2Progress.Complete;
      return;
    case <u8>Http2Progress.Complete:
    case <u8>Http2Progress.Global:
      return;
    default:
      tx.step = toClient ? <u8>Http2Progress.HalfClosedServer : <u8>Http2Progress.HalfClosedClient;
  }
}

function freeSide(at: usize): void {
  if (at == 0) return;
  const s = changetype<Side>(at);
  freeText(s.bytes);
  freeText(s.fields);
  freeText(s.types);
  freeText(s.errors);
  freeText(s.weights);
  freeText(s.windows);
  freeText(s.settings);
  freeText(s.message);
  release(s.decoder);
  freeDnsMessage(s.dns);
  release(at);
}

export function freeStream(state: Http2State, tx: Http2Tx): void {
  freeSide(tx.sideToServer);
  freeSide(tx.sideToClient);
  freeFiles(tx);
  closeTx(state, tx);
}

/** A header block that was to go on is given up. */
export function dropBlock(half: Half2): void {
  freeText(half.block);
  half.blockStream = 0;
}
