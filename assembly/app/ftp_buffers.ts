/** Buffers and numbers of FTP rules (Suricata manual, FTP keywords), and the `ftp` object of EVE. */
import { Buffer, Field } from "../abi/buffers";
import { array, end, flag, number as logNumber, map, text, word } from "../verdict/cbor";
import { isDigit } from "./ascii";
import { FtpReply, FtpTx } from "./ftp";
import { number } from "./number";
import { AppState, Tx } from "./transaction";
import { view, viewData, viewLength } from "./view";

/** Replies an event lists. */
const MAX_LISTED: u32 = 64;
const name: usize = memory.data(64);

/** Bytes of the completion code at the start of a reply line, 0 without one. */
function codeLength(line: usize, length: u32): u32 {
  if (length < 3) return 0;
  for (let i: u32 = 0; i < 3; i++) if (!isDigit(load<u8>(line + i))) return 0;
  return 3;
}

function replyAt(tx: FtpTx, index: u32): usize {
  let at = tx.replies;
  for (; at != 0 && index > 0; index--) at = changetype<FtpReply>(at).next;
  return at;
}

/** The text of a reply, without its code. */
function replyText(at: usize): bool {
  if (at == 0) return false;
  const line = changetype<FtpReply>(at).line;
  const code = codeLength(line.data, line.length);
  const skip = code == 0 ? 0 : min<u32>(code + 1, line.length);
  return view(line.data + skip, line.length - skip);
}

function replyCode(at: usize): bool {
  if (at == 0) return false;
  const line = changetype<FtpReply>(at).line;
  return view(line.data, codeLength(line.data, line.length));
}

/** The command as the protocol names it. */
function command(tx: FtpTx): bool {
  const n = min<u32>(tx.commandLength, 64);
  if (n == 0) return false;
  for (let i: u32 = 0; i < n; i++) {
    const c = <u32>load<u8>(tx.request.data + i);
    store<u8>(name + i, <u8>(c - 0x61 < 26 ? c - 0x20 : c));
  }
  return view(name, n);
}

function commandData(tx: FtpTx): bool {
  const skip = tx.commandLength + 1;
  return tx.commandLength > 0 && tx.request.length > skip && view(tx.request.data + skip, tx.request.length - skip);
}

export function ftpBuffer(_state: AppState, base: Tx, buffer: u32, _direction: u32, index: u32): bool {
  const tx = changetype<FtpTx>(changetype<usize>(base));
  switch (buffer) {
    case Buffer.ftp__command:
      return index == 0 && command(tx);
    case Buffer.ftp__command_data:
      return index == 0 && commandData(tx);
    case Buffer.ftp__reply:
      return replyText(replyAt(tx, index));
    case Buffer.ftp__completion_code:
      return replyCode(replyAt(tx, index));
    default:
      return false;
  }
}

export function ftpNumber(_state: AppState, base: Tx, field: u32, _direction: u32, index: u32): bool {
  if (index > 0) return false;
  const tx = changetype<FtpTx>(changetype<usize>(base));
  switch (field) {
    case Field.ftp__reply_received:
      return tx.commandLength > 0 && number(tx.replyCount > 0 ? 1 : 0);
    case Field.ftp__dynamic_port:
      return tx.port != 0 && number(tx.port);
    case Field.ftp__mode:
      return tx.port != 0 && number(tx.active ? 1 : 0);
    default:
      return false;
  }
}

function replies(tx: FtpTx, key: string, codes: bool): void {
  if (tx.replies == 0 || !array(key)) return;
  let n: u32 = 0;
  for (let at = tx.replies; at != 0 && n < MAX_LISTED; at = changetype<FtpReply>(at).next) {
    n++;
    if ((codes ? replyCode(at) : replyText(at)) && (!codes || viewLength > 0)) text("", viewData, viewLength);
  }
  end();
}

export function ftpLog(base: Tx): void {
  const tx = changetype<FtpTx>(changetype<usize>(base));
  if (!map("ftp")) return;
  if (command(tx)) text("command", viewData, viewLength);
  if (commandData(tx)) text("command_data", viewData, viewLength);
  if (tx.commandLength > 0) flag("command_truncated", tx.requestCut);
  replies(tx, "completion_code", true);
  replies(tx, "reply", false);
  if (tx.port != 0) {
    logNumber("dynamic_port", tx.port);
    word("mode", tx.active ? "active" : "passive");
  }
  word("reply_received", tx.replyCount > 0 ? "yes" : "no");
  flag("reply_truncated", tx.replyCut);
  end();
}
