/** Generic routing encapsulation: version 0 (RFC 2784, 2890; routing of RFC 1701), version 1 (PPTP, RFC 2637). */
import { DecodeEvent } from "../abi/decode_events";
import { be16 } from "./bytes";
import { EtherType } from "./layers";
import { Packet } from "./packet";

const enum Field {
  flags = 0,
  flagsVersion = 1,
  type = 2,
  size = 4,
}

/** Bits of the first byte. */
const enum Flag {
  Checksum = 0x80,
  Routing = 0x40,
  Key = 0x20,
  Sequence = 0x10,
  StrictRoute = 0x08,
  Recursion = 0x07,
}

/** Bits of the second byte. */
const enum Flag1 {
  Acknowledgement = 0x80,
  Reserved = 0x78,
  /** Without the bit of the acknowledgement. */
  Version = 0x07,
}

/** Size of each optional field. */
const OPTIONAL: u32 = 4;
/** Version 1: the first optional field is the count of payload bytes and the call id. */
const PAYLOAD_LENGTH: u32 = 4;

/** Source route entry of RFC 1701: family (2), offset, length. */
const ROUTE_ENTRY: u32 = 4;

/** Set by `readGre`: EtherType of what is inside (0: nothing to decode) and the size of the header. */
export let greType: u16 = 0;
export let greOffset: u32 = 0;
/** The sequence number is present: tells the ERSPAN types apart. */
export let greSequence: bool = false;

export function greFits(p: Packet, length: u32): bool {
  if (length >= <u32>Field.size) return true;
  p.invalid(DecodeEvent.gre__pkt_too_small);
  return false;
}

/** Steps over the source routes behind the optional fields; 0 when they do not end within the packet. */
function skipRoutes(at: usize, length: u32, offset: u32): u32 {
  while (offset + ROUTE_ENTRY <= length) {
    const family = be16(at + offset);
    const size = <u32>load<u8>(at + offset + 3);
    offset += ROUTE_ENTRY;
    if (family == 0 && size == 0) return offset;
    offset += size;
  }
  return 0;
}

function readVersion0(p: Packet, at: usize, length: u32, flags: u32, flags1: u32): u32 {
  if ((flags & Flag.Recursion) != 0) return DecodeEvent.gre__version0_recur;
  if ((flags1 & <u32>Flag1.Reserved) != 0) return DecodeEvent.gre__version0_flags;
  let size: u32 = Field.size;
  if ((flags & Flag.Key) != 0) size += OPTIONAL;
  if ((flags & Flag.Sequence) != 0) size += OPTIONAL;
  if ((flags & (Flag.Checksum | Flag.Routing)) != 0) size += OPTIONAL;
  if (size > length) return DecodeEvent.gre__version0_hdr_too_big;
  if ((flags & Flag.Routing) != 0) {
    size = skipRoutes(at, length, size);
    if (size == 0) return DecodeEvent.gre__version0_malformed_sre_hdr;
  }
  greOffset = size;
  return 0;
}

function readVersion1(p: Packet, length: u32, flags: u32, flags1: u32, type: u32): u32 {
  if ((flags & Flag.Checksum) != 0) return DecodeEvent.gre__version1_chksum;
  if ((flags & Flag.Routing) != 0) return DecodeEvent.gre__version1_route;
  if ((flags & Flag.StrictRoute) != 0) return DecodeEvent.gre__version1_ssr;
  if ((flags & Flag.Recursion) != 0) return DecodeEvent.gre__version1_recur;
  if ((flags1 & <u32>Flag1.Reserved) != 0) return DecodeEvent.gre__version1_flags;
  if (type != EtherType.Ppp) return DecodeEvent.gre__version1_wrong_protocol;
  if ((flags & Flag.Key) == 0) return DecodeEvent.gre__version1_no_key;
  let size: u32 = Field.size + OPTIONAL;
  if ((flags & Flag.Sequence) != 0) size += OPTIONAL;
  if ((flags1 & Flag1.Acknowledgement) != 0) size += OPTIONAL;
  if (size > length) return DecodeEvent.gre__version1_hdr_too_big;
  greOffset = size;
  return 0;
}

/** Reads a header of which four bytes are there. A malformed one leaves `greType` 0. */
export function readGre(p: Packet, at: usize, length: u32): void {
  greType = 0;
  const flags = <u32>load<u8>(at + Field.flags);
  const flags1 = <u32>load<u8>(at + Field.flagsVersion);
  const type = be16(at + Field.type);
  const version = flags1 & <u32>Flag1.Version;
  let event: u32 = DecodeEvent.gre__wrong_version;
  if (version == 0) event = readVersion0(p, at, length, flags, flags1);
  else if (version == 1) event = readVersion1(p, length, flags, flags1, type);
  if (event != 0) {
    p.invalid(event);
    return;
  }
  greSequence = (flags & Flag.Sequence) != 0;
  if (version == 1 && be16(at + PAYLOAD_LENGTH) == 0) return;
  greType = type;
}
