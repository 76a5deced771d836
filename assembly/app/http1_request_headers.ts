/** What a request's headers mean for its body, its host and its file, once they are all there. */
import { AppEvent } from "../abi/app_events";
import { Account } from "../memory/heap";
import { containsWord, equalsNoCase, isSpace, lower, startsWithWord } from "./ascii";
import { openDecoder } from "./http1_coding";
import { findObeyed, Header, isPresent } from "./http1_headers";
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
import { contentLengthOf } from "./http1_numbers";
import { Auth, Coding, HttpFlag, HttpState, HttpTx, Version } from "./http1_state";
import { setText } from "./text";

/** Events for conditions noted on the transaction: asked for after the request line and at the end of the request. */
export function reportRequestFlags(tx: HttpTx): void {
  if (tx.has(HttpFlag.InvalidTransferEncoding)) tx.raise(AppEvent.http__invalid_transfer_encoding_value_in_request);
  if (tx.has(HttpFlag.InvalidContentLength)) tx.raise(AppEvent.http__invalid_content_length_field_in_request);
  if (tx.has(HttpFlag.HostMissing)) tx.raise(AppEvent.http__missing_host_header);
  if (tx.has(HttpFlag.HostAmbiguous)) tx.raise(AppEvent.http__host_header_ambiguous);
  if (tx.has(HttpFlag.UriHostInvalid)) tx.raise(AppEvent.http__request_uri_host_invalid);
  if (tx.has(HttpFlag.HeaderHostInvalid)) tx.raise(AppEvent.http__request_header_host_invalid);
  if (tx.auth == Auth.Unrecognized) tx.raise(AppEvent.http__request_auth_unrecognized);
}

/** False when libhtp gives the stream up. */
export function applyRequestHeaders(state: HttpState, tx: HttpTx): bool {
  determineCoding(tx);
  determineHost(tx);
  const type = findObeyed(tx.requestHeaders, "content-type");
  if (isPresent(type) && !hasMediaType(type)) return false;
  const authorization = findObeyed(tx.requestHeaders, "authorization");
  if (isPresent(authorization)) tx.auth = schemeOf(authorization);
  tx.requestDecoder = openDecoder(state, tx, tx.requestHeaders);
  tx.requestDecodes = tx.requestDecoder != 0;
  return true;
}

/** A media type that starts with a delimiter cannot be read. */
function hasMediaType(h: Header): bool {
  let at: u32 = 0;
  while (at < h.valueLength && isSpace(load<u8>(h.valueData + at))) at++;
  if (at == h.valueLength) return false;
  const c = <u32>load<u8>(h.valueData + at);
  return c != 0x3b && c != 0x2c;
}

function schemeOf(h: Header): Auth {
  const data = h.valueData;
  const length = h.valueLength;
  const known =
    startsWithWord(data, length, "basic") ||
    startsWithWord(data, length, "digest") ||
    startsWithWord(data, length, "bearer");
  return known ? Auth.Known : Auth.Unrecognized;
}

function determineCoding(tx: HttpTx): void {
  const transfer = findObeyed(tx.requestHeaders, "transfer-encoding");
  const content = findObeyed(tx.requestHeaders, "content-length");
  if (isPresent(transfer)) {
    if (!containsWord(transfer.valueData, transfer.valueLength, "chunked")) {
      tx.requestCoding = Coding.Invalid;
      tx.note(HttpFlag.InvalidTransferEncoding);
      return;
    }
    if (tx.requestVersion < Version.V11) tx.note(HttpFlag.InvalidTransferEncoding);
    tx.requestCoding = Coding.Chunked;
  } else if (isPresent(content)) {
    tx.contentLength = contentLengthOf(content.valueData, content.valueLength);
    tx.requestCoding = tx.contentLength >= 0 ? Coding.Identity : Coding.Invalid;
    if (tx.contentLength < 0) tx.note(HttpFlag.InvalidContentLength);
  } else tx.requestCoding = Coding.None;
}

function determineHost(tx: HttpTx): void {
  const fromTarget = tx.has(HttpFlag.HasHost);
  if (fromTarget) {
    setText(tx.host, Account.Http, tx.uriHost.data, tx.uriHost.length);
    tx.port = tx.uriPort;
  }
  const header = findObeyed(tx.requestHeaders, "host");
  if (!isPresent(header)) {
    if (tx.requestVersion >= Version.V11) tx.note(HttpFlag.HostMissing);
    return;
  }
  const end = header.valueData + header.valueLength;
  if (!splitHost(header.valueData, end)) {
    if (fromTarget) tx.note(HttpFlag.HostAmbiguous);
    return;
  }
  const name = hostAt;
  const length = hostSize;
  const after = authorityEnd;
  let valid = isValidHost(name, length);
  let port = -1;
  const hasPort = splitPort(after, end);
  if (hasPort) {
    port = portNumber(portAt, portSize);
    valid = valid && port >= 0;
  } else if (after < end) valid = false;
  if (!valid) tx.note(HttpFlag.HeaderHostInvalid);
  if (!fromTarget) {
    setText(tx.host, Account.Http, name, length);
    for (let i: u32 = 0; i < tx.host.length; i++) store<u8>(tx.host.data + i, <u8>lower(load<u8>(tx.host.data + i)));
    if (hasPort) tx.port = port;
    return;
  }
  if (!equalsNoCase(tx.host.data, tx.host.length, name, length)) tx.note(HttpFlag.HostAmbiguous);
  if (hasPort && tx.port >= 0 && tx.port != port) tx.note(HttpFlag.HostAmbiguous);
}
