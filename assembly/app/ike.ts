/**
 * IKE v1 and v2 (RFC 2408, RFC 2409, RFC 7296) over UDP. A message is a transaction of its own. Of version 1 the payloads are read as long as
 * they are not encrypted; of version 2 the header and what is proposed (ike_proposal.ts).
 */
import { AppEvent } from "../abi/app_events";
import { Buffer, Field } from "../abi/buffers";
import { AppProto, Direction } from "../abi/codes";
import { end, map } from "../verdict/cbor";
import { be16, be32 } from "../wire/bytes";
import { readProposals } from "./ike_proposal";
import { InputFlag, PARSE_ERROR } from "./input";
import { AppState, openState, Tx } from "./transaction";
import {
  EITHER,
  keep,
  keepHex,
  keepNumber,
  logNumber,
  logText,
  logTexts,
  openMessage,
  raiseOnNewest,
  ValueTx,
} from "./values";

const enum Header {
  initiator = 0,
  responder = 8,
  nextPayload = 16,
  version = 17,
  exchange = 18,
  flags = 19,
  message = 20,
  length = 24,
  size = 28,
}

/** Payload types of version 1 (RFC 2408 section 3.1). */
enum Payload {
  None = 0,
  Sa = 1,
  KeyExchange = 4,
  Nonce = 10,
  VendorId = 13,
}

/** Flag of version 1: the payloads are encrypted. */
const ENCRYPTED: u32 = 1;
/** Attribute types of version 1 whose value follows without a length. */
const SHORT: u32 = 0x8000;
const MAX_LIVE: u32 = 1024;
const MESSAGE_ID: u32 = 0x7000;
const VERSION: u32 = 0x7001;

@unmanaged
export class IkeState extends AppState {
  /** Transforms the server chose. */
  chosen: u32;
}

export function ikeOpen(): usize {
  return openState(AppProto.Ike, <u32>offsetof<IkeState>());
}

/** Transforms of the proposal read last. */
let transforms: u32 = 0;

/** Keeps the attributes of a transform (RFC 2408 section 3.3) as `type << 32 | value`. */
function attributes(tx: ValueTx, direction: u32, data: usize, length: u32): void {
  let at: u32 = 0;
  while (at + 4 <= length) {
    const type: u32 = be16(data + at);
    let value: u64 = be16(data + at + 2);
    at += 4;
    if ((type & SHORT) == 0) {
      const n = <u32>value;
      if (n > length - at) return;
      value = 0;
      for (let i: u32 = 0; i < n; i++) value = (value << 8) | <u64>load<u8>(data + at + i);
      value &= 0xffffffff;
      at += n;
    }
    keepNumber(tx, Field.ike__chosen_sa_attribute, direction, ((<u64>(type & 0x7fff)) << 32) | value);
  }
}

/** A security association of version 1: domain, situation, proposals with their transforms. False: malformed. */
function association(tx: ValueTx, direction: u32, data: usize, length: u32): bool {
  transforms = 0;
  let at: u32 = 8;
  while (at + 8 <= length) {
    const size: u32 = be16(data + at + 2);
    if (size < 8 || size > length - at) return false;
    let inner = at + 8 + <u32>load<u8>(data + at, 6);
    const stop = at + size;
    while (inner + 8 <= stop) {
      const n: u32 = be16(data + inner + 2);
      if (n < 8 || n > stop - inner) return false;
      if (transforms == 0) attributes(tx, direction, data + inner + 8, n - 8);
      transforms++;
      inner += n;
    }
    at += size;
  }
  return true;
}

function payload(state: IkeState, tx: ValueTx, direction: u32, type: u32, data: usize, length: u32): bool {
  switch (type) {
    case Payload.Sa:
      if (!association(tx, direction, data, length)) return false;
      if (direction == Direction.ToServer) return true;
      if (transforms > 1) tx.raise(AppEvent.ike__multiple_server_proposal);
      state.chosen = transforms;
      return true;
    case Payload.KeyExchange:
      keep(tx, Buffer.ike__key_exchange_payload, direction, data, length);
      if (length > 0) keepNumber(tx, Field.ike__key_exchange_payload_length, direction, length);
      return true;
    case Payload.Nonce:
      keep(tx, Buffer.ike__nonce_payload, direction, data, length);
      if (length > 0) keepNumber(tx, Field.ike__nonce_payload_length, direction, length);
      return true;
    case Payload.VendorId:
      keepHex(tx, Buffer.ike__vendor, direction, data, length);
      return true;
    default:
      return true;
  }
}

/** Version 1: each payload names the type of the next. */
function payloads(state: IkeState, tx: ValueTx, direction: u32, first: u32, data: usize, length: u32): bool {
  let type = first;
  let at: u32 = 0;
  while (type != Payload.None && at + 4 <= length) {
    const size: u32 = be16(data + at + 2);
    if (size < 4 || size > length - at) return false;
    if (!payload(state, tx, direction, type, data + at + 4, size - 4)) return false;
    type = load<u8>(data + at);
    at += size;
  }
  if (at < length && type == Payload.None) tx.raise(AppEvent.ike__payload_extra_data);
  return true;
}

export function ikeParse(base: AppState, direction: u32, data: usize, length: u32, flags: u32): i32 {
  if ((flags & InputFlag.Gap) != 0) return PARSE_ERROR;
  const state = changetype<IkeState>(changetype<usize>(base));
  const total: u32 = length < <u32>Header.size ? 0 : be32(data + Header.length);
  if (total < <u32>Header.size || state.live >= MAX_LIVE) {
    raiseOnNewest(state, direction, AppEvent.ike__malformed_data);
    return PARSE_ERROR;
  }
  const major = <u32>load<u8>(data, Header.version) >> 4;
  if (major != 1 && major != 2) return PARSE_ERROR;
  const tx = openMessage(state, direction);
  if (tx == null) return PARSE_ERROR;
  keepHex(tx, Buffer.ike__init_spi, direction, data + Header.initiator, 8);
  keepHex(tx, Buffer.ike__resp_spi, direction, data + Header.responder, 8);
  keepNumber(tx, VERSION, EITHER, major);
  keepNumber(tx, Field.ike__exchtype, direction, load<u8>(data, Header.exchange));
  keepNumber(tx, MESSAGE_ID, EITHER, be32(data + Header.message));
  if (major == 2) {
    readProposals(tx, load<u8>(data, Header.nextPayload), data + Header.size, length - <u32>Header.size);
    return <i32>length;
  }
  if ((<u32>load<u8>(data, Header.flags) & ENCRYPTED) != 0) return <i32>length;
  const body = min<u32>(total, length) - <u32>Header.size;
  if (payloads(state, tx, direction, load<u8>(data, Header.nextPayload), data + Header.size, body)) return <i32>length;
  tx.raise(AppEvent.ike__malformed_data);
  return PARSE_ERROR;
}

/** The `ike` object of EVE. */
export function ikeLog(tx: Tx): void {
  if (!map("ike")) return;
  logNumber(tx, "version_major", VERSION, EITHER);
  logText(tx, "init_spi", Buffer.ike__init_spi, EITHER);
  logText(tx, "resp_spi", Buffer.ike__resp_spi, EITHER);
  logNumber(tx, "message_id", MESSAGE_ID, EITHER);
  logNumber(tx, "exchange_type", Field.ike__exchtype, EITHER);
  if (map("ikev1")) {
    logTexts(tx, "vendor_ids", Buffer.ike__vendor, EITHER);
    end();
  }
  end();
}
