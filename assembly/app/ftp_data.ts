/** FTP data connections: one transaction that is one file, announced by the control connection (app/ftp.ts). */
import { Buffer, Field } from "../abi/buffers";
import { AppProto, Direction } from "../abi/codes";
import { SimpleProgress } from "../abi/progress";
import { Account, release } from "../memory/heap";
import { end, map, text, word } from "../verdict/cbor";
import { Expected } from "./expected";
import { AppFile, appendFile, closeFile, fileAt, freeFiles, gapFile, openFile, viewFile, viewFileName } from "./file";
import { Transfer } from "./ftp";
import { InputFlag } from "./input";
import { number } from "./number";
import { freeText, setText, Text } from "./text";
import { AppState, closeTx, openState, openTx, Tx } from "./transaction";
import { view } from "./view";

@unmanaged
export class FtpDataState extends AppState {
  nameData: usize;
  nameLength: u32;
  /** Transfer bits. */
  transfer: u8;

  get name(): Text {
    return changetype<Text>(changetype<usize>(this) + offsetof<FtpDataState>("nameData"));
  }
}

const retr: usize = memory.data<u8>([0x72, 0x65, 0x74, 0x72]);
const stor: usize = memory.data<u8>([0x73, 0x74, 0x6f, 0x72]);

/** The state of an announced connection. */
export function ftpDataAdopt(expected: Expected): usize {
  const p = openState(AppProto.FtpData, <u32>offsetof<FtpDataState>());
  if (p == 0) return 0;
  const state = changetype<FtpDataState>(p);
  state.transfer = expected.command;
  setText(state.name, Account.App, expected.name.data, expected.name.length);
  const at = openTx(state, <u32>offsetof<Tx>());
  if (at == 0) {
    ftpDataClose(state);
    return 0;
  }
  // Only the direction of the file is of interest.
  changetype<Tx>(at).advance(directionOf(state) ^ 1, SimpleProgress.Complete);
  return p;
}

/** Direction the file goes. */
function directionOf(state: FtpDataState): u32 {
  return (state.transfer & <u8>Transfer.ToClient) != 0 ? Direction.ToClient : Direction.ToServer;
}

export function ftpDataFreeTx(state: AppState, tx: Tx): void {
  freeFiles(tx);
  closeTx(state, tx);
}

export function ftpDataClose(base: AppState): void {
  while (base.oldest != 0) ftpDataFreeTx(base, changetype<Tx>(base.oldest));
  freeText(changetype<FtpDataState>(changetype<usize>(base)).name);
  release(changetype<usize>(base));
}

export function ftpDataParse(base: AppState, direction: u32, data: usize, length: u32, flags: u32): i32 {
  const state = changetype<FtpDataState>(changetype<usize>(base));
  if (state.oldest == 0 || direction != directionOf(state)) return <i32>length;
  const tx = changetype<Tx>(state.oldest);
  let file = fileAt(tx, direction, 0);
  if (file == 0 && length > 0) file = openFile(tx, direction, state.name.data, state.name.length, true);
  tx.advance(direction, SimpleProgress.Open);
  if ((flags & InputFlag.Gap) != 0) gapFile(file);
  else if (length > 0) appendFile(file, data, length);
  if ((flags & InputFlag.Eof) != 0) {
    closeFile(file, false);
    tx.advance(direction, SimpleProgress.Complete);
  }
  return <i32>length;
}

export function ftpDataBuffer(base: AppState, tx: Tx, buffer: u32, direction: u32, index: u32): bool {
  const state = changetype<FtpDataState>(changetype<usize>(base));
  switch (buffer) {
    case Buffer.file_data:
      return viewFile(fileAt(tx, direction, index), tx.progress(direction) >= <u32>SimpleProgress.Complete);
    case Buffer.file_name:
      return viewFileName(fileAt(tx, direction, index));
    case Buffer.ftpdata_command:
      return index == 0 && view((state.transfer & <u8>Transfer.Retrieve) != 0 ? retr : stor, 4);
    default:
      return false;
  }
}

export function ftpDataNumber(_state: AppState, tx: Tx, field: u32, direction: u32, index: u32): bool {
  if (field != Field.filesize) return false;
  const file = fileAt(tx, direction, index);
  return file != 0 && number(changetype<AppFile>(file).size);
}

/** The `ftp_data` object of EVE. */
export function ftpDataLog(base: AppState): void {
  const state = changetype<FtpDataState>(changetype<usize>(base));
  if (!map("ftp_data")) return;
  if (state.name.length > 0) text("filename", state.name.data, state.name.length);
  word("command", (state.transfer & <u8>Transfer.Retrieve) != 0 ? "RETR" : "STOR");
  end();
}
