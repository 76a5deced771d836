/** The `ldap` object of EVE (Suricata manual, EVE JSON format), read out of the messages kept. */
import { Direction } from "../abi/codes";
import { array, end, map, number, text, word } from "../verdict/cbor";
import { contentNumber, expect } from "./ber";
import { contentAt, contentLength, readElement } from "./der";
import { hasResult, LDAP_MESSAGE, LdapOp, messageId, operation, operationAt, operationEnd, readMessage } from "./ldap";
import { Tx } from "./transaction";
import { valueBuffer } from "./values";
import { viewData, viewLength } from "./view";

/** Responses and attributes an event lists. */
const MAX_LISTED: u32 = 64;

export function operationName(op: u32): string {
  switch (op) {
    case LdapOp.BindRequest:
      return "bind_request";
    case LdapOp.BindResponse:
      return "bind_response";
    case LdapOp.UnbindRequest:
      return "unbind_request";
    case LdapOp.SearchRequest:
      return "search_request";
    case LdapOp.SearchResultEntry:
      return "search_result_entry";
    case LdapOp.SearchResultDone:
      return "search_result_done";
    case LdapOp.ModifyRequest:
      return "modify_request";
    case LdapOp.ModifyResponse:
      return "modify_response";
    case LdapOp.AddRequest:
      return "add_request";
    case LdapOp.AddResponse:
      return "add_response";
    case LdapOp.DelRequest:
      return "del_request";
    case LdapOp.DelResponse:
      return "del_response";
    case LdapOp.ModDnRequest:
      return "mod_dn_request";
    case LdapOp.ModDnResponse:
      return "mod_dn_response";
    case LdapOp.CompareRequest:
      return "compare_request";
    case LdapOp.CompareResponse:
      return "compare_response";
    case LdapOp.AbandonRequest:
      return "abandon_request";
    case LdapOp.SearchResultReference:
      return "search_result_reference";
    case LdapOp.ExtendedRequest:
      return "extended_request";
    case LdapOp.ExtendedResponse:
      return "extended_response";
    default:
      return "intermediate_response";
  }
}

export function ldapLog(tx: Tx): void {
  if (!map("ldap")) return;
  if (valueBuffer(tx, LDAP_MESSAGE, Direction.ToServer, 0) && map("request")) {
    message(viewData, viewLength);
    end();
  }
  if (valueBuffer(tx, LDAP_MESSAGE, Direction.ToClient, 0) && array("responses")) {
    for (let i: u32 = 0; i < MAX_LISTED && valueBuffer(tx, LDAP_MESSAGE, Direction.ToClient, i); i++) {
      if (!map("")) break;
      message(viewData, viewLength);
      end();
    }
    end();
  }
  end();
}

function message(data: usize, length: u32): void {
  if (!readMessage(data, length)) return;
  word("operation", operationName(operation));
  number("message_id", messageId);
  const op = operation;
  if (op == LdapOp.UnbindRequest || op == LdapOp.AbandonRequest || !map(operationName(op))) return;
  if (hasResult(op)) result(operationAt, operationEnd);
  else if (op == LdapOp.SearchResultEntry) entry(operationAt, operationEnd);
  else if (op == LdapOp.SearchRequest) search(operationAt, operationEnd);
  else if (op == LdapOp.BindRequest) bind(operationAt, operationEnd);
  else if (op == LdapOp.DelRequest) text("dn", operationAt, <u32>(operationEnd - operationAt));
  else if (op == LdapOp.ModifyRequest) named("object", operationAt, operationEnd);
  else if (op == LdapOp.AddRequest || op == LdapOp.ModDnRequest || op == LdapOp.CompareRequest)
    named("entry", operationAt, operationEnd);
  end();
}

function named(key: string, at: usize, stop: usize): void {
  if (expect(at, stop, 0x04) != 0) text(key, contentAt, contentLength);
}

function result(from: usize, stop: usize): void {
  let at = expect(from, stop, 0x0a);
  if (at == 0) return;
  number("result_code", contentNumber());
  at = expect(at, stop, 0x04);
  if (at == 0) return;
  text("matched_dn", contentAt, contentLength);
  if (expect(at, stop, 0x04) != 0) text("message", contentAt, contentLength);
}

function bind(from: usize, stop: usize): void {
  let at = expect(from, stop, 0x02);
  if (at == 0) return;
  number("version", contentNumber());
  at = expect(at, stop, 0x04);
  if (at != 0) text("name", contentAt, contentLength);
}

function search(from: usize, stop: usize): void {
  let at = expect(from, stop, 0x04);
  if (at == 0) return;
  text("base_object", contentAt, contentLength);
  for (let i: u32 = 0; i < 6 && at != 0; i++) {
    at = readElement(at, stop);
    if (at == 0) return;
    if (i == 0) number("scope", contentNumber());
    else if (i == 1) number("deref_alias", contentNumber());
    else if (i == 2) number("size_limit", contentNumber());
    else if (i == 3) number("time_limit", contentNumber());
  }
  if (expect(at, stop, 0x30) == 0 || !array("attributes")) return;
  const last = contentAt + contentLength;
  at = contentAt;
  for (let i: u32 = 0; i < MAX_LISTED && at < last; i++) {
    at = readElement(at, last);
    if (at == 0) break;
    text("", contentAt, contentLength);
  }
  end();
}

function entry(from: usize, stop: usize): void {
  let at = expect(from, stop, 0x04);
  if (at == 0) return;
  text("base_object", contentAt, contentLength);
  if (expect(at, stop, 0x30) == 0 || !array("attributes")) return;
  const last = contentAt + contentLength;
  at = contentAt;
  for (let i: u32 = 0; i < MAX_LISTED && at < last; i++) {
    at = readElement(at, last);
    if (at == 0) break;
    if (map("")) attribute(contentAt, contentAt + contentLength);
  }
  end();
}

/** Type and values of an attribute, then the end of its map. */
function attribute(from: usize, stop: usize): void {
  const at = expect(from, stop, 0x04);
  if (at != 0) {
    text("type", contentAt, contentLength);
    if (expect(at, stop, 0x31) != 0 && array("values")) {
      const last = contentAt + contentLength;
      let value = contentAt;
      for (let i: u32 = 0; i < MAX_LISTED && value < last; i++) {
        value = readElement(value, last);
        if (value == 0) break;
        text("", contentAt, contentLength);
      }
      end();
    }
  }
  end();
}
