/** How far a response has come, for the parser and for detection, and what of its input is kept until more is there. */
import { AppEvent } from "../abi/app_events";
import { Direction } from "../abi/codes";
import { HttpProgress } from "../abi/progress";
import { Setting } from "../abi/settings";
import { Account } from "../memory/heap";
import { setting } from "../memory/settings";
import { consume, inputAt, inputIsGap, inputLeft, recordFrom, recordHere } from "./http1_input";
import { HttpState, HttpTx, ResponseState, Step, Stream } from "./http1_state";
import { report } from "./http1_transactions";
import { appendText } from "./text";
import { TxFlag } from "./transaction";

export function responseReaches(tx: HttpTx, progress: HttpProgress): void {
  tx.responseProgress = progress;
  tx.advance(Direction.ToClient, progress);
}

export function withinLimit(state: HttpState, tx: HttpTx, more: u32): bool {
  if (more == 0) return true;
  if (state.responseLineLength + state.responseFieldsLength + more <= setting(Setting.HttpMetaFieldLimit)) return true;
  report(state, tx, AppEvent.http__response_field_too_long);
  return false;
}

export function keepPart(state: HttpState, tx: HttpTx): Step {
  if (!withinLimit(state, tx, inputLeft())) return Step.Error;
  if (!appendText(state.responsePart, Account.Http, inputAt, inputLeft())) return Step.Error;
  consume(inputLeft());
  return Step.Data;
}

export function enterHeaders(state: HttpState): void {
  state.responseState = ResponseState.Headers;
  state.responseRecords = true;
  recordHere();
}

/** Adds what was consumed of the header section to `http.header.raw`. */
export function recordResponse(state: HttpState): void {
  if (!state.responseRecords || state.responseTx == 0 || inputIsGap) return;
  const tx = changetype<HttpTx>(state.responseTx);
  if (inputAt == recordFrom) return;
  tx.flags |= TxFlag.UpdatedToClient;
  appendText(tx.responseRaw, Account.Http, recordFrom, <u32>(inputAt - recordFrom));
  recordHere();
}

/** The stream is over in this direction. */
export function isClosed(state: HttpState): bool {
  return state.responseStream == Stream.Closed;
}
