/**
 * h2c: an HTTP/1 conversation that becomes HTTP/2 (RFC 7540 section 3.2). The request that asked for it is stream 1, and its
 * HTTP2-Settings header stands for the client's first SETTINGS.
 */
import { AppEvent } from "../abi/app_events";
import { AppProto, Direction } from "../abi/codes";
import { Http2Progress } from "../abi/progress";
import { Base64Mode, base64Decode, base64Room } from "../codec/base64";
import { Account, acquire, release } from "../memory/heap";
import { equalsExactly, equalsWord } from "./ascii";
import { Header } from "./http1_headers";
import { HttpTx } from "./http1_state";
import { readSettings } from "./http2_frames";
import { HeaderStatus, Http2State, Http2Tx, keepField, remember, Side, sideOf } from "./http2_state";
import { enter, Frame2, transactionOf } from "./http2_streams";
import { appendByte, appendText, freeText, Text } from "./text";
import { AppState } from "./transaction";

const work: Text = changetype<Text>(memory.data(8, 8));

function appendName(name: string): void {
  work.length = 0;
  for (let i = 0; i < name.length; i++) appendByte(work, Account.Http, <u32>name.charCodeAt(i));
}

/** Adds the header in `work`: a name of `nameLength` bytes, then the value. */
function addField(state: Http2State, nameLength: u32): void {
  const at = transactionOf(state, Frame2.Headers, 1, 0, Direction.ToServer);
  if (at == 0) return;
  const tx = changetype<Http2Tx>(at);
  const owner = sideOf(tx, Direction.ToServer);
  if (owner == 0) return;
  const side = changetype<Side>(owner);
  remember(side.types, Frame2.Headers, 1);
  side.hasHeaders = true;
  keepField(side, HeaderStatus.Success, false, 0, work.data, nameLength, work.length - nameLength);
  tx.step = <u8>Http2Progress.HalfClosedClient;
  enter(tx, tx.step);
}

function addNamed(state: Http2State, name: string, value: usize, length: u32): void {
  appendName(name);
  appendText(work, Account.Http, value, length);
  addField(state, name.length);
}

/** HTTP2-Settings: the content of a SETTINGS frame in Base64. */
function addSettings(state: Http2State, value: usize, length: u32): void {
  const room = base64Room(length);
  const bytes = acquire(Account.Http, room + 16);
  if (bytes == 0) return;
  const n = base64Decode(Base64Mode.Strict, value, length, bytes);
  if (n == 0 || n % 6 != 0) state.report(AppEvent.http2__invalid_http1_settings);
  if (n > 0) {
    const at = transactionOf(state, Frame2.Settings, 0, 0, Direction.ToServer);
    const owner: usize = at == 0 ? 0 : sideOf(changetype<Http2Tx>(at), Direction.ToServer);
    if (owner != 0) {
      const side = changetype<Side>(owner);
      remember(side.types, Frame2.Settings, 1);
      readSettings(state, side, Direction.ToServer, bytes, n);
    }
  }
  release(bytes);
}

/** Takes over the last request of an HTTP/1 conversation. `old` may be of another protocol: then nothing is taken. */
export function http2Upgrade(fresh: AppState, old: AppState): void {
  if (old.proto != <u8>AppProto.Http1 || old.newest == 0) return;
  const state = changetype<Http2State>(changetype<usize>(fresh));
  const request = changetype<HttpTx>(old.newest);
  if (request.methodLength == 0) return;
  const line = request.requestLine.data;
  addNamed(state, ":method", line + request.methodAt, request.methodLength);
  if (request.targetLength > 0) addNamed(state, ":path", line + request.targetAt, request.targetLength);
  for (let at = request.requestFirst; at != 0; at = changetype<Header>(at).next) {
    const h = changetype<Header>(at);
    if (equalsExactly(h.name, h.nameLength, "HTTP2-Settings")) addSettings(state, h.valueData, h.valueLength);
    else if (equalsWord(h.name, h.nameLength, "host")) addNamed(state, ":authority", h.valueData, h.valueLength);
    else {
      work.length = 0;
      appendText(work, Account.Http, h.name, h.nameLength);
      appendText(work, Account.Http, h.valueData, h.valueLength);
      addField(state, h.nameLength);
    }
  }
  freeText(work);
}
