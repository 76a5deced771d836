/**
 * DNS over HTTPS (RFC 8484) inside HTTP/2: a message in a body of type application/dns-message, or in the `dns` parameter of a request
 * that accepts one. Once a message is found the conversation is of the protocol DoH2: HTTP/2 whose transactions have DNS as well.
 */
import { AppEvent } from "../abi/app_events";
import { AppProto, Direction } from "../abi/codes";
import { Base64Mode, base64Decode, base64Room } from "../codec/base64";
import { Account, acquire, release } from "../memory/heap";
import { equalsExactly, equalsWord, startsWithWord } from "./ascii";
import { openDnsMessage } from "./dns";
import { HeaderStatus, Http2State, Http2Tx, Side } from "./http2_state";
import { appendText, freeText } from "./text";
import { Tx } from "./transaction";

const PATH = "/dns-query?dns=";
const TYPE = "application/dns-message";
/** Longest message that is put together. */
const MAX_MESSAGE: u32 = 65535;

/** Every transaction, and those to come, count as DoH2. */
function become(state: Http2State): void {
  if (state.isDns) return;
  state.isDns = true;
  state.proto = <u8>AppProto.Doh2;
  for (let at = state.newest; at != 0; at = changetype<Tx>(at).previous) changetype<Tx>(at).proto = <u8>AppProto.Doh2;
}

function found(state: Http2State, side: Side, direction: u32, data: usize, length: u32): void {
  if (side.dns != 0) return;
  side.dns = openDnsMessage(direction, data, length);
  if (side.dns != 0) become(state);
}

/** RFC 4648 section 5 without padding, decoded as Base64 proper. */
function decodePath(state: Http2State, side: Side, text: usize, length: u32): void {
  const room = base64Room(length) + length + 80;
  const bytes = acquire(Account.Http, room);
  if (bytes == 0) return;
  const plain = bytes + base64Room(length);
  let n = length;
  for (let i: u32 = 0; i < length; i++) {
    const c = load<u8>(text + i);
    store<u8>(plain + i, c == 0x2d ? 0x2b : c == 0x5f ? 0x2f : c);
  }
  while ((n & 3) != 0) store<u8>(plain + n++, 0x3d);
  const size = base64Decode(Base64Mode.Strict, plain, n, bytes);
  if (size > 0) found(state, side, Direction.ToServer, bytes, size);
  release(bytes);
}

/** New headers of one direction, from number `from` on. */
export function doh2Headers(state: Http2State, side: Side, direction: u32, from: u32): void {
  let accepts = false;
  let path: usize = 0;
  let pathLength: u32 = 0;
  for (let i = from; i < side.fieldCount; i++) {
    const f = side.field(i);
    if (f.status != HeaderStatus.Success) continue;
    const name = side.bytesData + f.at;
    const value = name + f.nameLength;
    if (equalsWord(name, f.nameLength, ":path")) {
      path = value;
      pathLength = f.valueLength;
    } else if (!equalsExactly(value, f.valueLength, TYPE)) continue;
    else if (equalsWord(name, f.nameLength, "content-type")) side.carriesDns = true;
    else if (equalsWord(name, f.nameLength, "accept")) accepts = true;
  }
  if (!accepts || direction != Direction.ToServer || !startsWithWord(path, pathLength, PATH)) return;
  decodePath(state, side, path + PATH.length, pathLength - <u32>PATH.length);
}

/** Decoded bytes of a body. */
export function doh2Data(tx: Http2Tx, side: Side, direction: u32, data: usize, length: u32): void {
  if (!side.carriesDns) return;
  if (side.messageLength + length > MAX_MESSAGE) {
    const request = direction == Direction.ToServer;
    tx.raise(request ? AppEvent.http2__dns_request_too_long : AppEvent.http2__dns_response_too_long);
    return;
  }
  appendText(side.message, Account.Http, data, length);
}

/** The body is over. */
export function doh2End(state: Http2State, _tx: Http2Tx, side: Side, direction: u32): void {
  if (!side.carriesDns) return;
  found(state, side, direction, side.messageData, side.messageLength);
  freeText(side.message);
}
