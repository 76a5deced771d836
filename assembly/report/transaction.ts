/** Transaction events (`http`, `dns`, `tls` ...): what a protocol saw, once a transaction is complete. */
import { Direction } from "../abi/codes";
import { EventRecord, EventType } from "../abi/frames";
import { Setting } from "../abi/settings";
import { logApp } from "../app/registry";
import { AppState, Tx } from "../app/transaction";
import { setting } from "../memory/settings";
import { bodyLength } from "../verdict/cbor";
import { closeEvent } from "../verdict/event";
import { Packet } from "../wire/packet";
import { openPacketEvent } from "./header";

/** Is the protocol's transaction event asked for? */
export function isLogged(proto: u32): bool {
  const bits = setting(proto < 32 ? Setting.LogTxLow : Setting.LogTxHigh);
  return ((bits >> (proto & 31)) & 1) != 0;
}

/** Writes the event of a transaction, from the client's side whatever direction the packet has. */
export function reportTransaction(packet: Packet, state: AppState, tx: Tx): void {
  const record = openPacketEvent(EventType.Tx, packet);
  if (record == 0) return;
  store<u64>(record, tx.id, EventRecord.txId);
  if (packet.direction == <u8>Direction.ToClient) swapEnds(record);
  const before = bodyLength();
  logApp(state, tx);
  // A protocol that wrote nothing has nothing to say about this transaction.
  if (bodyLength() > before) closeEvent(record);
}

function swapEnds(record: usize): void {
  for (let i: usize = 0; i < 16; i += 8) {
    const source = load<u64>(record + EventRecord.source + i);
    store<u64>(record + EventRecord.source + i, load<u64>(record + EventRecord.destination + i));
    store<u64>(record + EventRecord.destination + i, source);
  }
  const port = load<u16>(record, EventRecord.sourcePort);
  store<u16>(record, load<u16>(record, EventRecord.destinationPort), EventRecord.sourcePort);
  store<u16>(record, port, EventRecord.destinationPort);
}
