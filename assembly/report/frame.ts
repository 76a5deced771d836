/** What surrounds a packet: its Ethernet addresses, the tunnel it came out of, the frame itself. */
import { PacketSource } from "../abi/frames";
import { Setting } from "../abi/settings";
import { setting } from "../memory/settings";
import { end, hex, map, number, text } from "../verdict/cbor";
import { Packet } from "../wire/packet";

/** Bits of Setting.AlertPayload. */
export enum AlertPart {
  Payload = 1,
  Packet = 2,
  Ethernet = 4,
}

/** Longest payload or frame an event carries. */
export const MAX_PART: u32 = 65536;

/** Link type of what came out of a tunnel: libpcap's DLT_RAW. */
const RAW: u32 = 12;

export function isAsked(part: AlertPart): bool {
  return (setting(Setting.AlertPayload) & part) != 0;
}

/** `ether`: the addresses of an Ethernet frame. */
export function etherObject(packet: Packet): void {
  if (packet.ethernet == 0 || !isAsked(AlertPart.Ethernet) || !map("ether")) return;
  number("ether_type", bswap<u16>(load<u16>(packet.ethernet, 12)));
  hex("src_mac", packet.ethernet + 6, 6, 0x3a);
  hex("dest_mac", packet.ethernet, 6, 0x3a);
  end();
}

/** `tunnel`: the outermost packet. Addresses are bytes and the protocol a number: the host gives them their text. */
export function tunnelObject(packet: Packet): void {
  if (packet.outer == 0) return;
  let root = changetype<Packet>(packet.outer);
  while (root.outer != 0) root = changetype<Packet>(root.outer);
  if (!map("tunnel")) return;
  const bytes: u32 = root.ipVersion == 4 ? 4 : 16;
  if (root.ipVersion != 0) {
    hex("src_ip", changetype<usize>(root) + offsetof<Packet>("sourceLow"), bytes);
    number("src_port", root.sourcePort);
    hex("dest_ip", changetype<usize>(root) + offsetof<Packet>("destinationLow"), bytes);
    number("dest_port", root.destinationPort);
  }
  number("proto", root.proto);
  number("depth", packet.depth);
  if (root.number != 0) number("pcap_cnt", root.number);
  number("pkt_src", root.source);
  end();
}

/** A reassembled datagram keeps the link of its fragments; what comes out of a tunnel has none. */
function linkType(packet: Packet): u32 {
  let p = packet;
  while (p.outer != 0) {
    if (p.source != <u8>PacketSource.Defrag) return RAW;
    p = changetype<Packet>(p.outer);
  }
  return p.linkType;
}

/** `packet` and `packet_info`. */
export function packetObject(packet: Packet): void {
  if (packet.frame == 0 || !isAsked(AlertPart.Packet)) return;
  text("packet", packet.frame, min<u32>(packet.frameLength, MAX_PART));
  if (!map("packet_info")) return;
  number("linktype", linkType(packet));
  end();
}
