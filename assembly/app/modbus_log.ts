/** The `modbus` object of EVE. */
import { Field } from "../abi/buffers";
import { Direction } from "../abi/codes";
import { end, flag, map, number, text, word } from "../verdict/cbor";
import {
  MODBUS_EXCEPTION,
  MODBUS_QUANTITY,
  MODBUS_TRANSACTION,
  ModbusAccess,
  ModbusCategory,
  ModbusFunction,
} from "./modbus_function";
import { foundNumber } from "./number";
import { Tx } from "./transaction";
import { logNumber, numberOf, valueNumber } from "./values";

/** A list of words with ` | ` between them. */
const list: usize = memory.data(96);
let listed: u32 = 0;

function add(value: string): void {
  if (listed > 0) {
    store<u16>(list + listed, 0x7c20);
    store<u8>(list + listed, 0x20, 2);
    listed += 3;
  }
  for (let i = 0; i < value.length; i++) store<u8>(list + listed++, <u8>value.charCodeAt(i));
}

function logAccess(bits: u32): void {
  listed = 0;
  if ((bits & ModbusAccess.Read) != 0) add("READ");
  if ((bits & ModbusAccess.Write) != 0) add("WRITE");
  if ((bits & ModbusAccess.Discretes) != 0) add("DISCRETES");
  if ((bits & ModbusAccess.Coils) != 0) add("COILS");
  if ((bits & ModbusAccess.Input) != 0) add("INPUT");
  if ((bits & ModbusAccess.Holding) != 0) add("HOLDING");
  if ((bits & ModbusAccess.Single) != 0) add("SINGLE");
  if ((bits & ModbusAccess.Multiple) != 0) add("MULTIPLE");
  if (listed == 0) add("NONE");
  text("access_type", list, listed);
}

function categoryName(category: u32): string {
  switch (category) {
    case ModbusCategory.Assigned:
      return "PUBLIC_ASSIGNED";
    case ModbusCategory.Unassigned:
      return "PUBLIC_UNASSIGNED";
    case ModbusCategory.User:
      return "USER_DEFINED";
    default:
      return "RESERVED";
  }
}

function functionName(code: u32): string {
  switch (code) {
    case ModbusFunction.ReadCoils:
      return "RdCoils";
    case ModbusFunction.ReadDiscreteInputs:
      return "RdDiscreteInputs";
    case ModbusFunction.ReadHoldingRegisters:
      return "RdHoldRegs";
    case ModbusFunction.ReadInputRegisters:
      return "RdInputRegs";
    case ModbusFunction.WriteSingleCoil:
      return "WrSingleCoil";
    case ModbusFunction.WriteSingleRegister:
      return "WrSingleReg";
    case ModbusFunction.ReadExceptionStatus:
      return "RdExcStatus";
    case ModbusFunction.Diagnostic:
      return "Diagnostic";
    case ModbusFunction.EventCounter:
      return "GetCommEventCtr";
    case ModbusFunction.EventLog:
      return "GetCommEventLog";
    case ModbusFunction.WriteMultipleCoils:
      return "WrMultCoils";
    case ModbusFunction.WriteMultipleRegisters:
      return "WrMultRegs";
    case ModbusFunction.ReportServer:
      return "ReportServerID";
    case ModbusFunction.ReadFileRecord:
      return "RdFileRec";
    case ModbusFunction.WriteFileRecord:
      return "WrFileRec";
    case ModbusFunction.MaskWriteRegister:
      return "MaskWrReg";
    case ModbusFunction.ReadWriteMultipleRegisters:
      return "RdWrMultRegs";
    case ModbusFunction.ReadFifo:
      return "RdFIFOQueue";
    case ModbusFunction.EncapsulatedInterface:
      return "MEI";
    default:
      return "Unknown";
  }
}

export function modbusLog(tx: Tx): void {
  if (!map("modbus")) return;
  logNumber(tx, "id", MODBUS_TRANSACTION, Direction.ToServer);
  side(tx, "request", Direction.ToServer);
  side(tx, "response", Direction.ToClient);
  end();
}

function side(tx: Tx, key: string, direction: u32): void {
  if (!valueNumber(tx, Field.modbus__function, direction, 0)) return;
  const code = <u32>foundNumber;
  if (!map(key)) return;
  logNumber(tx, "transaction_id", MODBUS_TRANSACTION, direction);
  logNumber(tx, "unit_id", Field.modbus__unit_id, direction);
  logNumber(tx, "function_raw", Field.modbus__function, direction);
  word("function_code", functionName(code));
  logAccess(<u32>numberOf(tx, Field.modbus__access, direction));
  word("category", categoryName(<u32>numberOf(tx, Field.modbus__category, direction)));
  if (valueNumber(tx, MODBUS_EXCEPTION, direction, 0)) {
    flag("error", true);
    logNumber(tx, "exception_raw", MODBUS_EXCEPTION, direction);
  }
  if (valueNumber(tx, Field.modbus__first_address, direction, 0)) {
    const read = (numberOf(tx, Field.modbus__access, direction) & ModbusAccess.Read) != 0;
    const address = numberOf(tx, Field.modbus__first_address, direction) - 1;
    logRange(tx, read ? "read" : "write", address, direction);
  }
  end();
}

function logRange(tx: Tx, key: string, address: u64, direction: u32): void {
  if (!map(key)) return;
  number("address", address);
  logNumber(tx, "quantity", MODBUS_QUANTITY, direction);
  end();
}
