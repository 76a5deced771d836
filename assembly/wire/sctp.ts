/** SCTP common header (RFC 9260, 3.1). The chunks are its payload. */
import { IpProto } from "../abi/codes";
import { DecodeEvent } from "../abi/decode_events";
import { be16 } from "./bytes";
import { Packet, PacketFlag } from "./packet";

const enum Field {
  sourcePort = 0,
  destinationPort = 2,
  verificationTag = 4,
  checksum = 8,
  size = 12,
}

export function noteSctp(p: Packet, at: usize, length: u32): bool {
  if (length < <u32>Field.size) {
    p.invalid(DecodeEvent.sctp__pkt_too_small);
    return false;
  }
  p.proto = <u8>IpProto.Sctp;
  p.transport = at;
  p.transportLength = Field.size;
  p.payload = at + Field.size;
  p.payloadLength = length - Field.size;
  p.sourcePort = be16(at + Field.sourcePort);
  p.destinationPort = be16(at + Field.destinationPort);
  p.set(PacketFlag.WantsFlow);
  return true;
}
