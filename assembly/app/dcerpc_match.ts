/** What DCERPC rules ask of a transaction, whichever protocol carries it. */
import { AppProto } from "../abi/codes";
import { Condition, DcerpcInterfaceField } from "../abi/conditions";
import { PduType } from "./dcerpc_header";
import { hasInterface, question } from "./dcerpc_interfaces";
import { DcerpcState, DcerpcTx } from "./dcerpc_state";
import { SmbKind, SmbState, SmbTx } from "./smb_state";
import { AppState, Tx } from "./transaction";

/** Bit of the condition's flags: any fragment will do. */
const ANY_FRAGMENT: u32 = 4;

/** Operation number of the transaction's request, -1 for none. */
export function dcerpcOpnum(_state: AppState, tx: Tx): i32 {
  if (tx.proto == <u8>AppProto.Smb) {
    const piped = changetype<SmbTx>(changetype<usize>(tx));
    return piped.kind == <u8>SmbKind.Dcerpc && piped.requestType == <u8>PduType.Request ? <i32>piped.opnum : -1;
  }
  if (tx.proto != <u8>AppProto.Dcerpc) return -1;
  const call = changetype<DcerpcTx>(changetype<usize>(tx));
  return call.requested ? <i32>call.opnum : -1;
}

/** dcerpc.iface condition at `c` (abi/conditions.ts DcerpcInterfaceField). */
export function dcerpcInterfaceMatches(c: usize, state: AppState, tx: Tx, _direction: u32): bool {
  question.uuid = c + DcerpcInterfaceField.uuid;
  question.version = load<u16>(c, DcerpcInterfaceField.version);
  question.mode = load<u8>(c, DcerpcInterfaceField.mode);
  question.hasVersion = load<u8>(c, DcerpcInterfaceField.hasVersion) != 0;
  question.anyFragment = (load<u32>(c, Condition.flags) & ANY_FRAGMENT) != 0;
  if (tx.proto == <u8>AppProto.Smb) {
    const piped = changetype<SmbTx>(changetype<usize>(tx));
    if (piped.kind != <u8>SmbKind.Dcerpc || piped.requestType != <u8>PduType.Request) return false;
    return hasInterface(changetype<SmbState>(changetype<usize>(state)).interfaces, -1);
  }
  if (tx.proto != <u8>AppProto.Dcerpc) return false;
  const call = changetype<DcerpcTx>(changetype<usize>(tx));
  if (!call.requested) return false;
  if (call.requestType != <u8>PduType.Request && call.responseType != <u8>PduType.Response) return false;
  return hasInterface(changetype<DcerpcState>(changetype<usize>(state)).interfaces, call.context);
}
