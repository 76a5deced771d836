/**
 * What makes two packets one flow: addresses, ports (ICMP: types, ESP: SPI), protocol, VLAN ids and tunnel depth, in either direction.
 * The hash is the same for both directions; its seed is a setting, since the core has no randomness of its own.
 */
import { IpProto } from "../abi/codes";
import { Setting } from "../abi/settings";
import { setting } from "../memory/settings";
import { IcmpType } from "../wire/icmpv4";
import { Ipv4 } from "../wire/ipv4";
import { Packet, PacketFlag } from "../wire/packet";
import { Flow } from "./flow";

const PRIME1: u64 = 0x9e3779b97f4a7c15;
const PRIME2: u64 = 0xc2b2ae3d27d4eb4f;

/** Spreads a value over 64 bits. */
export function mix(value: u64): u64 {
  value ^= value >> 32;
  value *= PRIME1;
  value ^= value >> 29;
  value *= PRIME2;
  return value ^ (value >> 32);
}

function vlans(a: u16, b: u16, c: u16): u64 {
  if (setting(Setting.VlanTracking) == 0) return 0;
  return <u64>a | ((<u64>b) << 16) | ((<u64>c) << 32);
}

/** Is this an ICMP "unreachable" that quotes ports: does it belong to the flow it is about? */
export function isAboutFlow(p: Packet): bool {
  return (
    p.ipVersion == 4 &&
    <u32>p.proto == IpProto.Icmp &&
    <u32>p.icmpType == IcmpType.Unreachable &&
    p.has(PacketFlag.EmbeddedPorts) &&
    !p.has(PacketFlag.Invalid)
  );
}

function hasPorts(proto: u32): bool {
  return proto == IpProto.Tcp || proto == IpProto.Udp || proto == IpProto.Sctp;
}

function finish(addresses: u64, ports: u64, proto: u32, p: Packet): u32 {
  const seed = (<u64>setting(Setting.HashSeed)) << 32;
  const rest = ((<u64>proto) << 8) | p.depth;
  let h = mix(addresses ^ seed) + ports * PRIME1;
  h = mix(h ^ rest);
  h = mix(h + vlans(p.vlan0, p.vlan1, p.vlan2));
  return <u32>h;
}

/** Hash of the flow a packet belongs to. */
export function hashOf(p: Packet): u32 {
  if (isAboutFlow(p)) {
    const quoted = Ipv4.at(p.embeddedIp);
    const ports = mix(p.embeddedSourcePort) + mix(p.embeddedDestinationPort);
    return finish(mix(quoted.source) + mix(quoted.destination), ports, p.embeddedProto, p);
  }
  const source = mix(p.sourceLow ^ mix(p.sourceHigh));
  const destination = mix(p.destinationLow ^ mix(p.destinationHigh));
  const ports: u64 = hasPorts(p.proto) ? mix(p.sourcePort) + mix(p.destinationPort) : 0;
  // IPv4 alone: the quoted header of an ICMP error gives no upper half.
  const addresses = p.ipVersion == 4 ? mix(p.sourceLow) + mix(p.destinationLow) : source + destination;
  return finish(addresses, ports, p.proto, p);
}

function sameWay(f: Flow, p: Packet): bool {
  return (
    f.sourceLow == p.sourceLow &&
    f.destinationLow == p.destinationLow &&
    f.sourceHigh == p.sourceHigh &&
    f.destinationHigh == p.destinationHigh
  );
}

function otherWay(f: Flow, p: Packet): bool {
  return (
    f.sourceLow == p.destinationLow &&
    f.destinationLow == p.sourceLow &&
    f.sourceHigh == p.destinationHigh &&
    f.destinationHigh == p.sourceHigh
  );
}

/** ICMPv4 pairs types alone; ICMPv6 also wants the code of the request to be the reply's. */
function matchesIcmp(f: Flow, p: Packet): bool {
  const codes = <u32>p.proto == IpProto.Icmpv6;
  if (sameWay(f, p) && f.icmpType == p.icmpType && f.icmpPeer == p.icmpPeer) {
    if (!codes || f.icmpCode == p.icmpCode) return true;
  }
  if (!otherWay(f, p) || f.icmpType != p.icmpPeer || f.icmpPeer != p.icmpType) return false;
  return !codes || (f.icmpCode == 0 && p.icmpCode == 0);
}

function matchesQuoted(f: Flow, p: Packet): bool {
  const quoted = Ipv4.at(p.embeddedIp);
  const source = <u64>quoted.source;
  const destination = <u64>quoted.destination;
  if (f.proto != p.embeddedProto || f.ipVersion != 4) return false;
  if (
    f.sourceLow == source &&
    f.destinationLow == destination &&
    f.sourcePort == p.embeddedSourcePort &&
    f.destinationPort == p.embeddedDestinationPort
  ) {
    return true;
  }
  return (
    f.sourceLow == destination &&
    f.destinationLow == source &&
    f.sourcePort == p.embeddedDestinationPort &&
    f.destinationPort == p.embeddedSourcePort
  );
}

/** Does the packet belong to this flow, in either direction? */
export function matches(f: Flow, p: Packet): bool {
  if (f.depth != p.depth || f.hash != p.flowHash) return false;
  if (vlans(f.vlan0, f.vlan1, f.vlan2) != vlans(p.vlan0, p.vlan1, p.vlan2)) return false;
  if (isAboutFlow(p)) return matchesQuoted(f, p);
  if (f.proto != p.proto || f.ipVersion != p.ipVersion) return false;
  switch (<u32>p.proto) {
    case IpProto.Icmp:
    case IpProto.Icmpv6:
      return matchesIcmp(f, p);
    case IpProto.Esp:
      return f.spi == p.spi && sameWay(f, p);
    default:
      if (sameWay(f, p) && f.sourcePort == p.sourcePort && f.destinationPort == p.destinationPort) return true;
      return otherWay(f, p) && f.sourcePort == p.destinationPort && f.destinationPort == p.sourcePort;
  }
}
