/** Network service header (RFC 8300). */
import { DecodeEvent } from "../abi/decode_events";
import { be16 } from "./bytes";
import { Layer } from "./layers";
import { Packet } from "./packet";

const enum Field {
  versionLength = 0,
  metadataType = 2,
  nextProtocol = 3,
  servicePath = 4,
  size = 8,
}

const enum NextProtocol {
  Ipv4 = 1,
  Ipv6 = 2,
  Ethernet = 3,
  Mpls = 5,
}

/** Length of a header with metadata type 1 (RFC 8300, 2.4). */
const FIXED_LENGTH: u32 = 24;

/** Set by `readNsh`: what the header carries, and its size. */
export let nshLayer: Layer = Layer.None;
export let nshOffset: u32 = 0;

export function nshFits(p: Packet, length: u32): bool {
  if (length >= <u32>Field.size) return true;
  p.invalid(DecodeEvent.nsh__header_too_small);
  return false;
}

/** False when decoding fails; a packet to be ignored is true with `nshLayer` None. */
export function readNsh(p: Packet, at: usize, length: u32): bool {
  nshLayer = Layer.None;
  const first = be16(at + Field.versionLength);
  if (first >> 14 != 0) {
    p.raise(DecodeEvent.nsh__unsupported_version);
    return true;
  }
  nshOffset = (<u32>first & 0x3f) << 2;
  if (nshOffset >= length) {
    p.invalid(DecodeEvent.nsh__bad_header_length);
    return false;
  }
  const type = load<u8>(at + Field.metadataType);
  if (type == 0 || type == 15) {
    p.raise(DecodeEvent.nsh__reserved_type);
    return true;
  }
  if (type == 1) {
    if (nshOffset != FIXED_LENGTH) {
      p.invalid(DecodeEvent.nsh__bad_header_length);
      return false;
    }
  } else if (type != 2) {
    p.raise(DecodeEvent.nsh__unsupported_type);
    return true;
  }
  switch (<u32>load<u8>(at + Field.nextProtocol)) {
    case NextProtocol.Ipv4:
      nshLayer = Layer.Ipv4;
      break;
    case NextProtocol.Ipv6:
      nshLayer = Layer.Ipv6;
      break;
    case NextProtocol.Ethernet:
      nshLayer = Layer.Ethernet;
      break;
    case NextProtocol.Mpls:
      nshLayer = Layer.Mpls;
      break;
    default:
      p.raise(DecodeEvent.nsh__unknown_payload);
  }
  return true;
}
