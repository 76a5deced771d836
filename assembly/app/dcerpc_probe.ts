/** DCE/RPC over TCP (C706 section 12.6): the connection-oriented header. */
import { Direction } from "../abi/codes";
import { Probe, yesFrom } from "./probe";

const HEADER: u32 = 16;
const LAST_TYPE: u32 = 19;

/** Packet types a server sends: response, fault, bind_ack, bind_nak, alter_context_resp. */
function isFromServer(type: u32): bool {
  return type == 2 || type == 3 || type == 12 || type == 13 || type == 15;
}

export function dcerpcProbe(data: usize, length: u32, direction: u32): Probe {
  if (length < HEADER) return length > 1 && load<u16>(data) != 0x0005 ? Probe.No : Probe.More;
  if (load<u8>(data) != 5 || load<u8>(data, 1) > 1) return Probe.No;
  const type = <u32>load<u8>(data, 2);
  // Only these representations of numbers and characters exist.
  const representation = <u32>load<u8>(data, 4);
  if (type > LAST_TYPE || (representation != 0x10 && representation != 0)) return Probe.No;
  if (load<u8>(data, 5) > 3) return Probe.No;
  const size = representation == 0x10 ? <u32>load<u16>(data, 8) : <u32>bswap<u16>(load<u16>(data, 8));
  if (size < HEADER) return Probe.No;
  return yesFrom(isFromServer(type) ? Direction.ToClient : Direction.ToServer, direction);
}
