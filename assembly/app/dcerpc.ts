/**
 * DCE/RPC over TCP (C706 chapter 12, MS-RPCE): PDUs one after the other. A transaction is a call id with the request and the response
 * of one kind: bind and bind_ack, alter_context and its response, request and response.
 */
import { Buffer } from "../abi/buffers";
import { Direction, IpProto } from "../abi/codes";
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
import { acknowledgeInterfaces, bindInterfaces } from "./dcerpc_interfaces";
import { DcerpcState, DcerpcTx, openCall } from "./dcerpc_state";
import { dcerpcDatagram } from "./dcerpc_udp";
import { noteFrame } from "./frame";
import { InputFlag, PARSE_ERROR } from "./input";
import { AppState, Tx } from "./transaction";
import { ViewFlag, viewWindow } from "./view";

export function dcerpcParse(base: AppState, direction: u32, data: usize, length: u32, flags: u32): i32 {
  const state = changetype<DcerpcState>(changetype<usize>(base));
  if (state.transport == <u8>IpProto.Udp) return dcerpcDatagram(state, direction, data, length);
  const midstream: u32 = InputFlag.Start | InputFlag.Midstream;
  const bit = <u8>((<u32>1) << direction);
  if ((flags & InputFlag.Gap) != 0) {
    state.lost = <u8>(state.lost | bit);
    return <i32>length;
  }
  if ((flags & midstream) == midstream) state.lost = <u8>(state.lost | bit);
  let at: u32 = 0;
  if ((state.lost & bit) != 0) {
    at = search(data, length);
    if (length - at < 2) return <i32>at;
    state.lost = <u8>(state.lost & ~(<u32>bit));
  }
  while (length - at >= HEADER_BYTES) {
    const pdu = data + at;
    if (!checkHeader(pdu, length - at)) return PARSE_ERROR;
    const size = fragmentLength(pdu);
    if (length - at < size) break;
    noteFrame(state, direction, "pdu", pdu, size);
    noteFrame(state, direction, "hdr", pdu, HEADER_BYTES);
    if (size > HEADER_BYTES) noteFrame(state, direction, "data", pdu + HEADER_BYTES, size - HEADER_BYTES);
    if (!take(state, direction, pdu, size)) return PARSE_ERROR;
    at += size;
  }
  return <i32>at;
}

/** Bytes before the next version 5.0; all but the last when there is none. */
function search(data: usize, length: u32): u32 {
  let at: u32 = 0;
  for (; length - at >= 2; at++) if (load<u8>(data + at) == 5 && load<u8>(data + at, 1) == 0) return at;
  return at;
}

/** One whole PDU. False: the conversation is given up. */
function take(state: DcerpcState, direction: u32, pdu: usize, size: u32): bool {
  state.minorVersion = load<u8>(pdu, 1);
  const body = pdu + HEADER_BYTES;
  const length = size - HEADER_BYTES;
  switch (pduType(pdu)) {
    case PduType.Bind:
    case PduType.AlterContext:
      return bind(state, pdu, body, length);
    case PduType.BindAck:
    case PduType.AlterContextResponse:
      return acknowledge(state, pdu, body, length);
    case PduType.Request:
      return request(state, pdu, body, length);
    case PduType.Response:
      return response(state, pdu, body, length);
    default:
      return pduType(pdu) <= <u32>PduType.LastKnown;
  }
}

function bind(state: DcerpcState, pdu: usize, body: usize, length: u32): bool {
  const little = isLittle(pdu);
  const first = (pduFlags(pdu) & PduFlag.FirstFragment) != 0;
  if (!bindInterfaces(state.interfaces, body, length, little, first)) return false;
  const p = openCall(state, callId(pdu), little);
  if (p == 0) return false;
  const tx = changetype<DcerpcTx>(p);
  tx.requestType = <u8>pduType(pdu);
  tx.responseType = <u8>answerOf(pduType(pdu));
  tx.requestFragments = 1;
  tx.done(Direction.ToServer);
  return true;
}

function acknowledge(state: DcerpcState, pdu: usize, body: usize, length: u32): bool {
  if (!acknowledgeInterfaces(state.interfaces, body, length, isLittle(pdu))) return false;
  const p = callOf(state, pdu, Direction.ToClient);
  if (p == 0) return false;
  const tx = changetype<DcerpcTx>(p);
  tx.responseFragments = 1;
  tx.done(Direction.ToClient);
  return true;
}

function answerOf(type: u32): u32 {
  if (type == PduType.Request) return PduType.Response;
  if (type == PduType.Bind) return PduType.BindAck;
  return type == PduType.AlterContext ? PduType.AlterContextResponse : PduType.Unknown;
}

/** The transaction a PDU belongs to; a new one when there is none; 0 without room. */
function callOf(state: DcerpcState, pdu: usize, direction: u32): usize {
  const id = callId(pdu);
  const type = pduType(pdu);
  for (let p = state.oldest; p != 0; p = changetype<Tx>(p).next) {
    const tx = changetype<DcerpcTx>(p);
    if (tx.call != id) continue;
    const fits =
      direction == Direction.ToServer ? <u32>tx.responseType == answerOf(type) : answerOf(tx.requestType) == type;
    if (!fits) continue;
    if (direction == Direction.ToClient) tx.responseType = <u8>type;
    return p;
  }
  const p = openCall(state, id, isLittle(pdu));
  if (p == 0) return 0;
  if (direction == Direction.ToServer) changetype<DcerpcTx>(p).requestType = <u8>type;
  else changetype<DcerpcTx>(p).responseType = <u8>type;
  return p;
}

function request(state: DcerpcState, pdu: usize, body: usize, length: u32): bool {
  if (length < 8) return false;
  const p = callOf(state, pdu, Direction.ToServer);
  if (p == 0) return false;
  const tx = changetype<DcerpcTx>(p);
  const little = isLittle(pdu);
  tx.context = <u16>read16(body + 4, little);
  tx.opnum = <u16>read16(body + 6, little);
  tx.requested = true;
  stub(tx, pdu, Direction.ToServer, body + 8, length - 8);
  return true;
}

function response(state: DcerpcState, pdu: usize, body: usize, length: u32): bool {
  const p = callOf(state, pdu, Direction.ToClient);
  if (p == 0) return false;
  stub(changetype<DcerpcTx>(p), pdu, Direction.ToClient, body, length);
  return true;
}

function stub(tx: DcerpcTx, pdu: usize, direction: u32, data: usize, length: u32): void {
  tx.grow(direction, data, length);
  if (direction == Direction.ToServer) tx.requestFragments = 1;
  else tx.responseFragments = 1;
  if (length > 0 || (pduFlags(pdu) & PduFlag.LastFragment) != 0) tx.done(direction);
}

export function dcerpcBuffer(_state: AppState, base: Tx, buffer: u32, direction: u32, index: u32): bool {
  if (buffer != Buffer.dcerpc__stub_data || index > 0) return false;
  const tx = changetype<DcerpcTx>(changetype<usize>(base));
  const found = tx.stub(direction);
  if (found.length == 0) return false;
  const flags: u32 = ViewFlag.Start | ViewFlag.End | (tx.little ? ViewFlag.DcerpcLittle : 0);
  return viewWindow(found.data, found.length, 0, flags);
}
