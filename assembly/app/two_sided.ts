/** Protocols whose conversation is one transaction that keeps what either side said: TLS and SSH. */
import { AppProto, Direction } from "../abi/codes";
import { release } from "../memory/heap";
import { AppState, openState, openTx, Tx } from "./transaction";

/** Both sides' records lie behind the transaction's own fields. */
@unmanaged
export class TwoSidedTx extends Tx {
  client: usize;
  server: usize;

  side(direction: u32): usize {
    return direction == Direction.ToServer ? this.client : this.server;
  }
}

/** A state with its one transaction of `size` bytes and two sides; 0 when memory is refused. */
export function openTwoSided(proto: AppProto, size: u32, sideSize: u32): usize {
  const p = openState(proto, <u32>offsetof<AppState>());
  if (p == 0) return 0;
  const at = openTx(changetype<AppState>(p), size + sideSize * 2);
  if (at == 0) {
    release(p);
    return 0;
  }
  const tx = changetype<TwoSidedTx>(at);
  tx.client = at + size;
  tx.server = tx.client + sideSize;
  return p;
}
