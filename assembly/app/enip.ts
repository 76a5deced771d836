/** EtherNet/IP (CIP volume 2, chapter 2) over TCP and UDP: an encapsulation header of 24 bytes, then what the command says. */
import { AppEvent } from "../abi/app_events";
import { Buffer, Field } from "../abi/buffers";
import { AppProto, Direction, IpProto } from "../abi/codes";
import { end, map, number, word } from "../verdict/cbor";
import { indexOf } from "./ascii";
import { cipFrames, cipSequence, hasCip, NO_SEQUENCE, readCip } from "./enip_cip";
import { framesWanted, noteFrame } from "./frame";
import { InputFlag, PARSE_ERROR } from "./input";
import { foundNumber } from "./number";
import { AppState, openState, Tx } from "./transaction";
import { completeValues, keep, keepNumber, logNumber, logText, openValues, ValueTx, valueNumber } from "./values";

const enum Header {
  command = 0,
  length = 2,
  session = 4,
  status = 8,
  options = 20,
  size = 24,
}

export enum EnipCommand {
  Nop = 0,
  ListServices = 4,
  ListIdentity = 0x63,
  ListInterfaces = 0x64,
  RegisterSession = 0x65,
  UnregisterSession = 0x66,
  SendRrData = 0x6f,
  SendUnitData = 0x70,
  IndicateStatus = 0x72,
  Cancel = 0x73,
}

const ITEM_IDENTITY: u32 = 0x0c;
const ITEM_SERVICES: u32 = 0x100;
const MAX_LIVE: u32 = 1024;
/** `mark`: the command and what else a response is compared with. */
const HAS_CIP: u32 = 1 << 16;
const IS_REQUEST: u32 = 1 << 17;
const ANSWERED: u32 = 1 << 18;

export function enipOpen(): usize {
  return openState(AppProto.Enip, <u32>offsetof<AppState>());
}

/** Identity item (CIP volume 2, table 2-4.4): socket address of 16 bytes behind the version. */
function identity(tx: ValueTx, direction: u32, data: usize, length: u32): void {
  if (length < 34) return;
  keepNumber(tx, Field.enip__protocol_version, direction, load<u16>(data));
  keepNumber(tx, Field.enip__vendor_id, direction, load<u16>(data, 18));
  keepNumber(tx, Field.enip__device_type, direction, load<u16>(data, 20));
  keepNumber(tx, Field.enip__product_code, direction, load<u16>(data, 22));
  keepNumber(tx, Field.enip__revision, direction, ((<u32>load<u8>(data, 24)) << 8) | load<u8>(data, 25));
  keepNumber(tx, Field.enip__identity_status, direction, load<u16>(data, 26));
  keepNumber(tx, Field.enip__serial, direction, load<u32>(data, 28));
  const n: u32 = load<u8>(data, 32);
  if (n + 34 > length) return;
  keep(tx, Buffer.enip__product_name, direction, data + 33, n);
  keepNumber(tx, Field.enip__state, direction, load<u8>(data + 33 + n));
}

function services(tx: ValueTx, direction: u32, data: usize, length: u32): void {
  if (length < 4) return;
  keepNumber(tx, Field.enip__protocol_version, direction, load<u16>(data));
  keepNumber(tx, Field.enip__capabilities, direction, load<u16>(data, 2));
  const n = min<u32>(length - 4, 16);
  keep(tx, Buffer.enip__service_name, direction, data + 4, indexOf(data + 4, n, 0));
}

/** The items of a list response. Its first item counts, as in Suricata. */
function list(tx: ValueTx, direction: u32, data: usize, length: u32): void {
  if (length < 6 || load<u16>(data) == 0) return;
  const type = <u32>load<u16>(data, 2);
  const size = <u32>load<u16>(data, 4);
  if (size > length - 6) return;
  if (type == ITEM_IDENTITY) identity(tx, direction, data + 6, size);
  else if (type == ITEM_SERVICES) services(tx, direction, data + 6, size);
}

/** Keeps what a message holds. */
function keepMessage(tx: ValueTx, direction: u32, data: usize, length: u32): void {
  const command = <u32>load<u16>(data, Header.command);
  keepNumber(tx, Field.enip_command, direction, command);
  keepNumber(tx, Field.enip__status, direction, load<u32>(data, Header.status));
  const body = data + Header.size;
  const size = length - <u32>Header.size;
  switch (command) {
    case EnipCommand.SendRrData:
    case EnipCommand.SendUnitData:
      if (!readCip(tx, direction, body, size)) tx.raise(AppEvent.enip__invalid_pdu);
      break;
    case EnipCommand.RegisterSession:
      if (size >= 2) keepNumber(tx, Field.enip__protocol_version, direction, load<u16>(body));
      break;
    case EnipCommand.ListIdentity:
    case EnipCommand.ListServices:
      if (direction == Direction.ToClient) list(tx, direction, body, size);
      break;
    default:
      break;
  }
}

/** Where a response is read before it is known which request it answers. */
function peekCip(data: usize, length: u32): void {
  const command = <u32>load<u16>(data, Header.command);
  peekedCip = false;
  peekedSequence = NO_SEQUENCE;
  if (command != EnipCommand.SendRrData && command != EnipCommand.SendUnitData) return;
  const body = data + Header.size;
  const size = length - <u32>Header.size;
  if (size < 8) return;
  peekedCip = true;
  let at: u32 = 8;
  for (let i: u32 = 0; i < <u32>load<u16>(body, 6) && at + 6 <= size; i++) {
    if (load<u16>(body + at) == 0xb1) peekedSequence = load<u16>(body + at, 4);
    at += 4 + load<u16>(body + at, 2);
  }
}

let peekedCip: bool = false;
let peekedSequence: u32 = 0;

function answers(tx: ValueTx, command: u32, session: u32): bool {
  if ((tx.mark & 0xffff) != command) return false;
  if (tx.kind != session && command != EnipCommand.RegisterSession) return false;
  if (((tx.mark & HAS_CIP) != 0) != peekedCip) return false;
  if (tx.count != NO_SEQUENCE && peekedSequence != NO_SEQUENCE) return tx.count == peekedSequence;
  return true;
}

/** The request this answers. Requests passed over are done: no answer will come for them. */
function find(state: AppState, data: usize, length: u32): ValueTx | null {
  peekCip(data, length);
  const command = <u32>load<u16>(data, Header.command);
  const session = load<u32>(data, Header.session);
  for (let p = state.oldest; p != 0; p = changetype<Tx>(p).next) {
    const tx = changetype<ValueTx>(p);
    if ((tx.mark & (IS_REQUEST | ANSWERED)) != IS_REQUEST) continue;
    completeValues(tx);
    if (answers(tx, command, session)) return tx;
  }
  return null;
}

function flood(state: AppState): void {
  let told = false;
  for (let p = state.oldest; p != 0; p = changetype<Tx>(p).next) {
    const tx = changetype<ValueTx>(p);
    if (!told) tx.raise(AppEvent.enip__too_many_transactions);
    told = true;
    completeValues(tx);
  }
}

function frames(state: AppState, direction: u32, data: usize, length: u32): void {
  if (!framesWanted()) return;
  noteFrame(state, direction, "hdr", data, Header.size);
  noteFrame(state, direction, "data", data + Header.size, length - <u32>Header.size);
  noteFrame(state, direction, "pdu", data, length);
  const command = <u32>load<u16>(data, Header.command);
  const body = data + Header.size;
  const size = length - <u32>Header.size;
  if (command == EnipCommand.SendRrData || command == EnipCommand.SendUnitData) {
    itemFrames(state, direction, body, size, 6);
    cipFrames(state, direction, body, size);
  } else if ((command == EnipCommand.ListIdentity || command == EnipCommand.ListServices) && size >= 2)
    itemFrames(state, direction, body, size, 0);
}

/** The items behind a count at `from`. */
function itemFrames(state: AppState, direction: u32, data: usize, length: u32, from: u32): void {
  if (length < from + 2) return;
  const n = <u32>load<u16>(data + from);
  let at = from + 2;
  for (let i: u32 = 0; i < n && at + 4 <= length; i++) {
    const size = 4 + <u32>load<u16>(data + at, 2);
    if (at + size > length) return;
    noteFrame(state, direction, "enip.item", data + at, size);
    at += size;
  }
}

function message(state: AppState, direction: u32, data: usize, length: u32): void {
  frames(state, direction, data, length);
  if (direction == Direction.ToClient) {
    const asked = find(state, data, length);
    if (asked != null) {
      asked.mark |= ANSWERED;
      keepMessage(asked, direction, data, length);
      asked.touch(direction);
      return;
    }
  }
  if (state.live >= MAX_LIVE) {
    flood(state);
    return;
  }
  const tx = openValues(state);
  if (tx == null) return;
  keepMessage(tx, direction, data, length);
  tx.mark = <u32>load<u16>(data, Header.command);
  tx.kind = load<u32>(data, Header.session);
  tx.count = NO_SEQUENCE;
  const command = tx.mark;
  if ((command == EnipCommand.SendRrData || command == EnipCommand.SendUnitData) && hasCip) {
    tx.mark |= HAS_CIP;
    tx.count = cipSequence;
  }
  if (direction == Direction.ToServer) tx.mark |= IS_REQUEST;
}

export function enipParse(state: AppState, direction: u32, data: usize, length: u32, flags: u32): i32 {
  if ((flags & InputFlag.Gap) != 0) return PARSE_ERROR;
  let at: u32 = 0;
  while (length - at >= <u32>Header.size) {
    const size = <u32>Header.size + load<u16>(data + at, Header.length);
    if (length - at < size) break;
    message(state, direction, data + at, size);
    at += size;
    if (state.transport != <u8>IpProto.Tcp) return <i32>length;
  }
  return state.transport == <u8>IpProto.Tcp ? <i32>at : PARSE_ERROR;
}

function commandName(command: u32): string {
  switch (command) {
    case EnipCommand.Nop:
      return "nop";
    case EnipCommand.ListServices:
      return "list_services";
    case EnipCommand.ListIdentity:
      return "list_identity";
    case EnipCommand.ListInterfaces:
      return "list_interfaces";
    case EnipCommand.RegisterSession:
      return "register_session";
    case EnipCommand.UnregisterSession:
      return "unregister_session";
    case EnipCommand.SendRrData:
      return "send_rr_data";
    case EnipCommand.SendUnitData:
      return "send_unit_data";
    case EnipCommand.IndicateStatus:
      return "indicate_status";
    case EnipCommand.Cancel:
      return "cancel";
    default:
      return "";
  }
}

function statusName(status: u32): string {
  switch (status) {
    case 0:
      return "success";
    case 1:
      return "invalid_cmd";
    case 2:
      return "no_resources";
    case 3:
      return "incorrect_data";
    case 0x64:
      return "invalid_session";
    case 0x65:
      return "invalid_length";
    case 0x69:
      return "unsupported_prot_rev";
    case 0x6a:
      return "encap_header_error";
    default:
      return "";
  }
}

/** The `enip` object of EVE. */
export function enipLog(tx: Tx): void {
  if (!map("enip")) return;
  side(tx, "request", Direction.ToServer);
  side(tx, "response", Direction.ToClient);
  end();
}

function side(tx: Tx, key: string, direction: u32): void {
  if (!valueNumber(tx, Field.enip_command, direction, 0)) return;
  const command = <u32>foundNumber;
  if (!map(key)) return;
  if (commandName(command).length > 0) word("command", commandName(command));
  else number("command", command);
  if (valueNumber(tx, Field.enip__status, direction, 0)) {
    const name = statusName(<u32>foundNumber);
    if (name.length > 0) word("status", name);
    else number("status", foundNumber);
  }
  logText(tx, "product_name", Buffer.enip__product_name, direction);
  logText(tx, "service_name", Buffer.enip__service_name, direction);
  if (valueNumber(tx, Field.cip_service, direction, 0) && map("cip")) {
    logNumber(tx, "service_code", Field.cip_service, direction);
    logNumber(tx, "status_code", Field.enip__cip_status, direction);
    end();
  }
  end();
}
