/** The `dcerpc` object of EVE (Suricata manual, EVE JSON format). */
import { array, end, map, number, text, word } from "../verdict/cbor";
import { PduType, typeName } from "./dcerpc_header";
import { DcerpcInterface, DcerpcInterfaces } from "./dcerpc_interfaces";
import { DcerpcState, DcerpcTx } from "./dcerpc_state";
import { AppState, Tx } from "./transaction";

/** Interfaces an event lists. */
const MAX_LISTED: u32 = 64;
const line: usize = memory.data(40);

export function dcerpcLog(base: AppState, baseTx: Tx): void {
  const state = changetype<DcerpcState>(changetype<usize>(base));
  const tx = changetype<DcerpcTx>(changetype<usize>(baseTx));
  if (!map("dcerpc")) return;
  if (tx.requestDone) {
    word("request", typeName(tx.requestType));
    if (tx.requestType == <u8>PduType.Request) {
      call("req", tx.opnum, tx.requestFragments, tx.requestLength);
      if (!tx.datagram) interfaces(state.interfaces, tx.context);
    } else if (!tx.datagram) interfaces(state.interfaces, -1);
  } else word("request", "REQUEST_LOST");
  if (tx.responseDone) {
    word("response", typeName(tx.responseType));
    if (tx.responseType == <u8>PduType.Response) call("res", -1, tx.responseFragments, tx.responseLength);
  } else word("response", "UNREPLIED");
  if (tx.datagram) {
    text("activityuuid", line, uuidText(changetype<usize>(tx) + offsetof<DcerpcTx>("activity0")));
    number("seqnum", tx.call);
    word("rpc_version", "4.0");
  } else {
    number("call_id", tx.call);
    word("rpc_version", state.minorVersion == 0 ? "5.0" : "5.1");
  }
  end();
}

/** The `req` and `res` objects, in SMB's events too; no opnum below 0. */
export function call(key: string, opnum: i32, fragments: u32, stub: u32): void {
  if (!map(key)) return;
  if (opnum >= 0) number("opnum", opnum);
  number("frag_cnt", fragments);
  number("stub_data_size", stub);
  end();
}

/** The interfaces of a context, all below 0. */
export function interfaces(list: DcerpcInterfaces, context: i32): void {
  if (list.oldest == 0 || !array("interfaces")) return;
  let n: u32 = 0;
  for (let p = list.oldest; p != 0 && n < MAX_LISTED; p = changetype<DcerpcInterface>(p).next) {
    const one = changetype<DcerpcInterface>(p);
    if ((context >= 0 && <i32>one.context != context) || !map("")) continue;
    n++;
    text("uuid", line, uuidText(p + offsetof<DcerpcInterface>("uuid0")));
    text("version", line, versionText(one.version, one.minor));
    number("ack_result", one.result);
    end();
  }
  end();
}

function digit(n: u32): u8 {
  return <u8>(n < 10 ? 0x30 + n : 0x57 + n);
}

function uuidText(at: usize): u32 {
  let n: usize = 0;
  for (let i: usize = 0; i < 16; i++) {
    if (i == 4 || i == 6 || i == 8 || i == 10) store<u8>(line + n++, 0x2d);
    const byte = <u32>load<u8>(at + i);
    store<u8>(line + n++, digit(byte >> 4));
    store<u8>(line + n++, digit(byte & 15));
  }
  return <u32>n;
}

function decimal(at: u32, n: u32): u32 {
  let scale: u32 = 10000;
  while (scale > 1 && n < scale) scale /= 10;
  for (; scale > 0; scale /= 10) store<u8>(line + at++, digit((n / scale) % 10));
  return at;
}

function versionText(major: u32, minor: u32): u32 {
  const n = decimal(0, major);
  store<u8>(line + n, 0x2e);
  return decimal(n + 1, minor);
}
