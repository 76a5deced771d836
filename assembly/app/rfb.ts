/**
 * RFB, the protocol of VNC (RFC 6143), over TCP: versions, security, login and the two init messages are one transaction; what follows is
 * not read.
 */
import { AppEvent } from "../abi/app_events";
import { Buffer, Field } from "../abi/buffers";
import { AppProto, Direction } from "../abi/codes";
import { SimpleProgress } from "../abi/progress";
import { end, map } from "../verdict/cbor";
import { be16, be32 } from "../wire/bytes";
import { noteFrame } from "./frame";
import { InputFlag, PARSE_ERROR } from "./input";
import { AppState, openState, Tx } from "./transaction";
import {
  completeValues,
  EITHER,
  keep,
  keepNumber,
  logNumber,
  logText,
  newestValues,
  openValues,
  ValueTx,
} from "./values";

/** Whose turn it is; To: the client's bytes, From: the server's. */
enum Step {
  FromVersion,
  ToVersion,
  FromSecurityTypes,
  ToSecurityChoice,
  FromSecurityType,
  FromChallenge,
  ToResponse,
  FromResult,
  FromFailure,
  ToInit,
  FromInit,
  Over,
}

/** Keys of what EVE alone shows. */
enum Key {
  ServerVersion = 0x7000,
  ClientVersion = 0x7001,
  Width = 0x7002,
  Height = 0x7003,
  FailureReason = 0x7004,
}

const VERSION: u32 = 12;
const VNC: u32 = 2;

@unmanaged
export class RfbState extends AppState {
  step: u32;
  /** 3 for version 3.3, where the server says the security type. */
  minor: u32;
  chosen: u32;
}

export function rfbOpen(): usize {
  return openState(AppProto.Rfb, <u32>offsetof<RfbState>());
}

/** The transaction of the login. */
function login(state: RfbState): ValueTx | null {
  const at = newestValues(state);
  return at != 0 ? changetype<ValueTx>(at) : openValues(state);
}

function isServerStep(step: u32): bool {
  switch (step) {
    case Step.ToVersion:
    case Step.ToSecurityChoice:
    case Step.ToResponse:
    case Step.ToInit:
      return false;
    default:
      return true;
  }
}

/** Bytes of the message of the step at hand; 0: more is needed. */
function sizeOf(step: u32, data: usize, length: u32): u32 {
  switch (step) {
    case Step.FromVersion:
    case Step.ToVersion:
      return length < VERSION ? 0 : VERSION;
    case Step.FromSecurityTypes: {
      if (length < 1) return 0;
      const n = <u32>load<u8>(data);
      if (n > 0) return length < n + 1 ? 0 : n + 1;
      return reasonSize(data + 1, length - 1, 1);
    }
    case Step.ToSecurityChoice:
    case Step.ToInit:
      return length < 1 ? 0 : 1;
    case Step.FromSecurityType:
    case Step.FromResult:
      return length < 4 ? 0 : 4;
    case Step.FromChallenge:
    case Step.ToResponse:
      return length < 16 ? 0 : 16;
    case Step.FromFailure:
      return reasonSize(data, length, 0);
    case Step.FromInit: {
      if (length < 24) return 0;
      const n = min<u32>(be32(data + 20), MAX_NAME);
      return length < 24 + n ? 0 : 24 + n;
    }
    default:
      return length;
  }
}

/** Longest name or reason taken. */
const MAX_NAME: u32 = 65536;

function reasonSize(data: usize, length: u32, before: u32): u32 {
  if (length < 4) return 0;
  const n = min<u32>(be32(data), MAX_NAME);
  return length < 4 + n ? 0 : before + 4 + n;
}

function minorOf(data: usize): u32 {
  let minor: u32 = 0;
  for (let i: u32 = 8; i < 11; i++) minor = minor * 10 + ((<u32>load<u8>(data + i) - 0x30) & 15);
  return minor;
}

function isVersion(data: usize): bool {
  return load<u32>(data) == 0x20424652 && load<u8>(data, 7) == 0x2e && load<u8>(data, 11) == 10;
}

/** Handles the message of the step; the next step, below 0 when it cannot be one. */
function handle(state: RfbState, tx: ValueTx, data: usize, size: u32): i32 {
  switch (state.step) {
    case Step.FromVersion:
      if (!isVersion(data)) return -1;
      keep(tx, Key.ServerVersion, Direction.ToClient, data, VERSION - 1);
      return Step.ToVersion;
    case Step.ToVersion:
      if (!isVersion(data)) return -1;
      keep(tx, Key.ClientVersion, Direction.ToServer, data, VERSION - 1);
      state.minor = minorOf(data);
      return state.minor == 3 ? Step.FromSecurityType : Step.FromSecurityTypes;
    case Step.FromSecurityTypes:
      if (load<u8>(data) != 0) return Step.ToSecurityChoice;
      keep(tx, Key.FailureReason, Direction.ToClient, data + 5, size - 5);
      return Step.Over;
    case Step.ToSecurityChoice:
      return choose(state, tx, load<u8>(data));
    case Step.FromSecurityType:
      return choose(state, tx, be32(data));
    case Step.FromChallenge:
      return Step.ToResponse;
    case Step.ToResponse:
      return Step.FromResult;
    case Step.FromResult:
      return result(state, tx, be32(data));
    case Step.FromFailure:
      keep(tx, Key.FailureReason, Direction.ToClient, data + 4, size - 4);
      return Step.Over;
    case Step.ToInit:
      return Step.FromInit;
    case Step.FromInit:
      keepNumber(tx, Key.Width, Direction.ToClient, be16(data));
      keepNumber(tx, Key.Height, Direction.ToClient, be16(data + 2));
      keep(tx, Buffer.rfb__name, Direction.ToClient, data + 24, size - 24);
      return Step.Over;
    default:
      return Step.Over;
  }
}

function choose(state: RfbState, tx: ValueTx, type: u32): i32 {
  state.chosen = type;
  keepNumber(tx, Field.rfb__sectype, Direction.ToServer, type);
  tx.touch(Direction.ToServer);
  if (type == VNC) return Step.FromChallenge;
  if (type == 1) return state.minor >= 8 ? Step.FromResult : Step.ToInit;
  if (type == 0 && state.minor == 3) return Step.FromFailure;
  tx.raise(AppEvent.rfb__unimplemented_security_type);
  return Step.Over;
}

function result(state: RfbState, tx: ValueTx, code: u32): i32 {
  keepNumber(tx, Field.rfb__secresult, Direction.ToClient, code);
  if (code == 0) return Step.ToInit;
  if (code == 1) return state.minor >= 8 ? Step.FromFailure : Step.Over;
  if (code != 2) tx.raise(AppEvent.rfb__unknown_security_result);
  return Step.Over;
}

export function rfbParse(base: AppState, direction: u32, data: usize, length: u32, flags: u32): i32 {
  if ((flags & InputFlag.Gap) != 0) return PARSE_ERROR;
  const state = changetype<RfbState>(changetype<usize>(base));
  let at: u32 = 0;
  while (at < length && state.step != Step.Over) {
    const tx = login(state);
    if (tx == null) return PARSE_ERROR;
    if (isServerStep(state.step) != (direction == Direction.ToClient)) {
      tx.raise(AppEvent.rfb__confused_state);
      tx.touch(direction);
      return PARSE_ERROR;
    }
    const size = sizeOf(state.step, data + at, length - at);
    if (size == 0) return <i32>at;
    noteFrame(state, direction, "pdu", data + at, size);
    const next = handle(state, tx, data + at, size);
    tx.touch(direction);
    if (next < 0) {
      tx.raise(AppEvent.rfb__malformed_message);
      return PARSE_ERROR;
    }
    state.step = next;
    if (next == Step.FromInit) tx.advance(Direction.ToServer, SimpleProgress.Complete);
    if (next == Step.Over) completeValues(tx);
    at += size;
  }
  return <i32>length;
}

/** The `rfb` object of EVE. */
export function rfbLog(tx: Tx): void {
  if (!map("rfb")) return;
  logText(tx, "server_protocol_version", Key.ServerVersion, EITHER);
  logText(tx, "client_protocol_version", Key.ClientVersion, EITHER);
  if (map("authentication")) {
    logNumber(tx, "security_type", Field.rfb__sectype, EITHER);
    logNumber(tx, "security_result", Field.rfb__secresult, EITHER);
    end();
  }
  logText(tx, "server_security_failure_reason", Key.FailureReason, EITHER);
  if (map("framebuffer")) {
    logNumber(tx, "width", Key.Width, EITHER);
    logNumber(tx, "height", Key.Height, EITHER);
    logText(tx, "name", Buffer.rfb__name, EITHER);
    end();
  }
  end();
}
