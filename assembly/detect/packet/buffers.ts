/** Buffers of a packet (`ipv4.hdr`, `tcp.hdr` ...): header bytes as they came. */
import { Buffer } from "../../abi/buffers";
import { IpProto } from "../../abi/codes";
import { view, viewData, viewLength } from "../../app/view";
import { Packet } from "../../wire/packet";
import { applyTransforms } from "../transform";

export let packetBufferData: usize = 0;
export let packetBufferLength: u32 = 0;

function header(buffer: u32, packet: Packet): bool {
  switch (buffer) {
    case Buffer.ipv4__hdr:
      return packet.ipVersion == 4 && packet.ip != 0 && view(packet.ip, packet.ipHeaderLength);
    case Buffer.ipv6__hdr:
      return packet.ipVersion == 6 && packet.ip != 0 && view(packet.ip, packet.ipHeaderLength);
    case Buffer.tcp__hdr:
      return packet.proto == IpProto.Tcp && packet.transport != 0 && view(packet.transport, packet.transportLength);
    case Buffer.udp__hdr:
      return packet.proto == IpProto.Udp && packet.transport != 0 && view(packet.transport, 8);
    case Buffer.icmpv4__hdr:
      return packet.proto == IpProto.Icmp && packet.transport != 0 && view(packet.transport, packet.transportLength);
    case Buffer.icmpv6__hdr:
      return packet.proto == IpProto.Icmpv6 && packet.transport != 0 && view(packet.transport, packet.transportLength);
    case Buffer.ip__src:
      return address(packet, offsetof<Packet>("sourceLow"));
    case Buffer.ip__dst:
      return address(packet, offsetof<Packet>("destinationLow"));
    default:
      return false;
  }
}

/** An address as it stands in the header: 4 or 16 bytes. */
function address(packet: Packet, offset: usize): bool {
  return packet.ipVersion != 0 && view(changetype<usize>(packet) + offset, packet.ipVersion == 4 ? 4 : 16);
}

/** Sets `packetBufferData` and `packetBufferLength`; `index`: the buffer record, for its transforms. False: the packet has none. */
export function packetBuffer(buffer: u32, index: u32, packet: Packet): bool {
  if (!header(buffer, packet) || !applyTransforms(index)) return false;
  packetBufferData = viewData;
  packetBufferLength = viewLength;
  return true;
}
