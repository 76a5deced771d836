/**
 * Which transaction each direction is at. A transaction is made when its request starts, or by a response nobody asked for;
 * the response direction is never ahead of the request direction.
 */
import { AppEvent } from "../abi/app_events";
import { Setting } from "../abi/settings";
import { setting } from "../memory/settings";
import { freeFiles } from "./file";
import { freeBody } from "./http1_body";
import { freeDecoder } from "./http1_coding";
import { freeHeaders } from "./http1_headers";
import { HttpState, HttpTx, NO_LENGTH } from "./http1_state";
import { freeText } from "./text";
import { closeTx, openTx } from "./transaction";

/** libhtp's messages a conversation may cause before it is left alone (Suricata's HTP_MAX_MESSAGES). */
const MAX_MESSAGES: u32 = 512;

/** Notes an event on a transaction as libhtp would log it: with a limit a conversation. */
export function report(state: HttpState, tx: HttpTx, event: AppEvent): void {
  if (state.messages >= MAX_MESSAGES) return;
  tx.raise(event);
  if (++state.messages == MAX_MESSAGES) tx.raise(AppEvent.http__too_many_warnings);
}

function transactionAt(state: HttpState, index: u32): usize {
  let at = state.newest;
  while (at != 0) {
    const tx = changetype<HttpTx>(at);
    if (tx.id == index) return at;
    if (tx.id < index) break;
    at = tx.previous;
  }
  if (state.opened != index || state.live >= setting(Setting.HttpMaxTx)) return 0;
  at = openTx(state, <u32>offsetof<HttpTx>());
  if (at == 0) return 0;
  const tx = changetype<HttpTx>(at);
  tx.port = -1;
  tx.uriPort = -1;
  tx.contentLength = NO_LENGTH;
  tx.responseContentLength = NO_LENGTH;
  return at;
}

/** The transaction whose request is under way, made when needed; 0: out of memory or of transactions. */
export function requestTransaction(state: HttpState): usize {
  if (state.requestTx == 0) state.requestTx = transactionAt(state, state.requestIndex);
  return state.requestTx;
}

/** The transaction whose response is under way. */
export function responseTransaction(state: HttpState): usize {
  if (state.responseTx == 0) state.responseTx = transactionAt(state, state.responseIndex);
  return state.responseTx;
}

export function nextRequest(state: HttpState): void {
  state.requestIndex++;
  state.requestTx = 0;
}

export function nextResponse(state: HttpState): void {
  state.responseIndex++;
  state.responseTx = 0;
}

/** Gives back all a transaction holds, and the transaction. */
export function freeTransaction(state: HttpState, tx: HttpTx): void {
  if (state.requestTx == changetype<usize>(tx)) nextRequest(state);
  if (state.responseTx == changetype<usize>(tx)) nextResponse(state);
  freeFiles(tx);
  freeHeaders(tx.requestHeaders);
  freeHeaders(tx.responseHeaders);
  freeText(tx.requestLine);
  freeText(tx.responseLine);
  freeText(tx.requestRaw);
  freeText(tx.responseRaw);
  freeText(tx.uri);
  freeText(tx.path);
  freeText(tx.uriHost);
  freeText(tx.host);
  freeText(tx.boundary);
  freeBody(tx.requestBody);
  freeBody(tx.responseBody);
  freeDecoder(tx.requestDecoder);
  freeDecoder(tx.responseDecoder);
  closeTx(state, tx);
}
