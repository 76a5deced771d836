/** DCE/RPC inside named pipes: each write, transaction or read holds a PDU (MS-RPCE section 2.1.1.2). */
import { AppEvent } from "../abi/app_events";
import { Direction } from "../abi/codes";
import { SimpleProgress } from "../abi/progress";
import {
  callId,
  checkHeader,
  fragmentLength,
  HEADER_BYTES,
  isLittle,
  PduFlag,
  PduType,
  pduFlags,
  pduType,
  read16,
} from "./dcerpc_header";
import { acknowledgeInterfaces, bindInterfaces, freeInterfaces } from "./dcerpc_interfaces";
import { growStub } from "./dcerpc_state";
import { openSmb, SmbKind, SmbState, SmbTx } from "./smb_state";
import { Tx } from "./transaction";

/** Does the data begin like a PDU? */
export function looksLikePdu(data: usize, length: u32): bool {
  return checkHeader(data, length) && load<u8>(data, 1) == 0 && (load<u8>(data, 4) & 0xee) == 0;
}

function callOf(state: SmbState, session: u64, tree: u32, call: u32): usize {
  for (let p = state.newest; p != 0; p = changetype<Tx>(p).previous) {
    const tx = changetype<SmbTx>(p);
    if (tx.kind != <u8>SmbKind.Dcerpc || tx.call != call || tx.session != session || tx.tree != tree) continue;
    if (<u32>tx.progressToClient < <u32>SimpleProgress.Complete) return p;
  }
  return 0;
}

function openCall(state: SmbState, version: u32, command: u32, session: u64, tree: u32, call: u32): usize {
  const p = openSmb(state, SmbKind.Dcerpc, version, command);
  if (p == 0) return 0;
  const tx = changetype<SmbTx>(p);
  tx.session = session;
  tx.tree = tree;
  tx.call = call;
  tx.requestType = <u8>PduType.Unknown;
  tx.responseType = <u8>PduType.Unknown;
  return p;
}

function grow(tx: SmbTx, direction: u32, data: usize, length: u32): void {
  growStub(tx.stub(direction), data, length);
  if (direction == Direction.ToServer) tx.requestFragments++;
  else tx.responseFragments++;
  tx.touch(direction);
}

/** A PDU to the server. */
export function pipeRequest(
  state: SmbState,
  version: u32,
  command: u32,
  session: u64,
  tree: u32,
  pdu: usize,
  length: u32,
): void {
  const call = callId(pdu);
  const type = pduType(pdu);
  const size = min(fragmentLength(pdu), length) - HEADER_BYTES;
  const body = pdu + HEADER_BYTES;
  const first = (pduFlags(pdu) & PduFlag.FirstFragment) != 0;
  const last = (pduFlags(pdu) & PduFlag.LastFragment) != 0;
  let p: usize = 0;
  if (type == PduType.Request && !first) {
    p = callOf(state, session, tree, call);
    if (p == 0) return;
  } else p = openCall(state, version, command, session, tree, call);
  if (p == 0) return;
  const tx = changetype<SmbTx>(p);
  tx.requestType = <u8>type;
  if (type == PduType.Request) {
    if (size < 8) {
      tx.raise(AppEvent.smb__malformed_data);
      return;
    }
    if (first) tx.opnum = <u16>read16(body + 6, isLittle(pdu));
    grow(tx, Direction.ToServer, body + 8, size - 8);
    if (last) tx.done(Direction.ToServer);
    return;
  }
  if (type == PduType.Bind || type == PduType.AlterContext) {
    if (type == PduType.Bind) freeInterfaces(state.interfaces);
    if (!bindInterfaces(state.interfaces, body, size, isLittle(pdu), true)) tx.raise(AppEvent.smb__malformed_data);
  } else if (type > <u32>PduType.LastKnown) tx.raise(AppEvent.smb__malformed_data);
  tx.done(Direction.ToServer);
}

/** A PDU to the client. */
export function pipeResponse(
  state: SmbState,
  version: u32,
  command: u32,
  session: u64,
  tree: u32,
  pdu: usize,
  length: u32,
): void {
  const call = callId(pdu);
  const type = pduType(pdu);
  const size = min(fragmentLength(pdu), length) - HEADER_BYTES;
  const body = pdu + HEADER_BYTES;
  let p = callOf(state, session, tree, call);
  if (p == 0) p = openCall(state, version, command, session, tree, call);
  if (p == 0) return;
  const tx = changetype<SmbTx>(p);
  tx.responseType = <u8>type;
  tx.answer(0);
  tx.done(Direction.ToServer);
  if (type == PduType.BindAck || type == PduType.AlterContextResponse) {
    if (!acknowledgeInterfaces(state.interfaces, body, size, isLittle(pdu))) tx.raise(AppEvent.smb__malformed_data);
  } else if (type == PduType.Response) {
    if (size >= 8) grow(tx, Direction.ToClient, body + 8, size - 8);
    if ((pduFlags(pdu) & PduFlag.LastFragment) == 0) return;
  }
  tx.done(Direction.ToClient);
}
