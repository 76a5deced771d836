/**
 * The rule header against a packet: IP version, protocol, ports, addresses, flow direction and state.
 * Address and port sets are shared by many rules: the answer for a set is remembered for the packet at hand.
 */
import { Direction, IpProto } from "../abi/codes";
import { AddressSetRecord, PortSetRecord, RuleFlag, RuleHook, RuleRecord } from "../abi/rules";
import { HeaderCheck } from "../abi/trace";
import { reserve } from "../memory/arena";
import { addressSets, database, portSets } from "../rules/database";
import { traceHeader, tracing } from "../verdict/trace";
import { Packet, PacketFlag } from "../wire/packet";

/** Sets whose answers are remembered; others are searched every time. */
const MEMO: u32 = 4096;

let memo: usize = 0;
let stamp: u32 = 0;

/** Carves the memory of answers. */
export function configureHeader(): bool {
  memo = reserve(MEMO * 4 * 4);
  return memo != 0;
}

/** Forgets all answers: a new packet. */
export function openHeader(): void {
  stamp += 2;
  if (stamp == 0) {
    memory.fill(memo, 0, MEMO * 16);
    stamp = 2;
  }
}

/** Is the address in the set? `first` and `second`: its bytes 0..7 and 8..15 as they lie in memory; IPv4 in the first four. */
export function inAddressSet(set: u32, version: u32, first: u64, second: u64): bool {
  const record = addressSets + <usize>set * AddressSetRecord.size;
  if (version == 4) {
    const ranges = database + load<u32>(record, AddressSetRecord.ipv4);
    const address = bswap<u32>(<u32>first);
    let from: u32 = 0;
    let to = load<u32>(record, AddressSetRecord.ipv4Count);
    while (from < to) {
      const middle = (from + to) >> 1;
      const range = ranges + ((<usize>middle) << 3);
      if (address < load<u32>(range)) to = middle;
      else if (address > load<u32>(range, 4)) from = middle + 1;
      else return true;
    }
    return false;
  }
  if (version != 6) return false;
  const ranges = database + load<u32>(record, AddressSetRecord.ipv6);
  const a = bswap<u64>(first);
  const b = bswap<u64>(second);
  let from: u32 = 0;
  let to = load<u32>(record, AddressSetRecord.ipv6Count);
  while (from < to) {
    const middle = (from + to) >> 1;
    const range = ranges + ((<usize>middle) << 5);
    const lowHigh = load<u64>(range);
    const highHigh = load<u64>(range, 16);
    if (a < lowHigh || (a == lowHigh && b < load<u64>(range, 8))) to = middle;
    else if (a > highHigh || (a == highHigh && b > load<u64>(range, 24))) from = middle + 1;
    else return true;
  }
  return false;
}

function inPortSet(set: u32, port: u32): bool {
  const record = portSets + <usize>set * PortSetRecord.size;
  const ranges = database + load<u32>(record, PortSetRecord.ranges);
  let from: u32 = 0;
  let to = load<u32>(record, PortSetRecord.count);
  while (from < to) {
    const middle = (from + to) >> 1;
    const range = ranges + ((<usize>middle) << 2);
    if (port < <u32>load<u16>(range)) to = middle;
    else if (port > <u32>load<u16>(range, 2)) from = middle + 1;
    else return true;
  }
  return false;
}

/** An end of a packet that a set is asked about. */
export enum End {
  Source = 0,
  Destination = 1,
  SourcePort = 2,
  DestinationPort = 3,
}

/** Is the packet's end in the set? */
export function remembered(end: End, set: u32, packet: Packet): bool {
  if (set >= MEMO) return ask(end, set, packet);
  const slot = memo + ((<usize>(<u32>end * MEMO + set)) << 2);
  const known = load<u32>(slot);
  if ((known & ~1) == stamp) return (known & 1) != 0;
  const held = ask(end, set, packet);
  store<u32>(slot, stamp | <u32>held);
  return held;
}

function ask(end: End, set: u32, packet: Packet): bool {
  switch (end) {
    case End.Source:
      return inAddressSet(set, packet.ipVersion, packet.sourceLow, packet.sourceHigh);
    case End.Destination:
      return inAddressSet(set, packet.ipVersion, packet.destinationLow, packet.destinationHigh);
    case End.SourcePort:
      return inPortSet(set, packet.sourcePort);
    default:
      return inPortSet(set, packet.destinationPort);
  }
}

/** Does the rule's header hold for the packet? */
export function matchHeader(rule: usize, packet: Packet): bool {
  const failed = checkHeader(rule, packet);
  if (failed == HeaderCheck.None) return true;
  if (tracing) traceHeader(failed, 0);
  return false;
}

/** Is the packet of an IP version and protocol that the rule is about? */
export function checkProtocol(rule: usize, packet: Packet): HeaderCheck {
  const flags = load<u32>(rule, RuleRecord.flags);
  if ((flags & (RuleFlag.Ipv4Only | RuleFlag.Ipv6Only)) != 0) {
    if ((flags & RuleFlag.Ipv4Only) != 0 && packet.ipVersion != 4) return HeaderCheck.IpVersion;
    if ((flags & RuleFlag.Ipv6Only) != 0 && packet.ipVersion != 6) return HeaderCheck.IpVersion;
  }
  const protocols = load<u32>(rule, RuleRecord.protocols);
  if (protocols != 0) {
    const proto = <u32>packet.proto;
    if (packet.ipVersion == 0) return HeaderCheck.IpVersion;
    if ((load<u8>(database + protocols + (proto >> 3)) & (1 << (proto & 7))) == 0) return HeaderCheck.Protocol;
  }
  return HeaderCheck.None;
}

/** The first check of the header that fails. */
export function checkHeader(rule: usize, packet: Packet): HeaderCheck {
  const flags = load<u32>(rule, RuleRecord.flags);
  const failed = checkProtocol(rule, packet);
  if (failed != HeaderCheck.None) return failed;
  const sourcePorts = load<u32>(rule, RuleRecord.sourcePorts);
  const destinationPorts = load<u32>(rule, RuleRecord.destinationPorts);
  if ((sourcePorts | destinationPorts) != 0) {
    const proto = <i32>packet.proto;
    if (proto != IpProto.Tcp && proto != IpProto.Udp && proto != IpProto.Sctp) return HeaderCheck.NoPorts;
    if (packet.has(PacketFlag.Fragment)) return HeaderCheck.NoPorts;
    if (destinationPorts != 0 && !remembered(End.DestinationPort, destinationPorts, packet))
      return HeaderCheck.DestinationPort;
    if (sourcePorts != 0 && !remembered(End.SourcePort, sourcePorts, packet)) return HeaderCheck.SourcePort;
  }
  const source = load<u32>(rule, RuleRecord.source);
  if (source != 0 && !remembered(End.Source, source, packet)) return HeaderCheck.SourceAddress;
  const destination = load<u32>(rule, RuleRecord.destination);
  if (destination != 0 && !remembered(End.Destination, destination, packet)) return HeaderCheck.DestinationAddress;
  if (load<u8>(rule, RuleRecord.hook) == <u8>RuleHook.PacketFlowStart && !packet.has(PacketFlag.FirstInDirection))
    return HeaderCheck.FlowStart;
  return checkFlow(flags, packet);
}

const FLOW_FLAGS: u32 =
  RuleFlag.ToServer | RuleFlag.ToClient | RuleFlag.Established | RuleFlag.NotEstablished | RuleFlag.RequireFlow;

/** The `flow` keyword (Suricata manual, flow keywords). */
function checkFlow(flags: u32, packet: Packet): HeaderCheck {
  if ((flags & RuleFlag.NoFrag) != 0 && packet.has(PacketFlag.Defragmented)) return HeaderCheck.Fragment;
  if ((flags & RuleFlag.OnlyFrag) != 0 && !packet.has(PacketFlag.Defragmented)) return HeaderCheck.NoFragment;
  if ((flags & FLOW_FLAGS) == 0) return HeaderCheck.None;
  if (packet.flow == 0) return HeaderCheck.NoFlow;
  if ((flags & RuleFlag.ToServer) != 0 && packet.direction != Direction.ToServer) return HeaderCheck.ToServer;
  if ((flags & RuleFlag.ToClient) != 0 && packet.direction != Direction.ToClient) return HeaderCheck.ToClient;
  if ((flags & RuleFlag.Established) != 0 && !packet.has(PacketFlag.Established)) return HeaderCheck.Established;
  if ((flags & RuleFlag.NotEstablished) != 0 && packet.has(PacketFlag.Established)) return HeaderCheck.NotEstablished;
  return HeaderCheck.None;
}
