/** Every protocol behind the registry, with what a test needs to drive it and to look at what it found. */
import { Setting } from "../../assembly/abi/settings";
import { Expected, freeExpected } from "../../assembly/app/expected";
import { foundNumber } from "../../assembly/app/number";
import { adoptExpected } from "../../assembly/app/registry";
import { AppState, Tx } from "../../assembly/app/transaction";
import { viewData, viewLength } from "../../assembly/app/view";
import { capAccount, configureHeap, usedBy } from "../../assembly/memory/heap";
import { putSetting } from "../../assembly/memory/settings";
import { bodyOverflow, closeBody, openBody } from "../../assembly/verdict/cbor";

export {
  appBuffer,
  appNumber,
  closeApp,
  freeTx,
  hasParser,
  isComplete,
  logApp,
  openApp,
  parseApp,
} from "../../assembly/app/registry";
export { capAccount, closeBody, configureHeap, openBody, putSetting, usedBy };

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
export function changeTo(state: AppState): u32 {
  return state.changeTo;
}
export function setTransport(state: AppState, transport: u32): void {
  state.transport = <u8>transport;
}
/** The StateFlag bits since the last call. */
export function takeFlags(state: AppState): u32 {
  const flags = state.flags;
  state.flags = 0;
  return flags;
}
export function expected(state: AppState): usize {
  return state.expected;
}
/** The state of the connection that was announced, 0 without one. */
export function adopt(state: AppState): usize {
  const announced = state.expected;
  state.expected = 0;
  if (announced == 0) return 0;
  const fresh = adoptExpected(changetype<Expected>(announced), 6);
  freeExpected(announced);
  return fresh;
}
export function dropExpected(state: AppState): void {
  freeExpected(state.expected);
  state.expected = 0;
}
export function data(): usize {
  return viewData;
}
export function length(): u32 {
  return viewLength;
}
export function found(): u64 {
  return foundNumber;
}
export function overflow(): bool {
  return bodyOverflow;
}
export function settings(): u32 {
  return Setting.COUNT;
}
