/**
 * TCP header and options (RFC 9293).
 * Contract: `noteTcp` true means that the header with its options lies within the packet.
 */
import { IpProto } from "../abi/codes";
import { DecodeEvent } from "../abi/decode_events";
import { be16, be32 } from "./bytes";
import { Packet, PacketFlag } from "./packet";
import { TcpOption } from "./tcp_option";

const enum Field {
  sourcePort = 0,
  destinationPort = 2,
  sequence = 4,
  acknowledgement = 8,
  offset = 12,
  flags = 13,
  window = 14,
  checksum = 16,
  urgent = 18,
  size = 20,
}

/** Bits of `Packet.tcpFlags`. */
export const enum TcpFlag {
  Fin = 0x01,
  Syn = 0x02,
  Rst = 0x04,
  Push = 0x08,
  Ack = 0x10,
  Urgent = 0x20,
  Ece = 0x40,
  Cwr = 0x80,
}

/** Option kinds (IANA). */
const enum Kind {
  EndOfList = 0,
  NoOperation = 1,
  Mss = 2,
  WindowScale = 3,
  SackPermitted = 4,
  Sack = 5,
  Timestamp = 8,
  Md5 = 19,
  Authentication = 29,
  FastOpen = 34,
  Experiment1 = 253,
  Experiment2 = 254,
}

const MAX_OPTIONS: u32 = 40;
/** Larger shifts are ignored (RFC 7323, 2.3). */
const MAX_WINDOW_SCALE: u8 = 14;
/** Experiment identifier of fast open (RFC 7413, 2.1). */
const EXPERIMENT_FAST_OPEN: u16 = 0xf989;

export const TCP_SIZE: u32 = Field.size;

function has(p: Packet, option: TcpOption): bool {
  return (p.tcpOptions & <u8>option) != 0;
}

/** Which option a kind stands for when its length is right; 0 for one that is not recorded. */
function optionOf(kind: u32): u32 {
  switch (kind) {
    case Kind.Mss:
      return TcpOption.Mss;
    case Kind.WindowScale:
      return TcpOption.WindowScale;
    case Kind.SackPermitted:
      return TcpOption.SackPermitted;
    case Kind.Sack:
      return TcpOption.Sack;
    case Kind.Timestamp:
      return TcpOption.Timestamp;
    case Kind.FastOpen:
    case Kind.Experiment1:
    case Kind.Experiment2:
      return TcpOption.FastOpen;
    case Kind.Md5:
      return TcpOption.Md5;
    case Kind.Authentication:
      return TcpOption.Authentication;
    default:
      return 0;
  }
}

function rightSize(kind: u32, size: u32): bool {
  switch (kind) {
    case Kind.WindowScale:
      return size == 3;
    case Kind.Mss:
      return size == 4;
    case Kind.SackPermitted:
      return size == 2;
    case Kind.Timestamp:
      return size == 10;
    case Kind.Sack:
      return size == 2 || (size >= 10 && size <= 34 && ((size - 2) & 7) == 0);
    case Kind.FastOpen:
      return size == 2 || (size >= 6 && size <= 18 && (size & 1) == 0);
    case Kind.Md5:
      return size == 18;
    case Kind.Authentication:
      return size >= 4;
    default:
      return size == 4 || size == 12;
  }
}

/** Takes over one well-formed option. */
function take(p: Packet, kind: u32, at: usize, size: u32): void {
  switch (kind) {
    case Kind.Mss:
      p.mss = be16(at + 2);
      break;
    case Kind.WindowScale: {
      const shift = load<u8>(at + 2);
      p.windowScale = shift > MAX_WINDOW_SCALE ? 0 : shift;
      break;
    }
    case Kind.Sack:
      p.sack = at + 2;
      p.sackCount = <u8>((size - 2) >> 3);
      break;
    case Kind.Timestamp:
      p.timestampValue = be32(at + 2);
      p.timestampEcho = be32(at + 6);
      break;
    default:
      break;
  }
}

/** One option of `size` bytes; false when it is so wrong that the walk ends. */
function noteOption(p: Packet, kind: u32, at: usize, size: u32): void {
  const option = optionOf(kind);
  if (option == 0) return;
  if (!rightSize(kind, size)) {
    if (kind == Kind.Md5 || kind == Kind.Authentication) p.invalid(DecodeEvent.tcp__opt_invalid_len);
    else p.raise(DecodeEvent.tcp__opt_invalid_len);
    return;
  }
  if ((kind == Kind.Experiment1 || kind == Kind.Experiment2) && be16(at + 2) != EXPERIMENT_FAST_OPEN) return;
  if (has(p, option)) {
    if (kind != Kind.Md5 && kind != Kind.Authentication) p.raise(DecodeEvent.tcp__opt_duplicate);
    return;
  }
  p.tcpOptions |= <u8>option;
  take(p, kind, at, size);
}

/** Walks the `length` option bytes at `at`, all of which are present. */
function noteOptions(p: Packet, at: usize, length: u32): void {
  let rest = length;
  while (rest > 0) {
    const kind = <u32>load<u8>(at);
    if (kind == Kind.EndOfList) return;
    if (kind == Kind.NoOperation) {
      at++;
      rest--;
      continue;
    }
    if (rest < 2) return;
    const size = <u32>load<u8>(at + 1);
    if (size > rest || size < 2) {
      p.invalid(DecodeEvent.tcp__opt_invalid_len);
      return;
    }
    noteOption(p, kind, at, size);
    at += size;
    rest -= size;
  }
}

/** Reads the header into `p`; false, with its event, when it is malformed. */
export function noteTcp(p: Packet, at: usize, length: u32): bool {
  if (length < <u32>Field.size) {
    p.invalid(DecodeEvent.tcp__pkt_too_small);
    return false;
  }
  const size = (<u32>load<u8>(at + Field.offset) >> 4) << 2;
  if (length < size) {
    p.invalid(DecodeEvent.tcp__hlen_too_small);
    return false;
  }
  if (size - <u32>Field.size > MAX_OPTIONS) {
    p.invalid(DecodeEvent.tcp__invalid_optlen);
    return false;
  }
  p.proto = <u8>IpProto.Tcp;
  p.transport = at;
  p.transportLength = size;
  p.payload = at + size;
  p.payloadLength = length - size;
  p.sourcePort = be16(at + Field.sourcePort);
  p.destinationPort = be16(at + Field.destinationPort);
  p.sequence = be32(at + Field.sequence);
  p.acknowledgement = be32(at + Field.acknowledgement);
  p.tcpFlags = load<u8>(at + Field.flags);
  p.window = be16(at + Field.window);
  p.urgentPointer = be16(at + Field.urgent);
  noteOptions(p, at + Field.size, size - Field.size);
  p.set(PacketFlag.WantsFlow);
  return true;
}
