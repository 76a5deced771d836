/**
 * The request target: split into its parts, each normalised, and put together again as the `http.uri` buffer (path, query and fragment; with
 * `uri-include-all` scheme, user, host too).
 *
 * Splitting is libhtp's: whatever does not start with a slash and has a colon has a scheme; CONNECT has an authority only.
 */
import { AppEvent } from "../abi/app_events";
import { Setting } from "../abi/settings";
import { Account } from "../memory/heap";
import { setting } from "../memory/settings";
import { indexOf, lower } from "./ascii";
import { decodeEscapes, normalizePath } from "./http1_decode";
import {
  authorityEnd,
  hostAt,
  hostSize,
  isValidHost,
  portAt,
  portNumber,
  portSize,
  splitHost,
  splitPort,
} from "./http1_host";
import { HttpFlag, HttpState, HttpTx, Method } from "./http1_state";
import { report } from "./http1_transactions";
import { appendByte, appendText, setText, Text } from "./text";

/** A part of the target; absent when `at` is 0. */
let schemeAt: usize = 0;
let schemeSize: u32 = 0;
let userAt: usize = 0;
let userSize: u32 = 0;
let passwordAt: usize = 0;
let passwordSize: u32 = 0;
let pathAt: usize = 0;
let pathSize: u32 = 0;
let queryAt: usize = 0;
let querySize: u32 = 0;
let fragmentAt: usize = 0;
let fragmentSize: u32 = 0;
let targetHostAt: usize = 0;
let targetHostSize: u32 = 0;

/** "//user[:password]@" at `at`: returns where it ends, or `at`. */
function splitCredentials(at: usize, end: usize): usize {
  if (at + 2 > end || load<u16>(at) != 0x2f2f) return at;
  const start = at + 2;
  if (start < end && load<u8>(start) == 0x2f) return at;
  const length = <u32>(end - start);
  const sign = indexOf(start, length, 0x40);
  if (sign == length) return at;
  userAt = start;
  userSize = indexOf(start, sign, 0x3a);
  if (userSize < sign) {
    passwordAt = start + userSize + 1;
    passwordSize = sign - userSize - 1;
  }
  return start + sign + 1;
}

function split(tx: HttpTx, data: usize, length: u32): void {
  schemeAt = 0;
  userAt = 0;
  passwordAt = 0;
  targetHostAt = 0;
  pathAt = 0;
  queryAt = 0;
  fragmentAt = 0;
  const end = data + length;
  let at = data;
  const colon = indexOf(data, length, 0x3a);
  if (length > 0 && load<u8>(data) != 0x2f && colon < length) {
    schemeAt = data;
    schemeSize = colon;
    at = splitCredentials(data + colon + 1, end);
    if (splitHost(at, end)) {
      targetHostAt = hostAt;
      targetHostSize = hostSize;
      at = authorityEnd;
      if (splitPort(at, end)) {
        at = authorityEnd;
        tx.uriPort = portNumber(portAt, portSize);
        if (tx.uriPort < 0) tx.note(HttpFlag.UriHostInvalid);
      }
    }
  }
  const path = at;
  while (at < end && load<u8>(at) != 0x23 && load<u8>(at) != 0x3f) at++;
  if (at > path) {
    pathAt = path;
    pathSize = <u32>(at - path);
  }
  if (at < end && load<u8>(at) == 0x3f) {
    queryAt = at + 1;
    while (at < end && load<u8>(at) != 0x23) at++;
    querySize = <u32>(at - queryAt);
  }
  if (at < end && load<u8>(at) == 0x23) {
    fragmentAt = at + 1;
    fragmentSize = <u32>(end - fragmentAt);
  }
}

function plus(): bool {
  return setting(Setting.HttpQueryPlusSpace) != 0;
}

/** Appends a part with its escapes undone. */
function appendDecoded(t: Text, data: usize, length: u32): void {
  if (!appendText(t, Account.Http, data, length)) return;
  t.length -= length;
  t.length += decodeEscapes(t.data + t.length, length, plus());
}

function lowerText(data: usize, length: u32): void {
  for (let i: u32 = 0; i < length; i++) store<u8>(data + i, <u8>lower(load<u8>(data + i)));
}

/** Undoes escapes of the tail of `t` once more; reports when that changes it. */
function decodeAgain(state: HttpState, tx: HttpTx, t: Text, from: u32): void {
  const length = t.length - from;
  const decoded = decodeEscapes(t.data + from, length, plus());
  t.length = from + decoded;
  if (decoded < length) report(state, tx, AppEvent.http__double_encoded_uri);
}

function appendAscii(t: Text, s: string): void {
  for (let i = 0; i < s.length; i++) appendByte(t, Account.Http, <u32>s.charCodeAt(i));
}

function normalizeHost(tx: HttpTx): void {
  const host = tx.uriHost;
  host.length = 0;
  appendDecoded(host, targetHostAt, targetHostSize);
  lowerText(host.data, host.length);
  while (host.length > 0 && load<u8>(host.data + host.length - 1) == 0x2e) host.length--;
  tx.note(HttpFlag.HasHost);
  if (!isValidHost(host.data, host.length)) tx.note(HttpFlag.UriHostInvalid);
}

function appendAuthority(tx: HttpTx, uri: Text): void {
  if (schemeAt != 0) {
    const at = uri.length;
    appendText(uri, Account.Http, schemeAt, schemeSize);
    lowerText(uri.data + at, uri.length - at);
    appendAscii(uri, "://");
  }
  if (userAt != 0) {
    appendDecoded(uri, userAt, userSize);
    appendByte(uri, Account.Http, 0x3a);
    if (passwordAt != 0) appendDecoded(uri, passwordAt, passwordSize);
    appendByte(uri, Account.Http, 0x40);
  }
  if (tx.has(HttpFlag.HasHost)) appendText(uri, Account.Http, tx.uriHost.data, tx.uriHost.length);
}

/** Splits and normalises the target of the request line into `uri`, `path` and `uriHost`. */
export function parseTarget(state: HttpState, tx: HttpTx): void {
  const data = tx.requestLine.data + tx.targetAt;
  const length = tx.targetLength;
  if (tx.method == Method.Connect) {
    pathAt = 0;
    queryAt = 0;
    fragmentAt = 0;
    schemeAt = 0;
    userAt = 0;
    targetHostAt = 0;
    if (splitHost(data, data + length)) {
      targetHostAt = hostAt;
      targetHostSize = hostSize;
      const after = authorityEnd;
      let valid = isValidHost(hostAt, hostSize);
      if (splitPort(after, data + length)) {
        tx.uriPort = portNumber(portAt, portSize);
        if (tx.uriPort < 0) valid = false;
      } else if (after < data + length) valid = false;
      if (!valid) tx.note(HttpFlag.UriHostInvalid);
    }
  } else split(tx, data, length);

  if (targetHostAt != 0) normalizeHost(tx);
  const uri = tx.uri;
  uri.length = 0;
  if (setting(Setting.HttpUriIncludeAll) != 0) appendAuthority(tx, uri);
  if (pathAt != 0) {
    const from = uri.length;
    appendText(uri, Account.Http, pathAt, pathSize);
    uri.length = from + normalizePath(uri.data + from, uri.length - from);
    setText(tx.path, Account.Http, uri.data + from, uri.length - from);
    if (setting(Setting.HttpDoubleDecodePath) != 0) decodeAgain(state, tx, uri, from);
  }
  if (queryAt != 0) {
    appendByte(uri, Account.Http, 0x3f);
    const from = uri.length;
    appendDecoded(uri, queryAt, querySize);
    if (setting(Setting.HttpDoubleDecodeQuery) != 0) decodeAgain(state, tx, uri, from);
  }
  if (fragmentAt != 0) {
    appendByte(uri, Account.Http, 0x23);
    appendDecoded(uri, fragmentAt, fragmentSize);
  }
  if (uri.length > 0) tx.note(HttpFlag.HasUri);
}
