/** The request line and the status line, split with the tolerance of servers and browsers. */
import { AppEvent } from "../abi/app_events";
import { HttpPersonality, Setting } from "../abi/settings";
import { Account } from "../memory/heap";
import { setting } from "../memory/settings";
import { chomp, equalsExactly, indexOf, isSpace, leadingSpaces, startsWithWord, trimEnd } from "./ascii";
import { statusOf, versionOf } from "./http1_numbers";
import { HttpFlag, HttpState, HttpTx, Method, Version } from "./http1_state";
import { report } from "./http1_transactions";
import { setText } from "./text";

/** The method a word names; letter case counts. */
export function methodOf(data: usize, length: u32): Method {
  if (equalsExactly(data, length, "GET")) return Method.Get;
  if (equalsExactly(data, length, "POST")) return Method.Post;
  if (equalsExactly(data, length, "HEAD")) return Method.Head;
  if (equalsExactly(data, length, "PUT")) return Method.Put;
  if (equalsExactly(data, length, "CONNECT")) return Method.Connect;
  return isOtherMethod(data, length) ? Method.Other : Method.Unknown;
}

function isOtherMethod(data: usize, length: u32): bool {
  return (
    equalsExactly(data, length, "DELETE") ||
    equalsExactly(data, length, "OPTIONS") ||
    equalsExactly(data, length, "TRACE") ||
    equalsExactly(data, length, "PATCH") ||
    equalsExactly(data, length, "PROPFIND") ||
    equalsExactly(data, length, "PROPPATCH") ||
    equalsExactly(data, length, "MKCOL") ||
    equalsExactly(data, length, "COPY") ||
    equalsExactly(data, length, "MOVE") ||
    equalsExactly(data, length, "LOCK") ||
    equalsExactly(data, length, "UNLOCK") ||
    equalsExactly(data, length, "VERSION-CONTROL") ||
    equalsExactly(data, length, "CHECKOUT") ||
    equalsExactly(data, length, "UNCHECKOUT") ||
    equalsExactly(data, length, "CHECKIN") ||
    equalsExactly(data, length, "UPDATE") ||
    equalsExactly(data, length, "LABEL") ||
    equalsExactly(data, length, "REPORT") ||
    equalsExactly(data, length, "MKWORKSPACE") ||
    equalsExactly(data, length, "MKACTIVITY") ||
    equalsExactly(data, length, "BASELINE-CONTROL") ||
    equalsExactly(data, length, "MERGE") ||
    equalsExactly(data, length, "INVALID")
  );
}

/** A line that stands between messages and means nothing: a line end alone, for IIS 5.0 any blanks. */
export function isIgnorable(data: usize, length: u32): bool {
  if (setting(Setting.HttpPersonality) == HttpPersonality.Iis50 && leadingSpaces(data, length) == length) return true;
  const first = <u32>load<u8>(data);
  if (length == 1) return first == 13 || first == 10;
  return length == 2 && first == 13 && load<u8>(data + 1) == 10;
}

/** The line does not look like a status line: browsers take such a response for a body. */
export function looksLikeBody(data: usize, length: u32): bool {
  let i: u32 = 0;
  while (i < length && (isSpace(load<u8>(data + i)) || load<u8>(data + i) == 0)) i++;
  return !startsWithWord(data + i, length - i, "http");
}

/** Position of the first space, or of any white space when `loose`. */
function delimiter(data: usize, length: u32, loose: bool): u32 {
  let i: u32 = 0;
  while (i < length && !(load<u8>(data + i) == 32 || (loose && isSpace(load<u8>(data + i))))) i++;
  return i;
}

/** Parses the request line (without its line end) into the transaction. False when memory is short. */
export function parseRequestLine(state: HttpState, tx: HttpTx, line: usize, length: u32): bool {
  const personality = setting(Setting.HttpPersonality);
  if (!setText(tx.requestLine, Account.Http, line, length)) return false;
  const data = tx.requestLine.data;
  if (personality == HttpPersonality.Apache2) length = indexOf(data, length, 0);
  let at = leadingSpaces(data, length);
  const lead = at;
  while (at < length && !isSpace(load<u8>(data + at))) at++;
  const keepLead = personality == HttpPersonality.Apache2;
  if (lead > 0) report(state, tx, AppEvent.http__request_line_leading_whitespace);
  tx.methodAt = keepLead ? 0 : lead;
  tx.methodLength = at - tx.methodAt;
  tx.method = methodOf(data + tx.methodAt, tx.methodLength);
  let compliant = true;
  while (at < length && isSpace(load<u8>(data + at))) {
    if (load<u8>(data + at) != 32) compliant = false;
    at++;
  }
  if (!compliant) report(state, tx, AppEvent.http__method_delim_non_compliant);
  if (at == length) {
    isHttp09(state, tx);
    return true;
  }
  // Both ends are trimmed before the target is cut off.
  length = at + trimEnd(data + at, length - at);
  const rest = length - at;
  let cut = delimiter(data + at, rest, false);
  let target = trimEnd(data + at, cut);
  let odd = false;
  for (let i: u32 = 0; i < target; i++)
    if (isSpace(load<u8>(data + at + i)) && load<u8>(data + at + i) != 32) odd = true;
  if (odd) {
    report(state, tx, AppEvent.http__uri_delim_non_compliant);
    if (target == rest) {
      cut = delimiter(data + at, rest, true);
      target = cut;
    }
  }
  tx.targetAt = at;
  tx.targetLength = target;
  at += min(cut + 1, rest);
  at += leadingSpaces(data + at, length - at);
  if (at == length) {
    isHttp09(state, tx);
    return true;
  }
  tx.protocolAt = at;
  tx.protocolLength = length - at;
  tx.requestVersion = versionOf(data + at, length - at);
  if (tx.method == Method.Unknown && tx.requestVersion == Version.Invalid) {
    report(state, tx, AppEvent.http__request_line_invalid);
  }
  return true;
}

function isHttp09(state: HttpState, tx: HttpTx): void {
  tx.note(HttpFlag.Http09);
  tx.requestVersion = Version.V09;
  if (tx.method == Method.Unknown) report(state, tx, AppEvent.http__request_line_invalid);
}

/** Parses the status line (with its line end) into the transaction. False when memory is short. */
export function parseStatusLine(tx: HttpTx, line: usize, length: u32): bool {
  length = chomp(line, length);
  if (!setText(tx.responseLine, Account.Http, line, length)) return false;
  const data = tx.responseLine.data;
  tx.responseVersion = Version.Invalid;
  tx.status = 0;
  tx.statusLength = 0;
  tx.messageLength = 0;
  tx.responseProtocolLength = 0;
  let at: u32 = 0;
  while (at < length && (isSpace(load<u8>(data + at)) || load<u8>(data + at) == 0)) at++;
  tx.responseProtocolAt = at;
  while (at < length && !isSpace(load<u8>(data + at))) at++;
  tx.responseProtocolLength = at - tx.responseProtocolAt;
  if (tx.responseProtocolLength == 0) return true;
  tx.responseVersion = versionOf(data + tx.responseProtocolAt, tx.responseProtocolLength);
  const blank = leadingSpaces(data + at, length - at);
  if (blank == 0) return true;
  at += blank;
  tx.statusAt = at;
  while (at < length && !isSpace(load<u8>(data + at))) at++;
  tx.statusLength = at - tx.statusAt;
  if (tx.statusLength == 0) return true;
  tx.status = <u16>statusOf(data + tx.statusAt, tx.statusLength);
  at += leadingSpaces(data + at, length - at);
  tx.messageAt = at;
  tx.messageLength = length - at;
  return true;
}
