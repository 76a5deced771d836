/** The request direction: what it does with the input depends on where in a request it stands. */

import { AppEvent } from "../abi/app_events";
import { Direction } from "../abi/codes";
import { HttpProgress } from "../abi/progress";
import { Account } from "../memory/heap";
import { chomp, indexOf, isSpace, leadingSpaces } from "./ascii";
import { endFrame, noteFrame, OPEN_FRAME, offsetOf } from "./frame";
import { Body, commitInspection } from "./http1_body";
import { finishRequestEntity, requestEntity } from "./http1_entity";
import {
  consume,
  inputAt,
  inputIsGap,
  inputLeft,
  keepTail,
  lineLength,
  takeLine,
  unconsume,
  wholeLength,
  wholeLine,
} from "./http1_input";
import { isIgnorable, methodOf, parseRequestLine } from "./http1_line";
import { chunkData, chunkEnd, chunkLength, identity } from "./http1_request_body";
import { applyRequestHeaders, reportRequestFlags } from "./http1_request_headers";
import { enterHeaders, keepPart, recordRequest, requestReaches, withinLimit } from "./http1_request_progress";
import { readSection, sectionOver, sectionRest } from "./http1_section";
import { Coding, HttpFlag, HttpState, HttpTx, Method, NO_LENGTH, RequestState, Step, Stream } from "./http1_state";
import { nextRequest, report, requestTransaction } from "./http1_transactions";
import { closeRequestFile } from "./http1_upload";
import { parseTarget } from "./http1_uri";
import { appendText } from "./text";
import { StateFlag } from "./transaction";

/** Blanks a HTTP/0.9 request may have behind its line; more means a header section without a protocol. */
const HTTP09_JUNK: u32 = 16;

/** One step. `Data` and `Error` leave nothing to do with this input. */
export function stepRequest(state: HttpState): Step {
  if (state.requestState == RequestState.Idle && !hasMore(state)) return Step.Data;
  const at = requestTransaction(state);
  if (at == 0) return Step.Error;
  const tx = changetype<HttpTx>(at);
  switch (state.requestState) {
    case RequestState.Idle:
      return idle(state, tx);
    case RequestState.Line:
      return line(state, tx);
    case RequestState.Protocol:
      return protocol(state, tx);
    case RequestState.Headers:
      return headers(state, tx);
    case RequestState.ConnectCheck:
      state.requestState = tx.method == Method.Connect ? RequestState.ConnectWait : RequestState.BodyDetermine;
      return tx.method == Method.Connect ? Step.Other : Step.Ok;
    case RequestState.ConnectWait:
      if (tx.responseProgress <= HttpProgress.Line) return Step.Other;
      state.requestState = tx.status >= 200 && tx.status < 300 ? RequestState.ConnectProbe : RequestState.Finalize;
      return Step.Ok;
    case RequestState.ConnectProbe:
      return connectProbe(state, tx);
    case RequestState.BodyDetermine:
      return bodyDetermine(state, tx);
    case RequestState.Identity:
      return identity(state, tx);
    case RequestState.ChunkLength:
      return chunkLength(state, tx);
    case RequestState.ChunkData:
      return chunkData(state, tx);
    case RequestState.ChunkEnd:
      return chunkEnd(state, tx);
    case RequestState.Finalize:
      return finalize(state, tx);
    default:
      consume(inputLeft());
      return Step.Data;
  }
}

/** Something to start a request with: input, or at the end a line kept. */
function hasMore(state: HttpState): bool {
  return inputLeft() > 0 || (state.requestStream == Stream.Closed && state.requestLineLength > 0);
}

function idle(state: HttpState, tx: HttpTx): Step {
  state.requestLength = NO_LENGTH;
  state.requestLeft = NO_LENGTH;
  state.requestState = RequestState.Line;
  noteFrame(state, Direction.ToServer, "request", inputAt, OPEN_FRAME);
  requestReaches(tx, HttpProgress.Line);
  return Step.Ok;
}

function line(state: HttpState, tx: HttpTx): Step {
  let length = lineLength();
  if (length == 0) {
    if (state.requestStream != Stream.Closed) return keepPart(state, tx);
    length = inputLeft();
  }
  if (!takeLine(state.requestPart, length)) return Step.Error;
  consume(length);
  if (!withinLimit(state, tx, wholeLength)) return Step.Error;
  if (wholeLength == 0) return Step.Data;
  if (isIgnorable(wholeLine, wholeLength)) return Step.Ok;
  if (!parseRequestLine(state, tx, wholeLine, chomp(wholeLine, wholeLength))) return Step.Error;
  if (tx.method == Method.Connect && tx.targetLength == 0) return Step.Error;
  parseTarget(state, tx);
  reportRequestFlags(tx);
  state.requestState = RequestState.Protocol;
  return Step.Ok;
}

function protocol(state: HttpState, tx: HttpTx): Step {
  if (tx.has(HttpFlag.Http09)) {
    const blanks = leadingSpaces(inputAt, inputLeft());
    if (blanks == inputLeft() && blanks <= HTTP09_JUNK) {
      state.requestState = RequestState.Finalize;
      return Step.Ok;
    }
    tx.noted &= ~HttpFlag.Http09;
    report(state, tx, AppEvent.http__request_line_missing_protocol);
  }
  requestReaches(tx, HttpProgress.Headers);
  enterHeaders(state);
  return Step.Ok;
}

function headers(state: HttpState, tx: HttpTx): Step {
  const fields = state.requestFields;
  if (state.requestStream == Stream.Closed) {
    requestReaches(tx, HttpProgress.Trailer);
    if (fields.length > 0 && !readSection(state, tx, Direction.ToServer, fields.data, fields.length, true)) {
      return Step.Error;
    }
    fields.length = 0;
    state.requestPart.length = 0;
    return headersOver(state, tx);
  }
  const left = inputLeft();
  const first = lineLength();
  if (first == 0 || fields.length > 0) {
    if (!withinLimit(state, tx, first == 0 ? left : first)) {
      consume(left);
      return Step.Error;
    }
  }
  if (first == 0) {
    if (!appendText(fields, Account.Http, inputAt, left)) return Step.Error;
    consume(left);
    return Step.Data;
  }
  if (!takeLine(fields, left)) return Step.Error;
  const data = wholeLine;
  const length = wholeLength;
  if (!readSection(state, tx, Direction.ToServer, data, length, false)) return Step.Error;
  let rest = <u32>(data + length - sectionRest);
  let over = sectionOver;
  if (!over && rest == length) {
    // The section starts with a line end: there are no headers.
    const blank: u32 = load<u8>(data) == 10 ? 1 : length > 1 && load<u16>(data) == 0x0a0d ? 2 : 0;
    over = blank > 0;
    rest -= blank;
  }
  if (over) {
    consume(left - min(rest, left));
    return headersOver(state, tx);
  }
  consume(left);
  return withinLimit(state, tx, rest) && keepTail(fields, rest) ? Step.Data : Step.Error;
}

function headersOver(state: HttpState, tx: HttpTx): Step {
  recordRequest(state);
  state.requestRecords = false;
  if (tx.requestProgress > HttpProgress.Headers) {
    tx.note(HttpFlag.RequestTrailer);
    state.requestState = RequestState.Finalize;
    return Step.Ok;
  }
  if (!applyRequestHeaders(state, tx)) return Step.Error;
  state.requestState = RequestState.ConnectCheck;
  return Step.Ok;
}

/** After an accepted CONNECT: is what follows HTTP in the clear? */
function connectProbe(state: HttpState, tx: HttpTx): Step {
  const left = inputLeft();
  const at = min(indexOf(inputAt, left, 10), indexOf(inputAt, left, 0));
  if (at == left) return keepPart(state, tx);
  const kept = state.requestPart;
  const before = kept.length;
  if (!appendText(kept, Account.Http, inputAt, at + 1)) return Step.Error;
  const known = startsWithMethod(kept.data, kept.length);
  kept.length = before;
  if (known) return complete(state, tx);
  state.requestStream = Stream.Tunnel;
  state.responseStream = Stream.Tunnel;
  return Step.Ok;
}

/** The word behind any blanks. */
let wordLength: u32 = 0;

function startsWithMethod(data: usize, length: u32): bool {
  const lead = leadingSpaces(data, length);
  wordLength = 0;
  while (lead + wordLength < length && !isSpace(load<u8>(data + lead + wordLength))) wordLength++;
  return methodOf(data + lead, wordLength) != Method.Unknown;
}

function bodyDetermine(state: HttpState, tx: HttpTx): Step {
  if (tx.requestCoding == Coding.Chunked) {
    requestReaches(tx, HttpProgress.Body);
    state.requestState = RequestState.ChunkLength;
  } else if (tx.requestCoding == Coding.Identity) {
    state.requestLength = tx.contentLength;
    state.requestLeft = tx.contentLength;
    if (tx.contentLength > 0) requestReaches(tx, HttpProgress.Body);
    state.requestState = tx.contentLength > 0 ? RequestState.Identity : RequestState.Finalize;
  } else if (tx.requestCoding == Coding.None) {
    state.requestState = RequestState.Finalize;
  } else return Step.Error;
  return Step.Ok;
}

/** Behind a request: the next one, or bytes that are neither and count as body. */
function finalize(state: HttpState, tx: HttpTx): Step {
  if (inputIsGap) return complete(state, tx);
  let length = inputLeft();
  let hasLf = false;
  if (state.requestStream != Stream.Closed) {
    if (length == 0) return complete(state, tx);
    const whole = lineLength();
    if (whole == 0) return keepPart(state, tx);
    length = whole - 1;
    hasLf = true;
  }
  const part = state.requestPart;
  if (part.length > 0 && !withinLimit(state, tx, length)) return Step.Error;
  const kept = part.length;
  if (!takeLine(part, length)) return Step.Error;
  if (wholeLength == 0) return complete(state, tx);
  const known = startsWithMethod(wholeLine, wholeLength);
  if (known) {
    state.requestLeft = NO_LENGTH;
    part.length = kept;
    // libhtp steps back by the whole line, the kept part included, and no further than the chunk.
    consume(length);
    unconsume(wholeLength);
    return complete(state, tx);
  }
  if (wordLength > 0) {
    if (state.requestLeft <= 0) report(state, tx, AppEvent.http__request_body_unexpected);
    else state.requestLeft = 1;
  }
  requestEntity(state, tx, wholeLine, wholeLength);
  consume(length);
  if (hasLf) {
    requestEntity(state, tx, inputAt, 1);
    consume(1);
  }
  part.length = 0;
  return Step.Ok;
}

/** The request is over. */
function complete(state: HttpState, tx: HttpTx): Step {
  if (tx.requestProgress != HttpProgress.Complete) {
    finishRequestEntity(tx);
    endFrame(state, Direction.ToServer, "request", offsetOf(inputAt));
    requestReaches(tx, HttpProgress.Complete);
    reportRequestFlags(tx);
    closeRequestFile(state, tx);
    state.flags |= StateFlag.InspectRawToServer;
    recordRequest(state);
    state.requestRecords = false;
  }
  state.requestState = tx.has(HttpFlag.Http09) ? RequestState.AfterHttp09 : RequestState.Idle;
  nextRequest(state);
  return Step.Ok;
}

/** New input comes: what the rules saw of the open request's body is behind them. */
export function commitRequest(state: HttpState): void {
  if (state.requestTx == 0) return;
  const body = changetype<HttpTx>(state.requestTx).requestBody;
  if (body != 0) commitInspection(changetype<Body>(body));
}
