/**
 * IPv4 header (RFC 791).
 * Contract: `noteIpv4` true means that the header with its options and the bytes up to `ipLength` lie within the frame.
 */
import { DecodeEvent } from "../abi/decode_events";
import { be16 } from "./bytes";
import { noteIpv4Options } from "./ipv4_options";
import { Packet, PacketFlag } from "./packet";

const enum Field {
  versionLength = 0,
  typeOfService = 1,
  totalLength = 2,
  identification = 4,
  fragment = 6,
  timeToLive = 8,
  protocol = 9,
  checksum = 10,
  source = 12,
  destination = 16,
  size = 20,
}

/** Bits of the fragment field. */
const enum FragmentField {
  Reserved = 0x8000,
  DontFragment = 0x4000,
  MoreFragments = 0x2000,
  Offset = 0x1fff,
}

/** Bits of `Packet.fragmentBits` (fragbits keyword). */
export enum FragmentBit {
  MoreFragments = 1,
  DontFragment = 2,
  Reserved = 4,
}

export const IPV4_SIZE: u32 = Field.size;

@unmanaged
export class Ipv4 {
  static at(address: usize): Ipv4 {
    return changetype<Ipv4>(address);
  }

  get version(): u8 {
    return load<u8>(changetype<usize>(this)) >> 4;
  }

  /** Bytes of the header with its options. */
  get headerLength(): u32 {
    return (<u32>load<u8>(changetype<usize>(this)) & 15) << 2;
  }

  get typeOfService(): u8 {
    return load<u8>(changetype<usize>(this) + Field.typeOfService);
  }

  get totalLength(): u32 {
    return be16(changetype<usize>(this) + Field.totalLength);
  }

  get identification(): u16 {
    return be16(changetype<usize>(this) + Field.identification);
  }

  get fragment(): u16 {
    return be16(changetype<usize>(this) + Field.fragment);
  }

  get timeToLive(): u8 {
    return load<u8>(changetype<usize>(this) + Field.timeToLive);
  }

  get protocol(): u8 {
    return load<u8>(changetype<usize>(this) + Field.protocol);
  }

  /** Four bytes as they lie in memory. */
  get source(): u32 {
    return load<u32>(changetype<usize>(this) + Field.source);
  }

  get destination(): u32 {
    return load<u32>(changetype<usize>(this) + Field.destination);
  }
}

function complaint(header: Ipv4, length: u32): u32 {
  if (length < <u32>Field.size) return DecodeEvent.ipv4__pkt_too_small;
  if (header.version != 4) return DecodeEvent.ipv4__wrong_ip_version;
  if (header.headerLength < <u32>Field.size) return DecodeEvent.ipv4__hlen_too_small;
  if (header.totalLength < header.headerLength) return DecodeEvent.ipv4__iplen_smaller_than_hlen;
  if (length < header.totalLength) return DecodeEvent.ipv4__trunc_pkt;
  return 0;
}

/** Reads the header into `p`; false, with its event, when it is malformed. */
export function noteIpv4(p: Packet, at: usize, length: u32): bool {
  const header = Ipv4.at(at);
  const event = complaint(header, length);
  if (event != 0) {
    p.invalid(event);
    return false;
  }
  p.ip = at;
  p.ipVersion = 4;
  p.ipHeaderLength = header.headerLength;
  p.ipLength = header.totalLength;
  p.proto = header.protocol;
  p.ttl = header.timeToLive;
  p.sourceLow = header.source;
  p.sourceHigh = 0;
  p.destinationLow = header.destination;
  p.destinationHigh = 0;
  const fragment = header.fragment;
  p.fragmentId = header.identification;
  p.fragmentOffset = (fragment & <u16>FragmentField.Offset) << 3;
  p.moreFragments = (fragment & <u16>FragmentField.MoreFragments) != 0;
  let bits: u8 = 0;
  if (p.moreFragments) bits |= <u8>FragmentBit.MoreFragments;
  if ((fragment & <u16>FragmentField.DontFragment) != 0) bits |= <u8>FragmentBit.DontFragment;
  if ((fragment & <u16>FragmentField.Reserved) != 0) bits |= <u8>FragmentBit.Reserved;
  p.fragmentBits = bits;
  if (p.ipHeaderLength > <u32>Field.size) {
    noteIpv4Options(p, at + Field.size, p.ipHeaderLength - Field.size);
  }
  if (p.fragmentOffset > 0 || p.moreFragments) {
    p.set(PacketFlag.Fragment);
    p.fragmentData = at + p.ipHeaderLength;
    p.fragmentLength = p.ipLength - p.ipHeaderLength;
  }
  return true;
}
