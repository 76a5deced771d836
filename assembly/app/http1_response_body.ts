/** The body of a response: of known length, until the stream closes, or in chunks. */
import { AppEvent } from "../abi/app_events";
import { HttpProgress } from "../abi/progress";
import { finishResponseEntity, responseEntity, responseGap } from "./http1_entity";
import {
  consume,
  inputAt,
  inputIsGap,
  inputLeft,
  lineLength,
  takeLine,
  unconsume,
  wholeLength,
  wholeLine,
} from "./http1_input";
import { BAD_CHUNK, chunkExtension, chunkLengthOf, isControlLine, mayBeChunkLength } from "./http1_numbers";
import { enterHeaders, isClosed, keepPart, responseReaches, withinLimit } from "./http1_response_progress";
import { Coding, HttpState, HttpTx, NO_LENGTH, ResponseState, Step } from "./http1_state";
import { report } from "./http1_transactions";

export function identity(state: HttpState, tx: HttpTx): Step {
  if (isClosed(state)) {
    state.responseState = ResponseState.Finalize;
    finishResponseEntity(tx);
    return Step.Ok;
  }
  const length = <u32>min<i64>(<i64>inputLeft(), state.responseLeft);
  if (length == 0) return Step.Data;
  if (inputIsGap) responseGap(state, tx, length);
  else if (!responseEntity(state, tx, inputAt, length)) return Step.Error;
  consume(length);
  state.responseLeft -= <i64>length;
  if (state.responseLeft > 0) return Step.Data;
  state.responseState = ResponseState.Finalize;
  finishResponseEntity(tx);
  return Step.Ok;
}

export function chunkLength(state: HttpState, tx: HttpTx): Step {
  const part = state.responsePart;
  let length = lineLength();
  for (; length > 0; length = lineLength()) {
    if (part.length > 0 && !withinLimit(state, tx, length)) return Step.Error;
    if (!takeLine(part, length)) return Step.Error;
    consume(length);
    tx.responseMessageLength += <u64>wholeLength;
    if (!isControlLine(wholeLine, wholeLength)) return startChunk(state, tx, length);
  }
  if (part.length > 0 || mayBeChunkLength(inputAt, inputLeft())) return keepPart(state, tx);
  badChunk(state, tx);
  return Step.Ok;
}

/** The line just taken, the last `length` bytes of it from this input, is a chunk header or nothing of the kind. */
function startChunk(state: HttpState, tx: HttpTx, length: u32): Step {
  const size = chunkLengthOf(wholeLine, wholeLength);
  if (size == NO_LENGTH) return Step.Ok;
  if (size == BAD_CHUNK) {
    unconsume(length);
    badChunk(state, tx);
    return Step.Ok;
  }
  if (chunkExtension) report(state, tx, AppEvent.http__response_chunk_extension);
  state.responseChunk = size;
  if (size == 0) {
    responseReaches(tx, HttpProgress.Trailer);
    enterHeaders(state);
  } else state.responseState = ResponseState.ChunkData;
  return Step.Ok;
}

/** What cannot be a chunk is body to its end, as browsers have it. */
function badChunk(state: HttpState, tx: HttpTx): void {
  tx.responseCoding = Coding.Identity;
  state.responseState = ResponseState.UntilClose;
  report(state, tx, AppEvent.http__invalid_response_chunk_len);
}

export function chunkData(state: HttpState, tx: HttpTx): Step {
  if (isClosed(state)) {
    state.responseState = ResponseState.Finalize;
    finishResponseEntity(tx);
    return Step.Ok;
  }
  const length = <u32>min<i64>(<i64>inputLeft(), state.responseChunk);
  if (length == 0) return Step.Data;
  if (!responseEntity(state, tx, inputAt, length)) return Step.Error;
  consume(length);
  state.responseChunk -= <i64>length;
  if (state.responseChunk > 0) return Step.Data;
  state.responseState = ResponseState.ChunkEnd;
  return Step.Ok;
}

export function chunkEnd(state: HttpState, tx: HttpTx): Step {
  const length = lineLength();
  tx.responseMessageLength += <u64>(length == 0 ? inputLeft() : length);
  consume(length == 0 ? inputLeft() : length);
  if (length == 0) return Step.Data;
  state.responseState = ResponseState.ChunkLength;
  return Step.Ok;
}

export function untilClose(state: HttpState, tx: HttpTx): Step {
  const length = inputLeft();
  if (length > 0) {
    if (inputIsGap) responseGap(state, tx, length);
    else if (!responseEntity(state, tx, inputAt, length)) return Step.Error;
    consume(length);
  }
  if (!isClosed(state)) return Step.Data;
  state.responseState = ResponseState.Finalize;
  return Step.Ok;
}
