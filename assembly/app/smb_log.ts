/** The `smb` object of EVE (Suricata manual, EVE JSON format). */
import { end, map, number, text, word } from "../verdict/cbor";
import { PduType, typeName } from "./dcerpc_header";
import { call, interfaces } from "./dcerpc_log";
import { smb1Name, smb2Name, statusName } from "./smb_names";
import { SmbKind, SmbState, SmbTx } from "./smb_state";
import { AppState, Tx } from "./transaction";

export function smbLog(base: AppState, baseTx: Tx): void {
  const state = changetype<SmbState>(changetype<usize>(base));
  const tx = changetype<SmbTx>(changetype<usize>(baseTx));
  if (!map("smb")) return;
  number("id", tx.id + 1);
  if (tx.version == 2) word("dialect", dialectName(state.dialect));
  else word("dialect", "NT LM 0.12");
  word("command", tx.version == 2 ? smb2Name(tx.command) : smb1Name(tx.command));
  if (tx.hasStatus) {
    const name = statusName(tx.status);
    if (name.length > 0) word("status", name);
    hexadecimal("status_code", tx.status);
  }
  number("session_id", tx.session);
  number("tree_id", tx.tree);
  if (tx.nameLength > 0) {
    if (tx.kind == <u8>SmbKind.TreeConnect) text(tx.isPipe ? "named_pipe" : "share", tx.nameData, tx.nameLength);
    else text("filename", tx.nameData, tx.nameLength);
  }
  if (tx.userLength > 0 || tx.domainLength > 0) ntlmssp(tx);
  if (tx.kind == <u8>SmbKind.Dcerpc) dcerpc(state, tx);
  end();
}

function ntlmssp(tx: SmbTx): void {
  if (!map("ntlmssp")) return;
  text("domain", tx.domainData, tx.domainLength);
  text("user", tx.userData, tx.userLength);
  if (tx.hostLength > 0) text("host", tx.hostData, tx.hostLength);
  end();
}

function dcerpc(state: SmbState, tx: SmbTx): void {
  if (!map("dcerpc")) return;
  const asked = tx.requestType != <u8>PduType.Unknown;
  word("request", asked ? typeName(tx.requestType) : "REQUEST_LOST");
  if (tx.requestType == <u8>PduType.Request) call("req", tx.opnum, tx.requestFragments, tx.requestLength);
  if (tx.requestType == <u8>PduType.Bind || tx.requestType == <u8>PduType.AlterContext)
    interfaces(state.interfaces, -1);
  const answered = tx.responseType != <u8>PduType.Unknown;
  word("response", answered ? typeName(tx.responseType) : "UNREPLIED");
  if (tx.responseType == <u8>PduType.Response) call("res", -1, tx.responseFragments, tx.responseLength);
  number("call_id", tx.call);
  end();
}

const digits: usize = memory.data(16);

/** As `0xc0000022`. */
function hexadecimal(key: string, value: u32): void {
  store<u16>(digits, 0x7830);
  let n: usize = 2;
  let started = false;
  for (let shift: i32 = 28; shift >= 0; shift -= 4) {
    const d = (value >> <u32>shift) & 15;
    started = started || d != 0 || shift == 0;
    if (started) store<u8>(digits + n++, <u8>(d < 10 ? 0x30 + d : 0x57 + d));
  }
  text(key, digits, <u32>n);
}

function dialectName(dialect: u32): string {
  switch (dialect) {
    case 0x0202:
      return "2.02";
    case 0x0210:
      return "2.10";
    case 0x0222:
      return "2.22";
    case 0x0224:
      return "2.24";
    case 0x02ff:
      return "2.??";
    case 0x0300:
      return "3.00";
    case 0x0302:
      return "3.02";
    case 0x0310:
      return "3.10";
    case 0x0311:
      return "3.11";
    default:
      return "unknown";
  }
}
