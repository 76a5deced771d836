/**
 * Functions of Modbus (Modbus Application Protocol 1.1b3 section 6): what a function reads or writes, its category, and the values a
 * request writes. Addresses count from 1, as in the data model and in rules.
 *
 * Contract: `data` are the `length` bytes behind the function code; nothing behind them is read.
 */
import { Field } from "../abi/buffers";
import { Direction } from "../abi/codes";
import { be16 } from "../wire/bytes";
import { keepNumber, ValueTx } from "./values";

/** Keys of what EVE alone shows. */
export const MODBUS_EXCEPTION: u32 = 0x7000;
export const MODBUS_TRANSACTION: u32 = 0x7001;
export const MODBUS_QUANTITY: u32 = 0x7002;

/** Bits of `Field.modbus__access`. */
export enum ModbusAccess {
  Read = 1,
  Write = 2,
  Discretes = 4,
  Coils = 8,
  Input = 16,
  Holding = 32,
  Single = 64,
  Multiple = 128,
}

/** Bits of `Field.modbus__category`. */
export enum ModbusCategory {
  Assigned = 1,
  Unassigned = 2,
  User = 4,
  Reserved = 8,
}

export enum ModbusFunction {
  ReadCoils = 1,
  ReadDiscreteInputs = 2,
  ReadHoldingRegisters = 3,
  ReadInputRegisters = 4,
  WriteSingleCoil = 5,
  WriteSingleRegister = 6,
  ReadExceptionStatus = 7,
  Diagnostic = 8,
  EventCounter = 11,
  EventLog = 12,
  WriteMultipleCoils = 15,
  WriteMultipleRegisters = 16,
  ReportServer = 17,
  ReadFileRecord = 20,
  WriteFileRecord = 21,
  MaskWriteRegister = 22,
  ReadWriteMultipleRegisters = 23,
  ReadFifo = 24,
  EncapsulatedInterface = 43,
}

export function accessOf(code: u32): u32 {
  switch (code) {
    case ModbusFunction.ReadCoils:
      return ModbusAccess.Read | ModbusAccess.Coils;
    case ModbusFunction.ReadDiscreteInputs:
      return ModbusAccess.Read | ModbusAccess.Discretes;
    case ModbusFunction.ReadHoldingRegisters:
      return ModbusAccess.Read | ModbusAccess.Holding;
    case ModbusFunction.ReadInputRegisters:
      return ModbusAccess.Read | ModbusAccess.Input;
    case ModbusFunction.WriteSingleCoil:
      return ModbusAccess.Write | ModbusAccess.Coils | ModbusAccess.Single;
    case ModbusFunction.WriteSingleRegister:
      return ModbusAccess.Write | ModbusAccess.Holding | ModbusAccess.Single;
    case ModbusFunction.WriteMultipleCoils:
      return ModbusAccess.Write | ModbusAccess.Coils | ModbusAccess.Multiple;
    case ModbusFunction.WriteMultipleRegisters:
      return ModbusAccess.Write | ModbusAccess.Holding | ModbusAccess.Multiple;
    case ModbusFunction.MaskWriteRegister:
      return ModbusAccess.Write | ModbusAccess.Holding;
    case ModbusFunction.ReadWriteMultipleRegisters:
      return ModbusAccess.Read | ModbusAccess.Write | ModbusAccess.Holding | ModbusAccess.Multiple;
    default:
      return 0;
  }
}

/** Functions of the specification, and those it reserves for older devices. */
function categoryOf(code: u32, data: usize, length: u32): u32 {
  if ((code >= 65 && code <= 72) || (code >= 100 && code <= 110)) return ModbusCategory.User;
  if (code == ModbusFunction.Diagnostic) {
    if (length < 2) return ModbusCategory.Reserved;
    const sub: u32 = be16(data);
    return sub <= 18 && (sub < 5 || sub > 9) ? ModbusCategory.Assigned : ModbusCategory.Reserved;
  }
  if (code == ModbusFunction.EncapsulatedInterface) {
    const type: u32 = length < 1 ? 0 : <u32>load<u8>(data);
    return type == 13 || type == 14 ? ModbusCategory.Assigned : ModbusCategory.Reserved;
  }
  switch (code) {
    case 9:
    case 10:
    case 13:
    case 14:
    case 18:
    case 19:
    case 41:
    case 42:
    case 90:
    case 91:
    case 125:
    case 126:
    case 127:
      return ModbusCategory.Reserved;
    default:
      break;
  }
  const known = (code >= 1 && code <= 7) || code == 11 || code == 12 || (code >= 15 && code <= 17);
  return known || (code >= 20 && code <= 24) ? ModbusCategory.Assigned : ModbusCategory.Unassigned;
}

/** Keeps what a function is. */
export function keepFunction(tx: ValueTx, direction: u32, code: u32, data: usize, length: u32): void {
  keepNumber(tx, Field.modbus__function, direction, code);
  keepNumber(tx, Field.modbus__access, direction, accessOf(code));
  keepNumber(tx, Field.modbus__category, direction, categoryOf(code, data, length));
  if (code == ModbusFunction.Diagnostic && length >= 2)
    keepNumber(tx, Field.modbus__subfunction, direction, be16(data));
}

function keepRange(tx: ValueTx, address: u32, quantity: u32): void {
  keepNumber(tx, MODBUS_QUANTITY, Direction.ToServer, quantity);
  keepNumber(tx, Field.modbus__first_address, Direction.ToServer, address + 1);
  keepNumber(tx, Field.modbus__last_address, Direction.ToServer, address + quantity);
}

function keepWritten(tx: ValueTx, address: u32, value: u32): void {
  keepNumber(tx, Field.modbus__written, Direction.ToServer, ((<u64>address) << 16) | <u64>value);
}

/** Keeps the addresses a request names, and the values it writes there. */
export function keepRequest(tx: ValueTx, code: u32, data: usize, length: u32): void {
  const access = accessOf(code);
  if (access == 0 || length < 4) return;
  const address: u32 = be16(data);
  const number: u32 = be16(data + 2);
  if ((access & ModbusAccess.Single) != 0) {
    keepRange(tx, address, 1);
    keepWritten(tx, address + 1, (access & ModbusAccess.Coils) != 0 ? (number != 0 ? 1 : 0) : number);
    return;
  }
  if (code == ModbusFunction.MaskWriteRegister) {
    keepRange(tx, address, 1);
    return;
  }
  keepRange(tx, address, number);
  if (code == ModbusFunction.WriteMultipleCoils) coils(tx, address, number, data + 5, length);
  else if (code == ModbusFunction.WriteMultipleRegisters) registers(tx, address, number, data + 5, length);
}

/** Behind address, quantity and a count of bytes: a bit a coil, lowest first. */
function coils(tx: ValueTx, address: u32, quantity: u32, data: usize, length: u32): void {
  for (let i: u32 = 0; i < quantity && <u32>5 + (i >> 3) < length; i++)
    keepWritten(tx, address + 1 + i, (load<u8>(data + (i >> 3)) >> <u8>(i & 7)) & 1);
}

function registers(tx: ValueTx, address: u32, quantity: u32, data: usize, length: u32): void {
  for (let i: u32 = 0; i < quantity && <u32>7 + i * 2 <= length; i++)
    keepWritten(tx, address + 1 + i, be16(data + i * 2));
}
