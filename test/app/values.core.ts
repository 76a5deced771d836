/** The protocols that keep values, with what a test needs to feed them and to look at what they kept. */
import { Direction } from "../../assembly/abi/codes";
import { foundNumber } from "../../assembly/app/number";
import { AppState, Tx } from "../../assembly/app/transaction";
import { closeValueState, logValues, openValueState, parseValues } from "../../assembly/app/value_protocols";
import { valueBuffer, valueNumber } from "../../assembly/app/values";
import { viewData, viewLength } from "../../assembly/app/view";
import { Account, configureHeap, usedBy } from "../../assembly/memory/heap";
import { closeBody, openBody } from "../../assembly/verdict/cbor";

export { configureHeap, parseValues };

export function open(proto: u32, transport: u32): usize {
  const state = openValueState(proto);
  changetype<AppState>(state).transport = <u8>transport;
  return state;
}

/** Bytes still held after the state is gone. */
export function close(state: AppState): u32 {
  closeValueState(state);
  return usedBy(Account.App);
}

/** Transactions; each was written into an event at `body`. */
export function logAll(state: AppState, body: usize, capacity: u32): u32 {
  let n: u32 = 0;
  for (let at = state.oldest; at != 0; at = changetype<Tx>(at).next) {
    openBody(body, capacity);
    logValues(changetype<Tx>(at));
    closeBody();
    n++;
  }
  return n;
}

/** Address of the first value of a buffer in any transaction of either direction, its bytes in `length`; 0 for none. */
export function text(state: AppState, buffer: u32, index: u32): usize {
  for (let at = state.oldest; at != 0; at = changetype<Tx>(at).next) {
    const tx = changetype<Tx>(at);
    if (valueBuffer(tx, buffer, Direction.ToServer, index) || valueBuffer(tx, buffer, Direction.ToClient, index))
      return viewData;
  }
  return 0;
}

export function length(): u32 {
  return viewLength;
}

/** The first number of a field in any transaction, below 0 for none. */
export function numeral(state: AppState, field: u32, index: u32): i32 {
  for (let at = state.oldest; at != 0; at = changetype<Tx>(at).next) {
    const tx = changetype<Tx>(at);
    if (valueNumber(tx, field, Direction.ToServer, index) || valueNumber(tx, field, Direction.ToClient, index))
      return <i32>foundNumber;
  }
  return -1;
}
