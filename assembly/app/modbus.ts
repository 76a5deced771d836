/** Modbus over TCP (Modbus Messaging on TCP/IP Implementation Guide 1.0b): requests open transactions, responses with their id end them. */
import { AppEvent } from "../abi/app_events";
import { Field } from "../abi/buffers";
import { AppProto, Direction } from "../abi/codes";
import { be16 } from "../wire/bytes";
import { noteFrame } from "./frame";
import { InputFlag, PARSE_ERROR } from "./input";
import {
  answers,
  differs,
  isWrongException,
  ModbusFault,
  noteRequest,
  raiseFaults,
  requestFaults,
  responseFaults,
} from "./modbus_check";
import { accessOf, keepFunction, keepRequest, MODBUS_EXCEPTION, MODBUS_TRANSACTION } from "./modbus_function";
import { AppState, openState, Tx } from "./transaction";
import { completeValues, keepNumber, openMessage, openValues, ValueTx } from "./values";

const HEADER: u32 = 7;
/** Bytes the header's length field may count: unit, function and data. */
const MIN_LENGTH: u32 = 2;
const MAX_LENGTH: u32 = 254;
/** Units above this are reserved, but for 255. */
const MAX_UNIT: u32 = 247;
/** Unanswered requests that count as a flood. */
const MAX_LIVE: u32 = 500;
const ANSWERED: u32 = 1;

export function modbusOpen(): usize {
  return openState(AppProto.Modbus, <u32>offsetof<AppState>());
}

/** The request that a response answers. */
function find(state: AppState, data: usize, size: u32): ValueTx | null {
  const id = be16(data);
  for (let p = state.oldest; p != 0; p = changetype<Tx>(p).next) {
    const tx = changetype<ValueTx>(p);
    if (tx.mark != id || tx.kind == ANSWERED) continue;
    if (answers(tx, load<u8>(data, 6), load<u8>(data, 7), data + 8, size - 8)) return tx;
  }
  return null;
}

function flooded(state: AppState): void {
  const tx = changetype<ValueTx>(state.oldest);
  tx.raise(AppEvent.modbus__flooded);
  tx.kind = ANSWERED;
  completeValues(tx);
}

function check(tx: ValueTx, data: usize): void {
  if (be16(data + 2) != 0) tx.raise(AppEvent.modbus__invalid_protocol_id);
  const unit = <u32>load<u8>(data, 6);
  if (unit > MAX_UNIT && unit != 255) tx.raise(AppEvent.modbus__invalid_unit_identifier);
  if ((load<u8>(data, 7) & 0x7f) == 0) tx.raise(AppEvent.modbus__invalid_function_code);
}

function request(state: AppState, data: usize, size: u32): bool {
  if (state.live >= MAX_LIVE) flooded(state);
  const tx = openValues(state);
  if (tx == null) return false;
  tx.mark = be16(data);
  keepNumber(tx, MODBUS_TRANSACTION, Direction.ToServer, tx.mark);
  keepNumber(tx, Field.modbus__unit_id, Direction.ToServer, load<u8>(data, 6));
  keepFunction(tx, Direction.ToServer, load<u8>(data, 7), data + 8, size - 8);
  keepRequest(tx, load<u8>(data, 7), data + 8, size - 8);
  noteRequest(tx, load<u8>(data, 6), load<u8>(data, 7), data + 8, size - 8);
  raiseFaults(tx, requestFaults(load<u8>(data, 7), data + 8, size - 8));
  check(tx, data);
  tx.advance(Direction.ToServer, 1);
  return true;
}

function response(state: AppState, data: usize, size: u32): bool {
  let tx = find(state, data, size);
  const solicited = tx != null;
  if (tx == null) {
    tx = openMessage(state, Direction.ToClient);
    if (tx == null) return false;
    tx.raise(AppEvent.modbus__unsolicited_response);
  }
  tx.kind = ANSWERED;
  const code = <u32>load<u8>(data, 7);
  keepNumber(tx, Field.modbus__unit_id, Direction.ToClient, load<u8>(data, 6));
  keepNumber(tx, MODBUS_TRANSACTION, Direction.ToClient, be16(data));
  keepFunction(tx, Direction.ToClient, code & 0x7f, data + 8, size - 8);
  if ((code & 0x80) == 0) {
    let faults = responseFaults(code, data + 8, size - 8);
    if (faults == ModbusFault.None && solicited && differs(tx, code, data + 8)) faults = ModbusFault.Value;
    // Of a read or a write it does not matter which of both it is.
    if (faults != ModbusFault.None && accessOf(code) != 0) tx.raise(AppEvent.modbus__value_mismatch);
    else raiseFaults(tx, faults);
  } else if (size >= 9) {
    const exception = <u32>load<u8>(data, 8);
    keepNumber(tx, MODBUS_EXCEPTION, Direction.ToClient, exception);
    if (isWrongException(code & 0x7f, exception)) tx.raise(AppEvent.modbus__invalid_exception_code);
  }
  check(tx, data);
  completeValues(tx);
  return true;
}

export function modbusParse(state: AppState, direction: u32, data: usize, length: u32, flags: u32): i32 {
  if ((flags & InputFlag.Gap) != 0) return PARSE_ERROR;
  let at: u32 = 0;
  while (length - at > HEADER) {
    const counted: u32 = be16(data + at + 4);
    if (counted < MIN_LENGTH || counted > MAX_LENGTH) {
      const tx = openMessage(state, direction);
      if (tx != null) tx.raise(AppEvent.modbus__invalid_length);
      return PARSE_ERROR;
    }
    const size: u32 = 6 + counted;
    if (length - at < size) break;
    noteFrame(state, direction, "pdu", data + at, size);
    const taken = direction == Direction.ToServer ? request(state, data + at, size) : response(state, data + at, size);
    if (!taken) return PARSE_ERROR;
    at += size;
  }
  return <i32>at;
}
