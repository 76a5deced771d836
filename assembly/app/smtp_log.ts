/** The `smtp` and `email` objects of EVE (Suricata manual, EVE JSON format). */
import { array, end, map, text, word } from "../verdict/cbor";
import { isSpace, trimEnd } from "./ascii";
import { Mime, MimePhase } from "./mime";
import { MimeItem } from "./mime_header";
import { SmtpState, SmtpTx } from "./smtp";
import { bodyHash, mailHeader } from "./smtp_buffers";
import { AppState, Tx } from "./transaction";
import { viewData, viewLength } from "./view";

/** Entries of a list an event shows. */
const MAX_LISTED: u32 = 64;

function list(key: string, head: usize): void {
  if (head == 0 || !array(key)) return;
  for (let n: u32 = 0; head != 0 && n < MAX_LISTED; n++) {
    const item = changetype<MimeItem>(head);
    text("", item.value.data, item.value.length);
    head = item.next;
  }
  end();
}

/** Addresses separated by commas, as a list. */
function addresses(tx: SmtpTx, key: string): void {
  if (!mailHeader(tx, key, 0) || !array(key)) return;
  const data = viewData;
  const length = viewLength;
  let from: u32 = 0;
  let quoted = false;
  for (let i: u32 = 0; i <= length; i++) {
    const c: u32 = i < length ? load<u8>(data + i) : 0x2c;
    if (c == 0x22 && i < length) quoted = !quoted;
    if (c != 0x2c || (quoted && i < length)) continue;
    while (from < i && isSpace(load<u8>(data + from))) from++;
    const size = trimEnd(data + from, i - from);
    if (size > 0) text("", data + from, size);
    from = i + 1;
  }
  end();
}

function headerText(tx: SmtpTx, name: string, key: string): void {
  if (mailHeader(tx, name, 0)) text(key, viewData, viewLength);
}

function email(tx: SmtpTx): void {
  if (tx.mime == 0 || !map("email")) return;
  const mime = changetype<Mime>(tx.mime);
  word("status", phaseName(mime.phase));
  headerText(tx, "from", "from");
  addresses(tx, "to");
  addresses(tx, "cc");
  headerText(tx, "subject", "subject");
  headerText(tx, "message-id", "message_id");
  headerText(tx, "x-mailer", "x_mailer");
  if (bodyHash(tx)) text("body_md5", viewData, viewLength);
  list("attachment", mime.fileNames);
  list("url", mime.urls);
  end();
}

function phaseName(phase: u32): string {
  if (phase == MimePhase.Done) return "PARSE_DONE";
  return phase == MimePhase.Header ? "HEADER_STARTED" : "BODY_STARTED";
}

export function smtpLog(base: AppState, any: Tx): void {
  const state = changetype<SmtpState>(changetype<usize>(base));
  const tx = changetype<SmtpTx>(changetype<usize>(any));
  if (!map("smtp")) return;
  if (state.helo.length > 0) text("helo", state.helo.data, state.helo.length);
  if (tx.from.length > 0) text("mail_from", tx.from.data, tx.from.length);
  list("rcpt_to", tx.recipients);
  end();
  email(tx);
}
