/**
 * Inspection buffers of HTTP/1: what each keyword looks at.
 *
 * | buffer                          | holds                                                                      |
 * | ------------------------------- | -------------------------------------------------------------------------- |
 * | http.uri                        | normalised path, query and fragment                                        |
 * | http.host, http.host.raw        | host without port in lower case; the target's host or the Host header      |
 * | http.header                     | "Name: value CRLF" of every header but Cookie and Set-Cookie               |
 * | http.header.raw                 | the header section (and trailer) as it came, with its last line end        |
 * | http.header_names               | CRLF, then every name with its CRLF, then CRLF                             |
 * | http.start                      | the first line, then every header, each with CRLF, then CRLF               |
 * | http.request_header, _response_ | one header, "Name: value", an index each                                   |
 * | file_data                       | to the client the response body; to the server each uploaded file          |
 */
import { Buffer, Field } from "../abi/buffers";
import { Direction } from "../abi/codes";
import { HttpProgress } from "../abi/progress";
import { Account } from "../memory/heap";
import { equalsWord } from "./ascii";
import { AppFile, FileState, fileAt, viewFile, viewFileName } from "./file";
import { viewBody } from "./http1_body";
import { findObeyed, Header, isPresent } from "./http1_headers";
import { HeaderTable, HttpFlag, HttpState, HttpTx } from "./http1_state";
import { number } from "./number";
import { appendByte, appendText, freeText, Text } from "./text";
import { AppState, Tx } from "./transaction";
import { view } from "./view";

/** Buffers that are put together from pieces: one at a time. */
const built: Text = changetype<Text>(memory.data(8, 8));

/** Gives back the memory of the last built buffer. */
export function releaseBuilt(): void {
  freeText(built);
}

export function http1Buffer(state: AppState, any: Tx, buffer: u32, direction: u32, index: u32): bool {
  const tx = changetype<HttpTx>(changetype<usize>(any));
  const request = direction == Direction.ToServer;
  if (buffer == Buffer.file_name) return viewFileName(fileAt(tx, direction, index));
  if (buffer == Buffer.file_data && request)
    return viewFile(fileAt(tx, direction, index), isOver(state, tx, direction));
  if (buffer == Buffer.http__request_header || buffer == Buffer.http__response_header) {
    return request == (buffer == Buffer.http__request_header) && oneHeader(headersOf(tx, direction), index);
  }
  if (index > 0) return false;
  switch (buffer) {
    case Buffer.http__header:
      return allHeaders(headersOf(tx, direction), request);
    case Buffer.http__header__raw: {
      const raw = request ? tx.requestRaw : tx.responseRaw;
      return raw.length > 0 && view(raw.data, raw.length);
    }
    case Buffer.http__header_names:
      return headerNames(headersOf(tx, direction));
    case Buffer.http__cookie:
      return headerValue(headersOf(tx, direction), request ? "cookie" : "set-cookie", true);
    case Buffer.http__connection:
      return headerValue(headersOf(tx, direction), "connection", false);
    case Buffer.http__content_type:
      return headerValue(headersOf(tx, direction), "content-type", false);
    case Buffer.http__content_len:
      return headerValue(headersOf(tx, direction), "content-length", false);
    case Buffer.http__protocol:
      return request
        ? part(tx.requestLine, tx.protocolAt, tx.protocolLength)
        : part(tx.responseLine, tx.responseProtocolAt, tx.responseProtocolLength);
    case Buffer.http__start:
      return start(tx, request);
    case Buffer.http__request_body:
      return request && viewBody(tx.requestBody, true, isOver(state, tx, direction), isDone(tx, direction));
    case Buffer.http__response_body:
    case Buffer.file_data:
      return !request && viewBody(tx.responseBody, false, isOver(state, tx, direction), isDone(tx, direction));
    default:
      return request ? requestBuffer(tx, buffer) : responseBuffer(tx, buffer);
  }
}

export function http1Number(state: AppState, any: Tx, field: u32, direction: u32, index: u32): bool {
  const tx = changetype<HttpTx>(changetype<usize>(any));
  if (field == Field.http__stat_code_number) return index == 0 && tx.status > 0 && number(tx.status);
  if (field != Field.filesize) return false;
  const at = fileAt(tx, direction, index);
  if (at == 0 || changetype<AppFile>(at).state == FileState.Open) return false;
  return number(changetype<AppFile>(at).size);
}

function requestBuffer(tx: HttpTx, buffer: u32): bool {
  const headers = tx.requestHeaders;
  switch (buffer) {
    case Buffer.http__method:
      return part(tx.requestLine, tx.methodAt, tx.methodLength);
    case Buffer.http__uri:
      return tx.has(HttpFlag.HasUri) && view(tx.uri.data, tx.uri.length);
    case Buffer.http__uri__raw:
      return part(tx.requestLine, tx.targetAt, tx.targetLength);
    case Buffer.http__request_line:
      return part(tx.requestLine, 0, tx.requestLine.length);
    case Buffer.http__host:
      return tx.host.length > 0 && view(tx.host.data, tx.host.length);
    case Buffer.http__host__raw:
      if (tx.has(HttpFlag.HasHost)) return view(tx.uriHost.data, tx.uriHost.length);
      return headerValue(headers, "host", true);
    case Buffer.http__user_agent:
      return headerValue(headers, "user-agent", true);
    case Buffer.http__referer:
      return headerValue(headers, "referer", false);
    case Buffer.http__accept:
      return headerValue(headers, "accept", false);
    case Buffer.http__accept_enc:
      return headerValue(headers, "accept-encoding", false);
    case Buffer.http__accept_lang:
      return headerValue(headers, "accept-language", false);
    default:
      return false;
  }
}

function responseBuffer(tx: HttpTx, buffer: u32): bool {
  switch (buffer) {
    case Buffer.http__stat_code:
      return part(tx.responseLine, tx.statusAt, tx.statusLength);
    case Buffer.http__stat_msg:
      return part(tx.responseLine, tx.messageAt, tx.messageLength);
    case Buffer.http__response_line:
      return part(tx.responseLine, 0, tx.responseLine.length);
    case Buffer.http__location:
      return headerValue(tx.responseHeaders, "location", false);
    case Buffer.http__server:
      return headerValue(tx.responseHeaders, "server", false);
    default:
      return false;
  }
}

function headersOf(tx: HttpTx, direction: u32): HeaderTable {
  return direction == Direction.ToServer ? tx.requestHeaders : tx.responseHeaders;
}

/** The direction has left the body state. */
function isDone(tx: HttpTx, direction: u32): bool {
  return tx.progress(direction) > <u32>HttpProgress.Body;
}

/** No more body comes, or no more data of the stream. */
function isOver(state: AppState, tx: HttpTx, direction: u32): bool {
  const http = changetype<HttpState>(changetype<usize>(state));
  return isDone(tx, direction) || (http.ended & (1 << direction)) != 0;
}

function part(line: Text, at: u32, length: u32): bool {
  return length > 0 && view(line.data + at, length);
}

function headerValue(t: HeaderTable, name: string, filled: bool): bool {
  const h = findObeyed(t, name);
  if (!isPresent(h) || (filled && h.valueLength == 0)) return false;
  return view(h.valueLength > 0 ? h.valueData : h.name, h.valueLength);
}

function lineBreak(): void {
  appendByte(built, Account.Http, 13);
  appendByte(built, Account.Http, 10);
}

function appendHeader(h: Header): void {
  appendText(built, Account.Http, h.name, h.nameLength);
  appendByte(built, Account.Http, 0x3a);
  appendByte(built, Account.Http, 0x20);
  appendText(built, Account.Http, h.valueData, h.valueLength);
}

function allHeaders(t: HeaderTable, request: bool): bool {
  built.length = 0;
  for (let at = t.first; at != 0; at = changetype<Header>(at).next) {
    const h = changetype<Header>(at);
    if (equalsWord(h.name, h.nameLength, request ? "cookie" : "set-cookie")) continue;
    appendHeader(h);
    lineBreak();
  }
  return built.length > 0 && view(built.data, built.length);
}

function headerNames(t: HeaderTable): bool {
  if (t.first == 0) return false;
  built.length = 0;
  lineBreak();
  for (let at = t.first; at != 0; at = changetype<Header>(at).next) {
    const h = changetype<Header>(at);
    appendText(built, Account.Http, h.name, h.nameLength);
    lineBreak();
  }
  lineBreak();
  return view(built.data, built.length);
}

function oneHeader(t: HeaderTable, index: u32): bool {
  let at = t.first;
  for (; at != 0 && index > 0; index--) at = changetype<Header>(at).next;
  if (at == 0) return false;
  built.length = 0;
  appendHeader(changetype<Header>(at));
  return view(built.data, built.length);
}

function start(tx: HttpTx, request: bool): bool {
  const line = request ? tx.requestLine : tx.responseLine;
  if (line.length == 0) return false;
  built.length = 0;
  appendText(built, Account.Http, line.data, line.length);
  lineBreak();
  const t = request ? tx.requestHeaders : tx.responseHeaders;
  for (let at = t.first; at != 0; at = changetype<Header>(at).next) {
    appendHeader(changetype<Header>(at));
    lineBreak();
  }
  if (t.first != 0) lineBreak();
  return view(built.data, built.length);
}
