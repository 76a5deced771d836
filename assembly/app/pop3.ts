/** POP3 (RFC 1939, RFC 2449, RFC 2595) over TCP: a command and its response are a transaction; so is the greeting. */
import { AppEvent } from "../abi/app_events";
import { AppProto, Direction } from "../abi/codes";
import { array, end, flag, map, text, word } from "../verdict/cbor";
import { equalsWord } from "./ascii";
import { InputFlag, PARSE_ERROR } from "./input";
import { AppState, openState, Tx } from "./transaction";
import { completeValues, EITHER, keep, keepWord, logText, openValues, ValueTx, valueBuffer } from "./values";
import { viewData, viewLength } from "./view";

/** Longest command and response line (RFC 2449 section 4). */
const MAX_COMMAND: u32 = 255;
const MAX_RESPONSE: u32 = 512;
const MAX_PENDING: u32 = 65536;
const MAX_LIVE: u32 = 256;
const MAX_ARGUMENTS: u32 = 16;

/** Keys of what EVE shows. */
enum Key {
  Command = 0x7000,
  Argument = 0x7001,
  Status = 0x7002,
  Header = 0x7003,
}

/** What a command's response looks like. */
enum Shape {
  Line = 0,
  Lines = 1,
  /** STLS: what follows is TLS. */
  Tls = 2,
}

@unmanaged
export class Pop3State extends AppState {
  /** Lines of a response are passed over until its end. */
  inLines: bool;
}

export function pop3Open(): usize {
  return openState(AppProto.Pop3, <u32>offsetof<Pop3State>());
}

function makeTx(state: Pop3State, direction: u32): ValueTx | null {
  if (state.live >= MAX_LIVE) {
    const oldest = changetype<ValueTx>(state.oldest);
    oldest.raise(AppEvent.pop3__too_many_transactions);
    oldest.touch(direction);
    return null;
  }
  return openValues(state);
}

/** The oldest command without a response, 0 for none. */
function waiting(state: Pop3State): usize {
  for (let at = state.oldest; at != 0; at = changetype<Tx>(at).next) {
    const tx = changetype<ValueTx>(at);
    if (tx.mark == 0) return at;
  }
  return 0;
}

function shapeOf(data: usize, length: u32, args: u32): u32 {
  if (equalsWord(data, length, "stls")) return Shape.Tls;
  if (equalsWord(data, length, "retr") || equalsWord(data, length, "top") || equalsWord(data, length, "capa"))
    return Shape.Lines;
  const listing = equalsWord(data, length, "list") || equalsWord(data, length, "uidl");
  return listing && args == 0 ? Shape.Lines : Shape.Line;
}

/** Arguments a command takes: the least and the most; below 0: unknown. */
function argumentsOf(data: usize, length: u32): i32 {
  if (
    equalsWord(data, length, "stat") ||
    equalsWord(data, length, "noop") ||
    equalsWord(data, length, "rset") ||
    equalsWord(data, length, "quit") ||
    equalsWord(data, length, "capa") ||
    equalsWord(data, length, "stls")
  )
    return 0x00;
  if (
    equalsWord(data, length, "user") ||
    equalsWord(data, length, "pass") ||
    equalsWord(data, length, "retr") ||
    equalsWord(data, length, "dele")
  )
    return 0x11;
  if (equalsWord(data, length, "apop") || equalsWord(data, length, "top")) return 0x22;
  if (equalsWord(data, length, "list") || equalsWord(data, length, "uidl")) return 0x01;
  return equalsWord(data, length, "auth") ? 0x02 : -1;
}

function command(state: Pop3State, line: usize, length: u32): bool {
  const tx = makeTx(state, Direction.ToServer);
  if (tx == null) return false;
  let at: u32 = 0;
  while (at < length && load<u8>(line + at) != 0x20) at++;
  const name = at;
  keep(tx, Key.Command, EITHER, line, name);
  let args: u32 = 0;
  while (at < length) {
    while (at < length && load<u8>(line + at) == 0x20) at++;
    const from = at;
    while (at < length && load<u8>(line + at) != 0x20) at++;
    if (at == from) break;
    if (args++ < MAX_ARGUMENTS) keep(tx, Key.Argument, EITHER, line + from, at - from);
  }
  tx.kind = shapeOf(line, name, args);
  const known = argumentsOf(line, name);
  if (known < 0) tx.raise(AppEvent.pop3__unknown_command);
  else if (args < <u32>known >> 4 || (args > (<u32>known & 15) && !equalsWord(line, name, "pass")))
    tx.raise(AppEvent.pop3__incorrect_argument_count);
  if (length + 2 > MAX_COMMAND) tx.raise(AppEvent.pop3__command_too_long);
  tx.advance(Direction.ToServer, 1);
  return true;
}

function response(state: Pop3State, line: usize, length: u32): bool {
  const good = length >= 3 && load<u8>(line) == 0x2b && load<u16>(line, 1) == 0x4b4f;
  const bad = length >= 4 && load<u32>(line) == 0x5252_452d;
  const challenge = length >= 1 && load<u8>(line) == 0x2b;
  if (!good && !bad && !challenge) return false;
  let at = waiting(state);
  if (at == 0) {
    const fresh = makeTx(state, Direction.ToClient);
    if (fresh == null) return false;
    at = changetype<usize>(fresh);
  }
  const tx = changetype<ValueTx>(at);
  tx.mark = 1;
  keepWord(tx, Key.Status, EITHER, bad ? "ERR" : "OK");
  const skip: u32 = bad ? 4 : good ? 3 : 1;
  let from = skip;
  while (from < length && load<u8>(line + from) == 0x20) from++;
  if (from < length) keep(tx, Key.Header, EITHER, line + from, length - from);
  if (length + 2 > MAX_RESPONSE) tx.raise(AppEvent.pop3__response_too_long);
  if (good && tx.kind == Shape.Lines) state.inLines = true;
  if (good && tx.kind == Shape.Tls) state.changeTo = <u8>AppProto.Tls;
  completeValues(tx);
  return true;
}

export function pop3Parse(base: AppState, direction: u32, data: usize, length: u32, flags: u32): i32 {
  if ((flags & InputFlag.Gap) != 0) return <i32>length;
  const state = changetype<Pop3State>(changetype<usize>(base));
  let at: u32 = 0;
  while (at < length) {
    let stop = at;
    while (stop < length && load<u8>(data + stop) != 0x0a) stop++;
    if (stop == length) return length - at > MAX_PENDING ? PARSE_ERROR : <i32>at;
    const line = data + at;
    let size = stop - at;
    if (size > 0 && load<u8>(data + stop - 1) == 0x0d) size--;
    at = stop + 1;
    if (direction == Direction.ToServer) {
      if (size > 0 && !command(state, line, size)) return PARSE_ERROR;
    } else if (state.inLines) {
      if (size == 1 && load<u8>(line) == 0x2e) state.inLines = false;
    } else if (!response(state, line, size)) return PARSE_ERROR;
  }
  return <i32>length;
}

/** The `pop3` object of EVE. */
export function pop3Log(tx: Tx): void {
  if (!map("pop3")) return;
  if (valueBuffer(tx, Key.Command, EITHER, 0) && map("request")) {
    text("command", viewData, viewLength);
    if (array("args")) {
      for (let i: u32 = 0; i < MAX_ARGUMENTS && valueBuffer(tx, Key.Argument, EITHER, i); i++)
        text("", viewData, viewLength);
      end();
    }
    end();
  }
  if (valueBuffer(tx, Key.Status, EITHER, 0) && map("response")) {
    const good = viewLength == 2;
    flag("success", good);
    word("status", good ? "OK" : "ERR");
    logText(tx, "header", Key.Header, EITHER);
    end();
  }
  end();
}
