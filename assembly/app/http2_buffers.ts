/**
 * Inspection buffers of HTTP/2: the http keywords, read out of pseudo headers and headers (Suricata's mapping).
 *
 * | buffer              | holds                                                                     |
 * | ------------------- | ------------------------------------------------------------------------- |
 * | http.uri            | `:path`, as it came                                                       |
 * | http.host           | `:authority` without user and port, in lower case                         |
 * | http.request_line   | method, path and "HTTP/2", CRLF                                           |
 * | http.response_line  | "HTTP/2", status, CRLF                                                    |
 * | http.stat_msg       | empty                                                                     |
 * | http.header         | "name: value CRLF" of every header but cookies, values trimmed            |
 * | http.header_names   | CRLF, then every name with CRLF, then CRLF                                |
 * | file_data, bodies   | the body of the direction                                                 |
 */
import { Buffer, Field } from "../abi/buffers";
import { Direction } from "../abi/codes";
import { Http2Progress } from "../abi/progress";
import { Account } from "../memory/heap";
import { equalsWord, indexOf, lower } from "./ascii";
import { dnsBuffer, dnsNumber } from "./dns";
import { fileAt, viewFile, viewFileName } from "./file";
import { findField, foundLength, foundValue, joinFields } from "./http2_fields";
import { HeaderStatus, Http2Tx, Side } from "./http2_state";
import { number } from "./number";
import { appendByte, appendText, freeText, setText, Text } from "./text";
import { AppState, Tx } from "./transaction";
import { view } from "./view";

/** A buffer that is put together: one at a time. */
const built: Text = changetype<Text>(memory.data(8, 8));
const nothing: usize = memory.data(64);

export function releaseHttp2Built(): void {
  freeText(built);
}

function viewBuilt(): bool {
  return view(built.length > 0 ? built.data : nothing, built.length);
}

function addWord(s: string): void {
  for (let i = 0; i < s.length; i++) appendByte(built, Account.Http, <u32>s.charCodeAt(i));
}

function lineEnd(): void {
  appendByte(built, Account.Http, 13);
  appendByte(built, Account.Http, 10);
}

/** The first header of a name. */
function first(at: usize, name: string): bool {
  return at != 0 && findField(changetype<Side>(at), name) && view(foundValue, foundLength);
}

/** All headers of a name, joined. */
function joined(at: usize, name: string): bool {
  return at != 0 && joinFields(changetype<Side>(at), name, built) && view(foundValue, foundLength);
}

function host(at: usize): bool {
  if (at == 0 || !joinFields(changetype<Side>(at), ":authority", built)) return false;
  let data = foundValue;
  let length = foundLength;
  const sign = indexOf(data, length, 0x40);
  if (sign < length) {
    data += sign + 1;
    length -= sign + 1;
  }
  length = indexOf(data, length, 0x3a);
  if (data != built.data) setText(built, Account.Http, data, length);
  built.length = length;
  for (let i: u32 = 0; i < length; i++) store<u8>(built.data + i, <u8>lower(load<u8>(built.data + i)));
  return viewBuilt();
}

function addFirst(at: usize, name: string): void {
  if (at != 0 && findField(changetype<Side>(at), name)) appendText(built, Account.Http, foundValue, foundLength);
}

function requestLine(at: usize): bool {
  built.length = 0;
  addFirst(at, ":method");
  addWord(" ");
  addFirst(at, ":path");
  addWord(" HTTP/2");
  lineEnd();
  return viewBuilt();
}

function responseLine(at: usize): bool {
  built.length = 0;
  addWord("HTTP/2 ");
  addFirst(at, ":status");
  lineEnd();
  return viewBuilt();
}

function isBlank(c: u32): bool {
  return c == 0x20 || c == 9;
}

function headers(at: usize, request: bool, raw: bool): bool {
  if (at == 0) return false;
  const side = changetype<Side>(at);
  built.length = 0;
  for (let i: u32 = 0; i < side.fieldCount; i++) {
    const f = side.field(i);
    const name = side.bytesData + f.at;
    if (!raw && equalsWord(name, f.nameLength, request ? "cookie" : "set-cookie")) continue;
    let value = name + f.nameLength;
    let length = f.valueLength;
    if (!raw) {
      while (length > 0 && isBlank(load<u8>(value))) {
        value++;
        length--;
      }
      while (length > 0 && isBlank(load<u8>(value + length - 1))) length--;
    }
    appendText(built, Account.Http, name, f.nameLength);
    addWord(": ");
    appendText(built, Account.Http, value, length);
    lineEnd();
  }
  return built.length > 0 && viewBuilt();
}

function headerNames(at: usize): bool {
  if (at == 0) return false;
  const side = changetype<Side>(at);
  built.length = 0;
  if (side.fieldCount == 0) return false;
  lineEnd();
  for (let i: u32 = 0; i < side.fieldCount; i++) {
    const f = side.field(i);
    appendText(built, Account.Http, side.bytesData + f.at, f.nameLength);
    lineEnd();
  }
  lineEnd();
  return viewBuilt();
}

function oneHeader(at: usize, index: u32, nameOnly: bool): bool {
  if (at == 0) return false;
  const side = changetype<Side>(at);
  if (index >= side.fieldCount) return false;
  const f = side.field(index);
  const name = side.bytesData + f.at;
  setText(built, Account.Http, name, f.nameLength);
  if (!nameOnly) {
    addWord(": ");
    appendText(built, Account.Http, name + f.nameLength, f.valueLength);
  }
  return viewBuilt();
}

function protocol(): bool {
  built.length = 0;
  addWord("HTTP/2");
  return viewBuilt();
}

export function http2Buffer(state: AppState, any: Tx, buffer: u32, direction: u32, index: u32): bool {
  const tx = changetype<Http2Tx>(changetype<usize>(any));
  const request = direction == Direction.ToServer;
  const at = tx.side(direction);
  switch (buffer) {
    case Buffer.file_name:
      return viewFileName(fileAt(tx, direction, index));
    case Buffer.http__request_body:
    case Buffer.http__response_body:
    case Buffer.file_data:
      return viewFile(fileAt(tx, direction, index), tx.step >= <u8>Http2Progress.Complete);
    case Buffer.http__request_header:
      return request && oneHeader(at, index, false);
    case Buffer.http__response_header:
      return !request && oneHeader(at, index, false);
    case Buffer.http2__header:
      return oneHeader(at, index, false);
    case Buffer.http2__header_name:
      return oneHeader(at, index, true);
    default:
      break;
  }
  if (at != 0 && changetype<Side>(at).dns != 0 && buffer >= <u32>Buffer.dns__query) {
    return dnsBuffer(state, changetype<Tx>(changetype<Side>(at).dns), buffer, direction, index);
  }
  if (index > 0) return false;
  switch (buffer) {
    case Buffer.http__method:
      return request && first(at, ":method");
    case Buffer.http__uri:
    case Buffer.http__uri__raw:
      return request && first(at, ":path");
    case Buffer.http__host:
      return request && host(at);
    case Buffer.http__host__raw:
      return request && joined(at, ":authority");
    case Buffer.http__header:
      return headers(at, request, false);
    case Buffer.http__header__raw:
      return headers(at, request, true);
    case Buffer.http__header_names:
      return headerNames(at);
    case Buffer.http__user_agent:
      return request && joined(at, "user-agent");
    case Buffer.http__cookie:
      return joined(at, request ? "cookie" : "set-cookie");
    case Buffer.http__referer:
      return request && joined(at, "referer");
    case Buffer.http__accept:
      return request && joined(at, "accept");
    case Buffer.http__accept_enc:
      return request && joined(at, "accept-encoding");
    case Buffer.http__accept_lang:
      return request && joined(at, "accept-language");
    case Buffer.http__connection:
      return joined(at, "connection");
    case Buffer.http__content_type:
      return joined(at, "content-type");
    case Buffer.http__content_len:
      return joined(at, "content-length");
    case Buffer.http__location:
      return !request && joined(at, "location");
    case Buffer.http__server:
      return !request && joined(at, "server");
    case Buffer.http__protocol:
      return protocol();
    case Buffer.http__request_line:
      return request && requestLine(at);
    case Buffer.http__response_line:
      return !request && responseLine(at);
    case Buffer.http__stat_code:
      return !request && first(at, ":status");
    case Buffer.http__stat_msg:
      return !request && view(nothing, 0);
    default:
      return false;
  }
}

/** Number `index` of a list of `size`-byte numbers. */
function listed(list: Text, index: u32, size: u32): bool {
  if (index >= list.length / size) return false;
  const at = list.data + index * size;
  if (size == 1) return number(load<u8>(at));
  return size == 4 ? number(load<u32>(at)) : number(load<u64>(at));
}

function sizeUpdate(side: Side, index: u32): bool {
  for (let i: u32 = 0; i < side.fieldCount; i++) {
    const f = side.field(i);
    if (f.status != HeaderStatus.SizeUpdate) continue;
    if (index == 0) return number(f.update);
    index--;
  }
  return false;
}

export function http2Number(state: AppState, any: Tx, field: u32, direction: u32, index: u32): bool {
  const at = changetype<Http2Tx>(changetype<usize>(any)).side(direction);
  if (at == 0) return false;
  const side = changetype<Side>(at);
  switch (field) {
    case Field.http2__frametype:
      return listed(side.types, index, 1);
    case Field.http2__errorcode:
      return listed(side.errors, index, 4);
    case Field.http2__priority:
      return listed(side.weights, index, 1);
    case Field.http2__window:
      return listed(side.windows, index, 4);
    case Field.http2__settings:
      return listed(side.settings, index, 8);
    case Field.http2__size_update:
      return sizeUpdate(side, index);
    default:
      if (side.dns == 0) return false;
      return dnsNumber(state, changetype<Tx>(side.dns), field, direction, index);
  }
}

/** Was a DNS message found in this direction? */
export function http2HasDns(any: Tx, direction: u32): bool {
  const at = changetype<Http2Tx>(changetype<usize>(any)).side(direction);
  return at != 0 && changetype<Side>(at).dns != 0;
}
