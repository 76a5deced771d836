/** TFTP (RFC 1350) over UDP: requests to read and to write are transactions; the data that follows goes between other ports. */
import { AppEvent } from "../abi/app_events";
import { Buffer, Field } from "../abi/buffers";
import { AppProto } from "../abi/codes";
import { end, map, word } from "../verdict/cbor";
import { equalsWord } from "./ascii";
import { PARSE_ERROR } from "./input";
import { foundNumber } from "./number";
import { AppState, openState, Tx } from "./transaction";
import { EITHER, keep, keepNumber, logText, openMessage, raiseOnNewest, valueNumber } from "./values";

enum Operation {
  Read = 1,
  Write = 2,
}

/** Key of what EVE alone shows. */
const MODE: u32 = 0x7000;
const MAX_LIVE: u32 = 1024;

export function tftpOpen(): usize {
  return openState(AppProto.Tftp, <u32>offsetof<AppState>());
}

/** Bytes before the next zero byte; `length` when there is none. */
function zeroAt(data: usize, length: u32): u32 {
  let n: u32 = 0;
  while (n < length && load<u8>(data + n) != 0) n++;
  return n;
}

export function tftpParse(state: AppState, direction: u32, data: usize, length: u32, _flags: u32): i32 {
  if (length < 4 || load<u8>(data) != 0 || state.live >= MAX_LIVE) return PARSE_ERROR;
  const operation = <u32>load<u8>(data, 1);
  const file = data + 2;
  const fileLength = zeroAt(file, length - 2);
  const rest = length - 2 - fileLength;
  const modeLength: u32 = rest == 0 ? 0 : zeroAt(file + fileLength + 1, rest - 1);
  if (rest == 0 || modeLength == rest - 1) {
    raiseOnNewest(state, direction, AppEvent.tftp__invalid_mode);
    return PARSE_ERROR;
  }
  const mode = file + fileLength + 1;
  const tx = openMessage(state, direction);
  if (tx == null) return PARSE_ERROR;
  keepNumber(tx, Field.tftp__opcode, EITHER, operation);
  keep(tx, Buffer.tftp__file, EITHER, file, fileLength);
  keep(tx, MODE, EITHER, mode, modeLength);
  if (operation != Operation.Read && operation != Operation.Write) tx.raise(AppEvent.tftp__invalid_opcode);
  const known =
    equalsWord(mode, modeLength, "netascii") ||
    equalsWord(mode, modeLength, "octet") ||
    equalsWord(mode, modeLength, "mail");
  if (!known) tx.raise(AppEvent.tftp__invalid_mode);
  return <i32>length;
}

/** The `tftp` object of EVE. */
export function tftpLog(tx: Tx): void {
  if (!map("tftp")) return;
  if (valueNumber(tx, Field.tftp__opcode, EITHER, 0)) {
    const operation = <u32>foundNumber;
    word("packet", operation == Operation.Read ? "read" : operation == Operation.Write ? "write" : "error");
  }
  logText(tx, "file", Buffer.tftp__file, EITHER);
  logText(tx, "mode", MODE, EITHER);
  end();
}
