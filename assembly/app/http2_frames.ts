/**
 * One frame of HTTP/2 (RFC 9113 section 6): read into the transaction it belongs to. A frame whose content is wrong still counts with
 * its type. Contract: `length` bytes of the frame's content are there; `whole` tells whether that is all of it.
 */
import { AppEvent } from "../abi/app_events";
import { Direction } from "../abi/codes";
import { Account } from "../memory/heap";
import { equalsExactly, equalsNoCase, equalsWord, indexOf } from "./ascii";
import { doh2Headers } from "./doh2";
import { Block, largestUpdate, readBlock, sawInvalid, sawUpdate } from "./hpack";
import { allowTable, resizeTable } from "./hpack_table";
import { bodyData, setCoding } from "./http2_body";
import { Field2, Half2, HeaderStatus, Http2State, Http2Tx, remember, Side, sideOf } from "./http2_state";
import { dropBlock, END_HEADERS, END_STREAM, Frame2, follow, transactionOf } from "./http2_streams";
import { appendText, setText } from "./text";

const PADDED: u32 = 8;
const PRIORITY: u32 = 0x20;
const HEADER_TABLE_SIZE: u32 = 1;
const LAST_SETTING: u32 = 6;
/** Suricata's HTTP2_MAX_REASS: bytes of a header block in pieces. */
const MAX_BLOCK: u32 = 102400;

function u32At(at: usize): u32 {
  return bswap<u32>(load<u32>(at));
}

/** The frame's content without its padding. */
let content: usize = 0;
let contentLength: u32 = 0;

/** Takes padding off both ends. False when there is less than that. */
function unpad(flags: u32, data: usize, length: u32): bool {
  content = data;
  contentLength = length;
  if ((flags & PADDED) == 0) return true;
  if (length == 0) return false;
  const pad = <u32>load<u8>(data);
  if (pad + 1 > length) return false;
  content = data + 1;
  contentLength = length - 1 - pad;
  return true;
}

export function readFrame(
  state: Http2State,
  direction: u32,
  type: u32,
  flags: u32,
  stream: u32,
  data: usize,
  length: u32,
  whole: bool,
): void {
  const padded = unpad(flags, data, length);
  let promised: u32 = 0;
  if (type == Frame2.PushPromise && padded && contentLength >= 4) promised = u32At(content) & 0x7fff_ffff;
  // Faults are noted on the newest transaction, before the frame's own is made.
  if (type == Frame2.Settings && length < 6 && whole && length > 0) state.report(AppEvent.http2__invalid_frame_data);
  if (hasWrongLength(type, length)) state.report(AppEvent.http2__invalid_frame_length);
  const at = transactionOf(state, type, stream, promised, direction);
  if (at == 0) return;
  const tx = changetype<Http2Tx>(at);
  const owner = sideOf(tx, direction);
  if (owner == 0) return;
  const side = changetype<Side>(owner);
  if (!remember(side.types, type, 1)) tx.raise(AppEvent.http2__too_many_frames);
  const firstNew = side.fieldCount;
  if (!hasWrongLength(type, length)) readNumbers(state, side, direction, type, data, length);
  if (type == Frame2.Headers || type == Frame2.PushPromise || type == Frame2.Continuation) {
    if (!padded && type != Frame2.Continuation) state.report(AppEvent.http2__invalid_frame_data);
    else readHeaders(state, side, direction, type, flags, stream, whole);
    noticeHeaders(state, tx, side, direction, firstNew);
  }
  follow(tx, type, flags, promised, direction);
  if (type != Frame2.Data) return;
  if (stream == 0) tx.raise(AppEvent.http2__data_stream_zero);
  if (!padded) return;
  bodyData(state, tx, side, direction, content, contentLength, (flags & END_STREAM) != 0);
}

function hasWrongLength(type: u32, length: u32): bool {
  if (type == Frame2.GoAway) return length < 8;
  if (type == Frame2.RstStream || type == Frame2.WindowUpdate) return length != 4;
  return type == Frame2.Priority && length != 5;
}

function readNumbers(state: Http2State, side: Side, direction: u32, type: u32, data: usize, length: u32): void {
  if (type == Frame2.GoAway) {
    // Last stream, then the code.
    remember(side.errors, u32At(data + 4), 4);
  } else if (type == Frame2.RstStream) remember(side.errors, u32At(data), 4);
  else if (type == Frame2.WindowUpdate) remember(side.windows, u32At(data) & 0x7fff_ffff, 4);
  else if (type == Frame2.Priority) remember(side.weights, load<u8>(data + 4), 1);
  else if (type == Frame2.Settings) readSettings(state, side, direction, data, length);
}

/** RFC 9113 section 6.5.1, up to the first parameter that is unknown. */
export function readSettings(state: Http2State, side: Side, direction: u32, data: usize, length: u32): void {
  side.hasSettings = true;
  for (let i: u32 = 0; i + 6 <= length; i += 6) {
    const id = <u32>bswap<u16>(load<u16>(data + i));
    const value = u32At(data + i + 2);
    if (id == 0 || id > LAST_SETTING) return;
    remember(side.settings, ((<u64>id) << 32) | <u64>value, 8);
    // What one end accepts, the other may use.
    if (id == HEADER_TABLE_SIZE) allowTable(state.table(direction ^ 1), value);
  }
}

/** A header block, or a piece of one. */
function readHeaders(
  state: Http2State,
  side: Side,
  direction: u32,
  type: u32,
  flags: u32,
  stream: u32,
  whole: bool,
): void {
  side.hasHeaders = true;
  let data = content;
  let length = contentLength;
  const before: u32 = type == Frame2.PushPromise ? 4 : type == Frame2.Headers && (flags & PRIORITY) != 0 ? 5 : 0;
  if (length < before) {
    if (whole) state.report(AppEvent.http2__invalid_frame_data);
    return;
  }
  if (before == 5) remember(side.weights, load<u8>(data + 4), 1);
  data += before;
  length -= before;
  const half = state.half(direction);
  if (type != Frame2.Continuation) {
    dropBlock(half);
    if ((flags & END_HEADERS) == 0) {
      half.blockStream = stream;
      addPiece(state, half, data, length);
      return;
    }
  } else if (half.blockLength > 0 && half.blockStream == stream) {
    addPiece(state, half, data, length);
    if ((flags & END_HEADERS) == 0) return;
    data = half.blockData;
    length = half.blockLength;
  } else if ((flags & END_HEADERS) == 0) {
    half.blockStream = stream;
    addPiece(state, half, data, length);
    return;
  }
  const block = readBlock(state.table(direction), side, data, length);
  if (sawInvalid) state.report(AppEvent.http2__invalid_header);
  if (sawUpdate) resizeTable(state.table(direction), largestUpdate);
  if (block == Block.Rest && type == Frame2.Headers) state.report(AppEvent.http2__extra_header_data);
  if (block == Block.Short && whole) state.report(AppEvent.http2__invalid_frame_data);
  dropBlock(half);
}

function addPiece(state: Http2State, half: Half2, data: usize, length: u32): void {
  if (half.blockLength + length > MAX_BLOCK) {
    state.report(AppEvent.http2__reassembly_limit_reached);
    return;
  }
  if (half.blockLength == 0) setText(half.block, Account.Http, data, length);
  else appendText(half.block, Account.Http, data, length);
}

/** What the parser itself reads out of headers: the coding of the body, contradictions about the host, DNS. */
function noticeHeaders(state: Http2State, tx: Http2Tx, side: Side, direction: u32, from: u32): void {
  let authority: usize = 0;
  let authorityLength: u32 = 0;
  let host: usize = 0;
  let hostLength: u32 = 0;
  for (let i = from; i < side.fieldCount; i++) {
    const f = side.field(i);
    if (f.status != HeaderStatus.Success) continue;
    const name = side.bytesData + f.at;
    const value = name + f.nameLength;
    if (equalsExactly(name, f.nameLength, "content-encoding")) setCoding(side, value, f.valueLength);
    else if (equalsWord(name, f.nameLength, ":authority")) {
      authority = value;
      authorityLength = f.valueLength;
      if (indexOf(value, f.valueLength, 0x40) < f.valueLength) tx.raise(AppEvent.http2__userinfo_in_uri);
    } else if (equalsWord(name, f.nameLength, "host")) {
      host = value;
      hostLength = f.valueLength;
    }
  }
  if (authority != 0 && host != 0 && !equalsNoCase(authority, authorityLength, host, hostLength))
    tx.raise(AppEvent.http2__authority_host_mismatch);
  doh2Headers(state, side, direction, from);
}
