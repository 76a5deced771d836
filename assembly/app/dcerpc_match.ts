/** What DCERPC rules ask of a transaction, whichever protocol carries it. Filled in by app/dcerpc and app/smb. */
import { AppState, Tx } from "./transaction";

/** Operation number of the transaction's request, -1 for none. */
export function dcerpcOpnum(state: AppState, tx: Tx): i32 {
  return -1;
}

/** dcerpc.iface condition at `c` (abi/conditions.ts DcerpcInterfaceField). */
export function dcerpcInterfaceMatches(c: usize, state: AppState, tx: Tx, direction: u32): bool {
  return false;
}
