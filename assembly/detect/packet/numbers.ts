/** The numbers of a packet and its flow that rules compare (`Field` below 256). */
import { Field } from "../../abi/buffers";
import { IpProto } from "../../abi/codes";
import { Flow } from "../../flow/flow";
import { Packet, PacketFlag } from "../../wire/packet";
import { TcpOption } from "../../wire/tcp_option";

/** The number `packetNumbers` found. */
export let packetNumber: u64 = 0;

function give(n: u64): bool {
  packetNumber = n;
  return true;
}

function isTcp(packet: Packet): bool {
  return packet.proto == IpProto.Tcp && packet.transport != 0;
}

function isIcmp(packet: Packet): bool {
  return packet.transport != 0 && (packet.proto == IpProto.Icmp || packet.proto == IpProto.Icmpv6);
}

/** Looks the field up; false when the packet has no such number. */
export function packetNumbers(field: u32, packet: Packet): bool {
  switch (field) {
    case Field.dsize:
      return (packet.flags & PacketFlag.Pseudo) == 0 && give(packet.payloadLength);
    case Field.ttl:
      return packet.ipVersion != 0 && give(packet.ttl);
    case Field.ip_proto:
      return packet.ipVersion != 0 && give(packet.proto);
    case Field.ip_version:
      return packet.ipVersion != 0 && give(packet.ipVersion);
    case Field.id:
      return packet.ipVersion == 4 && packet.ip != 0 && give(bswap<u16>(load<u16>(packet.ip, 4)));
    case Field.tos:
      return (
        packet.ip != 0 &&
        give(
          packet.ipVersion == 4 ? <u64>load<u8>(packet.ip, 1) : <u64>((bswap<u16>(load<u16>(packet.ip)) >> 4) & 0xff),
        )
      );
    case Field.fragoffset:
      return packet.ipVersion != 0 && packet.ip != 0 && give(packet.fragmentOffset >> 3);
    case Field.itype:
      return isIcmp(packet) && give(packet.icmpType);
    case Field.icode:
      return isIcmp(packet) && give(packet.icmpCode);
    case Field.icmp_id:
      return isIcmp(packet) && hasEcho(packet) && give(packet.icmpId);
    case Field.icmp_seq:
      return isIcmp(packet) && hasEcho(packet) && give(packet.icmpSequence);
    case Field.icmpv6__mtu:
      return (
        packet.proto == IpProto.Icmpv6 &&
        packet.transport != 0 &&
        packet.icmpType == 2 &&
        packet.transportLength >= 8 &&
        give(bswap<u32>(load<u32>(packet.transport, 4)))
      );
    case Field.igmp__type:
      return packet.proto == IpProto.Igmp && packet.transport != 0 && give(load<u8>(packet.transport));
    case Field.seq:
      return isTcp(packet) && give(packet.sequence);
    case Field.ack:
      return isTcp(packet) && give(packet.acknowledgement);
    case Field.window:
      return isTcp(packet) && give(packet.window);
    case Field.tcp__mss:
      return isTcp(packet) && (packet.tcpOptions & TcpOption.Mss) != 0 && give(packet.mss);
    case Field.tcp__wscale:
      return isTcp(packet) && (packet.tcpOptions & TcpOption.WindowScale) != 0 && give(packet.windowScale);
    case Field.vlan__layers:
      return give(packet.vlanCount);
    default:
      return packet.flow != 0 && flowNumbers(field, packet);
  }
}

/** icmp_id and icmp_seq exist for echo, timestamp, information and address mask messages (RFC 792, RFC 950, RFC 4443). */
function hasEcho(packet: Packet): bool {
  const type = <u32>packet.icmpType;
  if (packet.proto == IpProto.Icmpv6) return type == 128 || type == 129;
  return type == 0 || type == 8 || (type >= 13 && type <= 18);
}

function flowNumbers(field: u32, packet: Packet): bool {
  const flow = changetype<Flow>(packet.flow);
  switch (field) {
    case Field.flow__age:
      return give((flow.lastSeen - flow.started) / 1000000);
    case Field.flow__pkts_toserver:
      return give(flow.packetsToServer);
    case Field.flow__pkts_toclient:
      return give(flow.packetsToClient);
    case Field.flow__bytes_toserver:
      return give(flow.bytesToServer);
    case Field.flow__bytes_toclient:
      return give(flow.bytesToClient);
    default:
      return false;
  }
}
