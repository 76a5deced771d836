/** SNMP v1, v2c and v3 (RFC 1157, RFC 3416, RFC 3412, RFC 3414) over UDP. A message is a transaction of its own. */
import { AppEvent } from "../abi/app_events";
import { Buffer, Field } from "../abi/buffers";
import { AppProto } from "../abi/codes";
import { end, flag, map, number } from "../verdict/cbor";
import { contentNumber, expect } from "./ber";
import { contentAt, contentLength, elementTag, readElement } from "./der";
import { PARSE_ERROR } from "./input";
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
  valueNumber,
} from "./values";

/** Security model of RFC 3414. */
const USM: u64 = 3;
/** Bit of msgFlags: the scoped PDU is encrypted. */
const ENCRYPTED: u32 = 2;
const KEY_ENCRYPTED: u32 = 0x7000;
const MAX_LIVE: u32 = 1024;

@unmanaged
export class SnmpState extends AppState {
  /** Version of the first message, and one more; 0: none yet. */
  version: u32;
}

export function snmpOpen(): usize {
  return openState(AppProto.Snmp, <u32>offsetof<SnmpState>());
}

function pduType(tx: ValueTx, at: usize, stop: usize): bool {
  if (readElement(at, stop) == 0 || (elementTag & 0xe0) != 0xa0) return false;
  keepNumber(tx, Field.snmp__pdu_type, EITHER, elementTag & 0x1f);
  return true;
}

/** The user of a USM security parameters string: engine id, boots, time, name. */
function user(tx: ValueTx, data: usize, length: u32): bool {
  const end = data + length;
  if (expect(data, end, 0x30) == 0) return false;
  const stop = contentAt + contentLength;
  let at = expect(contentAt, stop, 0x04);
  at = expect(at, stop, 0x02);
  at = expect(at, stop, 0x02);
  if (expect(at, stop, 0x04) == 0) return false;
  keep(tx, Buffer.snmp__usm, EITHER, contentAt, contentLength);
  return true;
}

function version3(tx: ValueTx, from: usize, stop: usize): bool {
  let at = expect(from, stop, 0x30);
  if (at == 0) return false;
  const last = contentAt + contentLength;
  let inner = expect(contentAt, last, 0x02);
  inner = expect(inner, last, 0x02);
  inner = expect(inner, last, 0x04);
  if (inner == 0 || contentLength != 1) return false;
  const encrypted = (<u32>load<u8>(contentAt) & ENCRYPTED) != 0;
  if (expect(inner, last, 0x02) == 0) return false;
  const model = contentNumber();
  at = expect(at, stop, 0x04);
  if (at == 0) return false;
  if (model == USM) {
    if (!user(tx, contentAt, contentLength)) return false;
  } else tx.raise(AppEvent.snmp__unknown_security_model);
  keepNumber(tx, KEY_ENCRYPTED, EITHER, encrypted ? 1 : 0);
  if (encrypted) return true;
  // Scoped PDU: engine id, context name, PDU.
  if (expect(at, stop, 0x30) == 0) return false;
  const end = contentAt + contentLength;
  at = expect(contentAt, end, 0x04);
  at = expect(at, end, 0x04);
  return at != 0 && pduType(tx, at, end);
}

export function snmpParse(base: AppState, direction: u32, data: usize, length: u32, _flags: u32): i32 {
  const state = changetype<SnmpState>(changetype<usize>(base));
  let at: usize = 0;
  let stop: usize = 0;
  if (expect(data, data + length, 0x30) != 0) {
    stop = contentAt + contentLength;
    at = expect(contentAt, stop, 0x02);
  }
  const version = at != 0 ? contentNumber() + 1 : 0;
  if (version == 0 || version > 4 || version == 3 || state.live >= MAX_LIVE) {
    raiseOnNewest(state, direction, AppEvent.snmp__malformed_data);
    return PARSE_ERROR;
  }
  const tx = openMessage(state, direction);
  if (tx == null) return PARSE_ERROR;
  const told: u32 = version == 4 ? 3 : <u32>version;
  keepNumber(tx, Field.snmp__version, EITHER, told);
  if (state.version == 0) state.version = <u32>version;
  else if (state.version != <u32>version) tx.raise(AppEvent.snmp__version_mismatch);
  let whole = false;
  if (version == 4) whole = version3(tx, at, stop);
  else {
    at = expect(at, stop, 0x04);
    if (at != 0) {
      keep(tx, Buffer.snmp__community, EITHER, contentAt, contentLength);
      whole = pduType(tx, at, stop);
    }
  }
  if (whole) return <i32>length;
  tx.raise(AppEvent.snmp__malformed_data);
  return PARSE_ERROR;
}

/** The `snmp` object of EVE. */
export function snmpLog(tx: Tx): void {
  if (!map("snmp")) return;
  logNumber(tx, "version", Field.snmp__version, EITHER);
  if (valueNumber(tx, KEY_ENCRYPTED, EITHER, 0) && foundNumber != 0) flag("encrypted", true);
  if (valueNumber(tx, Field.snmp__pdu_type, EITHER, 0)) number("pdu_type", foundNumber);
  logText(tx, "community", Buffer.snmp__community, EITHER);
  logText(tx, "usm", Buffer.snmp__usm, EITHER);
  end();
}
