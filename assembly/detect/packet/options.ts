/** `ipopts`: which IPv4 options a packet carries (RFC 791 section 3.1), as bits the compiler knows too. */
import { Packet } from "../../wire/packet";

export const enum IpOptionBit {
  RecordRoute = 1,
  Timestamp = 2,
  StrictSourceRoute = 4,
  LooseSourceRoute = 8,
  EndOfList = 16,
  NoOperation = 32,
  StreamId = 64,
  Security = 128,
  Cipso = 256,
  RouterAlert = 512,
  ExtendedSecurity = 1024,
  Any = 2048,
}

function bitOf(type: u32): u32 {
  switch (type) {
    case 0:
      return IpOptionBit.EndOfList;
    case 1:
      return IpOptionBit.NoOperation;
    case 7:
      return IpOptionBit.RecordRoute;
    case 68:
      return IpOptionBit.Timestamp;
    case 130:
      return IpOptionBit.Security;
    case 131:
      return IpOptionBit.LooseSourceRoute;
    case 133:
      return IpOptionBit.ExtendedSecurity;
    case 134:
      return IpOptionBit.Cipso;
    case 136:
      return IpOptionBit.StreamId;
    case 137:
      return IpOptionBit.StrictSourceRoute;
    case 148:
      return IpOptionBit.RouterAlert;
    default:
      return 0;
  }
}

export function ipOptionBits(packet: Packet): u32 {
  if (packet.ipVersion != 4 || packet.ip == 0 || packet.ipHeaderLength <= 20) return 0;
  let bits: u32 = IpOptionBit.Any;
  let at = packet.ip + 20;
  const end = packet.ip + packet.ipHeaderLength;
  while (at < end) {
    const type = <u32>load<u8>(at);
    bits |= bitOf(type);
    if (type == 0) break;
    if (type == 1) {
      at++;
      continue;
    }
    if (at + 2 > end || load<u8>(at, 1) < 2) break;
    at += load<u8>(at, 1);
  }
  return bits;
}
