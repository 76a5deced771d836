/** UDP header (RFC 768). */
import { IpProto } from "../abi/codes";
import { DecodeEvent } from "../abi/decode_events";
import { Setting } from "../abi/settings";
import { setting } from "../memory/settings";
import { be16 } from "./bytes";
import { Packet, PacketFlag } from "./packet";

const enum Field {
  sourcePort = 0,
  destinationPort = 2,
  length = 4,
  checksum = 6,
  size = 8,
}

export const UDP_SIZE: u32 = Field.size;

export function udpChecksumField(at: usize): u16 {
  return load<u16>(at + Field.checksum);
}

/** Reads the header into `p`; false, with its event, when it is malformed. Bytes behind the datagram's length are not its payload. */
export function noteUdp(p: Packet, at: usize, length: u32): bool {
  if (length < <u32>Field.size) {
    p.invalid(DecodeEvent.udp__hlen_too_small);
    return false;
  }
  let total = <u32>be16(at + Field.length);
  if (length < total) {
    p.invalid(DecodeEvent.udp__pkt_too_small);
    return false;
  }
  if (total == 0 && p.ipVersion == 6 && setting(Setting.Prevent) != 0) {
    // A jumbogram's length (RFC 2675, 4), which Linux takes in any packet: what the host would read must be inspected.
    p.raise(DecodeEvent.udp__len_invalid);
    total = length;
  }
  if (total < <u32>Field.size) {
    p.invalid(DecodeEvent.udp__len_invalid);
    return false;
  }
  p.proto = <u8>IpProto.Udp;
  p.transport = at;
  p.transportLength = Field.size;
  p.payload = at + Field.size;
  p.payloadLength = total - Field.size;
  p.sourcePort = be16(at + Field.sourcePort);
  p.destinationPort = be16(at + Field.destinationPort);
  p.set(PacketFlag.WantsFlow);
  return true;
}
