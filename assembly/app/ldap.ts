/**
 * LDAP (RFC 4511) over TCP and UDP. A request opens a transaction; the responses with its message id join it until one ends the operation.
 */
import { AppEvent } from "../abi/app_events";
import { Buffer, Field } from "../abi/buffers";
import { AppProto, Direction, IpProto } from "../abi/codes";
import { contentNumber, elementSize, expect } from "./ber";
import { contentAt, contentLength, elementTag, readElement } from "./der";
import { noteFrame } from "./frame";
import { InputFlag, PARSE_ERROR } from "./input";
import { AppState, openState, Tx } from "./transaction";
import { completeValues, keep, keepNumber, numberOf, openValues, raiseOnNewest, setNumber, ValueTx } from "./values";

/** Operations by the number of their application tag (RFC 4511 section 4.2 and following). */
export enum LdapOp {
  BindRequest = 0,
  BindResponse = 1,
  UnbindRequest = 2,
  SearchRequest = 3,
  SearchResultEntry = 4,
  SearchResultDone = 5,
  ModifyRequest = 6,
  ModifyResponse = 7,
  AddRequest = 8,
  AddResponse = 9,
  DelRequest = 10,
  DelResponse = 11,
  ModDnRequest = 12,
  ModDnResponse = 13,
  CompareRequest = 14,
  CompareResponse = 15,
  AbandonRequest = 16,
  SearchResultReference = 19,
  ExtendedRequest = 23,
  ExtendedResponse = 24,
  IntermediateResponse = 25,
}

/** Key of the messages themselves, for EVE. */
export const LDAP_MESSAGE: u32 = 0x7000;
/** max-tx, and the longest message taken. */
const MAX_LIVE: u32 = 256;
const MAX_MESSAGE: u32 = 1 << 20;
/** `kind` of a transaction that is over. */
const OVER: u32 = 1;

export function ldapOpen(): usize {
  return openState(AppProto.Ldap, <u32>offsetof<AppState>());
}

/** Of the message read last. */
export let messageId: u32 = 0;
export let operation: u32 = 0;
/** Content of the operation. */
export let operationAt: usize = 0;
export let operationEnd: usize = 0;

function isOperation(tag: u32): bool {
  if ((tag & 0xc0) != 0x40) return false;
  const n = tag & 0x1f;
  return n <= 16 || n == 19 || (n >= 23 && n <= 25);
}

/** Reads id and operation of the message at `data`, whole. False: no LDAP. */
export function readMessage(data: usize, length: u32): bool {
  const end = data + length;
  if (expect(data, end, 0x30) == 0) return false;
  const stop = contentAt + contentLength;
  const at = expect(contentAt, stop, 0x02);
  if (at == 0 || contentLength > 5) return false;
  messageId = <u32>contentNumber();
  if (readElement(at, stop) == 0 || !isOperation(elementTag)) return false;
  operation = elementTag & 0x1f;
  operationAt = contentAt;
  operationEnd = contentAt + contentLength;
  return true;
}

/** Keeps the content of each element's first child, or of each element (`plain`). */
function keepList(tx: ValueTx, buffer: u32, direction: u32, from: usize, end: usize, plain: bool): void {
  let at = from;
  while (at != 0 && at < end) {
    at = readElement(at, end);
    if (at == 0) return;
    if (!plain && readElement(contentAt, contentAt + contentLength) == 0) continue;
    keep(tx, buffer, direction, contentAt, contentLength);
  }
}

function request(tx: ValueTx): void {
  const direction = Direction.ToServer;
  const end = operationEnd;
  keepNumber(tx, Field.ldap__request__operation, direction, operation);
  let at = operationAt;
  switch (operation) {
    case LdapOp.DelRequest:
      keep(tx, Buffer.ldap__request__dn, direction, at, <u32>(end - at));
      return;
    case LdapOp.BindRequest:
      at = expect(at, end, 0x02);
      if (at != 0 && expect(at, end, 0x04) != 0)
        keep(tx, Buffer.ldap__request__dn, direction, contentAt, contentLength);
      return;
    case LdapOp.SearchRequest:
    case LdapOp.ModifyRequest:
    case LdapOp.AddRequest:
    case LdapOp.ModDnRequest:
    case LdapOp.CompareRequest:
      break;
    default:
      return;
  }
  at = expect(at, end, 0x04);
  if (at == 0) return;
  keep(tx, Buffer.ldap__request__dn, direction, contentAt, contentLength);
  if (operation == LdapOp.ModDnRequest) return;
  // scope, derefAliases, sizeLimit, timeLimit, typesOnly, filter
  if (operation == LdapOp.SearchRequest) for (let i: u32 = 0; i < 6 && at != 0; i++) at = readElement(at, end);
  if (expect(at, end, 0x30) == 0) return;
  const stop = contentAt + contentLength;
  const list = contentAt;
  if (operation == LdapOp.CompareRequest) {
    if (readElement(list, stop) != 0)
      keep(tx, Buffer.ldap__request__attribute_type, direction, contentAt, contentLength);
  } else if (operation == LdapOp.ModifyRequest) changes(tx, list, stop);
  else keepList(tx, Buffer.ldap__request__attribute_type, direction, list, stop, operation == LdapOp.SearchRequest);
}

/** Each change is the kind of change and an attribute. */
function changes(tx: ValueTx, from: usize, end: usize): void {
  let at = from;
  while (at != 0 && at < end) {
    at = readElement(at, end);
    if (at == 0) return;
    const stop = contentAt + contentLength;
    const attribute = expect(contentAt, stop, 0x0a);
    if (expect(attribute, stop, 0x30) == 0) continue;
    if (readElement(contentAt, contentAt + contentLength) != 0)
      keep(tx, Buffer.ldap__request__attribute_type, Direction.ToServer, contentAt, contentLength);
  }
}

/** Has this response a result (RFC 4511 section 4.1.9)? It ends the operation then. */
export function hasResult(op: u32): bool {
  switch (op) {
    case LdapOp.BindResponse:
    case LdapOp.SearchResultDone:
    case LdapOp.ModifyResponse:
    case LdapOp.AddResponse:
    case LdapOp.DelResponse:
    case LdapOp.ModDnResponse:
    case LdapOp.CompareResponse:
    case LdapOp.ExtendedResponse:
      return true;
    default:
      return false;
  }
}

function response(tx: ValueTx): void {
  const direction = Direction.ToClient;
  const end = operationEnd;
  keepNumber(tx, Field.ldap__responses__operation, direction, operation);
  setNumber(tx, Field.ldap__responses__count, direction, numberOf(tx, Field.ldap__responses__count, direction) + 1);
  let at = operationAt;
  if (hasResult(operation)) {
    at = expect(at, end, 0x0a);
    if (at == 0) return;
    keepNumber(tx, Field.ldap__responses__result_code, direction, contentNumber());
    at = expect(at, end, 0x04);
    if (at == 0) return;
    keep(tx, Buffer.ldap__responses__dn, direction, contentAt, contentLength);
    if (expect(at, end, 0x04) != 0) keep(tx, Buffer.ldap__responses__message, direction, contentAt, contentLength);
  } else if (operation == LdapOp.SearchResultEntry) {
    at = expect(at, end, 0x04);
    if (at == 0) return;
    keep(tx, Buffer.ldap__responses__dn, direction, contentAt, contentLength);
    if (expect(at, end, 0x30) != 0)
      keepList(tx, Buffer.ldap__responses__attribute_type, direction, contentAt, contentAt + contentLength, false);
  }
}

function find(state: AppState, id: u32): ValueTx | null {
  for (let p = state.oldest; p != 0; p = changetype<Tx>(p).next) {
    const tx = changetype<ValueTx>(p);
    if (tx.mark == id && tx.count == 1) return tx;
  }
  return null;
}

function finish(tx: ValueTx): void {
  tx.kind = OVER;
  completeValues(tx);
}

/** A new transaction; the oldest open one is given up when there are too many. */
function begin(state: AppState): ValueTx | null {
  if (state.live > MAX_LIVE)
    for (let p = state.oldest; p != 0; p = changetype<Tx>(p).next) {
      const old = changetype<ValueTx>(p);
      if (old.kind == OVER) continue;
      old.raise(AppEvent.ldap__too_many_transactions);
      finish(old);
      break;
    }
  return openValues(state);
}

function take(state: AppState, direction: u32, data: usize, length: u32): bool {
  if (direction == Direction.ToServer) {
    const tx = begin(state);
    if (tx == null) return false;
    tx.mark = messageId;
    // `count` 1: it has a request, so responses may be looked for.
    tx.count = 1;
    request(tx);
    keep(tx, LDAP_MESSAGE, direction, data, length);
    if (operation == LdapOp.UnbindRequest) finish(tx);
    return true;
  }
  let tx = find(state, messageId);
  const known = tx != null;
  if (tx == null) tx = begin(state);
  if (tx == null) return false;
  const last = hasResult(operation);
  response(tx);
  keep(tx, LDAP_MESSAGE, direction, data, length);
  tx.touch(direction);
  if (!known && operation != LdapOp.ExtendedResponse) tx.raise(AppEvent.ldap__request_not_found);
  if (!known || last) finish(tx);
  return true;
}

export function ldapParse(state: AppState, direction: u32, data: usize, length: u32, flags: u32): i32 {
  if ((flags & InputFlag.Gap) != 0) return PARSE_ERROR;
  let at: u32 = 0;
  while (at < length) {
    const size = elementSize(data + at, length - at, MAX_MESSAGE);
    if (size == 0 && state.transport == <u8>IpProto.Tcp) return <i32>at;
    if (size == 0) raiseOnNewest(state, direction, AppEvent.ldap__incomplete_data);
    if (size <= 0 || !readMessage(data + at, <u32>size)) {
      if (size != 0) raiseOnNewest(state, direction, AppEvent.ldap__invalid_data);
      return PARSE_ERROR;
    }
    noteFrame(state, direction, "pdu", data + at, size);
    if (!take(state, direction, data + at, <u32>size)) return PARSE_ERROR;
    at += <u32>size;
  }
  return <i32>length;
}
