/** VXLAN (RFC 7348): Ethernet in UDP. */
import { DecodeEvent } from "../abi/decode_events";
import { ETHERNET_SIZE, Ethernet } from "./ethernet";
import { EtherType, Layer } from "./layers";
import { Packet } from "./packet";

const enum Field {
  flags = 0,
  vni = 4,
  reserved = 7,
  size = 8,
}

/** The flag that makes the network identifier valid. */
const FLAG_VNI: u8 = 0x08;

/** Bytes up to the header that the inner EtherType announces. */
export const VXLAN_OFFSET: u32 = Field.size + ETHERNET_SIZE;

export function vxlanFits(length: u32): bool {
  return length >= VXLAN_OFFSET;
}

export function isVxlan(at: usize): bool {
  return (load<u8>(at + Field.flags) & FLAG_VNI) != 0 && load<u8>(at + Field.reserved) == 0;
}

/** What the inner Ethernet header announces; None for ARP, and for anything else with an event. */
export function vxlanLayer(p: Packet, at: usize): Layer {
  switch (<u32>Ethernet.at(at + Field.size).type) {
    case EtherType.Ipv4:
      return Layer.Ipv4;
    case EtherType.Ipv6:
      return Layer.Ipv6;
    case EtherType.Vlan:
    case EtherType.ProviderBridge:
    case EtherType.QinQ:
      return Layer.Vlan;
    case EtherType.Arp:
      return Layer.None;
    default:
      p.invalid(DecodeEvent.vxlan__unknown_payload_type);
      return Layer.None;
  }
}
