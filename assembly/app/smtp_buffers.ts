/** Buffers of SMTP and mail rules (Suricata manual, SMTP keywords and email keywords), and numbers of their files. */
import { Buffer, Field } from "../abi/buffers";
import { Direction } from "../abi/codes";
import { SmtpProgress } from "../abi/progress";
import { hexText } from "../codec/digest";
import { AppFile, FileState, fileAt, viewFile, viewFileName } from "./file";
import { Mime } from "./mime";
import { itemAt, itemNamed, MimeItem } from "./mime_header";
import { number } from "./number";
import { SmtpState, SmtpTx } from "./smtp";
import { Text } from "./text";
import { AppState, Tx } from "./transaction";
import { view } from "./view";

/** Files of a mail that are looked at. */
const MAX_FILES: u32 = 256;
const printed: usize = memory.data(32);

function text(t: Text): bool {
  return t.length > 0 && view(t.data, t.length);
}

function item(at: usize): bool {
  return at != 0 && view(changetype<MimeItem>(at).value.data, changetype<MimeItem>(at).value.length);
}

/** Header number `index` of that name. */
export function mailHeader(tx: SmtpTx, name: string, index: u32): bool {
  return tx.mime != 0 && item(itemNamed(changetype<Mime>(tx.mime).headers, name, index));
}

/** The MD5 of the body as hexadecimal text. */
export function bodyHash(tx: SmtpTx): bool {
  if (tx.mime == 0 || !changetype<Mime>(tx.mime).hashed) return false;
  hexText(tx.mime + offsetof<Mime>("hash0"), 16, printed);
  return view(printed, 32);
}

/** Shows the `index`th of the files that have something to show. */
function shownFile(tx: Tx, direction: u32, index: u32): bool {
  const over = tx.progress(direction) >= <u32>SmtpProgress.Complete;
  let left = index;
  for (let i: u32 = 0; i < MAX_FILES; i++) {
    const at = fileAt(tx, direction, i);
    if (at == 0) return false;
    if (!viewFile(at, over)) continue;
    if (left == 0) return true;
    left--;
  }
  return false;
}

export function smtpBuffer(base: AppState, any: Tx, buffer: u32, direction: u32, index: u32): bool {
  const state = changetype<SmtpState>(changetype<usize>(base));
  const tx = changetype<SmtpTx>(changetype<usize>(any));
  switch (buffer) {
    case Buffer.file_data:
      return shownFile(any, direction, index);
    case Buffer.file_name:
      return viewFileName(fileAt(any, direction, index));
    case Buffer.smtp__rcpt_to:
      return item(itemAt(tx.recipients, index));
    case Buffer.email__received:
      return mailHeader(tx, "received", index);
    case Buffer.email__url:
      return tx.mime != 0 && item(itemAt(changetype<Mime>(tx.mime).urls, index));
    default:
      return index == 0 && single(state, tx, buffer);
  }
}

function single(state: SmtpState, tx: SmtpTx, buffer: u32): bool {
  switch (buffer) {
    case Buffer.smtp__helo:
      return text(state.helo);
    case Buffer.smtp__mail_from:
      return text(tx.from);
    case Buffer.email__from:
      return mailHeader(tx, "from", 0);
    case Buffer.email__to:
      return mailHeader(tx, "to", 0);
    case Buffer.email__cc:
      return mailHeader(tx, "cc", 0);
    case Buffer.email__subject:
      return mailHeader(tx, "subject", 0);
    case Buffer.email__date:
      return mailHeader(tx, "date", 0);
    case Buffer.email__message_id:
      return mailHeader(tx, "message-id", 0);
    case Buffer.email__x_mailer:
      return mailHeader(tx, "x-mailer", 0);
    case Buffer.email__body_md5:
      return bodyHash(tx);
    default:
      return false;
  }
}

export function smtpNumber(_state: AppState, tx: Tx, field: u32, direction: u32, index: u32): bool {
  if (field != Field.filesize || direction != Direction.ToServer) return false;
  const at = fileAt(tx, direction, index);
  if (at == 0 || changetype<AppFile>(at).state == FileState.Open) return false;
  return number(changetype<AppFile>(at).size);
}
