/**
 * SIP (RFC 3261) over UDP and TCP. A request and a response are a transaction each, as in Suricata. A datagram is one message; in a stream
 * Content-Length tells where the next begins.
 */
import { AppEvent } from "../abi/app_events";
import { Buffer } from "../abi/buffers";
import { AppProto, Direction, IpProto } from "../abi/codes";
import { end, map } from "../verdict/cbor";
import {
  equalsWord,
  indexOf,
  isAlphanumeric,
  isBlank,
  isDigit,
  isTokenCharacter,
  lower,
  startsWithWord,
} from "./ascii";
import { noteFrame } from "./frame";
import { InputFlag, PARSE_ERROR } from "./input";
import { parseSdp } from "./sdp";
import { AppState, openState, Tx } from "./transaction";
import { EITHER, keep, logText, logTexts, openMessage, raiseOnNewest, ValueTx, valueBuffer } from "./values";

/** Transactions a conversation may hold before it counts as flooded. */
const MAX_LIVE: u32 = 1024;

export function sipOpen(): usize {
  return openState(AppProto.Sip, <u32>offsetof<AppState>());
}

/** What the parser found in the first line: offsets into the message. */
let firstEnd: u32 = 0;
let secondAt: u32 = 0;
let secondEnd: u32 = 0;
let thirdAt: u32 = 0;

/** Splits the first line at two spaces; false when it has none. */
function splitLine(data: usize, length: u32): bool {
  firstEnd = indexOf(data, length, 32);
  if (firstEnd == 0 || firstEnd >= length) return false;
  secondAt = firstEnd + 1;
  secondEnd = secondAt + indexOf(data + secondAt, length - secondAt, 32);
  if (secondEnd == secondAt || secondEnd >= length) return false;
  thirdAt = secondEnd + 1;
  return true;
}

function isVersion(data: usize, length: u32): bool {
  if (length < 5 || !startsWithWord(data, length, "sip/")) return false;
  for (let i: u32 = 4; i < length; i++) {
    const c = load<u8>(data + i);
    if (!isDigit(c) && c != 0x2e) return false;
  }
  return true;
}

function isMethod(data: usize, length: u32): bool {
  for (let i: u32 = 0; i < length; i++) if (!isTokenCharacter(load<u8>(data + i))) return false;
  return true;
}

/** Request line: method, URI, version. Status line: version, three digits, reason. */
function isFirstLine(data: usize, length: u32, direction: u32): bool {
  if (!splitLine(data, length)) return false;
  if (direction == Direction.ToServer) return isMethod(data, firstEnd) && isVersion(data + thirdAt, length - thirdAt);
  if (!isVersion(data, firstEnd) || secondEnd - secondAt != 3) return false;
  return (
    isDigit(load<u8>(data + secondAt)) && isDigit(load<u8>(data + secondAt, 1)) && isDigit(load<u8>(data + secondAt, 2))
  );
}

function keepFirstLine(tx: ValueTx, direction: u32, data: usize, length: u32): void {
  if (direction == Direction.ToServer) {
    keep(tx, Buffer.sip__request_line, direction, data, length);
    keep(tx, Buffer.sip__method, direction, data, firstEnd);
    keep(tx, Buffer.sip__uri, direction, data + secondAt, secondEnd - secondAt);
    keep(tx, Buffer.sip__protocol, direction, data + thirdAt, length - thirdAt);
    return;
  }
  keep(tx, Buffer.sip__response_line, direction, data, length);
  keep(tx, Buffer.sip__protocol, direction, data, firstEnd);
  keep(tx, Buffer.sip__stat_code, direction, data + secondAt, 3);
  keep(tx, Buffer.sip__stat_msg, direction, data + thirdAt, length - thirdAt);
}

/** Buffer of a header by its name or compact form (RFC 3261 section 7.3.3); 0 when it has none. */
function headerBuffer(name: usize, length: u32): u32 {
  const compact: u32 = length == 1 ? lower(load<u8>(name)) : 0;
  if (compact == 0x66 || equalsWord(name, length, "from")) return Buffer.sip__from;
  if (compact == 0x74 || equalsWord(name, length, "to")) return Buffer.sip__to;
  if (compact == 0x76 || equalsWord(name, length, "via")) return Buffer.sip__via;
  if (compact == 0x63 || equalsWord(name, length, "content-type")) return Buffer.sip__content_type;
  if (compact == 0x6c || equalsWord(name, length, "content-length")) return Buffer.sip__content_length;
  return equalsWord(name, length, "user-agent") ? Buffer.sip__user_agent : 0;
}

const enum Outcome {
  Whole,
  /** The data ends inside. */
  Incomplete,
  Invalid,
}

/** Of the header section read last: its end behind the empty line, and what the message says of its body. */
let headersEnd: u32 = 0;
let bodyLength: u32 = 0;
let isSdp: bool = false;

function noteHeader(buffer: u32, data: usize, length: u32): void {
  if (buffer == Buffer.sip__content_type) isSdp = startsWithWord(data, length, "application/sdp");
  if (buffer != Buffer.sip__content_length) return;
  bodyLength = 0;
  for (let i: u32 = 0; i < length && isDigit(load<u8>(data + i)) && bodyLength < 100_000_000; i++)
    bodyLength = bodyLength * 10 + (load<u8>(data + i) - 48);
}

/** Reads the headers from `at` on; keeps them when `tx` is given. A line that begins with a blank goes on with the value before it. */
function headers(tx: ValueTx | null, direction: u32, data: usize, length: u32, from: u32): Outcome {
  bodyLength = 0;
  isSdp = false;
  let at = from;
  while (true) {
    if (at + 2 > length) return Outcome.Incomplete;
    if (load<u16>(data + at) == 0x0a0d) break;
    const colon = at + indexOf(data + at, length - at, 0x3a);
    if (colon >= length) return Outcome.Incomplete;
    let nameEnd = colon;
    while (nameEnd > at && isBlank(load<u8>(data + nameEnd - 1))) nameEnd--;
    if (nameEnd == at || !isMethod(data + at, nameEnd - at)) return Outcome.Invalid;
    let value = colon + 1;
    while (value < length && isBlank(load<u8>(data + value))) value++;
    let stop = value;
    while (true) {
      stop += indexOf(data + stop, length - stop, 10);
      if (stop + 1 >= length) return Outcome.Incomplete;
      if (!isBlank(load<u8>(data + stop + 1))) break;
      stop++;
    }
    let valueEnd = stop;
    if (valueEnd > value && load<u8>(data + valueEnd - 1) == 13) valueEnd--;
    const buffer = headerBuffer(data + at, nameEnd - at);
    if (buffer != 0) {
      noteHeader(buffer, data + value, valueEnd - value);
      if (tx != null) keep(tx, buffer, direction, data + value, valueEnd - value);
    }
    at = stop + 1;
  }
  headersEnd = at + 2;
  return Outcome.Whole;
}

/** One message at `data`. Its length, 0: incomplete, PARSE_ERROR: none. */
function message(state: AppState, direction: u32, data: usize, length: u32, stream: bool): i32 {
  const newline = indexOf(data, length, 10);
  if (newline >= length) return 0;
  if (newline == 0 || load<u8>(data + newline - 1) != 13) return PARSE_ERROR;
  const line = newline - 1;
  if (!isFirstLine(data, line, direction)) return PARSE_ERROR;
  const outcome = headers(null, direction, data, length, newline + 1);
  if (outcome != Outcome.Whole) return outcome == Outcome.Incomplete ? 0 : PARSE_ERROR;
  let size = length;
  if (stream) {
    if (length - headersEnd < bodyLength) return 0;
    size = headersEnd + bodyLength;
  }
  if (state.live >= MAX_LIVE) return PARSE_ERROR;
  const tx = openMessage(state, direction);
  if (tx == null) return PARSE_ERROR;
  keepFirstLine(tx, direction, data, line);
  headers(tx, direction, data, length, newline + 1);
  frames(state, direction, data, newline + 1, size);
  if (isSdp) parseSdp(tx, direction, data + headersEnd, size - headersEnd);
  return <i32>size;
}

/** Line and headers with their line ends, without the empty line; the body when there is one. */
function frames(state: AppState, direction: u32, data: usize, line: u32, size: u32): void {
  const asks = direction == Direction.ToServer;
  noteFrame(state, direction, "pdu", data, size);
  noteFrame(state, direction, asks ? "request.line" : "response.line", data, line);
  noteFrame(state, direction, asks ? "request.headers" : "response.headers", data + line, headersEnd - 2 - line);
  if (size > headersEnd)
    noteFrame(state, direction, asks ? "request.body" : "response.body", data + headersEnd, size - headersEnd);
}

export function sipParse(state: AppState, direction: u32, data: usize, length: u32, flags: u32): i32 {
  if ((flags & InputFlag.Gap) != 0) return PARSE_ERROR;
  const stream = state.transport == <u8>IpProto.Tcp;
  let at: u32 = 0;
  while (at < length) {
    if (stream && isLineEnd(data + at, length - at)) {
      at++;
      continue;
    }
    const n = message(state, direction, data + at, length - at, stream);
    if (n > 0) {
      at += <u32>n;
      continue;
    }
    if (n == 0 && stream) return <i32>at;
    raiseOnNewest(state, direction, n == 0 ? AppEvent.sip__incomplete_data : AppEvent.sip__invalid_data);
    return PARSE_ERROR;
  }
  return <i32>length;
}

/** Empty lines between messages keep a connection alive (RFC 5626 section 3.5.1). */
function isLineEnd(data: usize, length: u32): bool {
  return length > 0 && (load<u8>(data) == 13 || load<u8>(data) == 10);
}

/** The `sip` object of EVE (Suricata manual, EVE JSON format). */
export function sipLog(tx: Tx): void {
  if (!map("sip")) return;
  logText(tx, "method", Buffer.sip__method, EITHER);
  logText(tx, "uri", Buffer.sip__uri, EITHER);
  logText(tx, "version", Buffer.sip__protocol, EITHER);
  logText(tx, "request_line", Buffer.sip__request_line, EITHER);
  logText(tx, "code", Buffer.sip__stat_code, EITHER);
  logText(tx, "reason", Buffer.sip__stat_msg, EITHER);
  logText(tx, "response_line", Buffer.sip__response_line, EITHER);
  if (valueBuffer(tx, Buffer.sdp__origin, EITHER, 0)) sdpLog(tx);
  end();
}

function sdpLog(tx: Tx): void {
  if (!map("sdp")) return;
  logText(tx, "origin", Buffer.sdp__origin, EITHER);
  logText(tx, "session_name", Buffer.sdp__session_name, EITHER);
  logText(tx, "session_info", Buffer.sdp__session_info, EITHER);
  logText(tx, "uri", Buffer.sdp__uri, EITHER);
  logText(tx, "email", Buffer.sdp__email, EITHER);
  logText(tx, "phone_number", Buffer.sdp__phone_number, EITHER);
  logText(tx, "connection_data", Buffer.sdp__connection_data, EITHER);
  logTexts(tx, "bandwidths", Buffer.sdp__bandwidth, EITHER);
  logText(tx, "time", Buffer.sdp__time, EITHER);
  logText(tx, "timezone", Buffer.sdp__timezone, EITHER);
  logText(tx, "encryption_key", Buffer.sdp__encryption_key, EITHER);
  logTexts(tx, "attributes", Buffer.sdp__attribute, EITHER);
  end();
}
