/** The body of a request: of known length, or in chunks. */
import { AppEvent } from "../abi/app_events";
import { HttpProgress } from "../abi/progress";
import { finishRequestEntity, requestEntity, requestGap } from "./http1_entity";
import { consume, inputAt, inputIsGap, inputLeft, lineLength, takeLine, wholeLength, wholeLine } from "./http1_input";
import { chunkExtension, chunkLengthOf, isControlLine, mayBeChunkLength } from "./http1_numbers";
import { enterHeaders, keepPart, requestReaches, withinLimit } from "./http1_request_progress";
import { HttpState, HttpTx, NO_LENGTH, RequestState, Step } from "./http1_state";
import { report } from "./http1_transactions";

export function identity(state: HttpState, tx: HttpTx): Step {
  const length = <u32>min<i64>(<i64>inputLeft(), state.requestLeft);
  if (length == 0) return Step.Data;
  if (inputIsGap) requestGap(state, tx, length);
  else requestEntity(state, tx, inputAt, length);
  consume(length);
  state.requestLeft -= <i64>length;
  if (state.requestLeft > 0) return Step.Data;
  state.requestState = RequestState.Finalize;
  finishRequestEntity(tx);
  return Step.Ok;
}

export function chunkLength(state: HttpState, tx: HttpTx): Step {
  const part = state.requestPart;
  for (let length = lineLength(); length > 0; length = lineLength()) {
    if (part.length > 0 && !withinLimit(state, tx, length)) return Step.Error;
    if (!takeLine(part, length)) return Step.Error;
    consume(length);
    tx.requestMessageLength += <u64>wholeLength;
    if (!isControlLine(wholeLine, wholeLength)) return startChunk(state, tx);
  }
  if (part.length > 0 || mayBeChunkLength(inputAt, inputLeft())) return keepPart(state, tx);
  report(state, tx, AppEvent.http__invalid_request_chunk_len);
  return Step.Error;
}

/** The line just taken is a chunk header. */
function startChunk(state: HttpState, tx: HttpTx): Step {
  const size = chunkLengthOf(wholeLine, wholeLength);
  if (chunkExtension) report(state, tx, AppEvent.http__request_chunk_extension);
  if (size < 0) {
    if (size == NO_LENGTH) report(state, tx, AppEvent.http__invalid_request_chunk_len);
    return Step.Error;
  }
  state.requestChunk = size;
  if (size == 0) {
    requestReaches(tx, HttpProgress.Trailer);
    enterHeaders(state);
  } else state.requestState = RequestState.ChunkData;
  return Step.Ok;
}

export function chunkData(state: HttpState, tx: HttpTx): Step {
  const length = <u32>min<i64>(<i64>inputLeft(), state.requestChunk);
  if (length == 0) return Step.Data;
  requestEntity(state, tx, inputAt, length);
  consume(length);
  state.requestChunk -= <i64>length;
  if (state.requestChunk > 0) return Step.Data;
  state.requestState = RequestState.ChunkEnd;
  return Step.Ok;
}

export function chunkEnd(state: HttpState, tx: HttpTx): Step {
  const length = lineLength();
  if (length == 0) {
    tx.requestMessageLength += <u64>inputLeft();
    return keepPart(state, tx);
  }
  tx.requestMessageLength += <u64>length;
  consume(length);
  state.requestState = RequestState.ChunkLength;
  return Step.Ok;
}
