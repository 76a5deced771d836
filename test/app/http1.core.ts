/** The HTTP/1 parser with what a test needs to drive it and to look at what it found. */
import { Setting } from "../../assembly/abi/settings";
import { HttpState, HttpTx } from "../../assembly/app/http1_state";
import { viewData, viewFlags, viewLength, viewOffset } from "../../assembly/app/view";
import { configureHeap, usedBy } from "../../assembly/memory/heap";
import { putSetting } from "../../assembly/memory/settings";
import { closeBody, openBody } from "../../assembly/verdict/cbor";

export { http1Close, http1FreeTx, http1Open, http1Parse } from "../../assembly/app/http1";
export { http1Buffer, http1Number } from "../../assembly/app/http1_buffers";
export { http1Log } from "../../assembly/app/http1_log";
export { closeBody, configureHeap, openBody, putSetting, usedBy };

export function oldest(state: HttpState): usize {
  return state.oldest;
}
export function next(tx: HttpTx): usize {
  return tx.next;
}
export function progress(tx: HttpTx, direction: u32): u32 {
  return tx.progress(direction);
}
export function events(tx: HttpTx): u32 {
  return tx.eventCount;
}
export function event(tx: HttpTx, index: u32): u32 {
  return tx.event(index);
}
export function changeTo(state: HttpState): u32 {
  return state.changeTo;
}
export function data(): usize {
  return viewData;
}
export function length(): u32 {
  return viewLength;
}
export function offset(): u32 {
  return <u32>viewOffset;
}
export function flags(): u32 {
  return viewFlags;
}
export function settings(): u32 {
  return Setting.COUNT;
}
