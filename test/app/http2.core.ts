/** The HTTP/2 parser with what a test needs to drive it and to look at what it found. */

import { foundNumber } from "../../assembly/app/number";
import { AppState, Tx } from "../../assembly/app/transaction";
import { viewData, viewLength } from "../../assembly/app/view";
import { Account, configureHeap, usedBy } from "../../assembly/memory/heap";

export { http2Close, http2Open, http2Parse } from "../../assembly/app/http2";
export { http2Buffer, http2Number } from "../../assembly/app/http2_buffers";
export { configureHeap };

export function held(): u32 {
  return usedBy(Account.Http) + usedBy(Account.App) + usedBy(Account.File);
}
export function oldest(state: AppState): usize {
  return state.oldest;
}
export function next(tx: Tx): usize {
  return tx.next;
}
export function progress(tx: Tx, direction: u32): u32 {
  return tx.progress(direction);
}
export function events(tx: Tx): u32 {
  return tx.eventCount;
}
export function event(tx: Tx, index: u32): u32 {
  return tx.event(index);
}
export function proto(state: AppState): u32 {
  return state.proto;
}
export function data(): usize {
  return viewData;
}
export function length(): u32 {
  return viewLength;
}
export function found(): u32 {
  return <u32>foundNumber;
}
