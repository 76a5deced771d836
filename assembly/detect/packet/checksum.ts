/** `ipv4-csum`, `tcpv4-csum` ...: is the checksum of that kind valid, or invalid, as the rule wants? */
import { IpProto } from "../../abi/codes";
import { ChecksumKind } from "../../abi/conditions";
import { Checksum, ipChecksum, transportChecksum } from "../../wire/checksum";
import { Packet } from "../../wire/packet";

function isOf(packet: Packet, version: u8, proto: IpProto): bool {
  return packet.ipVersion == version && packet.proto == <u8>proto;
}

function state(packet: Packet, kind: u32): Checksum {
  switch (kind) {
    case ChecksumKind.Ipv4:
      return ipChecksum(packet);
    case ChecksumKind.Tcpv4:
      return isOf(packet, 4, IpProto.Tcp) ? transportChecksum(packet) : Checksum.None;
    case ChecksumKind.Tcpv6:
      return isOf(packet, 6, IpProto.Tcp) ? transportChecksum(packet) : Checksum.None;
    case ChecksumKind.Udpv4:
      return isOf(packet, 4, IpProto.Udp) ? transportChecksum(packet) : Checksum.None;
    case ChecksumKind.Udpv6:
      return isOf(packet, 6, IpProto.Udp) ? transportChecksum(packet) : Checksum.None;
    case ChecksumKind.Icmpv4:
      return isOf(packet, 4, IpProto.Icmp) ? transportChecksum(packet) : Checksum.None;
    case ChecksumKind.Icmpv6:
      return isOf(packet, 6, IpProto.Icmpv6) ? transportChecksum(packet) : Checksum.None;
    default:
      return Checksum.None;
  }
}

/** A packet without that checksum matches neither. */
export function checksumHolds(packet: Packet, kind: u32, valid: bool): bool {
  return state(packet, kind) == (valid ? Checksum.Valid : Checksum.Invalid);
}
