/** How far a request has come, for the parser and for detection, and what of its input is kept until more is there. */
import { AppEvent } from "../abi/app_events";
import { Direction } from "../abi/codes";
import { HttpProgress } from "../abi/progress";
import { Setting } from "../abi/settings";
import { Account } from "../memory/heap";
import { setting } from "../memory/settings";
import { consume, inputAt, inputIsGap, inputLeft, recordFrom, recordHere } from "./http1_input";
import { HttpState, HttpTx, RequestState, Step } from "./http1_state";
import { report } from "./http1_transactions";
import { appendText } from "./text";
import { TxFlag } from "./transaction";

/** `meta-field-limit`: bounds what is kept of an unfinished line or header section. */
export function withinLimit(state: HttpState, tx: HttpTx, more: u32): bool {
  if (more == 0) return true;
  if (state.requestLineLength + state.requestFieldsLength + more <= setting(Setting.HttpMetaFieldLimit)) return true;
  report(state, tx, AppEvent.http__request_field_too_long);
  return false;
}

/** Keeps the rest of the input for the line it starts. */
export function keepPart(state: HttpState, tx: HttpTx): Step {
  if (!withinLimit(state, tx, inputLeft())) return Step.Error;
  if (!appendText(state.requestPart, Account.Http, inputAt, inputLeft())) return Step.Error;
  consume(inputLeft());
  return Step.Data;
}

export function enterHeaders(state: HttpState): void {
  state.requestState = RequestState.Headers;
  state.requestRecords = true;
  recordHere();
}

/** Adds what was consumed of the header section to `http.header.raw`. */
export function recordRequest(state: HttpState): void {
  if (!state.requestRecords || state.requestTx == 0 || inputIsGap) return;
  const tx = changetype<HttpTx>(state.requestTx);
  if (inputAt == recordFrom) return;
  tx.flags |= TxFlag.UpdatedToServer;
  appendText(tx.requestRaw, Account.Http, recordFrom, <u32>(inputAt - recordFrom));
  recordHere();
}

/** Moves the request's progress, here and for detection. */
export function requestReaches(tx: HttpTx, progress: HttpProgress): void {
  tx.requestProgress = progress;
  tx.advance(Direction.ToServer, progress);
}
