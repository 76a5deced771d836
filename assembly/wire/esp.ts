/** Encapsulating security payload (RFC 4303): a flow is named by its SPI. */
import { IpProto } from "../abi/codes";
import { DecodeEvent } from "../abi/decode_events";
import { be32 } from "./bytes";
import { Packet, PacketFlag } from "./packet";

const enum Field {
  spi = 0,
  sequence = 4,
  size = 8,
}

export function noteEsp(p: Packet, at: usize, length: u32): bool {
  if (length < <u32>Field.size) {
    p.invalid(DecodeEvent.esp__pkt_too_small);
    return false;
  }
  p.proto = <u8>IpProto.Esp;
  p.transport = at;
  p.transportLength = Field.size;
  p.payload = at + Field.size;
  p.payloadLength = length - Field.size;
  p.spi = be32(at + Field.spi);
  p.set(PacketFlag.WantsFlow);
  return true;
}
