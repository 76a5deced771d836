/**
 * HTTP/2: the entry (app/registry.ts). See http2_state.ts for the parts.
 *
 * A frame is read once it is whole; of one that is longer than 64 KiB only the beginning is read and the rest skipped. Data that is
 * lost ends the parser: header compression cannot go on behind a gap.
 */
import { AppEvent } from "../abi/app_events";
import { AppProto, Direction } from "../abi/codes";
import { Account, acquire, release } from "../memory/heap";
import { noteFrame } from "./frame";
import { beginsWith, Guess } from "./guess";
import { releaseHpack } from "./hpack";
import { DynamicTable, freeTable, openTable } from "./hpack_table";
import { releaseHttp2Built } from "./http2_buffers";
import { readFrame } from "./http2_frames";
import { Half2, Http2State, Http2Tx } from "./http2_state";
import { dropBlock, Frame2, freeStream } from "./http2_streams";
import { InputFlag, PARSE_ERROR } from "./input";
import { AppState, openState, Tx } from "./transaction";

const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const PREFACE_SIZE: u32 = 24;
const HEADER_SIZE: u32 = 9;
/** Frames up to here are waited for; of longer ones only these many bytes. */
const MAX_HANDLED: u32 = 65536;
const MIN_HANDLED: u32 = 256;

/** A new conversation; 0 when memory is short. */
export function http2Open(transport: u32): usize {
  const at = openState(AppProto.Http2, <u32>offsetof<Http2State>());
  if (at == 0) return 0;
  const state = changetype<Http2State>(at);
  const size = <u32>(2 * offsetof<Half2>() + 2 * offsetof<DynamicTable>());
  const parts = acquire(Account.Http, size);
  if (parts == 0) {
    release(at);
    return 0;
  }
  memory.fill(parts, 0, size);
  state.transport = <u8>transport;
  state.tables = parts;
  state.halves = parts + 2 * offsetof<DynamicTable>();
  openTable(state.table(Direction.ToServer));
  openTable(state.table(Direction.ToClient));
  return at;
}

/** Reads input of one direction. Returns the bytes used, or PARSE_ERROR. */
export function http2Parse(base: AppState, direction: u32, data: usize, length: u32, flags: u32): i32 {
  if ((flags & InputFlag.Gap) != 0) return PARSE_ERROR;
  const state = changetype<Http2State>(changetype<usize>(base));
  let at: u32 = 0;
  if (direction == Direction.ToServer && !state.begun) {
    if (length < PREFACE_SIZE) return 0;
    if (beginsWith(data, length, PREFACE, false) == Guess.Yes) at = PREFACE_SIZE;
    else {
      if (!isText(data, PREFACE_SIZE)) return PARSE_ERROR;
      state.report(AppEvent.http2__invalid_client_magic);
    }
    state.begun = true;
  }
  const half = state.half(direction);
  if (half.skip > 0) {
    const skipped = min(half.skip, length - at);
    half.skip -= skipped;
    at += skipped;
  }
  while (length - at >= HEADER_SIZE) {
    const header = data + at;
    const size = bswap<u32>(load<u32>(header)) >> 8;
    const type = <u32>load<u8>(header + 3);
    const here = length - at - HEADER_SIZE;
    if (here < size) {
      if (size < MAX_HANDLED || here < MIN_HANDLED) break;
      state.report(AppEvent.http2__long_frame_data);
      half.skip = size - here;
    }
    const read = min(size, here);
    noteFrame(state, direction, "pdu", header, HEADER_SIZE + size);
    noteFrame(state, direction, "hdr", header, HEADER_SIZE);
    if (size > 0) noteFrame(state, direction, "data", header + HEADER_SIZE, size);
    at += HEADER_SIZE + read;
    // An acknowledgement of SETTINGS says nothing.
    if (size == 0 && type == Frame2.Settings) continue;
    const stream = bswap<u32>(load<u32>(header + 5)) & 0x7fff_ffff;
    readFrame(state, direction, type, load<u8>(header + 4), stream, header + HEADER_SIZE, read, read == size);
  }
  return <i32>at;
}

/** Is it UTF-8, as far as Suricata asks: plain text? */
function isText(data: usize, length: u32): bool {
  for (let i: u32 = 0; i < length; i++) if (load<u8>(data + i) >= 0x80) return false;
  return true;
}

export function http2FreeTx(state: AppState, tx: Tx): void {
  freeStream(changetype<Http2State>(changetype<usize>(state)), changetype<Http2Tx>(changetype<usize>(tx)));
}

export function http2Close(base: AppState): void {
  const state = changetype<Http2State>(changetype<usize>(base));
  while (state.oldest != 0) freeStream(state, changetype<Http2Tx>(state.oldest));
  for (let d: u32 = 0; d < 2; d++) {
    freeTable(state.table(d));
    dropBlock(state.half(d));
  }
  release(state.tables);
  releaseHpack();
  releaseHttp2Built();
  release(changetype<usize>(state));
}
