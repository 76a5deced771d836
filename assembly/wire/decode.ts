/**
 * From a frame to packets. Exports for the pipeline:
 *
 *   configurePackets(), packetCount(), packetAt(i)    packets.ts: the records
 *   decodeFrame(descriptor)                           fills them from a Frame record (abi/frames)
 *   decodeRebuilt(fragment, at, length)               adds a reassembled IP datagram (flow/defrag calls it)
 *
 * Headers of one packet are walked in a loop; a tunnel starts a packet of its own, nested at most MaxLayers deep. Which header fails
 * a packet and which merely ends the walk is Suricata's: an inner packet whose first header fails is none at all.
 */
import { IpProto, LinkType } from "../abi/codes";
import { Counter } from "../abi/counters";
import { DecodeEvent } from "../abi/decode_events";
import { Frame, FrameFlag, PacketSource } from "../abi/frames";
import { Setting } from "../abi/settings";
import { setting } from "../memory/settings";
import { countAdd } from "../verdict/counters";
import { geneveFits, geneveLayer, sizeOfGeneve } from "./geneve";
import { greFits, greOffset, greSequence, greType, readGre } from "./gre";
import { IPV4_SIZE, noteIpv4 } from "./ipv4";
import { IPV6_SIZE, noteIpv6 } from "./ipv6";
import { upper, upperOffset, walkExtensions } from "./ipv6_extensions";
import { EtherType, enter, Layer, maxLayers } from "./layers";
import { linkNext, linkOffset, linkStep, Step } from "./link";
import { Packet, PacketFlag } from "./packet";
import { firstPacket, forgetPackets, innerPacket, packetCount } from "./packets";
import { findTeredo } from "./teredo";
import { decodeTcp, decodeTransport } from "./transport";
import { isVxlan, VXLAN_OFFSET, vxlanFits, vxlanLayer } from "./vxlan";

/** Decodes `length` bytes at `at` as a packet inside `outer`; true when there is one. `strict`: an invalid one is none. */
function tunnel(outer: Packet, layer: Layer, at: usize, length: u32, source: PacketSource, strict: bool): bool {
  const before = packetCount();
  const p = <u32>outer.layers + 1 < maxLayers() ? innerPacket(outer, at, length, source) : null;
  if (p === null) {
    outer.set(PacketFlag.Invalid);
    outer.tooDeep(DecodeEvent.too_many_layers);
    return false;
  }
  p.linkType = <u16>LinkType.RawOld;
  p.depth = outer.depth + 1;
  p.layers = outer.layers + 1;
  if (!decodeLayers(p, layer, at, length) || (strict && p.has(PacketFlag.Invalid))) {
    forgetPackets(before);
    return false;
  }
  // The payload is inspected as the packet it is.
  outer.set(PacketFlag.NoPayloadInspection | PacketFlag.HasInner);
  return true;
}

/** What GRE carries by the EtherType in its header. */
function layerInGre(): Layer {
  switch (<u32>greType) {
    case EtherType.Ipv4:
      return Layer.Ipv4;
    case EtherType.Ipv6:
      return Layer.Ipv6;
    case EtherType.Ppp:
      return Layer.Ppp;
    case EtherType.Vlan:
      return Layer.Vlan;
    case EtherType.Bridge:
      return Layer.Ethernet;
    case EtherType.Arp:
      return Layer.Arp;
    case EtherType.Erspan:
      if (greSequence) return Layer.ErspanII;
      return setting(Setting.ErspanTypeI) == 0 ? Layer.None : Layer.ErspanI;
    default:
      return Layer.None;
  }
}

function gre(p: Packet, at: usize, length: u32): void {
  countAdd(Counter.decoder__gre, 1);
  if (!greFits(p, length) || !enter(p)) return;
  p.transport = at;
  p.transportLength = 4;
  readGre(p, at, length);
  const layer = layerInGre();
  if (layer == Layer.None) return;
  const offset = greOffset;
  tunnel(p, layer, at + offset, length - offset, PacketSource.Gre, false);
}

function teredo(p: Packet): bool {
  if (setting(Setting.Teredo) == 0) return false;
  const port = setting(Setting.TeredoPort);
  if (port != 0 && <u32>p.sourcePort != port && <u32>p.destinationPort != port) return false;
  const offset = findTeredo(p.payload, p.payloadLength);
  if (offset < 0) return false;
  const start = p.payload + <usize>offset;
  if (!tunnel(p, Layer.Ipv6, start, p.payloadLength - <u32>offset, PacketSource.Teredo, true)) return false;
  countAdd(Counter.decoder__teredo, 1);
  return true;
}

function geneve(p: Packet): bool {
  const port = setting(Setting.GenevePort);
  if (setting(Setting.Geneve) == 0) return false;
  if (<u32>p.sourcePort != port && <u32>p.destinationPort != port) return false;
  if (!geneveFits(p.payloadLength) || !enter(p)) return false;
  const size = sizeOfGeneve(p.payload, p.payloadLength);
  if (size == 0) return false;
  countAdd(Counter.decoder__geneve, 1);
  const layer = geneveLayer(p, p.payload);
  if (layer != Layer.None) {
    tunnel(p, layer, p.payload + size, p.payloadLength - size, PacketSource.Geneve, false);
  }
  return true;
}

function vxlan(p: Packet): bool {
  const port = setting(Setting.VxlanPort);
  if (setting(Setting.Vxlan) == 0) return false;
  if (<u32>p.sourcePort != port && <u32>p.destinationPort != port) return false;
  if (!vxlanFits(p.payloadLength) || !enter(p)) return false;
  if (!isVxlan(p.payload)) return false;
  countAdd(Counter.decoder__vxlan, 1);
  const layer = vxlanLayer(p, p.payload);
  if (layer != Layer.None) {
    tunnel(p, layer, p.payload + VXLAN_OFFSET, p.payloadLength - VXLAN_OFFSET, PacketSource.Vxlan, false);
  }
  return true;
}

/** The protocols above IP that IPv4 and IPv6 share; UDP may turn out to be a tunnel. */
function overIp(p: Packet, proto: u32, at: usize, length: u32): void {
  decodeTransport(p, proto, at, length);
  if (proto != IpProto.Udp || p.transport == 0) return;
  if (teredo(p) || geneve(p)) return;
  vxlan(p);
}

function ipv4(p: Packet, at: usize, length: u32): bool {
  countAdd(Counter.decoder__ipv4, 1);
  if (!enter(p) || !noteIpv4(p, at, length)) return false;
  if (p.has(PacketFlag.Fragment)) return true;
  const data = at + p.ipHeaderLength;
  const size = p.ipLength - p.ipHeaderLength;
  switch (<u32>p.proto) {
    case IpProto.Tcp:
    case IpProto.Udp:
    case IpProto.Icmp:
    case IpProto.Sctp:
    case IpProto.Igmp:
    case IpProto.Esp:
      overIp(p, p.proto, data, size);
      break;
    case IpProto.Gre:
      gre(p, data, size);
      break;
    case IpProto.Ipip:
      if (tunnel(p, Layer.Ipv4, data, size, PacketSource.Ipv4, false)) countAdd(Counter.decoder__ipv4_in_ipv4, 1);
      p.set(PacketFlag.WantsFlow);
      break;
    case IpProto.Ipv6:
      if (tunnel(p, Layer.Ipv6, data, size, PacketSource.Ipv4, false)) countAdd(Counter.decoder__ipv6_in_ipv4, 1);
      p.set(PacketFlag.WantsFlow);
      break;
    case IpProto.HopByHop:
      if (p.has(PacketFlag.VanJacobson)) decodeTcp(p, data, size);
      break;
    case IpProto.Icmpv6:
      p.invalid(DecodeEvent.ipv4__icmpv6);
      break;
    default:
      break;
  }
  return true;
}

function ipv4InIpv6(p: Packet, at: usize, length: u32): void {
  if (length < IPV4_SIZE) {
    p.invalid(DecodeEvent.ipv6__ipv4_in_ipv6_too_small);
  } else if (load<u8>(at) >> 4 != 4) {
    p.invalid(DecodeEvent.ipv6__ipv4_in_ipv6_wrong_version);
  } else {
    if (tunnel(p, Layer.Ipv4, at, length, PacketSource.Ipv6, false)) countAdd(Counter.decoder__ipv4_in_ipv6, 1);
    p.set(PacketFlag.WantsFlow);
  }
}

function ipv6InIpv6(p: Packet, at: usize, length: u32): void {
  if (length < IPV6_SIZE) {
    p.invalid(DecodeEvent.ipv6__ipv6_in_ipv6_too_small);
  } else if (load<u8>(at) >> 4 != 6) {
    p.invalid(DecodeEvent.ipv6__ipv6_in_ipv6_wrong_version);
  } else {
    if (tunnel(p, Layer.Ipv6, at, length, PacketSource.Ipv6, false)) countAdd(Counter.decoder__ipv6_in_ipv6, 1);
    p.set(PacketFlag.WantsFlow);
  }
}

function extensions(p: Packet, at: usize, length: u32): void {
  walkExtensions(p, p.proto);
  const data = at + upperOffset;
  const size = length - upperOffset;
  if (upper == IpProto.Ipip) ipv4InIpv6(p, data, size);
  else overIp(p, upper, data, size);
}

function ipv6(p: Packet, at: usize, length: u32): bool {
  countAdd(Counter.decoder__ipv6, 1);
  if (!enter(p) || !noteIpv6(p, at, length)) return false;
  const data = at + IPV6_SIZE;
  const size = p.ipLength - IPV6_SIZE;
  switch (<u32>p.proto) {
    case IpProto.Tcp:
    case IpProto.Udp:
    case IpProto.Icmpv6:
    case IpProto.Sctp:
      overIp(p, p.proto, data, size);
      break;
    case IpProto.Ipip:
      ipv4InIpv6(p, data, size);
      break;
    case IpProto.Ipv6:
      ipv6InIpv6(p, data, size);
      break;
    case IpProto.Gre:
      gre(p, data, size);
      break;
    case IpProto.Icmp:
      p.proto = 0;
      p.raise(DecodeEvent.ipv6__icmpv4);
      break;
    case IpProto.Fragment:
    case IpProto.HopByHop:
    case IpProto.Routing:
    case IpProto.NoNext:
    case IpProto.DestOpts:
    case IpProto.Ah:
    case IpProto.Esp:
    case IpProto.Mobility:
    case IpProto.Hip:
    case IpProto.Shim6:
      extensions(p, data, size);
      break;
    default:
      p.raise(DecodeEvent.ipv6__unknown_next_header);
      break;
  }
  return true;
}

/** Walks the headers of one packet from `layer` on; true when it is one. The walk ends: every step consumes bytes or a layer. */
function decodeLayers(p: Packet, layer: Layer, at: usize, length: u32): bool {
  let settled = false;
  while (layer != Layer.Ipv4 && layer != Layer.Ipv6) {
    const step = linkStep(p, layer, at, length);
    if (step == Step.Failed) return settled;
    if (step == Step.Ended) return true;
    if (step == Step.Settled) settled = true;
    layer = linkNext;
    at += linkOffset;
    length -= linkOffset;
  }
  const whole = layer == Layer.Ipv4 ? ipv4(p, at, length) : ipv6(p, at, length);
  return whole || settled;
}

function layerOfLink(linkType: u32): Layer {
  switch (linkType) {
    case LinkType.Ethernet:
      return Layer.Ethernet;
    case LinkType.Raw:
    case LinkType.RawOld:
    case LinkType.Ipv4:
    case LinkType.Ipv6:
      return Layer.Raw;
    case LinkType.Null:
      return Layer.Null;
    case LinkType.Loop:
      return Layer.Loop;
    case LinkType.Ppp:
      return Layer.Ppp;
    case LinkType.CiscoHdlc:
      return Layer.Hdlc;
    case LinkType.LinuxSll:
      return Layer.Sll;
    case LinkType.LinuxSll2:
      return Layer.Sll2;
    default:
      return Layer.None;
  }
}

/**
 * Decodes the frame of a Frame record into packetAt(0 .. packetCount() - 1). False: the link type is none we know (802.11 among them);
 * then there is one packet, without any layer. A malformed frame is true, with PacketFlag.Invalid and its events.
 */
export function decodeFrame(descriptor: usize): bool {
  const p = firstPacket();
  const flags = <u32>load<u16>(descriptor, Frame.flags);
  p.frame = load<u32>(descriptor, Frame.data);
  p.frameLength = load<u32>(descriptor, Frame.length);
  p.wireLength = load<u32>(descriptor, Frame.wireLength);
  p.timestamp = load<u64>(descriptor, Frame.timestamp);
  p.number = load<u64>(descriptor, Frame.number);
  p.linkType = load<u16>(descriptor, Frame.linkType);
  p.source = <u8>PacketSource.Wire;
  if ((flags & FrameFlag.PartialChecksum) != 0) p.set(PacketFlag.PartialChecksum);
  if ((flags & FrameFlag.Egress) != 0) p.set(PacketFlag.Egress);
  countAdd(Counter.decoder__pkts, 1);
  countAdd(Counter.decoder__bytes, p.frameLength);
  const layer = layerOfLink(p.linkType);
  if (layer == Layer.None) return false;
  decodeLayers(p, layer, p.frame, p.frameLength);
  if (p.has(PacketFlag.Invalid)) countAdd(Counter.decoder__invalid, 1);
  return true;
}

/**
 * Adds the datagram rebuilt from `fragment` and its predecessors: `length` bytes from the IP header at `at`, `lead` bytes in front of
 * it are the link layer of the first fragment. It stands beside the fragment, not inside it. False when its header fails.
 */
export function decodeRebuilt(fragment: Packet, at: usize, length: u32, lead: u32): bool {
  const before = packetCount();
  const p = innerPacket(fragment, at - lead, length + lead, PacketSource.Defrag);
  if (p === null) return false;
  p.linkType = fragment.linkType;
  p.vlan0 = fragment.vlan0;
  p.vlan1 = fragment.vlan1;
  p.vlan2 = fragment.vlan2;
  p.vlanCount = fragment.vlanCount;
  p.set(PacketFlag.Defragmented);
  if (!decodeLayers(p, fragment.ipVersion == 4 ? Layer.Ipv4 : Layer.Ipv6, at, length)) {
    forgetPackets(before);
    return false;
  }
  fragment.set(PacketFlag.NoPayloadInspection | PacketFlag.HasInner);
  return true;
}
