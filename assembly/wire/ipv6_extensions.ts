/**
 * The chain of IPv6 extension headers (RFC 8200, 4; RFC 4302 for AH; 6275, 7401, 5533 for mobility, HIP, shim6).
 * Two destination-options headers are normal (before routing and before the upper layer), every other repetition is reported.
 */
import { IpProto } from "../abi/codes";
import { DecodeEvent } from "../abi/decode_events";
import { be16, be32 } from "./bytes";
import { IPV6_SIZE } from "./ipv6";
import { Packet, PacketFlag } from "./packet";

/** Extension headers begin with the number of the next one and, but for fragments, their length. */
const enum Field {
  next = 0,
  length = 1,
  /** Routing type, reserved bytes of AH, options. */
  body = 2,
}

const enum FragmentField {
  next = 0,
  reserved = 1,
  offset = 2,
  identification = 4,
  size = 8,
}

/** AH with no integrity value (RFC 4302, 2). */
const AUTHENTICATION_SIZE: u32 = 12;

/** Option types of hop-by-hop and destination options (IANA). */
const enum Option {
  Pad1 = 0,
  PadN = 1,
  RouterAlert = 5,
  Jumbo = 0xc2,
  HomeAddress = 0xc9,
}

/** Nothing further to decode. */
export const NO_UPPER: u32 = 256;

/** Set by `walkExtensions`: number of the upper-layer protocol or NO_UPPER, and its offset behind the IPv6 header. */
export let upper: u32 = NO_UPPER;
export let upperOffset: u32 = 0;

/** Checks the options of a hop-by-hop or destination-options header. */
function noteOptions(p: Packet, at: usize, length: u32, hopByHop: bool): void {
  let padding = false;
  let others = false;
  let offset: u32 = 0;
  while (offset < length) {
    const type = <u32>load<u8>(at + offset);
    if (type == Option.Pad1) {
      padding = true;
      offset++;
      continue;
    }
    if (offset + 1 >= length) {
      p.invalid(DecodeEvent.ipv6__exthdr_invalid_optlen);
      break;
    }
    const size = <u32>load<u8>(at + offset + 1);
    if (offset + 1 + size > length) {
      p.invalid(DecodeEvent.ipv6__exthdr_invalid_optlen);
      break;
    }
    if (type == Option.PadN) {
      padding = true;
      if (size == 0) p.raise(DecodeEvent.ipv6__zero_len_padn);
    } else {
      const need: u32 = type == Option.RouterAlert ? 2 : type == Option.Jumbo ? 4 : type == Option.HomeAddress ? 16 : 0;
      if (size < need) {
        p.invalid(DecodeEvent.ipv6__exthdr_invalid_optlen);
        break;
      }
      if (need == 0) {
        p.raise(hopByHop ? DecodeEvent.ipv6__hopopts_unknown_opt : DecodeEvent.ipv6__dstopts_unknown_opt);
      }
      if (type != Option.Jumbo) others = true;
    }
    offset += size + 2;
  }
  if (padding && !others) {
    p.raise(hopByHop ? DecodeEvent.ipv6__hopopts_only_padding : DecodeEvent.ipv6__dstopts_only_padding);
  }
}

/** Reads the first fragment header. True: a real fragment, whose rest waits for reassembly. */
function noteFragment(p: Packet, at: usize, rest: u32, previous: u32): bool {
  const field = be16(at + FragmentField.offset);
  p.fragmentHeader = at;
  p.fragmentPrevious = previous == 0 ? 0 : at - previous;
  p.fragmentOffset = field & 0xfff8;
  p.moreFragments = (field & 1) != 0;
  p.fragmentId = be32(at + FragmentField.identification);
  p.fragmentData = at + FragmentField.size;
  p.fragmentLength = rest - FragmentField.size;
  if (p.fragmentOffset == 0 && !p.moreFragments) {
    // RFC 6946: an atomic fragment is a whole packet.
    p.raise(DecodeEvent.ipv6__exthdr_useless_fh);
    return false;
  }
  if (p.moreFragments && (rest & 7) != 0) p.raise(DecodeEvent.ipv6__frag_invalid_length);
  p.set(PacketFlag.Fragment);
  return true;
}

/** Bytes of the extension header `next` at `at`; the first two bytes are there. */
function sizeOf(next: u32, at: usize): u32 {
  const length = <u32>load<u8>(at + Field.length);
  if (next == IpProto.Fragment) return FragmentField.size;
  if (next == IpProto.Ah) return AUTHENTICATION_SIZE + (length > 0 ? (length - 1) << 2 : 0);
  return (length + 1) << 3;
}

/** What the chain has shown so far. */
const enum Seen {
  Routing = 1,
  HopByHop = 2,
  Destination = 4,
  SecondDestination = 8,
  Authentication = 16,
  Fragment = 32,
}

let seen: u32 = 0;

/** Is `next` an upper layer or the end of the chain? Then `upper` holds what to decode. */
function endsChain(p: Packet, next: u32, rest: u32): bool {
  upper = NO_UPPER;
  if (next == IpProto.NoNext) {
    if (rest > 0) p.raise(DecodeEvent.ipv6__data_after_none_header);
    return true;
  }
  if (rest < 2) {
    p.invalid(DecodeEvent.ipv6__trunc_exthdr);
    return true;
  }
  switch (next) {
    case IpProto.Tcp:
    case IpProto.Udp:
    case IpProto.Icmpv6:
    case IpProto.Sctp:
    case IpProto.Esp:
    case IpProto.Ipip:
      p.proto = <u8>next;
      upper = next;
      return true;
    case IpProto.Icmp:
      p.raise(DecodeEvent.ipv6__icmpv4);
      return true;
    case IpProto.HopByHop:
    case IpProto.DestOpts:
    case IpProto.Routing:
    case IpProto.Fragment:
    case IpProto.Ah:
      p.proto = <u8>next;
      return false;
    case IpProto.Mobility:
    case IpProto.Hip:
    case IpProto.Shim6:
      return false;
    default:
      p.raise(DecodeEvent.ipv6__unknown_next_header);
      p.proto = <u8>next;
      return true;
  }
}

/** Marks a header as seen; false, with `event`, when it was there before. */
function once(p: Packet, bit: u32, event: DecodeEvent): bool {
  if ((seen & bit) != 0) {
    p.raise(event);
    return false;
  }
  seen |= bit;
  return true;
}

/** Reads one whole extension header of `size` bytes. False: the rest of the packet waits for reassembly. */
function noteHeader(p: Packet, next: u32, at: usize, size: u32, rest: u32, previous: u32): bool {
  switch (next) {
    case IpProto.Routing:
      if (!once(p, Seen.Routing, DecodeEvent.ipv6__exthdr_dupl_rh)) break;
      if (load<u8>(at + Field.body) == 0) p.raise(DecodeEvent.ipv6__rh_type_0);
      break;
    case IpProto.HopByHop:
      if (!once(p, Seen.HopByHop, DecodeEvent.ipv6__exthdr_dupl_hh)) break;
      noteOptions(p, at + Field.body, size - Field.body, true);
      break;
    case IpProto.DestOpts:
      if ((seen & Seen.Destination) == 0) seen |= Seen.Destination;
      else if (!once(p, Seen.SecondDestination, DecodeEvent.ipv6__exthdr_dupl_dh)) break;
      noteOptions(p, at + Field.body, size - Field.body, false);
      break;
    case IpProto.Ah:
      if (be16(at + Field.body) != 0) p.raise(DecodeEvent.ipv6__exthdr_ah_res_not_null);
      once(p, Seen.Authentication, DecodeEvent.ipv6__exthdr_dupl_ah);
      break;
    case IpProto.Fragment:
      if (load<u8>(at + FragmentField.reserved) != 0) p.raise(DecodeEvent.ipv6__fh_non_zero_reserved_field);
      if (!once(p, Seen.Fragment, DecodeEvent.ipv6__exthdr_dupl_fh)) break;
      return !noteFragment(p, at, rest, previous);
    default:
      break;
  }
  return true;
}

/** Walks the chain behind the IPv6 header. `upper` is what to decode next, `p.proto` the last header understood. */
export function walkExtensions(p: Packet, first: u8): void {
  const total = p.ipLength - IPV6_SIZE;
  let at = p.ip + IPV6_SIZE;
  let rest = total;
  let next = <u32>first;
  let previous: u32 = 0;
  seen = 0;
  p.proto = 0;
  upperOffset = 0;
  while (!endsChain(p, next, rest)) {
    const size = sizeOf(next, at);
    if (size > rest) {
      p.invalid(DecodeEvent.ipv6__trunc_exthdr);
      return;
    }
    if (!noteHeader(p, next, at, size, rest, previous)) return;
    next = load<u8>(at + Field.next);
    at += size;
    rest -= size;
    previous = size;
    upperOffset = total - rest;
    p.ipHeaderLength = IPV6_SIZE + upperOffset;
  }
}
