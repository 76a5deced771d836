/** ARP for IPv4 over Ethernet (RFC 826). */
import { DecodeEvent } from "../abi/decode_events";
import { be16 } from "./bytes";
import { EtherType } from "./layers";
import { Packet } from "./packet";

const enum Field {
  hardwareType = 0,
  protocolType = 2,
  hardwareSize = 4,
  protocolSize = 5,
  opcode = 6,
  senderHardware = 8,
  senderProtocol = 14,
  targetHardware = 18,
  targetProtocol = 24,
  size = 28,
}

/** Operations of ARP, reverse ARP (RFC 903) and inverse ARP (RFC 2390). */
const enum Opcode {
  Request = 1,
  Reply = 2,
  ReverseRequest = 3,
  ReverseReply = 4,
  InverseRequest = 8,
  InverseReply = 9,
}

const HARDWARE_ETHERNET: u16 = 1;
/** Bytes up to the opcode: what the sizes are read from. */
const ARP_FIXED: u32 = 8;

@unmanaged
export class Arp {
  static at(address: usize): Arp {
    return changetype<Arp>(address);
  }

  get opcode(): u16 {
    return be16(changetype<usize>(this) + Field.opcode);
  }

  /** Addresses of six, four, six and four bytes. */
  get senderHardware(): usize {
    return changetype<usize>(this) + Field.senderHardware;
  }

  get senderProtocol(): usize {
    return changetype<usize>(this) + Field.senderProtocol;
  }

  get targetHardware(): usize {
    return changetype<usize>(this) + Field.targetHardware;
  }

  get targetProtocol(): usize {
    return changetype<usize>(this) + Field.targetProtocol;
  }
}

/** Is a header of `length` bytes at `at` one we understand? Its first eight bytes must be there. */
function complaint(at: usize, length: u32): u32 {
  if (be16(at + Field.hardwareType) != HARDWARE_ETHERNET) return DecodeEvent.arp__unsupported_hardware;
  if (be16(at + Field.protocolType) != <u16>EtherType.Ipv4) return DecodeEvent.arp__unsupported_protocol;
  // Longer is fine: Ethernet pads short frames.
  if (length < <u32>Field.size) return DecodeEvent.arp__unsupported_pkt;
  if (load<u8>(at + Field.hardwareSize) != 6) return DecodeEvent.arp__invalid_hardware_size;
  if (load<u8>(at + Field.protocolSize) != 4) return DecodeEvent.arp__invalid_protocol_size;
  switch (<u32>Arp.at(at).opcode) {
    case Opcode.Request:
    case Opcode.Reply:
    case Opcode.ReverseRequest:
    case Opcode.ReverseReply:
    case Opcode.InverseRequest:
    case Opcode.InverseReply:
      return 0;
    default:
      return DecodeEvent.arp__unsupported_opcode;
  }
}

export function noteTooSmallArp(p: Packet, length: u32): bool {
  if (length >= ARP_FIXED) return false;
  p.invalid(DecodeEvent.arp__pkt_too_small);
  return true;
}

export function noteArp(p: Packet, at: usize, length: u32): bool {
  const event = complaint(at, length);
  if (event != 0) {
    p.invalid(event);
    return false;
  }
  p.arp = at;
  return true;
}
