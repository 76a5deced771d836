/** The response direction: what it does with the input depends on where in a response it stands. */

import { AppEvent } from "../abi/app_events";
import { AppProto, Direction } from "../abi/codes";
import { HttpProgress } from "../abi/progress";
import { Account } from "../memory/heap";
import { chomp } from "./ascii";
import { endFrame, noteFrame, OPEN_FRAME, offsetOf } from "./frame";
import { Body, commitInspection } from "./http1_body";
import { finishResponseEntity, responseEntity } from "./http1_entity";
import {
  consume,
  inputAt,
  inputEnd,
  inputIsGap,
  inputLeft,
  keepTail,
  lineLength,
  takeLine,
  unconsume,
  wholeLength,
  wholeLine,
} from "./http1_input";
import { isIgnorable, looksLikeBody, parseStatusLine } from "./http1_line";
import { chunkData, chunkEnd, chunkLength, identity, untilClose } from "./http1_response_body";
import { determineResponse } from "./http1_response_headers";
import {
  enterHeaders,
  isClosed,
  keepPart,
  recordResponse,
  responseReaches,
  withinLimit,
} from "./http1_response_progress";
import { readSection, sectionOver, sectionRest } from "./http1_section";
import {
  Coding,
  HttpFlag,
  HttpState,
  HttpTx,
  Method,
  NO_LENGTH,
  RequestState,
  ResponseState,
  Step,
  Stream,
  Version,
} from "./http1_state";
import { nextRequest, nextResponse, report, responseTransaction } from "./http1_transactions";
import { closeResponseFile } from "./http1_upload";
import { setText } from "./text";
import { StateFlag } from "./transaction";

/** One step. `Data` and `Error` leave nothing to do with this input. */
export function stepResponse(state: HttpState): Step {
  if (state.responseState == ResponseState.Idle && inputLeft() == 0) return Step.Data;
  const at = responseTransaction(state);
  if (at == 0) return Step.Error;
  const tx = changetype<HttpTx>(at);
  switch (state.responseState) {
    case ResponseState.Idle:
      return idle(state, tx);
    case ResponseState.Line:
      return line(state, tx);
    case ResponseState.Headers:
      return headers(state, tx);
    case ResponseState.BodyDetermine:
      recordResponse(state);
      state.responseRecords = false;
      return determineResponse(state, tx) ? Step.Ok : Step.Error;
    case ResponseState.Identity:
      return identity(state, tx);
    case ResponseState.UntilClose:
      return untilClose(state, tx);
    case ResponseState.ChunkLength:
      return chunkLength(state, tx);
    case ResponseState.ChunkData:
      return chunkData(state, tx);
    case ResponseState.ChunkEnd:
      return chunkEnd(state, tx);
    default:
      return finalize(state, tx);
  }
}

function idle(state: HttpState, tx: HttpTx): Step {
  if (tx.requestProgress == HttpProgress.Started) {
    report(state, tx, AppEvent.http__unable_to_match_response_to_request);
    setUnseenTarget(tx);
    tx.requestProgress = HttpProgress.Complete;
    tx.advance(Direction.ToServer, HttpProgress.Complete);
    if (state.requestTx == changetype<usize>(tx) || state.requestIndex == tx.id) nextRequest(state);
  }
  state.responseLeft = NO_LENGTH;
  noteFrame(state, Direction.ToClient, "response", inputAt, OPEN_FRAME);
  if (tx.has(HttpFlag.Http09)) {
    tx.responseCoding = Coding.Identity;
    responseReaches(tx, HttpProgress.Body);
    state.responseState = ResponseState.UntilClose;
  } else {
    responseReaches(tx, HttpProgress.Line);
    state.responseState = ResponseState.Line;
  }
  if (tx.methodLength == 0 && tx.targetLength == 0 && state.requestState == RequestState.Line) {
    report(state, tx, AppEvent.http__request_line_incomplete);
  }
  return Step.Ok;
}

/** Length of the next line with its LF, CR or CRLF; 0 when it is not over (a CR at the end may be half a line end). */
function statusLineLength(): u32 {
  let at = inputAt;
  while (at < inputEnd) {
    const c = load<u8>(at++);
    if (c == 10) return <u32>(at - inputAt);
    if (c != 13) continue;
    if (at == inputEnd) return 0;
    return <u32>(at - inputAt) + (load<u8>(at) == 10 ? 1 : 0);
  }
  return 0;
}

function line(state: HttpState, tx: HttpTx): Step {
  let length = statusLineLength();
  if (length == 0) {
    if (!isClosed(state)) return keepPart(state, tx);
    length = inputLeft();
  }
  if (!takeLine(state.responsePart, length)) return Step.Error;
  consume(length);
  if (!withinLimit(state, tx, wholeLength)) return Step.Error;
  if (wholeLength == 0) return Step.Data;
  if (isIgnorable(wholeLine, wholeLength)) {
    if (isClosed(state)) state.responseState = ResponseState.Finalize;
    return Step.Ok;
  }
  if (looksLikeBody(wholeLine, wholeLength)) return junkLine(state, tx);
  if (!parseStatusLine(tx, wholeLine, wholeLength)) return Step.Error;
  if (tx.responseVersion == Version.Invalid) report(state, tx, AppEvent.http__response_invalid_protocol);
  if (tx.status == 0) report(state, tx, AppEvent.http__response_invalid_status);
  responseReaches(tx, HttpProgress.Headers);
  enterHeaders(state);
  return Step.Ok;
}

/** A line that is no status line: skipped when one seems to follow, else body. */
function junkLine(state: HttpState, tx: HttpTx): Step {
  if (inputLeft() > 1 && (load<u8>(inputAt) == 0x48 || chomp(wholeLine, wholeLength) <= 2)) return Step.Ok;
  tx.responseDecodes = false;
  if (!responseEntity(state, tx, wholeLine, wholeLength)) return Step.Error;
  if (inputLeft() == 0) {
    tx.responseCoding = Coding.Identity;
    responseReaches(tx, HttpProgress.Body);
    state.responseLeft = NO_LENGTH;
    state.responseState = ResponseState.Finalize;
  }
  return Step.Ok;
}

function headers(state: HttpState, tx: HttpTx): Step {
  const fields = state.responseFields;
  if (isClosed(state)) {
    if (fields.length > 0 && !readSection(state, tx, Direction.ToClient, fields.data, fields.length, true)) {
      return Step.Error;
    }
    fields.length = 0;
    trailerOver(state, tx);
    return Step.Ok;
  }
  const left = inputLeft();
  if (!takeLine(fields, left)) return Step.Error;
  const data = wholeLine;
  const length = wholeLength;
  if (!readSection(state, tx, Direction.ToClient, data, length, false)) return Step.Error;
  const rest = <u32>(data + length - sectionRest);
  const blank =
    !sectionOver &&
    rest == length &&
    ((length == 1 && load<u8>(data) == 10) || (length == 2 && load<u16>(data) == 0x0a0d));
  if (sectionOver || blank) {
    if (blank) consume(left);
    else if (rest <= left) consume(left - rest);
    if (tx.responseProgress == HttpProgress.Headers) state.responseState = ResponseState.BodyDetermine;
    else trailerOver(state, tx);
    return Step.Ok;
  }
  consume(left);
  return withinLimit(state, tx, rest) && keepTail(fields, rest) ? Step.Data : Step.Error;
}

function trailerOver(state: HttpState, tx: HttpTx): void {
  recordResponse(state);
  state.responseRecords = false;
  if (tx.responseProgress == HttpProgress.Trailer) tx.note(HttpFlag.ResponseTrailer);
  state.responseState = ResponseState.Finalize;
}

/** Behind a response: the next status line, or bytes that count as body. */
function finalize(state: HttpState, tx: HttpTx): Step {
  if (inputIsGap) return complete(state, tx);
  let length = inputLeft();
  if (!isClosed(state)) {
    if (length == 0) return complete(state, tx);
    if (load<u8>(inputAt) != 10) {
      length = lineLength();
      if (length == 0) return keepPart(state, tx);
    }
  }
  const part = state.responsePart;
  const kept = part.length;
  if (kept > 0 && !withinLimit(state, tx, length)) return Step.Error;
  if (!takeLine(part, length)) return Step.Error;
  if (wholeLength == 0) return complete(state, tx);
  consume(length);
  if (looksLikeBody(wholeLine, wholeLength))
    return responseEntity(state, tx, wholeLine, wholeLength) ? Step.Ok : Step.Error;
  part.length = kept;
  unconsume(wholeLength);
  return complete(state, tx);
}

/** The response is over. */
function complete(state: HttpState, tx: HttpTx): Step {
  if (tx.responseProgress != HttpProgress.Complete) {
    responseReaches(tx, HttpProgress.Complete);
    endFrame(state, Direction.ToClient, "response", offsetOf(inputAt));
    finishResponseEntity(tx);
    state.responses++;
    closeResponseFile(state, tx);
    state.flags |= StateFlag.InspectRawToClient;
    if (tx.method == Method.Connect) tunnel(state, tx);
    recordResponse(state);
    state.responseRecords = false;
  }
  const together = state.responseIndex == state.requestIndex;
  if (state.responseYields) {
    state.responseYields = false;
    if (together) return Step.Other;
  }
  nextResponse(state);
  state.responseState = ResponseState.Idle;
  return Step.Ok;
}

/** An accepted CONNECT as the first exchange: the conversation becomes another protocol, to be detected anew. */
function tunnel(state: HttpState, tx: HttpTx): void {
  if (tx.status < 200 || tx.status > 299 || state.responses != 1) return;
  if (state.changeTo != AppProto.Unknown) {
    tx.raise(AppEvent.http__failed_protocol_change);
  } else {
    state.changeTo = <u8>AppProto.Failed;
    state.changePort = tx.port > 0 ? <u16>tx.port : 0;
  }
  tx.requestProgress = HttpProgress.Complete;
  tx.advance(Direction.ToServer, HttpProgress.Complete);
}

/** The target of a request that was never seen. */
function setUnseenTarget(tx: HttpTx): void {
  const name = "/libhtp::request_uri_not_seen";
  for (let i = 0; i < name.length; i++) {
    store<u8>(unseen + i, <u8>name.charCodeAt(i));
  }
  setText(tx.path, Account.Http, unseen, name.length);
}
const unseen: usize = memory.data(32, 8);

/** New input comes: what the rules saw of the open response's body is behind them. */
export function commitResponse(state: HttpState): void {
  if (state.responseTx == 0) return;
  const body = changetype<HttpTx>(state.responseTx).responseBody;
  if (body != 0) commitInspection(changetype<Body>(body));
}
