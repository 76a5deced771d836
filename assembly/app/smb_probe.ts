/** SMB over NetBIOS session service (RFC 1002 section 4.3, MS-SMB, MS-SMB2): the four byte header, then the magic of a version. */
import { Direction } from "../abi/codes";
import { Probe, yesFrom } from "./probe";

enum SessionType {
  Message = 0x00,
  Request = 0x81,
  PositiveResponse = 0x82,
  NegativeResponse = 0x83,
  RetargetResponse = 0x84,
  KeepAlive = 0x85,
}

const SMB1: u32 = 0x424d53ff;
const SMB2: u32 = 0x424d53fe;
const SMB3: u32 = 0x424d53fd;

function isResponse(data: usize, length: u32, magic: u32): bool {
  if (magic == SMB1) return length >= 14 && (load<u8>(data, 13) & 0x80) != 0;
  return magic == SMB2 && length >= 24 && (load<u8>(data, 20) & 1) != 0;
}

export function smbProbe(data: usize, length: u32, direction: u32): Probe {
  if (length < 8) return Probe.More;
  const type = <i32>load<u8>(data);
  if (type == SessionType.Message) {
    const magic = load<u32>(data, 4);
    if (magic != SMB1 && magic != SMB2 && magic != SMB3) return Probe.No;
    if (magic == SMB3 || length < 24) return Probe.Yes;
    return yesFrom(isResponse(data, length, magic) ? Direction.ToClient : Direction.ToServer, direction);
  }
  return type >= SessionType.Request && type <= SessionType.KeepAlive ? Probe.Yes : Probe.No;
}
