/** DHCP (RFC 2131, RFC 2132) over UDP. A message is a transaction of its own. */
import { AppEvent } from "../abi/app_events";
import { Field } from "../abi/buffers";
import { AppProto } from "../abi/codes";
import { be32 } from "../wire/bytes";
import { PARSE_ERROR } from "./input";
import { AppState, openState } from "./transaction";
import { EITHER, keep, keepNumber, openMessage, ValueTx } from "./values";

/** Fields of the message (RFC 2131 section 2). */
const enum Head {
  operation = 0,
  hardwareLength = 2,
  id = 4,
  clientAddress = 12,
  yourAddress = 16,
  hardware = 28,
  magic = 236,
  size = 240,
}

/** Options (RFC 2132). */
enum Option {
  Pad = 0,
  HostName = 12,
  RequestedAddress = 50,
  LeaseTime = 51,
  MessageType = 53,
  RenewalTime = 58,
  RebindingTime = 59,
  ClientId = 61,
  End = 255,
}

/** Keys of what EVE alone shows. */
export enum DhcpKey {
  Operation = 0x7000,
  Id = 0x7001,
  ClientMac = 0x7002,
  AssignedAddress = 0x7003,
  ClientAddress = 0x7004,
  MessageType = 0x7005,
  RequestedAddress = 0x7006,
  HostName = 0x7007,
}

const MAX_HARDWARE: u32 = 16;
const MAX_LIVE: u32 = 1024;

export function dhcpOpen(): usize {
  return openState(AppProto.Dhcp, <u32>offsetof<AppState>());
}

export function dhcpParse(state: AppState, direction: u32, data: usize, length: u32, _flags: u32): i32 {
  if (length < <u32>Head.size || state.live >= MAX_LIVE) return PARSE_ERROR;
  const tx = openMessage(state, direction);
  if (tx == null) return PARSE_ERROR;
  keepNumber(tx, DhcpKey.Operation, EITHER, load<u8>(data, Head.operation));
  keepNumber(tx, DhcpKey.Id, EITHER, be32(data + Head.id));
  const hardware = min<u32>(load<u8>(data, Head.hardwareLength), MAX_HARDWARE);
  keep(tx, DhcpKey.ClientMac, EITHER, data + Head.hardware, hardware);
  keep(tx, DhcpKey.ClientAddress, EITHER, data + Head.clientAddress, 4);
  keep(tx, DhcpKey.AssignedAddress, EITHER, data + Head.yourAddress, 4);
  if (!options(tx, data + Head.size, length - <u32>Head.size)) tx.raise(AppEvent.dhcp__truncated_options);
  return <i32>length;
}

/** Reads the options. False: the end is missing. */
function options(tx: ValueTx, data: usize, length: u32): bool {
  let at: u32 = 0;
  while (at < length) {
    const code = <u32>load<u8>(data + at);
    if (code == Option.End) return true;
    if (length - at < 2) return false;
    const size = <u32>load<u8>(data + at, 1);
    const isTime = code == Option.LeaseTime || code == Option.RenewalTime || code == Option.RebindingTime;
    const taken: u32 = isTime ? 4 : size;
    if (taken > length - at - 2 || (code == Option.ClientId && size < 2)) return false;
    option(tx, code, data + at + 2, taken);
    at += 2 + taken;
  }
  return false;
}

function option(tx: ValueTx, code: u32, data: usize, length: u32): void {
  switch (code) {
    case Option.LeaseTime:
      keepNumber(tx, Field.dhcp__leasetime, EITHER, be32(data));
      break;
    case Option.RenewalTime:
      keepNumber(tx, Field.dhcp__renewal_time, EITHER, be32(data));
      break;
    case Option.RebindingTime:
      keepNumber(tx, Field.dhcp__rebinding_time, EITHER, be32(data));
      break;
    case Option.MessageType:
      if (length > 0) keepNumber(tx, DhcpKey.MessageType, EITHER, load<u8>(data));
      break;
    case Option.RequestedAddress:
      if (length == 4) keep(tx, DhcpKey.RequestedAddress, EITHER, data, 4);
      break;
    case Option.HostName:
      keep(tx, DhcpKey.HostName, EITHER, data, length);
      break;
    default:
      break;
  }
}
