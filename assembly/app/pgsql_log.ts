/** The `pgsql` object of EVE (Suricata manual, EVE JSON format). */
import { Buffer } from "../abi/buffers";
import { Direction } from "../abi/codes";
import { bodyLength, end, map, number, rewindBody, text, word } from "../verdict/cbor";
import { indexOf } from "./ascii";
import { PgsqlKey } from "./pgsql";
import { Tx } from "./transaction";
import { logNumber, logText, valueBuffer, valueNumber } from "./values";
import { viewData, viewLength } from "./view";

export function pgsqlLog(tx: Tx): void {
  if (!map("pgsql")) return;
  number("tx_id", <u64>tx.id + 1);
  const before = bodyLength();
  if (map("request")) {
    const empty = bodyLength();
    request(tx);
    const wrote = bodyLength() > empty;
    end();
    if (!wrote) rewindBody(before);
  }
  const behind = bodyLength();
  if (map("response")) {
    const empty = bodyLength();
    response(tx);
    const wrote = bodyLength() > empty;
    end();
    if (!wrote) rewindBody(behind);
  }
  end();
}

function request(tx: Tx): void {
  logText(tx, "simple_query", Buffer.pgsql__query, Direction.ToServer);
  if (valueNumber(tx, PgsqlKey.Ssl, Direction.ToServer, 0)) word("message", "SSL Request");
  if (valueNumber(tx, PgsqlKey.Terminate, Direction.ToServer, 0)) word("message", "terminate");
  if (!valueBuffer(tx, PgsqlKey.Startup, Direction.ToServer, 0)) return;
  word("protocol_version", "3.0");
  if (!map("startup_parameters")) return;
  parameters(viewData, viewLength);
  end();
}

/** The user; other parameters are names and values of the client's choosing. */
function parameters(data: usize, length: u32): void {
  let at: u32 = 0;
  while (at < length && load<u8>(data + at) != 0) {
    const name = indexOf(data + at, length - at, 0);
    const value = at + name + 1;
    if (value >= length) return;
    const n = indexOf(data + value, length - value, 0);
    if (name == 4 && load<u32>(data + at) == 0x72657375) text("user", data + value, n);
    at = value + n + 1;
  }
}

function error(tx: Tx, key: string, letter: u32): void {
  logText(tx, key, <u32>PgsqlKey.Error + letter, Direction.ToClient);
}

function response(tx: Tx): void {
  error(tx, "severity_localizable", 0x53);
  error(tx, "severity_non_localizable", 0x56);
  error(tx, "code", 0x43);
  error(tx, "message", 0x4d);
  error(tx, "file", 0x46);
  error(tx, "line", 0x4c);
  error(tx, "routine", 0x52);
  logNumber(tx, "field_count", PgsqlKey.Fields, Direction.ToClient);
  logNumber(tx, "data_rows", PgsqlKey.Rows, Direction.ToClient);
  logNumber(tx, "data_size", PgsqlKey.DataSize, Direction.ToClient);
  logText(tx, "command_completed", PgsqlKey.Command, Direction.ToClient);
}
