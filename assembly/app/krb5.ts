/**
 * Kerberos 5 (RFC 4120) over UDP and TCP (a length before each message). Each message is a transaction of its own, as in Suricata 8.
 */
import { AppEvent } from "../abi/app_events";
import { Buffer, Field } from "../abi/buffers";
import { AppProto, IpProto } from "../abi/codes";
import { KrbEncryptionBit } from "../abi/krb5";
import { array, end, flag, map, text, word } from "../verdict/cbor";
import { be32 } from "../wire/bytes";
import { contentNumber, contentSigned, expect } from "./ber";
import { contentAt, contentLength, elementTag, readElement } from "./der";
import { InputFlag, PARSE_ERROR } from "./input";
import { foundNumber } from "./number";
import { AppState, openState, Tx } from "./transaction";
import {
  EITHER,
  keep,
  keepNumber,
  logNumber,
  logText,
  openMessage,
  raiseOnNewest,
  ValueTx,
  valueBuffer,
  valueNumber,
} from "./values";
import { viewData, viewLength } from "./view";

/** Message types: the numbers of their application tags. */
export enum KrbType {
  AsReq = 10,
  AsRep = 11,
  TgsReq = 12,
  TgsRep = 13,
  ApReq = 14,
  ApRep = 15,
  Error = 30,
}

/** Implementations refuse larger requests. */
const MAX_RECORD: u32 = 16384;
const MAX_LIVE: u32 = 1024;
/** Keys of what EVE alone shows. */
const REALM: u32 = 0x7000;
const ENCRYPTION: u32 = 0x7001;
const TICKET_ENCRYPTION: u32 = 0x7002;
/** No type of encryption. */
const NO_TYPE: i64 = i64.MIN_VALUE;

export function krb5Open(): usize {
  return openState(AppProto.Krb5, <u32>offsetof<AppState>());
}

/** Content of the member with this context tag in the sequence between `at` and `stop`, its end in `memberEnd`; 0 for none. */
let memberEnd: usize = 0;

function member(from: usize, stop: usize, tag: u32): usize {
  let at = from;
  while (at != 0 && at < stop) {
    at = readElement(at, stop);
    if (at != 0 && elementTag == (0xa0 | tag)) {
      memberEnd = contentAt + contentLength;
      return contentAt;
    }
  }
  return 0;
}

/** Keeps the strings of a PrincipalName (RFC 4120 section 5.2.2). */
function principal(tx: ValueTx, buffer: u32, direction: u32, from: usize, stop: usize, tag: u32): void {
  let at = member(from, stop, tag);
  if (at == 0 || expect(at, memberEnd, 0x30) == 0) return;
  at = member(contentAt, contentAt + contentLength, 1);
  if (at == 0 || expect(at, memberEnd, 0x30) == 0) return;
  const last = contentAt + contentLength;
  at = contentAt;
  while (at != 0 && at < last) {
    at = readElement(at, last);
    if (at != 0) keep(tx, buffer, direction, contentAt, contentLength);
  }
}

function realm(tx: ValueTx, direction: u32, from: usize, stop: usize, tag: u32): void {
  const at = member(from, stop, tag);
  if (at != 0 && readElement(at, memberEnd) != 0) keep(tx, REALM, direction, contentAt, contentLength);
}

/** AS-REQ, TGS-REQ: the names lie in the body. */
function request(tx: ValueTx, direction: u32, from: usize, stop: usize): void {
  const body = member(from, stop, 4);
  if (body == 0 || expect(body, memberEnd, 0x30) == 0) return;
  const at = contentAt;
  const last = contentAt + contentLength;
  principal(tx, Buffer.krb5_cname, direction, at, last, 1);
  realm(tx, direction, at, last, 2);
  principal(tx, Buffer.krb5_sname, direction, at, last, 3);
}

/** etype of the EncryptedData in a member, NO_TYPE for none. */
function encryption(from: usize, stop: usize, tag: u32): i64 {
  let at = member(from, stop, tag);
  if (at == 0 || expect(at, memberEnd, 0x30) == 0) return NO_TYPE;
  at = member(contentAt, contentAt + contentLength, 0);
  return at != 0 && expect(at, memberEnd, 0x02) != 0 ? contentSigned() : NO_TYPE;
}

function ticketEncryption(tx: ValueTx, direction: u32, etype: i64): void {
  if (etype == NO_TYPE) return;
  keepNumber(tx, TICKET_ENCRYPTION, direction, <u64>etype);
  keepNumber(tx, Field.krb5__ticket_weak, direction, isWeak(<u32>etype) ? 1 : 0);
  const bit = encryptionBit(etype);
  if (bit >= 0) keepNumber(tx, Field.krb5__ticket_encryption, direction, (<u64>1) << (<u64>bit));
}

/** The bit of a type (abi/krb5.ts), below 0 for none. */
function encryptionBit(type: i64): i32 {
  if (type >= 0 && type < <i64>KrbEncryptionBit.Plain) return <i32>type;
  if (type == 65) return KrbEncryptionBit.SubkeyKeyMaterial;
  return type <= -128 && type >= -149 ? KrbEncryptionBit.Negative + <i32>(-128 - type) : -1;
}

/** AS-REP, TGS-REP. */
function reply(tx: ValueTx, direction: u32, from: usize, stop: usize): void {
  realm(tx, direction, from, stop, 3);
  principal(tx, Buffer.krb5_cname, direction, from, stop, 4);
  const ticket = member(from, stop, 5);
  if (ticket != 0 && expect(ticket, memberEnd, 0x61) != 0 && expect(contentAt, contentAt + contentLength, 0x30) != 0) {
    const at = contentAt;
    const last = contentAt + contentLength;
    principal(tx, Buffer.krb5_sname, direction, at, last, 2);
    ticketEncryption(tx, direction, encryption(at, last, 3));
  }
  const etype = encryption(from, stop, 6);
  if (etype == NO_TYPE) return;
  keepNumber(tx, ENCRYPTION, direction, <u64>etype);
  if (isWeak(<u32>etype)) tx.raise(AppEvent.krb5__weak_encryption);
}

/** All but AES and Camellia count as weak. */
function isWeak(etype: u32): bool {
  return !((etype >= 17 && etype <= 20) || etype == 25 || etype == 26);
}

function error(tx: ValueTx, direction: u32, from: usize, stop: usize): void {
  const code = member(from, stop, 6);
  if (code != 0 && expect(code, memberEnd, 0x02) != 0) keepNumber(tx, Field.krb5_err_code, direction, contentNumber());
  realm(tx, direction, from, stop, 7);
  principal(tx, Buffer.krb5_cname, direction, from, stop, 8);
  principal(tx, Buffer.krb5_sname, direction, from, stop, 10);
}

/** One message. False: malformed. */
function message(state: AppState, direction: u32, data: usize, length: u32): bool {
  if (readElement(data, data + length) == 0) return false;
  if ((elementTag & 0xc0) != 0x40) return true;
  const type = elementTag & 0x1f;
  if (type != KrbType.Error && (type < <u32>KrbType.AsReq || type > <u32>KrbType.ApRep)) return true;
  if (expect(contentAt, contentAt + contentLength, 0x30) == 0 || state.live >= MAX_LIVE) return true;
  const from = contentAt;
  const stop = contentAt + contentLength;
  const tx = openMessage(state, direction);
  if (tx == null) return true;
  keepNumber(tx, Field.krb5_msg_type, EITHER, type);
  if (type == KrbType.AsReq || type == KrbType.TgsReq) request(tx, direction, from, stop);
  else if (type == KrbType.AsRep || type == KrbType.TgsRep) reply(tx, direction, from, stop);
  else if (type == KrbType.Error) error(tx, direction, from, stop);
  return true;
}

export function krb5Parse(state: AppState, direction: u32, data: usize, length: u32, flags: u32): i32 {
  if ((flags & InputFlag.Gap) != 0) return PARSE_ERROR;
  if (state.transport != <u8>IpProto.Tcp) {
    if (message(state, direction, data, length)) return <i32>length;
    raiseOnNewest(state, direction, AppEvent.krb5__malformed_data);
    return PARSE_ERROR;
  }
  let at: u32 = 0;
  while (length - at >= 4) {
    const size = be32(data + at);
    if (size > MAX_RECORD) return PARSE_ERROR;
    if (length - at - 4 < size) break;
    if (size > 0 && !message(state, direction, data + at + 4, size)) {
      raiseOnNewest(state, direction, AppEvent.krb5__malformed_data);
      return PARSE_ERROR;
    }
    at += 4 + size;
  }
  return <i32>at;
}

function typeName(type: u32): string {
  switch (type) {
    case KrbType.AsReq:
      return "KRB_AS_REQ";
    case KrbType.AsRep:
      return "KRB_AS_REP";
    case KrbType.TgsReq:
      return "KRB_TGS_REQ";
    case KrbType.TgsRep:
      return "KRB_TGS_REP";
    case KrbType.ApReq:
      return "KRB_AP_REQ";
    case KrbType.ApRep:
      return "KRB_AP_REP";
    default:
      return "KRB_ERROR";
  }
}

/** The `krb5` object of EVE. Names of several parts are arrays of them. */
export function krb5Log(tx: Tx): void {
  if (!map("krb5")) return;
  if (valueNumber(tx, Field.krb5_msg_type, EITHER, 0)) word("msg_type", typeName(<u32>foundNumber));
  logNumber(tx, "error_code", Field.krb5_err_code, EITHER);
  names(tx, "cname", Buffer.krb5_cname);
  logText(tx, "realm", REALM, EITHER);
  names(tx, "sname", Buffer.krb5_sname);
  if (valueNumber(tx, ENCRYPTION, EITHER, 0)) {
    flag("weak_encryption", isWeak(<u32>foundNumber));
    logNumber(tx, "encryption", ENCRYPTION, EITHER);
  }
  if (valueNumber(tx, TICKET_ENCRYPTION, EITHER, 0)) {
    flag("ticket_weak_encryption", isWeak(<u32>foundNumber));
    logNumber(tx, "ticket_encryption", TICKET_ENCRYPTION, EITHER);
  }
  end();
}

function names(tx: Tx, key: string, buffer: u32): void {
  if (!valueBuffer(tx, buffer, EITHER, 1)) {
    logText(tx, key, buffer, EITHER);
    return;
  }
  if (!array(key)) return;
  for (let i: u32 = 0; i < 8 && valueBuffer(tx, buffer, EITHER, i); i++) text("", viewData, viewLength);
  end();
}
