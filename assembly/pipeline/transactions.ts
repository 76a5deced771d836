/** The end of transactions: logged once complete, freed once complete and inspected. */
import { Direction } from "../abi/codes";
import { freeTx, isComplete } from "../app/registry";
import { AppState, Tx, TxFlag } from "../app/transaction";
import { freeRuleState } from "../detect/transaction/rule_state";
import { Flow } from "../flow/flow";
import { isLogged, reportTransaction } from "../report/transaction";
import { Packet } from "../wire/packet";

const SEEN_TO_SERVER: u32 = TxFlag.InspectedToServer | TxFlag.SkipToServer;
const SEEN_TO_CLIENT: u32 = TxFlag.InspectedToClient | TxFlag.SkipToClient;

function isInspected(tx: Tx): bool {
  return (tx.flags & SEEN_TO_SERVER) != 0 && (tx.flags & SEEN_TO_CLIENT) != 0;
}

/** Logs and frees what is finished. `uninspected`: detection does not look at this flow; `last`: the flow ends, log everything. */
export function finishTransactions(packet: Packet, flow: Flow, uninspected: bool, last: bool): void {
  if (flow.app == 0) return;
  const state = changetype<AppState>(flow.app);
  let at = state.oldest;
  while (at != 0) {
    const tx = changetype<Tx>(at);
    at = tx.next;
    const complete = isComplete(tx);
    if (!complete && !last) continue;
    if ((tx.flags & TxFlag.LoggedDone) == 0) {
      tx.flags |= TxFlag.LoggedDone;
      if (isLogged(tx.proto)) reportTransaction(packet, state, tx);
    }
    if (complete && (uninspected || isInspected(tx))) {
      freeRuleState(tx);
      freeTx(state, tx);
    }
  }
}

/** Frees the rule state of every transaction; before the flow's application state goes. */
export function dropRuleStates(flow: Flow): void {
  if (flow.app == 0) return;
  for (let at = changetype<AppState>(flow.app).oldest; at != 0; at = changetype<Tx>(at).next)
    freeRuleState(changetype<Tx>(at));
}

/** Has a transaction data of this direction that detection did not see to its end? */
export function isUnfinished(flow: Flow, direction: u32): bool {
  if (flow.app == 0) return false;
  const seen = direction == Direction.ToServer ? SEEN_TO_SERVER : SEEN_TO_CLIENT;
  for (let at = changetype<AppState>(flow.app).oldest; at != 0; at = changetype<Tx>(at).next) {
    if ((changetype<Tx>(at).flags & seen) == 0) return true;
  }
  return false;
}
