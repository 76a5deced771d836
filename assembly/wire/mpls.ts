/** MPLS label stack (RFC 3032). What follows is guessed: the label says it only for the explicit null labels. */
import { DecodeEvent } from "../abi/decode_events";
import { be32 } from "./bytes";
import { Layer } from "./layers";
import { Packet } from "./packet";

const enum Field {
  shim = 0,
  size = 4,
}

const enum Label {
  Ipv4Null = 0,
  RouterAlert = 1,
  Ipv6Null = 2,
  ImplicitNull = 3,
  Reserved = 15,
}

/** Bytes of the control word in front of an Ethernet pseudo-wire (RFC 4448, 4.6). */
const CONTROL_WORD: u32 = 4;

/** Set by `walkLabels`: what the stack carries, bytes of the stack, and whether the label named it. */
export let mplsLayer: Layer = Layer.None;
export let mplsOffset: u32 = 0;
export let mplsNamed: bool = false;

/** Walks the stack and tells what is behind it; false when decoding fails. */
export function walkLabels(p: Packet, at: usize, length: u32): bool {
  mplsLayer = Layer.None;
  mplsNamed = false;
  let offset: u32 = 0;
  let shim: u32;
  do {
    if (length - offset < <u32>Field.size) {
      p.invalid(DecodeEvent.mpls__header_too_small);
      return false;
    }
    shim = be32(at + offset);
    offset += Field.size;
  } while ((shim & 0x100) == 0);
  mplsOffset = offset;
  const label = shim >> 12;
  if (label == Label.Ipv4Null || label == Label.Ipv6Null) {
    mplsLayer = label == Label.Ipv4Null ? Layer.Ipv4 : Layer.Ipv6;
    mplsNamed = true;
    return true;
  }
  if (label < <u32>Label.Reserved) {
    if (label == Label.RouterAlert) p.raise(DecodeEvent.mpls__bad_label_router_alert);
    else if (label == Label.ImplicitNull) p.raise(DecodeEvent.mpls__bad_label_implicit_null);
    else p.raise(DecodeEvent.mpls__bad_label_reserved);
    return true;
  }
  if (length - offset < CONTROL_WORD) {
    p.invalid(DecodeEvent.mpls__pkt_too_small);
    return false;
  }
  const nibble = load<u8>(at + offset) >> 4;
  if (nibble == 4) mplsLayer = Layer.Ipv4;
  else if (nibble == 6) mplsLayer = Layer.Ipv6;
  else if (nibble == 0) {
    mplsLayer = Layer.Ethernet;
    mplsOffset = offset + CONTROL_WORD;
  } else p.invalid(DecodeEvent.mpls__unknown_payload_type);
  return true;
}
