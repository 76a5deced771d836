/** IPv4 options (RFC 791, 3.1; RFC 1108, 2113, 4782; FIPS 188). They are checked one by one; the first bad one ends the walk. */
import { DecodeEvent } from "../abi/decode_events";
import { Packet } from "./packet";

/** Bits of `Packet.ipOptions` (ipopts keyword). */
export enum Ipv4Option {
  EndOfList = 1 << 0,
  NoOperation = 1 << 1,
  RecordRoute = 1 << 2,
  QuickStart = 1 << 3,
  Timestamp = 1 << 4,
  Security = 1 << 5,
  LooseSourceRoute = 1 << 6,
  ExtendedSecurity = 1 << 7,
  Cipso = 1 << 8,
  StreamId = 1 << 9,
  StrictSourceRoute = 1 << 10,
  RouterAlert = 1 << 11,
}

/** Option numbers (IANA). */
const enum Kind {
  EndOfList = 0,
  NoOperation = 1,
  RecordRoute = 7,
  QuickStart = 25,
  Timestamp = 68,
  Security = 130,
  LooseSourceRoute = 131,
  ExtendedSecurity = 133,
  Cipso = 134,
  StreamId = 136,
  StrictSourceRoute = 137,
  RouterAlert = 148,
}

/** Sizes of whole options, or the least ones. */
const ROUTE_SIZE: u32 = 3;
const STREAM_ID_SIZE: u32 = 4;
const ROUTER_ALERT_SIZE: u32 = 4;
const TIMESTAMP_SIZE: u32 = 5;
const EXTENDED_SECURITY_SIZE: u32 = 5;
const QUICK_START_SIZE: u32 = 8;
const CIPSO_SIZE: u32 = 10;
const SECURITY_SIZE: u32 = 11;

function bitOf(kind: u32): u32 {
  switch (kind) {
    case Kind.RecordRoute:
      return Ipv4Option.RecordRoute;
    case Kind.QuickStart:
      return Ipv4Option.QuickStart;
    case Kind.Timestamp:
      return Ipv4Option.Timestamp;
    case Kind.Security:
      return Ipv4Option.Security;
    case Kind.LooseSourceRoute:
      return Ipv4Option.LooseSourceRoute;
    case Kind.ExtendedSecurity:
      return Ipv4Option.ExtendedSecurity;
    case Kind.Cipso:
      return Ipv4Option.Cipso;
    case Kind.StreamId:
      return Ipv4Option.StreamId;
    case Kind.StrictSourceRoute:
      return Ipv4Option.StrictSourceRoute;
    case Kind.RouterAlert:
      return Ipv4Option.RouterAlert;
    default:
      return 0;
  }
}

/** The pointer counts from 1, lies behind itself and names whole addresses (RFC 791, 3.1). */
function checkRoute(at: usize, size: u32): u32 {
  if (size < ROUTE_SIZE) return DecodeEvent.ipv4__opt_invalid_len;
  const pointer = <u32>load<u8>(at + 2);
  if (pointer < 4 || (pointer & 3) != 0 || pointer > size + 1) return DecodeEvent.ipv4__opt_malformed;
  return 0;
}

/**
 * Records hold an address and a time (flag 1 or 3), or a time alone. As in Suricata, the byte compared lies two behind the flag's
 * own; with five bytes it would lie outside, but then the pointer decides alone.
 */
function checkTimestamp(at: usize, size: u32): u32 {
  if (size < TIMESTAMP_SIZE) return DecodeEvent.ipv4__opt_invalid_len;
  const pointer = <u32>load<u8>(at + 2);
  if (pointer < 5) return DecodeEvent.ipv4__opt_malformed;
  const flag: u8 = size > 5 ? load<u8>(at + 5) : 0;
  const record: u32 = flag == 1 || flag == 3 ? 8 : 4;
  if ((pointer - 5) % record != 0 || pointer > size + 1) return DecodeEvent.ipv4__opt_malformed;
  return 0;
}

/** Domain of interpretation (four bytes), then tags: type, length, data (FIPS 188, 3). */
function checkCipso(at: usize, size: u32): u32 {
  if (size < CIPSO_SIZE) return DecodeEvent.ipv4__opt_invalid_len;
  let tag = at + 6;
  let rest = size - 6;
  while (rest > 0) {
    if (rest < 2) return DecodeEvent.ipv4__opt_malformed;
    const type = load<u8>(tag);
    const length = <u32>load<u8>(tag + 1);
    if (length > rest || length < 4) return DecodeEvent.ipv4__opt_malformed;
    if (type != 1 && type != 2 && type != 5 && type != 6 && type != 7) return DecodeEvent.ipv4__opt_malformed;
    // The alignment octet is zero; type 7 has none.
    if (type != 7 && load<u8>(tag + 2) != 0) return DecodeEvent.ipv4__opt_malformed;
    tag += length;
    rest -= length;
  }
  return 0;
}

function lengthIf(wrong: bool): u32 {
  return wrong ? <u32>DecodeEvent.ipv4__opt_invalid_len : 0;
}

function check(kind: u32, at: usize, size: u32): u32 {
  switch (kind) {
    case Kind.RecordRoute:
    case Kind.LooseSourceRoute:
    case Kind.StrictSourceRoute:
      return checkRoute(at, size);
    case Kind.Timestamp:
      return checkTimestamp(at, size);
    case Kind.Cipso:
      return checkCipso(at, size);
    case Kind.QuickStart:
      return lengthIf(size < QUICK_START_SIZE);
    case Kind.ExtendedSecurity:
      return lengthIf(size < EXTENDED_SECURITY_SIZE);
    case Kind.Security:
      return lengthIf(size != SECURITY_SIZE);
    case Kind.StreamId:
      return lengthIf(size != STREAM_ID_SIZE);
    default:
      return lengthIf(size != ROUTER_ALERT_SIZE);
  }
}

/** Walks the `length` option bytes at `at`, all of which are present. */
export function noteIpv4Options(p: Packet, at: usize, length: u32): void {
  if ((length & 7) != 0) p.raise(DecodeEvent.ipv4__opt_pad_required);
  let rest = length;
  while (rest > 0) {
    const kind = <u32>load<u8>(at);
    if (kind == Kind.EndOfList) {
      p.ipOptions |= <u16>Ipv4Option.EndOfList;
      return;
    }
    if (kind == Kind.NoOperation) {
      p.ipOptions |= <u16>Ipv4Option.NoOperation;
      at++;
      rest--;
      continue;
    }
    if (rest < 2) {
      p.raise(DecodeEvent.ipv4__opt_eol_required);
      return;
    }
    const size = <u32>load<u8>(at + 1);
    if (size > rest || size < 2) {
      p.invalid(DecodeEvent.ipv4__opt_invalid_len);
      return;
    }
    const bit = bitOf(kind);
    if (bit == 0) {
      p.raise(DecodeEvent.ipv4__opt_invalid);
    } else if ((p.ipOptions & <u16>bit) != 0) {
      p.raise(DecodeEvent.ipv4__opt_duplicate);
    } else {
      const event = check(kind, at, size);
      if (event != 0) {
        p.invalid(event);
        return;
      }
      p.ipOptions |= <u16>bit;
    }
    at += size;
    rest -= size;
  }
}
