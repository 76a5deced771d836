/** Geneve (RFC 8926): Ethernet or IP in UDP, with options. */
import { DecodeEvent } from "../abi/decode_events";
import { be16 } from "./bytes";
import { EtherType, Layer } from "./layers";
import { Packet } from "./packet";

const enum Field {
  versionLength = 0,
  flags = 1,
  type = 2,
  vni = 4,
  reserved = 7,
  size = 8,
}

/** Class, type, and the length in words in the last byte. */
const OPTION_SIZE: u32 = 4;

export function geneveFits(length: u32): bool {
  return length >= <u32>Field.size;
}

/** Do the options fill the space the header gives them exactly? */
function optionsFit(at: usize, total: u32): bool {
  let rest = total;
  while (rest > 0) {
    const size = OPTION_SIZE + ((<u32>load<u8>(at + 3) & 0x1f) << 2);
    if (size > rest) return false;
    at += size;
    rest -= size;
  }
  return true;
}

/** Size of the header with its options, 0 when this is not Geneve. */
export function sizeOfGeneve(at: usize, length: u32): u32 {
  const first = load<u8>(at + Field.versionLength);
  const options = (<u32>first & 0x3f) << 2;
  const size = <u32>Field.size + options;
  if (length < size || first >> 6 != 0) return 0;
  if ((load<u8>(at + Field.flags) & 0x3f) != 0 || load<u8>(at + Field.reserved) != 0) return 0;
  return optionsFit(at + Field.size, options) ? size : 0;
}

/** What is inside; None for ARP, and for anything else with an event. */
export function geneveLayer(p: Packet, at: usize): Layer {
  switch (<u32>be16(at + Field.type)) {
    case EtherType.Ipv4:
      return Layer.Ipv4;
    case EtherType.Ipv6:
      return Layer.Ipv6;
    case EtherType.Bridge:
      return Layer.Ethernet;
    case EtherType.Arp:
      return Layer.None;
    default:
      p.invalid(DecodeEvent.geneve__unknown_payload_type);
      return Layer.None;
  }
}
