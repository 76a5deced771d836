/** ERSPAN type II (draft-foschiano-erspan-03): mirrored Ethernet inside GRE, with the VLAN it was seen on. Type I has no header. */
import { DecodeEvent } from "../abi/decode_events";
import { be16 } from "./bytes";
import { Packet } from "./packet";
import { MAX_VLANS } from "./vlan";

const enum Field {
  versionVlan = 0,
  session = 2,
  index = 4,
  size = 8,
}

export const ERSPAN_SIZE: u32 = Field.size;

export function erspanFits(p: Packet, length: u32): bool {
  if (length >= <u32>Field.size) return true;
  p.invalid(DecodeEvent.erspan__header_too_small);
  return false;
}

export function readErspan(p: Packet, at: usize): bool {
  const first = be16(at + Field.versionVlan);
  if (first >> 12 != 1) {
    p.invalid(DecodeEvent.erspan__unsupported_version);
    return false;
  }
  const vlan = first & 0x0fff;
  if (vlan == 0) return true;
  if (<u32>p.vlanCount >= MAX_VLANS) {
    p.invalid(DecodeEvent.erspan__too_many_vlan_layers);
    return false;
  }
  p.addVlan(vlan);
  return true;
}
