/** Kinds of headers the decoder knows, how EtherTypes name them, and the bound on how deep they nest. */
import { Counter } from "../abi/counters";
import { DecodeEvent } from "../abi/decode_events";
import { Setting } from "../abi/settings";
import { setting } from "../memory/settings";
import { countAdd } from "../verdict/counters";
import { Packet, PacketFlag } from "./packet";

export const enum Layer {
  None = 0,
  Ethernet,
  Sll,
  Sll2,
  Raw,
  Null,
  Loop,
  Hdlc,
  Ppp,
  PppoeSession,
  PppoeDiscovery,
  Ipv4,
  Ipv6,
  Arp,
  Vlan,
  Ieee8021ah,
  Vntag,
  Etag,
  Mpls,
  FabricPath,
  Nsh,
  ErspanI,
  ErspanII,
}

/** IEEE 802 EtherTypes. */
export const enum EtherType {
  Ipv4 = 0x0800,
  Arp = 0x0806,
  /** Transparent Ethernet bridging: an Ethernet frame inside GRE or Geneve. */
  Bridge = 0x6558,
  Vlan = 0x8100,
  Ipv6 = 0x86dd,
  MplsUnicast = 0x8847,
  MplsMulticast = 0x8848,
  PppoeDiscovery = 0x8863,
  PppoeSession = 0x8864,
  /** PPP in GRE version 1 (PPTP). */
  Ppp = 0x880b,
  ProviderBridge = 0x88a8,
  Erspan = 0x88be,
  BackboneBridge = 0x88e7,
  FabricPath = 0x8903,
  Vntag = 0x8926,
  Etag = 0x893f,
  Nsh = 0x894f,
  QinQ = 0x9100,
}

/** MaxLayers when the setting is 0 (decoder.max-layers of Suricata). */
const DEFAULT_MAX_LAYERS: u32 = 16;

/** `decoder.max-layers`, at most 64. */
export function maxLayers(): u32 {
  const wanted = setting(Setting.MaxLayers);
  return wanted == 0 ? DEFAULT_MAX_LAYERS : min<u32>(wanted, 64);
}

/** Enters one more layer; false, with its event, when the packet nests too deep. */
export function enter(p: Packet): bool {
  p.layers++;
  if (<u32>p.layers < maxLayers()) return true;
  countAdd(Counter.decoder__too_many_layers, 1);
  p.set(PacketFlag.Invalid);
  p.tooDeep(DecodeEvent.too_many_layers);
  return false;
}

/** Which header an EtherType announces, None for an unknown one. */
export function layerOf(type: u16): Layer {
  switch (<u32>type) {
    case EtherType.Ipv4:
      return Layer.Ipv4;
    case EtherType.Ipv6:
      return Layer.Ipv6;
    case EtherType.Arp:
      return Layer.Arp;
    case EtherType.Vlan:
    case EtherType.ProviderBridge:
    case EtherType.QinQ:
      return Layer.Vlan;
    case EtherType.PppoeSession:
      return Layer.PppoeSession;
    case EtherType.PppoeDiscovery:
      return Layer.PppoeDiscovery;
    case EtherType.BackboneBridge:
      return Layer.Ieee8021ah;
    case EtherType.MplsUnicast:
    case EtherType.MplsMulticast:
      return Layer.Mpls;
    case EtherType.FabricPath:
      return Layer.FabricPath;
    case EtherType.Vntag:
      return Layer.Vntag;
    case EtherType.Etag:
      return Layer.Etag;
    case EtherType.Nsh:
      return Layer.Nsh;
    default:
      return Layer.None;
  }
}
