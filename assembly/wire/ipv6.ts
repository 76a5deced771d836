/**
 * IPv6 header (RFC 8200).
 * Contract: `noteIpv6` true means that the header and its `payloadLength` bytes lie within the frame.
 */
import { DecodeEvent } from "../abi/decode_events";
import { be16, be32 } from "./bytes";
import { Packet } from "./packet";

const enum Field {
  versionClassLabel = 0,
  payloadLength = 4,
  nextHeader = 6,
  hopLimit = 7,
  source = 8,
  destination = 24,
  size = 40,
}

export const IPV6_SIZE: u32 = Field.size;

@unmanaged
export class Ipv6 {
  static at(address: usize): Ipv6 {
    return changetype<Ipv6>(address);
  }

  get version(): u8 {
    return load<u8>(changetype<usize>(this)) >> 4;
  }

  get trafficClass(): u8 {
    return <u8>(be16(changetype<usize>(this)) >> 4);
  }

  get flowLabel(): u32 {
    return be32(changetype<usize>(this)) & 0xfffff;
  }

  get payloadLength(): u32 {
    return be16(changetype<usize>(this) + Field.payloadLength);
  }

  get nextHeader(): u8 {
    return load<u8>(changetype<usize>(this) + Field.nextHeader);
  }

  get hopLimit(): u8 {
    return load<u8>(changetype<usize>(this) + Field.hopLimit);
  }

  /** Address of sixteen bytes. */
  get source(): usize {
    return changetype<usize>(this) + Field.source;
  }

  get destination(): usize {
    return changetype<usize>(this) + Field.destination;
  }
}

function complaint(header: Ipv6, length: u32): u32 {
  if (length < <u32>Field.size) return DecodeEvent.ipv6__pkt_too_small;
  if (header.version != 6) return DecodeEvent.ipv6__wrong_ip_version;
  if (length < <u32>Field.size + header.payloadLength) return DecodeEvent.ipv6__trunc_pkt;
  return 0;
}

/** Reads the header into `p`; false, with its event, when it is malformed. */
export function noteIpv6(p: Packet, at: usize, length: u32): bool {
  const header = Ipv6.at(at);
  const event = complaint(header, length);
  if (event != 0) {
    p.invalid(event);
    return false;
  }
  p.ip = at;
  p.ipVersion = 6;
  p.ipHeaderLength = Field.size;
  p.ipLength = <u32>Field.size + header.payloadLength;
  p.proto = header.nextHeader;
  p.ttl = header.hopLimit;
  p.sourceLow = load<u64>(header.source);
  p.sourceHigh = load<u64>(header.source + 8);
  p.destinationLow = load<u64>(header.destination);
  p.destinationHigh = load<u64>(header.destination + 8);
  return true;
}
