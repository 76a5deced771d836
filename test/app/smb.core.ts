/** The SMB and DCERPC parsers with what a test needs to drive them. */

import { foundNumber } from "../../assembly/app/number";
import { smbBuffer, smbNumber } from "../../assembly/app/smb_buffers";
import { AppState, Tx } from "../../assembly/app/transaction";
import { viewData, viewLength } from "../../assembly/app/view";
import { configureHeap, usedBy } from "../../assembly/memory/heap";

export { dcerpcBuffer, dcerpcParse } from "../../assembly/app/dcerpc";
export { dcerpcOpnum } from "../../assembly/app/dcerpc_match";
export { dcerpcClose, dcerpcOpen } from "../../assembly/app/dcerpc_state";
export { smbParse } from "../../assembly/app/smb";
export { smbClose, smbOpen } from "../../assembly/app/smb_state";
export { configureHeap, smbBuffer, smbNumber, usedBy };

export function transport(state: AppState, proto: u32): void {
  state.transport = <u8>proto;
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
export function data(): usize {
  return viewData;
}
export function length(): u32 {
  return viewLength;
}
export function found(): u32 {
  return <u32>foundNumber;
}
