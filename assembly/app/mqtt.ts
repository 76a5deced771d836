/**
 * MQTT 3.1, 3.1.1 and 5.0 over TCP. A message of the client or the broker opens a transaction; what answers it (by packet identifier) joins it.
 * As in Suricata a transaction belongs to the direction of its first message.
 */
import { AppEvent } from "../abi/app_events";
import { Buffer, Field } from "../abi/buffers";
import { AppProto, Direction } from "../abi/codes";
import { SimpleProgress } from "../abi/progress";
import { be16 } from "../wire/bytes";
import { noteFrame } from "./frame";
import { InputFlag, PARSE_ERROR } from "./input";
import { AppState, openState, Tx } from "./transaction";
import { EITHER, keep, keepNumber, openMessage, ValueTx } from "./values";

/** MQTT 5 section 2.1.2. */
export enum MqttType {
  Unassigned = 0,
  Connect = 1,
  Connack = 2,
  Publish = 3,
  Puback = 4,
  Pubrec = 5,
  Pubrel = 6,
  Pubcomp = 7,
  Subscribe = 8,
  Suback = 9,
  Unsubscribe = 10,
  Unsuback = 11,
  Pingreq = 12,
  Pingresp = 13,
  Disconnect = 14,
  Auth = 15,
}

/** Key of the number that stands for a message in EVE: MESSAGE + type; header byte, identifier << 8, HAS_ID. */
export const MESSAGE: u32 = 0x7000;
export const HAS_ID: u32 = 1 << 24;

/** app-layer.protocols.mqtt.max-msg-length, subscribe-topic-match-limit and max-tx: Suricata's defaults. */
const MAX_MESSAGE: u32 = 1048576;
const MAX_TOPICS: u32 = 100;
const MAX_LIVE: u32 = 1024;
/** Identifier of a CONNECT that waits for its CONNACK; no packet identifier. */
const CONNECT_ID: u32 = 0xffffffff;
const NO_ID: u32 = 0xfffffffe;

@unmanaged
export class MqttState extends AppState {
  version: u32;
  connected: bool;
  /** Bytes of a message beyond MAX_MESSAGE still to come, by direction. */
  skipToServer: u32;
  skipToClient: u32;
}

export function mqttOpen(): usize {
  return openState(AppProto.Mqtt, <u32>offsetof<MqttState>());
}

/** Where the message at hand is read, and whether it went beyond its end. */
let at: usize = 0;
let stop: usize = 0;
let short: bool = false;

function byte(): u32 {
  if (at >= stop) {
    short = true;
    return 0;
  }
  return load<u8>(at++);
}

function word(): u32 {
  if (at + 2 > stop) {
    short = true;
    at = stop;
    return 0;
  }
  at += 2;
  return be16(at - 2);
}

/** A string or binary data with its length before it; kept for `buffer` unless that is 0. */
function field(tx: ValueTx, buffer: u32): void {
  const n = word();
  if (short || at + n > stop) {
    short = true;
    return;
  }
  if (buffer != 0) keep(tx, buffer, EITHER, at, n);
  at += n;
}

/** A variable byte integer (MQTT 5 section 1.5.5) of at most four bytes. */
function variable(): u32 {
  let value: u32 = 0;
  for (let shift: u32 = 0; shift < 28; shift += 7) {
    const b = byte();
    value |= (b & 127) << shift;
    if (short || b < 128) return value;
  }
  short = true;
  return 0;
}

/** Properties, of version 5 only. */
function properties(version: u32): void {
  if (version != 5) return;
  const n = variable();
  if (short || at + n > stop) short = true;
  else at += n;
}

function connect(state: MqttState, tx: ValueTx): void {
  field(tx, Buffer.mqtt__connect__protocol_string);
  state.version = byte();
  const flags = byte();
  keepNumber(tx, Field.mqtt__connect__flags, EITHER, flags);
  word();
  properties(state.version);
  field(tx, Buffer.mqtt__connect__clientid);
  if ((flags & 4) != 0) {
    properties(state.version);
    field(tx, Buffer.mqtt__connect__willtopic);
    field(tx, Buffer.mqtt__connect__willmessage);
  }
  if ((flags & 0x80) != 0) field(tx, Buffer.mqtt__connect__username);
  if ((flags & 0x40) != 0) field(tx, Buffer.mqtt__connect__password);
}

function reason(tx: ValueTx, code: u32): void {
  keepNumber(tx, Field.mqtt__reason_code, EITHER, code);
}

/** PUBACK and its like: the reason is there in version 5, 0 when left out. */
function acknowledge(state: MqttState, tx: ValueTx): void {
  if (state.version < 5) return;
  reason(tx, at < stop ? byte() : 0);
  if (at < stop) properties(5);
}

function topics(tx: ValueTx, buffer: u32, options: bool): void {
  for (let i: u32 = 0; at < stop && !short; i++) {
    field(tx, i < MAX_TOPICS ? buffer : 0);
    if (options) byte();
  }
}

/** Reads what is behind the identifier of a message into the transaction. */
function body(state: MqttState, tx: ValueTx, type: u32, header: u32): void {
  switch (type) {
    case MqttType.Connect:
      connect(state, tx);
      break;
    case MqttType.Connack: {
      keepNumber(tx, Field.mqtt__connack__session_present, EITHER, byte() & 1);
      reason(tx, byte());
      properties(state.version);
      break;
    }
    case MqttType.Publish:
      field(tx, Buffer.mqtt__publish__topic);
      if (((header >> 1) & 3) != 0) word();
      properties(state.version);
      if (!short) keep(tx, Buffer.mqtt__publish__message, EITHER, at, <u32>(stop - at));
      break;
    case MqttType.Puback:
    case MqttType.Pubrec:
    case MqttType.Pubrel:
    case MqttType.Pubcomp:
      word();
      acknowledge(state, tx);
      break;
    case MqttType.Subscribe:
    case MqttType.Unsubscribe:
      word();
      properties(state.version);
      if (type == MqttType.Subscribe) topics(tx, Buffer.mqtt__subscribe__topic, true);
      else topics(tx, Buffer.mqtt__unsubscribe__topic, false);
      break;
    case MqttType.Suback:
    case MqttType.Unsuback:
      word();
      properties(state.version);
      while (at < stop) reason(tx, byte());
      break;
    case MqttType.Disconnect:
      if (state.version < 5) break;
      // A reason alone, without properties, counts as 0 in Suricata.
      if (stop - at < 2) reason(tx, 0);
      else reason(tx, byte());
      break;
    case MqttType.Auth:
      reason(tx, byte());
      break;
    default:
      break;
  }
}

/** The packet identifier of a message, NO_ID when it has none. */
function identifier(type: u32, header: u32): u32 {
  if (type - <u32>MqttType.Puback <= <u32>MqttType.Unsuback - <u32>MqttType.Puback)
    return at + 2 <= stop ? <u32>be16(at) : NO_ID;
  if (type != MqttType.Publish || ((header >> 1) & 3) == 0 || at + 2 > stop) return NO_ID;
  const behind = at + 2 + be16(at);
  return behind + 2 <= stop ? <u32>be16(behind) : NO_ID;
}

/** The open transaction that waits for this identifier. */
function waiting(state: MqttState, id: u32): ValueTx | null {
  for (let p = state.newest; p != 0; p = changetype<Tx>(p).previous) {
    const tx = changetype<ValueTx>(p);
    if (tx.kind == 0 && tx.mark == id) return tx;
  }
  return null;
}

/** `kind` 1: over. */
function finish(tx: ValueTx): void {
  tx.kind = 1;
  tx.advance(Direction.ToServer, SimpleProgress.Complete);
  tx.advance(Direction.ToClient, SimpleProgress.Complete);
}

function keepHead(state: MqttState, tx: ValueTx, type: u32, header: u32, id: u32): void {
  keepNumber(tx, Field.mqtt__type, EITHER, type);
  keepNumber(tx, Field.mqtt__flags, EITHER, header & 9);
  keepNumber(tx, Field.mqtt__qos, EITHER, (header >> 1) & 3);
  const known = id != NO_ID && id != CONNECT_ID;
  keepNumber(tx, MESSAGE + type, EITHER, (header & 255) | (known ? HAS_ID | (id << 8) : 0));
}

/** A transaction of this message alone, so far. */
function begin(state: MqttState, direction: u32): ValueTx | null {
  if (state.live > MAX_LIVE) giveUpOldest(state);
  const tx = openMessage(state, direction);
  if (tx == null) return null;
  if (direction == Direction.ToServer) tx.progressToServer = <u8>SimpleProgress.Open;
  else tx.progressToClient = <u8>SimpleProgress.Open;
  tx.mark = NO_ID;
  return tx;
}

function giveUpOldest(state: MqttState): void {
  for (let p = state.oldest; p != 0; p = changetype<Tx>(p).next) {
    const tx = changetype<ValueTx>(p);
    if (tx.kind != 0) continue;
    tx.raise(AppEvent.mqtt__too_many_transactions);
    finish(tx);
    return;
  }
}

/** The event of an answer without a question; 0 for messages that are no answers. */
function missing(type: u32): u32 {
  switch (type) {
    case MqttType.Connack:
      return AppEvent.mqtt__missing_connect;
    case MqttType.Puback:
    case MqttType.Pubrec:
    case MqttType.Pubrel:
    case MqttType.Pubcomp:
      return AppEvent.mqtt__missing_publish;
    case MqttType.Suback:
      return AppEvent.mqtt__missing_subscribe;
    case MqttType.Unsuback:
      return AppEvent.mqtt__missing_unsubscribe;
    default:
      return 0;
  }
}

/** One message, whole, between `at` and `stop`. False: malformed. */
function message(state: MqttState, direction: u32, header: u32): bool {
  const type = header >> 4;
  const id: u32 = type == MqttType.Connack ? CONNECT_ID : identifier(type, header);
  const answer = missing(type);
  let tx = answer != 0 ? waiting(state, id) : null;
  const joined = tx != null;
  if (tx == null) tx = begin(state, direction);
  if (tx == null) return false;
  const first = tx.length;
  short = false;
  body(state, tx, type, header);
  if (short) {
    tx.length = first;
    tx.raise(AppEvent.mqtt__malformed_traffic);
    finish(tx);
    return false;
  }
  keepHead(state, tx, type, header, id);
  if (type == MqttType.Connect || !joined) keepNumber(tx, Field.mqtt__protocol_version, EITHER, state.version);
  if (joined) {
    tx.touch(Direction.ToServer);
    tx.touch(Direction.ToClient);
    if (type != MqttType.Pubrec && type != MqttType.Pubrel) finish(tx);
    if (type == MqttType.Connack) state.connected = true;
    return true;
  }
  if (answer != 0) tx.raise(answer);
  open(state, tx, type, header, id);
  return true;
}

/** What a message that is no answer leaves waiting. */
function open(state: MqttState, tx: ValueTx, type: u32, header: u32, id: u32): void {
  const qos = (header >> 1) & 3;
  if (type == MqttType.Connect) {
    tx.mark = CONNECT_ID;
    if (state.connected) tx.raise(AppEvent.mqtt__double_connect);
    return;
  }
  if (type == MqttType.Unassigned) tx.raise(AppEvent.mqtt__unassigned_msg_type);
  else if (type != MqttType.Connack && !state.connected) tx.raise(AppEvent.mqtt__unintroduced_message);
  const asks = type == MqttType.Publish || type == MqttType.Subscribe || type == MqttType.Unsubscribe;
  if (!asks || qos == 0) {
    finish(tx);
    return;
  }
  if (qos == 3) tx.raise(AppEvent.mqtt__invalid_qos_level);
  else if (id == NO_ID) tx.raise(AppEvent.mqtt__missing_msg_id);
  else tx.mark = id;
}

/** Bytes of the fixed header, 0 incomplete, above 5 invalid; `remaining` is the length it gives. */
let remaining: u32 = 0;

function fixedHeader(data: usize, length: u32): u32 {
  remaining = 0;
  for (let i: u32 = 1; i < 5; i++) {
    if (i >= length) return 0;
    const b = <u32>load<u8>(data + i);
    remaining |= (b & 127) << ((i - 1) * 7);
    if (b < 128) return i + 1;
  }
  return 6;
}

function skipOf(state: MqttState, direction: u32): u32 {
  return direction == Direction.ToServer ? state.skipToServer : state.skipToClient;
}

function setSkip(state: MqttState, direction: u32, skip: u32): void {
  if (direction == Direction.ToServer) state.skipToServer = skip;
  else state.skipToClient = skip;
}

export function mqttParse(base: AppState, direction: u32, data: usize, length: u32, flags: u32): i32 {
  if ((flags & InputFlag.Gap) != 0) return PARSE_ERROR;
  const state = changetype<MqttState>(changetype<usize>(base));
  let from = min<u32>(skipOf(state, direction), length);
  setSkip(state, direction, skipOf(state, direction) - from);
  while (from < length) {
    const head = fixedHeader(data + from, length - from);
    if (head > 5) return malformed(state, direction);
    if (head == 0) return <i32>from;
    const header = <u32>load<u8>(data + from);
    if (remaining > MAX_MESSAGE) {
      const tx = begin(state, direction);
      if (tx != null) finish(tx);
      const here = min<u32>(head + remaining, length - from);
      setSkip(state, direction, head + remaining - here);
      from += here;
      continue;
    }
    if (length - from - head < remaining) return <i32>from;
    at = data + from + head;
    stop = at + remaining;
    noteFrame(state, direction, "pdu", data + from, head + remaining);
    // As in Suricata 8: header and data count from the first message of the input, the header as one of two bytes.
    noteFrame(state, direction, "header", data, 2);
    if (remaining > 0) noteFrame(state, direction, "data", data + 2, min<u32>(remaining, length - 2));
    if (!message(state, direction, header)) return PARSE_ERROR;
    from += head + remaining;
  }
  return <i32>length;
}

function malformed(state: MqttState, direction: u32): i32 {
  const tx = begin(state, direction);
  if (tx != null) {
    tx.raise(AppEvent.mqtt__malformed_traffic);
    finish(tx);
  }
  return PARSE_ERROR;
}
