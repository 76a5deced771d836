/** What a response's headers mean for the rest of it: tunnels, interim responses, where the body ends, how it is coded. */
import { AppEvent } from "../abi/app_events";
import { HttpProgress } from "../abi/progress";
import { containsWord, equalsWord, indexOf, isSpace } from "./ascii";
import { openDecoder } from "./http1_coding";
import { findHeader, findObeyed, freeHeaders, Header, isPresent } from "./http1_headers";
import { contentLengthOf } from "./http1_numbers";
import { responseReaches } from "./http1_response_progress";
import {
  Coding,
  HttpFlag,
  HttpState,
  HttpTx,
  Method,
  RequestState,
  ResponseState,
  Stream,
  Version,
} from "./http1_state";
import { report } from "./http1_transactions";

/** Decides the next state. False when libhtp gives the stream up. */
export function determineResponse(state: HttpState, tx: HttpTx): bool {
  const length = findObeyed(tx.responseHeaders, "content-length");
  const transfer = findObeyed(tx.responseHeaders, "transfer-encoding");
  const bodyless = !isPresent(length) && !isPresent(transfer);
  const status = <u32>tx.status;

  if (tx.method == Method.Connect) {
    if (status >= 200 && status <= 299) {
      // A tunnel: the request side looks at what comes; this side is done.
      state.responseState = ResponseState.Finalize;
      return headersOver(state, tx);
    }
    if (state.requestStream != Stream.Error) state.requestStream = Stream.Open;
    if (status != 407) state.responseYields = true;
  }
  if (status == 101) {
    if (bodyless) {
      tx.note(HttpFlag.Upgrade);
      state.responseState = ResponseState.Finalize;
      if (state.requestStream != Stream.Error) state.requestStream = Stream.Tunnel;
      state.responseStream = Stream.Tunnel;
      return headersOver(state, tx);
    }
  } else if (status == 100 && !isPresent(transfer)) {
    if (!isPresent(length) || contentLengthOf(length.valueData, length.valueLength) <= 0) {
      interim(state, tx);
      return true;
    }
  } else if (status >= 400 && status <= 499 && state.requestLength > 0 && state.requestLeft == state.requestLength) {
    // The client waited for leave to send its body, and does not get it.
    const expect = findHeader(tx.requestHeaders, "expect");
    if (isPresent(expect) && equalsWord(expect.valueData, expect.valueLength, "100-continue")) {
      state.requestState = RequestState.Finalize;
    }
  }
  if (tx.method == Method.Head) {
    tx.responseCoding = Coding.None;
    state.responseState = ResponseState.Finalize;
    return headersOver(state, tx);
  }
  const never = (status >= 100 && status <= 199) || status == 204 || status == 304;
  if (never && bodyless) {
    tx.responseCoding = Coding.None;
    state.responseState = ResponseState.Finalize;
    return headersOver(state, tx);
  }
  return determineBody(state, tx, length, transfer) && headersOver(state, tx);
}

/** 100 Continue: another response to the same request follows. */
function interim(state: HttpState, tx: HttpTx): void {
  if (!tx.note(HttpFlag.Continue100)) report(state, tx, AppEvent.http__100_continue_already_seen);
  freeHeaders(tx.responseHeaders);
  state.responseState = ResponseState.Line;
  tx.responseProgress = HttpProgress.Line;
}

function determineBody(state: HttpState, tx: HttpTx, length: Header, transfer: Header): bool {
  if (isPresent(transfer) && containsWord(transfer.valueData, transfer.valueLength, "chunked")) {
    if (!equalsWord(transfer.valueData, transfer.valueLength, "chunked")) {
      report(state, tx, AppEvent.http__response_abnormal_transfer_encoding);
    }
    if (tx.responseVersion < Version.V11) report(state, tx, AppEvent.http__response_chunked_old_proto);
    tx.responseCoding = Coding.Chunked;
    responseReaches(tx, HttpProgress.Body);
    state.responseState = ResponseState.ChunkLength;
    return true;
  }
  if (isPresent(length)) {
    tx.responseCoding = Coding.Identity;
    tx.responseContentLength = contentLengthOf(length.valueData, length.valueLength);
    state.responseLeft = tx.responseContentLength;
    if (tx.responseContentLength < 0) {
      report(state, tx, AppEvent.http__invalid_content_length_field_in_response);
      return false;
    }
    if (tx.responseContentLength > 0) {
      state.responseState = ResponseState.Identity;
      responseReaches(tx, HttpProgress.Body);
    } else state.responseState = ResponseState.Finalize;
    return true;
  }
  const type = findObeyed(tx.responseHeaders, "content-type");
  if (isPresent(type) && isByteRanges(type)) {
    report(state, tx, AppEvent.http__response_multipart_byteranges);
    return false;
  }
  tx.responseCoding = Coding.Identity;
  responseReaches(tx, HttpProgress.Body);
  state.responseState = ResponseState.UntilClose;
  return true;
}

function isByteRanges(type: Header): bool {
  let length = indexOf(type.valueData, type.valueLength, 0x3b);
  for (let i: u32 = 0; i < length; i++) if (isSpace(load<u8>(type.valueData + i))) length = i;
  return containsWord(type.valueData, length, "multipart/byteranges");
}

function headersOver(state: HttpState, tx: HttpTx): bool {
  tx.responseDecoder = openDecoder(state, tx, tx.responseHeaders);
  tx.responseDecodes = tx.responseDecoder != 0;
  return true;
}
