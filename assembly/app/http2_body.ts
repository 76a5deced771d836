/**
 * Bodies of HTTP/2: DATA frames, freed of their content coding, make the file of a direction.
 *
 * As in Suricata the first Content-Encoding counts and is gzip or (raw) deflate; a body that cannot be decoded raises
 * `http2.failed_decompression`, and what follows is taken as it comes.
 */

import { AppEvent } from "../abi/app_events";
import { Direction } from "../abi/codes";
import { Cost } from "../abi/cost";
import { GzipHeader, gzipHeaderBegin, gzipHeaderStep } from "../codec/gzip";
import { INFLATE_SIZE, Inflate, InflateFraming, inflateBegin, inflateStep } from "../codec/inflate";
import { CodecStatus } from "../codec/status";
import { Account, acquire, release } from "../memory/heap";
import { spend } from "../verdict/cost";
import { equalsExactly } from "./ascii";
import { doh2Data, doh2End } from "./doh2";
import { appendFile, closeFile, lastFile, openFile } from "./file";
import { isRangeOfHttp2 } from "./http_range";
import { findField, foundLength, foundValue } from "./http2_fields";
import { Http2State, Http2Tx, Side } from "./http2_state";

const enum Coding2 {
  Unset = 0,
  Gzip = 1,
  Deflate = 2,
  /** As it comes. */
  Other = 3,
}

const CHUNK: u32 = 4096;
/** Suricata's HTTP2_COMPRESSION_BOMB_LIMIT: output of one frame. */
const BOMB_LIMIT: u32 = 1048576;

/** A decoder; the inflate region and one chunk of output follow. */
@unmanaged
class Decoder2 {
  inHeader: bool = false;
  ended: bool = false;
}
const HEADER: usize = (offsetof<Decoder2>() + 7) & ~7;
const CODEC: usize = (HEADER + offsetof<GzipHeader>() + 7) & ~7;
const OUTPUT: usize = CODEC + ((INFLATE_SIZE + 7) & ~7);

export function setCoding(side: Side, value: usize, length: u32): void {
  if (side.coding != <u8>Coding2.Unset) return;
  if (equalsExactly(value, length, "gzip")) side.coding = <u8>Coding2.Gzip;
  else if (equalsExactly(value, length, "deflate")) side.coding = <u8>Coding2.Deflate;
  else {
    side.coding = <u8>Coding2.Other;
    return;
  }
  side.decoder = acquire(Account.Http, <u32>OUTPUT + CHUNK);
  if (side.decoder == 0) {
    side.coding = <u8>Coding2.Other;
    return;
  }
  const d = changetype<Decoder2>(side.decoder);
  d.ended = false;
  d.inHeader = side.coding == <u8>Coding2.Gzip;
  gzipHeaderBegin(changetype<GzipHeader>(side.decoder + HEADER));
  inflateBegin(side.decoder + CODEC, InflateFraming.Raw);
}

/** Bytes of a body. `over`: the stream ends with them. */
export function bodyData(
  state: Http2State,
  tx: Http2Tx,
  side: Side,
  direction: u32,
  data: usize,
  length: u32,
  over: bool,
): void {
  if (side.decoder == 0) take(state, tx, side, direction, data, length);
  else if (!decode(state, tx, side, direction, data, length)) {
    release(side.decoder);
    side.decoder = 0;
    state.report(AppEvent.http2__failed_decompression);
    return;
  }
  if (!over) return;
  if (!side.fileOpen) take(state, tx, side, direction, 0, 0);
  closeFile(lastFile(tx, direction), false);
  doh2End(state, tx, side, direction);
}

/** False when the data is not of the coding, or a bomb. */
function decode(state: Http2State, tx: Http2Tx, side: Side, direction: u32, data: usize, length: u32): bool {
  const d = changetype<Decoder2>(side.decoder);
  if (d.ended) return true;
  if (d.inHeader) {
    const header = changetype<GzipHeader>(side.decoder + HEADER);
    const status = gzipHeaderStep(header, data, length);
    if (status == CodecStatus.Error) return false;
    if (status == CodecStatus.NeedInput) return true;
    d.inHeader = false;
    data += header.consumed;
    length -= header.consumed;
  }
  const inflate = changetype<Inflate>(side.decoder + CODEC);
  const out = side.decoder + OUTPUT;
  let total: u32 = 0;
  while (total <= BOMB_LIMIT) {
    const status = inflateStep(inflate, data, length, out, CHUNK);
    if (status == CodecStatus.Error) return false;
    data += inflate.consumed;
    length -= inflate.consumed;
    total += inflate.produced;
    spend(inflate.produced * Cost.Decoded);
    take(state, tx, side, direction, out, inflate.produced);
    if (status == CodecStatus.End) d.ended = true;
    if (status != CodecStatus.NeedOutput) return true;
  }
  return false;
}

/** Decoded bytes. */
function take(state: Http2State, tx: Http2Tx, side: Side, direction: u32, data: usize, length: u32): void {
  if (!side.fileOpen) {
    side.fileOpen = true;
    if (direction == Direction.ToClient && findField(side, "content-range") && !isRangeOfHttp2(foundValue, foundLength))
      state.report(AppEvent.http2__invalid_range);
    openFile(tx, direction, 0, 0, true);
  }
  if (length == 0) return;
  appendFile(lastFile(tx, direction), data, length);
  doh2Data(tx, side, direction, data, length);
}
