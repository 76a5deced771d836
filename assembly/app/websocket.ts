/**
 * WebSocket (RFC 6455) behind an upgrade of HTTP/1. A frame is a transaction of its own, of one direction; the last frame of a fragmented
 * message has the payload of the whole message, unpacked if it was compressed. Frames of control in between leave it alone.
 */
import { AppEvent } from "../abi/app_events";
import { Buffer, Field } from "../abi/buffers";
import { AppProto, Direction } from "../abi/codes";
import { Setting } from "../abi/settings";
import { Account, release } from "../memory/heap";
import { setting } from "../memory/settings";
import { end, flag, map, number, word } from "../verdict/cbor";
import { be16 } from "../wire/bytes";
import { noteFrame } from "./frame";
import { InputFlag, PARSE_ERROR } from "./input";
import { foundNumber } from "./number";
import { appendText, freeText, Text } from "./text";
import { AppState, openState, Tx } from "./transaction";
import { EITHER, keep, keepNumber, logNumber, openMessage, ValueTx, valueNumber } from "./values";
import { isBomb, LONGEST, openUnpacker, unpacked, unpackedLength, unpackMessage } from "./websocket_inflate";

const MAX_LIVE: u32 = 1024;
const FIN: u32 = 0x80;
/** RSV1: the message is compressed (RFC 7692 section 6). */
const COMPRESSED: u32 = 0x40;
/** Opcodes from here on are control frames: never fragmented. */
const CONTROL: u32 = 8;

@unmanaged
export class WebsocketState extends AppState {
  /** A fragmented message so far, by direction. */
  requestData: usize;
  requestLength: u32;
  responseData: usize;
  responseLength: u32;
  /** Payload beyond what is kept still to come, by direction. */
  skipToServer: u64;
  skipToClient: u64;
  /** By direction: what unpacks messages; 0 before the first and behind one that broke off. */
  requestUnpacker: usize;
  responseUnpacker: usize;
  requestBroken: bool;
  responseBroken: bool;
  /** The fragmented message is compressed. */
  requestCompressed: bool;
  responseCompressed: bool;
}

/** Bytes of a payload that are kept. */
function mostPayload(): u32 {
  const most = setting(Setting.WebsocketMaxPayload);
  return most == 0 || most > LONGEST ? LONGEST : most;
}

export function websocketOpen(): usize {
  return openState(AppProto.Websocket, <u32>offsetof<WebsocketState>());
}

function messageText(state: WebsocketState, direction: u32): Text {
  return changetype<Text>(
    changetype<usize>(state) +
      (direction == Direction.ToServer
        ? offsetof<WebsocketState>("requestData")
        : offsetof<WebsocketState>("responseData")),
  );
}

function skipOf(state: WebsocketState, direction: u32): u64 {
  return direction == Direction.ToServer ? state.skipToServer : state.skipToClient;
}

function setSkip(state: WebsocketState, direction: u32, skip: u64): void {
  if (direction == Direction.ToServer) state.skipToServer = skip;
  else state.skipToClient = skip;
}

const unmasked: usize = memory.data(65600);

/** The payload without its mask (RFC 6455 section 5.3). */
function unmask(data: usize, length: u32, mask: usize): void {
  for (let i: u32 = 0; i < length; i++) store<u8>(unmasked + i, load<u8>(data + i) ^ load<u8>(mask + (i & 3)));
}

/** Adds a fragment; false when the message has grown too long. */
function gather(message: Text, data: usize, length: u32): bool {
  const room = mostPayload() - message.length;
  appendText(message, Account.App, data, min<u32>(length, room));
  return length < room;
}

/** Keeps a message, unpacked if need be. `cut`: bytes of it are missing. */
function keepMessage(
  state: WebsocketState,
  tx: ValueTx,
  direction: u32,
  data: usize,
  length: u32,
  compressed: bool,
  cut: bool,
): void {
  if (compressed && unpack(state, direction, data, length, cut)) {
    if (isBomb) tx.raise(AppEvent.websocket__compression_bomb);
    data = unpacked;
    length = unpackedLength;
  }
  keep(tx, Buffer.websocket__payload, direction, data, length);
}

/** False: nothing came of it, the message is taken as it is. */
function unpack(state: WebsocketState, direction: u32, data: usize, length: u32, cut: bool): bool {
  const toServer = direction == Direction.ToServer;
  if (toServer ? state.requestBroken : state.responseBroken) return false;
  let unpacker = toServer ? state.requestUnpacker : state.responseUnpacker;
  if (unpacker == 0) unpacker = openUnpacker();
  let works = unpacker != 0;
  const unpacks = works && length > 0;
  if (unpacks) works = unpackMessage(unpacker, data, length, mostPayload()) && !cut;
  if (!works) {
    release(unpacker);
    unpacker = 0;
  }
  if (toServer) {
    state.requestUnpacker = unpacker;
    state.requestBroken = !works;
  } else {
    state.responseUnpacker = unpacker;
    state.responseBroken = !works;
  }
  return unpacks && unpackedLength > 0;
}

/** Payload of a frame, cut at what is kept; `more` bytes of it are passed over. */
function frame(state: WebsocketState, direction: u32, head: u32, mask: u32, data: usize, length: u32, more: u64): bool {
  const tx = openMessage(state, direction);
  if (tx == null) return false;
  keepNumber(tx, Field.websocket__flags, direction, head & 0xf0);
  keepNumber(tx, Field.websocket__opcode, direction, head & 15);
  keepNumber(tx, Field.websocket__mask, direction, mask);
  if (more > 0) tx.raise(AppEvent.websocket__skip_end_of_payload);
  const message = messageText(state, direction);
  const fin = (head & FIN) != 0;
  const compressed = (head & COMPRESSED) != 0;
  if ((head & 15) >= CONTROL) {
    keep(tx, Buffer.websocket__payload, direction, data, length);
    return true;
  }
  if (message.length == 0) {
    if (fin) {
      keepMessage(state, tx, direction, data, length, compressed, more > 0);
      return true;
    }
    if (direction == Direction.ToServer) state.requestCompressed = compressed;
    else state.responseCompressed = compressed;
  }
  const fits = gather(message, data, length);
  if (!fits) tx.raise(AppEvent.websocket__reassembly_limit_reached);
  if (fin) {
    const whole = direction == Direction.ToServer ? state.requestCompressed : state.responseCompressed;
    keepMessage(state, tx, direction, message.data, message.length, whole, !fits || more > 0);
    freeText(message);
  } else keep(tx, Buffer.websocket__payload, direction, data, length);
  return true;
}

export function websocketParse(base: AppState, direction: u32, data: usize, length: u32, flags: u32): i32 {
  if ((flags & InputFlag.Gap) != 0) return PARSE_ERROR;
  const state = changetype<WebsocketState>(changetype<usize>(base));
  let at = <u32>min<u64>(skipOf(state, direction), length);
  setSkip(state, direction, skipOf(state, direction) - at);
  while (length - at >= 2 && skipOf(state, direction) == 0) {
    const head = <u32>load<u8>(data + at);
    const second = <u32>load<u8>(data + at, 1);
    let size: u64 = second & 0x7f;
    let before: u32 = 2;
    if (size == 126) {
      if (length - at < 4) break;
      size = be16(data + at + 2);
      before = 4;
    } else if (size == 127) {
      if (length - at < 10) break;
      size = bswap<u64>(load<u64>(data + at + 2));
      before = 10;
    }
    const masked = (second & 0x80) != 0;
    const maskAt = data + at + before;
    if (masked) before += 4;
    const kept = <u32>min<u64>(size, mostPayload());
    if (length - at < before || length - at - before < kept) break;
    if (state.live >= MAX_LIVE) return PARSE_ERROR;
    noteFrame(state, direction, "header", data + at, before);
    noteFrame(state, direction, "pdu", data + at, <u64>before + kept);
    noteFrame(state, direction, "data", data + at + before, kept);
    let payload = data + at + before;
    if (masked) {
      unmask(payload, kept, maskAt);
      payload = unmasked;
    }
    const more = size - kept;
    if (!frame(state, direction, head, masked ? bswap<u32>(load<u32>(maskAt)) : 0, payload, kept, more))
      return PARSE_ERROR;
    at += before + kept;
    const here = <u32>min<u64>(more, length - at);
    setSkip(state, direction, more - here);
    at += here;
  }
  return <i32>at;
}

/** Gives back the messages not finished; before the state goes. */
export function websocketRelease(base: AppState): void {
  const state = changetype<WebsocketState>(changetype<usize>(base));
  freeText(messageText(state, Direction.ToServer));
  freeText(messageText(state, Direction.ToClient));
  release(state.requestUnpacker);
  release(state.responseUnpacker);
}

function opcodeName(opcode: u32): string {
  switch (opcode) {
    case 0:
      return "continuation";
    case 1:
      return "text";
    case 2:
      return "binary";
    case 8:
      return "connection_close";
    case 9:
      return "ping";
    case 10:
      return "pong";
    default:
      return "";
  }
}

/** The `websocket` object of EVE. */
export function websocketLog(tx: Tx): void {
  if (!map("websocket")) return;
  if (valueNumber(tx, Field.websocket__flags, EITHER, 0)) flag("fin", (foundNumber & FIN) != 0);
  if (valueNumber(tx, Field.websocket__mask, EITHER, 0) && foundNumber != 0)
    logNumber(tx, "mask", Field.websocket__mask, EITHER);
  if (valueNumber(tx, Field.websocket__opcode, EITHER, 0)) {
    const name = opcodeName(<u32>foundNumber);
    if (name.length > 0) word("opcode", name);
    else number("opcode", foundNumber);
  }
  end();
}
