/**
 * PostgreSQL's protocol 3.0 (PostgreSQL manual, "Frontend/Backend Protocol") over TCP. As in Suricata the last message says what comes next:
 * a request opens a transaction, ReadyForQuery or the server's turn in a login ends it.
 */
import { AppEvent } from "../abi/app_events";
import { Buffer } from "../abi/buffers";
import { AppProto, Direction } from "../abi/codes";
import { SimpleProgress } from "../abi/progress";
import { Setting } from "../abi/settings";
import { be16, be32 } from "../wire/bytes";
import { indexOf } from "./ascii";
import { noteFrame } from "./frame";
import { InputFlag, PARSE_ERROR } from "./input";
import { AppState, maxTx, openState, Tx } from "./transaction";
import { completeValues, keep, keepNumber, numberOf, openMessage, openValues, setNumber, ValueTx } from "./values";

/** What was seen last, of Suricata's scale: it decides how the next message is read. */
enum Turn {
  Idle,
  SslRequested,
  Startup,
  SaslInitial,
  SaslResponse,
  Password,
  Query,
  Cancel,
  Terminated,
  SslRejected,
  SaslAsked,
  SaslContinue,
  SaslFinal,
  PasswordAsked,
  AuthenticationOk,
  Parameter,
  BackendKey,
  Ready,
  RowDescription,
  DataRow,
  CommandComplete,
  Failed,
  Finished,
}

/** Keys of what EVE alone shows. */
export enum PgsqlKey {
  Command = 0x7000,
  Fields = 0x7001,
  Rows = 0x7002,
  DataSize = 0x7003,
  Startup = 0x7004,
  Ssl = 0x7005,
  Terminate = 0x7006,
  /** Fields of an error, by their letter. */
  Error = 0x7100,
}

/** The byte a message begins with. */
enum Tag {
  Notification = 0x41,
  CommandComplete = 0x43,
  DataRow = 0x44,
  Error = 0x45,
  BackendKey = 0x4b,
  Notice = 0x4e,
  Query = 0x51,
  Authentication = 0x52,
  Parameter = 0x53,
  RowDescription = 0x54,
  Terminate = 0x58,
  Ready = 0x5a,
  Password = 0x70,
}

const SSL_REQUEST: u32 = 80877103;
const CANCEL_REQUEST: u32 = 80877102;
/** A way to log in that has no turn of its own. */
const SSPI: u32 = 9;
/** Major version of requests that are no login. */
const NO_LOGIN: u32 = 1234;
/** Longest message taken. */
const MAX_MESSAGE: u32 = 1 << 24;

/** What `tagged` and `untagged` answer for what is no message: its length is impossible, or more than is taken. */
const WRONG_LENGTH: i32 = -1;
const TOO_LONG: i32 = -2;

@unmanaged
export class PgsqlState extends AppState {
  turn: u32;
}

export function pgsqlOpen(): usize {
  return openState(AppProto.Pgsql, <u32>offsetof<PgsqlState>());
}

function opensTransaction(turn: u32): bool {
  return turn <= <u32>Turn.Terminated;
}

/** The transaction the message at hand belongs to. */
function current(state: PgsqlState): ValueTx | null {
  if (!opensTransaction(state.turn)) return state.newest == 0 ? null : changetype<ValueTx>(state.newest);
  if (state.live > maxTx(Setting.PgsqlMaxTx)) closeOldest(state);
  return openValues(state);
}

/** Of too many transactions the oldest that waits for its answer is over. */
function closeOldest(state: PgsqlState): void {
  for (let p = state.oldest; p != 0; p = changetype<Tx>(p).next) {
    const old = changetype<ValueTx>(p);
    if (old.progressToClient == <u8>SimpleProgress.Complete) continue;
    old.raise(AppEvent.pgsql__too_many_transactions);
    completeValues(old);
    return;
  }
}

/** Bytes of the message: tag, length (`least` to `most`) and body. 0: more is needed; below 0: none. */
function tagged(data: usize, length: u32, least: u32, most: u32): i32 {
  if (length < 5) return 0;
  const size = be32(data + 1);
  if (size < least || size > most) return WRONG_LENGTH;
  if (size > MAX_MESSAGE) return TOO_LONG;
  return length < size + 1 ? 0 : <i32>(size + 1);
}

/** A message without a tag begins with its length. */
function untagged(data: usize, length: u32): i32 {
  if (length < 4) return 0;
  const size = be32(data);
  if (size < 8) return WRONG_LENGTH;
  if (size > MAX_MESSAGE) return TOO_LONG;
  return length < size ? 0 : <i32>size;
}

function requestSize(data: usize, length: u32): i32 {
  const tag = <u32>load<u8>(data);
  if (tag == 0) return untagged(data, length);
  return tagged(data, length, 4, tag == Tag.Terminate ? 4 : u32.MAX_VALUE);
}

function responseSize(data: usize, length: u32): i32 {
  switch (<u32>load<u8>(data)) {
    case Tag.Authentication:
      return tagged(data, length, 8, u32.MAX_VALUE);
    case Tag.BackendKey:
      return tagged(data, length, 12, 12);
    case Tag.Ready:
      return tagged(data, length, 5, 5);
    case Tag.RowDescription:
    case Tag.DataRow:
      return tagged(data, length, 7, u32.MAX_VALUE);
    case Tag.Error:
    case Tag.Notice:
      return tagged(data, length, 11, u32.MAX_VALUE);
    case Tag.Notification:
      return tagged(data, length, 10, u32.MAX_VALUE);
    default:
      return tagged(data, length, 4, u32.MAX_VALUE);
  }
}

/** An event stands in a transaction of its own. */
function raise(state: PgsqlState, direction: u32, event: u32): void {
  const tx = openMessage(state, direction);
  if (tx != null) tx.raise(event);
}

/** A length nobody can go on from. */
function refuse(state: PgsqlState, direction: u32, size: i32): i32 {
  if (size == WRONG_LENGTH) raise(state, direction, AppEvent.pgsql__invalid_length);
  return PARSE_ERROR;
}

/** The turn a request leads to, below 0 when it changes nothing. */
function requestTurn(state: PgsqlState, data: usize): i32 {
  const tag = <u32>load<u8>(data);
  if (tag == 0) {
    const code = be32(data + 4);
    if (code == SSL_REQUEST) return Turn.SslRequested;
    return code == CANCEL_REQUEST ? Turn.Cancel : Turn.Startup;
  }
  if (tag == Tag.Password) {
    if (state.turn == Turn.SaslAsked) return Turn.SaslInitial;
    if (state.turn == Turn.SaslInitial || state.turn == Turn.SaslContinue) return Turn.SaslResponse;
    return Turn.Password;
  }
  if (tag == Tag.Query) return Turn.Query;
  return tag == Tag.Terminate ? <i32>Turn.Terminated : -1;
}

/** Does a login name a version, or another request, that there is? */
function isKnownLogin(data: usize): bool {
  const major: u32 = be16(data + 4);
  if (major != NO_LOGIN) return major >= 1 && major <= 3;
  const code = be32(data + 4);
  return code == SSL_REQUEST || code == CANCEL_REQUEST;
}

function request(state: PgsqlState, data: usize, size: u32): bool {
  const turn = requestTurn(state, data);
  if (turn >= 0) state.turn = turn;
  const tx = current(state);
  if (tx == null) return false;
  tx.touch(Direction.ToServer);
  if (turn < 0) return true;
  if (turn == Turn.Query) keep(tx, Buffer.pgsql__query, Direction.ToServer, data + 5, indexOf(data + 5, size - 5, 0));
  else if (turn == Turn.Startup) keep(tx, PgsqlKey.Startup, Direction.ToServer, data + 8, size - 8);
  else if (turn == Turn.SslRequested) keepNumber(tx, PgsqlKey.Ssl, Direction.ToServer, 1);
  else if (turn == Turn.Terminated) keepNumber(tx, PgsqlKey.Terminate, Direction.ToServer, 1);
  tx.advance(Direction.ToServer, SimpleProgress.Complete);
  // No answer follows these.
  if (turn == Turn.Terminated || turn == Turn.Cancel) tx.advance(Direction.ToClient, SimpleProgress.Complete);
  return true;
}

/** The turn a response leads to, below 0 when it changes nothing. */
function responseTurn(data: usize): i32 {
  switch (<u32>load<u8>(data)) {
    case Tag.Authentication:
      return authenticationTurn(be32(data + 5));
    case Tag.Parameter:
      return Turn.Parameter;
    case Tag.BackendKey:
      return Turn.BackendKey;
    case Tag.Ready:
      return Turn.Ready;
    case Tag.RowDescription:
      return Turn.RowDescription;
    case Tag.DataRow:
      return Turn.DataRow;
    case Tag.CommandComplete:
      return Turn.CommandComplete;
    case Tag.Error:
      return Turn.Failed;
    default:
      return -1;
  }
}

function authenticationTurn(code: u32): i32 {
  switch (code) {
    case 0:
      return Turn.AuthenticationOk;
    case 3:
    case 5:
      return Turn.PasswordAsked;
    case 10:
      return Turn.SaslAsked;
    case 11:
      return Turn.SaslContinue;
    case 12:
      return Turn.SaslFinal;
    default:
      return -1;
  }
}

function ends(turn: i32): bool {
  switch (turn) {
    case Turn.Ready:
    case Turn.SslRejected:
    case Turn.PasswordAsked:
    case Turn.SaslAsked:
    case Turn.SaslContinue:
    case Turn.SaslFinal:
    case Turn.Finished:
      return true;
    default:
      return false;
  }
}

function response(state: PgsqlState, turn: i32, data: usize, size: u32): bool {
  if (turn >= 0) state.turn = turn;
  const tx = current(state);
  if (tx == null) return false;
  tx.touch(Direction.ToClient);
  switch (turn) {
    case Turn.DataRow:
      setNumber(tx, PgsqlKey.Rows, Direction.ToClient, numberOf(tx, PgsqlKey.Rows, Direction.ToClient) + 1);
      setNumber(
        tx,
        PgsqlKey.DataSize,
        Direction.ToClient,
        numberOf(tx, PgsqlKey.DataSize, Direction.ToClient) + rowSize(data, size),
      );
      break;
    case Turn.RowDescription:
      if (size >= 7) keepNumber(tx, PgsqlKey.Fields, Direction.ToClient, be16(data + 5));
      break;
    case Turn.CommandComplete:
      keep(tx, PgsqlKey.Command, Direction.ToClient, data + 5, indexOf(data + 5, size - 5, 0));
      break;
    case Turn.Failed:
      errorFields(tx, data + 5, size - 5);
      break;
    default:
      break;
  }
  if (ends(turn)) completeValues(tx);
  return true;
}

/** Bytes of a row's values. A value of length -1 is NULL. */
function rowSize(data: usize, size: u32): u64 {
  let total: u64 = 0;
  let at: u32 = 7;
  while (at + 4 <= size) {
    const n = be32(data + at);
    at += 4;
    if (n == 0xffffffff) continue;
    if (n > size - at) break;
    total += <u64>n;
    at += n;
  }
  return total;
}

/** Letter and text, one after another; a NUL ends the list. */
function errorFields(tx: ValueTx, data: usize, length: u32): void {
  let at: u32 = 0;
  while (at < length) {
    const letter = <u32>load<u8>(data + at);
    if (letter == 0) return;
    const n = indexOf(data + at + 1, length - at - 1, 0);
    keep(tx, <u32>PgsqlKey.Error + letter, Direction.ToClient, data + at + 1, n);
    at += 2 + n;
  }
}

function parseRequests(state: PgsqlState, data: usize, length: u32): i32 {
  let at: u32 = 0;
  while (at < length) {
    const size = requestSize(data + at, length - at);
    if (size < 0) return refuse(state, Direction.ToServer, size);
    if (size == 0) return <i32>at;
    if (load<u8>(data + at) == 0 && !isKnownLogin(data + at)) {
      // As in Suricata, what came with it is passed over.
      raise(state, Direction.ToServer, AppEvent.pgsql__malformed_request);
      return <i32>length;
    }
    noteFrame(state, Direction.ToServer, "pdu", data + at, size);
    if (!request(state, data + at, size)) return <i32>length;
    at += size;
  }
  return <i32>length;
}

function parseResponses(state: PgsqlState, data: usize, length: u32): i32 {
  let at: u32 = 0;
  while (at < length) {
    if (state.turn == Turn.SslRequested) {
      const answer = <u32>load<u8>(data + at);
      if (answer != 0x53 && answer != 0x4e) return <i32>length;
      if (answer == 0x53) state.changeTo = <u8>AppProto.Tls;
      response(state, answer == 0x53 ? Turn.Finished : Turn.SslRejected, data + at, 1);
      at++;
      continue;
    }
    const size = responseSize(data + at, length - at);
    if (size < 0) return refuse(state, Direction.ToClient, size);
    if (size == 0) return <i32>at;
    const tag = <u32>load<u8>(data + at);
    const turn = responseTurn(data + at);
    if (tag == Tag.Authentication && turn < 0 && be32(data + at + 5) != SSPI) {
      raise(state, Direction.ToClient, AppEvent.pgsql__malformed_response);
      return <i32>length;
    }
    noteFrame(state, Direction.ToClient, "pdu", data + at, size);
    if (!response(state, turn, data + at, size)) return <i32>length;
    at += size;
  }
  return <i32>length;
}

export function pgsqlParse(base: AppState, direction: u32, data: usize, length: u32, flags: u32): i32 {
  if ((flags & InputFlag.Gap) != 0) return PARSE_ERROR;
  const state = changetype<PgsqlState>(changetype<usize>(base));
  return direction == Direction.ToServer ? parseRequests(state, data, length) : parseResponses(state, data, length);
}
