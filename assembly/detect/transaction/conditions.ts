/** Conditions on a transaction that look at no bytes: numbers, events, DCERPC interfaces. */

import { Field } from "../../abi/buffers";
import {
  CONDITION_LAST,
  CONDITION_NEGATED,
  CompareField,
  Condition,
  DcerpcOpnumField,
  EventField,
  IndexMode,
  Op,
} from "../../abi/conditions";
import { dcerpcInterfaceMatches, dcerpcOpnum } from "../../app/dcerpc_match";
import { foundNumber } from "../../app/number";
import { appNumber } from "../../app/registry";
import { AppState, Tx } from "../../app/transaction";
import { database } from "../../rules/database";
import { traceCondition, traceNumber, tracing } from "../../verdict/trace";
import { Packet } from "../../wire/packet";
import { compareNumber } from "../compare";
import { matchAppLayerProtocol } from "../state/protocol";
import { matchFtpBounce } from "./ftpbounce";

/** Numbers a transaction may have of one kind before the rest is ignored. */
const MAX_INDEX: u32 = 4096;

/** Do all conditions of the chain hold? */
export function matchTransaction(chain: u32, state: AppState, tx: Tx, direction: u32, packet: Packet): bool {
  let c = database + chain;
  while (true) {
    if (!matchOne(c, state, tx, direction, packet)) {
      if (tracing) traceFailed(c);
      return false;
    }
    if ((load<u32>(c, Condition.flags) & CONDITION_LAST) != 0) return true;
    c += load<u16>(c, Condition.length);
  }
}

function traceFailed(c: usize): void {
  if (load<u16>(c, Condition.op) == <u16>Op.TxCompare) traceNumber(<u32>(c - database), foundNumber);
  else traceCondition(<u32>(c - database));
}

function matchOne(c: usize, state: AppState, tx: Tx, direction: u32, packet: Packet): bool {
  switch (<u32>load<u16>(c, Condition.op)) {
    case Op.TxCompare:
      if (<u32>load<u16>(c, CompareField.field) == Field.tls__cert_expired)
        return matchExpired(c, state, tx, direction, packet);
      return matchNumbers(c, state, tx, direction);
    case Op.AppLayerEvent:
      return hasTxEvent(tx, load<u16>(c, EventField.event));
    case Op.TxPresent: {
      const negated = (load<u32>(c, Condition.flags) & CONDITION_NEGATED) != 0;
      return appNumber(state, tx, load<u16>(c, CompareField.field), direction, 0) != negated;
    }
    case Op.DcerpcInterface:
      return dcerpcInterfaceMatches(c, state, tx, direction);
    case Op.DcerpcOpnum:
      return matchOpnum(c, state, tx);
    case Op.AppLayerProtocol:
      return matchAppLayerProtocol(c, packet);
    case Op.FtpBounce:
      return matchFtpBounce(state, tx, packet);
    default:
      return false;
  }
}

/** Is the certificate's time over at the time of the packet? */
function matchExpired(c: usize, state: AppState, tx: Tx, direction: u32, packet: Packet): bool {
  if (!appNumber(state, tx, Field.tls__cert_notafter, direction, 0)) return false;
  return compareNumber(packet.timestamp / 1000000 > foundNumber ? 1 : 0, c);
}

export function hasTxEvent(tx: Tx, event: u32): bool {
  const n = <u32>tx.eventCount;
  for (let i: u32 = 0; i < n; i++) if (tx.event(i) == event) return true;
  return false;
}

function matchOpnum(c: usize, state: AppState, tx: Tx): bool {
  const opnum = dcerpcOpnum(state, tx);
  if (opnum < 0) return false;
  const n = <u32>load<u16>(c, DcerpcOpnumField.count);
  for (let i: u32 = 0; i < n; i++) {
    const range = c + DcerpcOpnumField.ranges + ((<usize>i) << 2);
    if (opnum >= <i32>load<u16>(range) && opnum <= <i32>load<u16>(range, 2)) return true;
  }
  return false;
}

function numbersOf(state: AppState, tx: Tx, field: u32, direction: u32): u32 {
  let n: u32 = 0;
  while (n < MAX_INDEX && appNumber(state, tx, field, direction, n)) n++;
  return n;
}

/** One number or a list of them, by the condition's IndexMode (Suricata manual, multi-integers). */
function matchNumbers(c: usize, state: AppState, tx: Tx, direction: u32): bool {
  const field = <u32>load<u16>(c, CompareField.field);
  const mode = <u32>load<u8>(c, CompareField.index);
  const at = load<i32>(c, CompareField.at);
  if (mode == IndexMode.At) {
    const i = at < 0 ? <i32>numbersOf(state, tx, field, direction) + at : at;
    return i >= 0 && appNumber(state, tx, field, direction, i) && compareNumber(foundNumber, c);
  }
  let n: u32 = 0;
  let held: u32 = 0;
  while (n < MAX_INDEX && appNumber(state, tx, field, direction, n)) {
    if (compareNumber(foundNumber, c)) {
      if (mode == IndexMode.Any) return true;
      held++;
    }
    n++;
  }
  if (mode == IndexMode.Count) return compareNumber(n, c);
  if (mode == IndexMode.All) return n > 0 && held == n;
  return mode == IndexMode.AllOrAbsent && held == n;
}
