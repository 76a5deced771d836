/**
 * HTTP/1: the entry (app/registry.ts). See http1_state.ts for the parts.
 *
 * All input is consumed at once, up to an upgrade to HTTP/2: what a state cannot use yet it keeps itself, bounded by `meta-field-limit`. A direction that fails
 * ends the flow's application layer; a tunnel (CONNECT, upgrade) is read no further.
 */
import { AppEvent } from "../abi/app_events";
import { AppProto, Direction } from "../abi/codes";
import { HttpProgress } from "../abi/progress";
import { release } from "../memory/heap";
import { containsWord, equalsWord } from "./ascii";
import { releaseBuilt } from "./http1_buffers";
import { releaseUnfolded } from "./http1_fields";
import { findObeyed, isPresent } from "./http1_headers";
import { inputIsGap, inputLeft, openGap, openInput } from "./http1_input";
import { commitRequest, stepRequest } from "./http1_request";
import { recordRequest } from "./http1_request_progress";
import { commitResponse, stepResponse } from "./http1_response";
import { recordResponse } from "./http1_response_progress";
import { HttpFlag, HttpState, HttpTx, RequestState, ResponseState, Step, Stream } from "./http1_state";
import { freeTransaction, requestTransaction, responseTransaction } from "./http1_transactions";
import { InputFlag, PARSE_ERROR } from "./input";
import { freeText } from "./text";
import { AppState, openState, Tx } from "./transaction";

/** A new conversation; 0 when memory is short. */
export function http1Open(transport: u32): usize {
  const at = openState(AppProto.Http1, <u32>offsetof<HttpState>());
  if (at != 0) changetype<HttpState>(at).transport = <u8>transport;
  return at;
}

/** Reads input of one direction. Returns the bytes used, or PARSE_ERROR. */
export function http1Parse(state: AppState, direction: u32, data: usize, length: u32, flags: u32): i32 {
  const http = changetype<HttpState>(changetype<usize>(state));
  const request = direction == Direction.ToServer;
  let good = true;
  let used = length;
  if (length > 0) {
    if ((flags & InputFlag.Gap) != 0) openGap(length);
    else openInput(data, length);
    good = request ? runRequest(http) : runResponse(http);
    // What follows an upgrade to HTTP/2 is not ours any more.
    if (!request && http.changeTo == <u8>AppProto.Http2 && inputLeft() < length) used = length - inputLeft();
  }
  if ((flags & InputFlag.Eof) != 0 && (http.ended & (1 << direction)) == 0) {
    http.ended |= 1 << direction;
    if (request) closeRequest(http);
    else {
      closeRequest(http);
      closeResponse(http);
    }
  }
  return good ? <i32>used : PARSE_ERROR;
}

/** Steps the request direction until the input is used. False on an error. */
function runRequest(http: HttpState): bool {
  if (http.requestStream == Stream.Error) return false;
  if (http.requestStream == Stream.Tunnel) return true;
  commitRequest(http);
  if (inputIsGap) {
    const at = requestTransaction(http);
    if (at == 0) return true;
    // A gap before the first request: nothing to hold on to.
    if (http.requestIndex == 0 && changetype<HttpTx>(at).requestProgress == HttpProgress.Started) return true;
  }
  let step: Step = Step.Ok;
  while (step == Step.Ok && http.requestStream != Stream.Tunnel) {
    if (inputIsGap && !gapAllowedInRequest(http)) return true;
    step = stepRequest(http);
  }
  if (step == Step.Error) {
    http.requestStream = Stream.Error;
    return false;
  }
  if (http.requestStream != Stream.Tunnel) recordRequest(http);
  return true;
}

function gapAllowedInRequest(http: HttpState): bool {
  const s = http.requestState;
  return s == RequestState.Identity || s == RequestState.AfterHttp09 || s == RequestState.Finalize;
}

function runResponse(http: HttpState): bool {
  if (http.responseStream == Stream.Error) return false;
  if (http.responseStream == Stream.Tunnel) return true;
  commitResponse(http);
  if (inputIsGap) {
    const at = responseTransaction(http);
    if (at == 0) return false;
    if (http.requestIndex == 0 && changetype<HttpTx>(at).responseProgress == HttpProgress.Started) {
      http.responseStream = Stream.Error;
      return false;
    }
  }
  let step: Step = Step.Ok;
  while (step == Step.Ok && http.responseStream != Stream.Tunnel) {
    if (inputIsGap && !gapAllowedInResponse(http)) return true;
    step = stepResponse(http);
  }
  if (step == Step.Error) {
    http.responseStream = Stream.Error;
    return false;
  }
  if (http.responseStream == Stream.Tunnel) upgrade(http);
  else recordResponse(http);
  return true;
}

function gapAllowedInResponse(http: HttpState): bool {
  const s = http.responseState;
  return s == ResponseState.Identity || s == ResponseState.UntilClose || s == ResponseState.Finalize;
}

/** 101 Switching Protocols: what is spoken from here on. */
function upgrade(http: HttpState): void {
  if (http.responseTx == 0) return;
  const tx = changetype<HttpTx>(http.responseTx);
  if (tx.status != 101) return;
  const header = findObeyed(tx.responseHeaders, "upgrade");
  if (!isPresent(header)) return;
  let proto: AppProto = AppProto.Unknown;
  if (containsWord(header.valueData, header.valueLength, "h2c")) proto = AppProto.Http2;
  else if (equalsWord(header.valueData, header.valueLength, "websocket")) proto = AppProto.Websocket;
  if (proto == AppProto.Unknown) return;
  if (http.changeTo != AppProto.Unknown) {
    tx.raise(AppEvent.http__failed_protocol_change);
    return;
  }
  http.changeTo = <u8>proto;
  http.changePort = tx.port > 0 ? <u16>tx.port : 0;
}

function closeRequest(http: HttpState): void {
  if (http.requestStream == Stream.Error || http.requestStream == Stream.Tunnel) return;
  http.requestStream = Stream.Closed;
  openInput(0, 0);
  runRequest(http);
}

function closeResponse(http: HttpState): void {
  if (http.responseStream == Stream.Error || http.responseStream == Stream.Tunnel) return;
  http.responseStream = Stream.Closed;
  openInput(0, 0);
  runResponse(http);
}

export function http1FreeTx(state: AppState, tx: Tx): void {
  freeTransaction(changetype<HttpState>(changetype<usize>(state)), changetype<HttpTx>(changetype<usize>(tx)));
}

export function http1Close(state: AppState): void {
  const http = changetype<HttpState>(changetype<usize>(state));
  while (http.oldest != 0) freeTransaction(http, changetype<HttpTx>(http.oldest));
  freeText(http.requestPart);
  freeText(http.requestFields);
  freeText(http.responsePart);
  freeText(http.responseFields);
  releaseBuilt();
  releaseUnfolded();
  release(changetype<usize>(http));
}
