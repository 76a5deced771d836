/**
 * What is wrong with a Modbus message (Modbus Application Protocol 1.1b3 section 6): its length, a value in it, or that an answer is not one
 * to its request. The bounds are those of Suricata's parser.
 *
 * Contract: `data` are the `length` bytes behind the function code; nothing behind them is read.
 */
import { AppEvent } from "../abi/app_events";
import { be16, be32 } from "../wire/bytes";
import { accessOf, ModbusAccess, ModbusFunction } from "./modbus_function";
import { ValueTx } from "./values";

/** Bits of what `requestFaults` and `responseFaults` return. */
export const enum ModbusFault {
  None = 0,
  Length = 1,
  Value = 2,
}

const enum Subfunction {
  ReturnQueryData = 0,
  RestartCommunications = 1,
  ChangeDelimiter = 3,
  ForceListenOnly = 4,
}

const MAX_BITS: u32 = 2000;
const MAX_WORDS: u32 = 125;
/** Bytes an answer to a read may carry. */
const MAX_READ: u32 = 250;

function isBits(access: u32): bool {
  return (access & (ModbusAccess.Coils | ModbusAccess.Discretes)) != 0;
}

/** Bytes that `quantity` of the points take. */
function bytesOf(access: u32, quantity: u32): u32 {
  return isBits(access) ? (quantity + 7) >> 3 : quantity << 1;
}

function quantityFaults(access: u32, quantity: u32): u32 {
  return quantity == 0 || quantity > (isBits(access) ? MAX_BITS : MAX_WORDS) ? ModbusFault.Value : ModbusFault.None;
}

function lengthFaults(length: u32, wanted: u32): u32 {
  return length == wanted ? ModbusFault.None : ModbusFault.Length;
}

function diagnosticFaults(data: usize, length: u32): u32 {
  if (length != 4) return ModbusFault.Length;
  const sub: u32 = be16(data);
  const value: u32 = be16(data + 2);
  if (sub == Subfunction.ReturnQueryData || sub == Subfunction.ForceListenOnly) return ModbusFault.None;
  const reserved = (sub > 4 && sub < 10) || sub == 19 || sub > 20;
  if (reserved) return ModbusFault.None;
  if (sub == Subfunction.RestartCommunications && value == 0xff00) return ModbusFault.None;
  return (sub == Subfunction.ChangeDelimiter ? value & 0xff : value) != 0 ? ModbusFault.Value : ModbusFault.None;
}

function writeRequestFaults(access: u32, data: usize, length: u32): u32 {
  if ((access & ModbusAccess.Single) != 0) {
    const faults = lengthFaults(length, 4);
    if (length < 4 || (access & ModbusAccess.Coils) == 0) return faults;
    const value: u32 = be16(data + 2);
    return value == 0 || value == 0xff00 ? faults : faults | ModbusFault.Value;
  }
  if ((access & ModbusAccess.Multiple) == 0) return lengthFaults(length, 6);
  if (length < 5) return ModbusFault.Length;
  const quantity: u32 = be16(data + 2);
  const count = <u32>load<u8>(data, 4);
  const fits = count == length - 5 && count == bytesOf(access, quantity);
  return fits ? quantityFaults(access, quantity) : ModbusFault.Value;
}

/** What is wrong with a request. */
export function requestFaults(code: u32, data: usize, length: u32): u32 {
  const access = accessOf(code);
  switch (code) {
    case ModbusFunction.Diagnostic:
      return diagnosticFaults(data, length);
    case ModbusFunction.EncapsulatedInterface:
    case ModbusFunction.ReadFileRecord:
    case ModbusFunction.WriteFileRecord:
      return length == 0 ? ModbusFault.Length : ModbusFault.None;
    case ModbusFunction.ReadExceptionStatus:
    case ModbusFunction.EventCounter:
    case ModbusFunction.EventLog:
    case ModbusFunction.ReportServer:
      return lengthFaults(length, 0);
    case ModbusFunction.ReadFifo:
      return lengthFaults(length, 2);
    default:
      break;
  }
  if ((access & ModbusAccess.Read) != 0) {
    if (length < 4) return ModbusFault.Length;
    const faults = quantityFaults(access, be16(data + 2));
    if ((access & ModbusAccess.Write) != 0) return faults | writeRequestFaults(access, data + 4, length - 4);
    return faults | lengthFaults(length, 4);
  }
  return (access & ModbusAccess.Write) != 0 ? writeRequestFaults(access, data, length) : ModbusFault.None;
}

/** What is wrong with an answer that is no exception. */
export function responseFaults(code: u32, data: usize, length: u32): u32 {
  const access = accessOf(code);
  switch (code) {
    case ModbusFunction.Diagnostic:
      return length < 2 ? ModbusFault.Length : ModbusFault.None;
    case ModbusFunction.EncapsulatedInterface:
      return length == 0 ? ModbusFault.Length : ModbusFault.None;
    case ModbusFunction.ReadExceptionStatus:
      return lengthFaults(length, 1);
    case ModbusFunction.EventCounter:
      return lengthFaults(length, 4);
    default:
      break;
  }
  if ((access & ModbusAccess.Read) != 0) {
    if (length == 0) return ModbusFault.Length;
    const count = <u32>load<u8>(data);
    return count == 0 || count > MAX_READ || count != length - 1 ? ModbusFault.Value : ModbusFault.None;
  }
  if ((access & ModbusAccess.Write) == 0) return ModbusFault.None;
  if ((access & (ModbusAccess.Single | ModbusAccess.Multiple)) == 0) return lengthFaults(length, 6);
  const faults = lengthFaults(length, 4);
  if (length < 4 || (access & ModbusAccess.Multiple) == 0) return faults;
  return faults | quantityFaults(access, be16(data + 2));
}

/** Is the exception none that the function may answer with? */
export function isWrongException(code: u32, exception: u32): bool {
  switch (exception) {
    case 1:
    case 4:
    case 5:
    case 6:
    case 7:
    case 10:
    case 11:
      return false;
    case 2:
      return (code > 6 && code < 15) || (code > 16 && code < 22);
    case 3:
      return code == ModbusFunction.Diagnostic;
    case 8:
      return code != ModbusFunction.ReadFileRecord && code != ModbusFunction.WriteFileRecord;
    default:
      return true;
  }
}

/** Notes of a request what its answer is compared with: unit, function, address; then quantity, value, masks or subfunction. */
export function noteRequest(tx: ValueTx, unit: u32, code: u32, data: usize, length: u32): void {
  tx.count = (unit << 24) | (code << 16) | (length >= 2 ? <u32>be16(data) : 0);
  tx.extra = length >= 6 && code == ModbusFunction.MaskWriteRegister ? be32(data + 2) : 0;
  if (length >= 4 && code != ModbusFunction.MaskWriteRegister) tx.extra = be16(data + 2);
}

/** Can this be the answer to the request of `tx`: of its unit, function and subfunction? */
export function answers(tx: ValueTx, unit: u32, code: u32, data: usize, length: u32): bool {
  if (tx.count >> 24 != unit || ((tx.count >> 16) & 0xff) != (code & 0x7f)) return false;
  if (code == ModbusFunction.Diagnostic && length >= 2) return (tx.count & 0xffff) == <u32>be16(data);
  return code != ModbusFunction.EncapsulatedInterface || length == 0 || ((tx.count >> 8) & 0xff) == <u32>load<u8>(data);
}

/** Does the answer to a read or a write say something else than its request asked for? It is of the right length. */
export function differs(tx: ValueTx, code: u32, data: usize): bool {
  const access = accessOf(code);
  if ((access & ModbusAccess.Read) != 0) return <u32>load<u8>(data) != bytesOf(access, tx.extra);
  if ((access & ModbusAccess.Write) == 0) return false;
  const value: u32 = code == ModbusFunction.MaskWriteRegister ? be32(data + 2) : <u32>be16(data + 2);
  return <u32>be16(data) != (tx.count & 0xffff) || value != tx.extra;
}

/** Raises what is wrong with a message. */
export function raiseFaults(tx: ValueTx, faults: u32): void {
  if ((faults & ModbusFault.Value) != 0) tx.raise(AppEvent.modbus__invalid_value);
  if ((faults & ModbusFault.Length) != 0) tx.raise(AppEvent.modbus__invalid_length);
}
