/** Drop events: the header fields of a packet that is not let through (EVE `drop`). */
import { Action, IpProto } from "../abi/codes";
import { EventFlag, EventRecord, EventType } from "../abi/frames";
import { alertCount, droppingRule, matchAt } from "../detect/alerts";
import { end, flag, map, number } from "../verdict/cbor";
import { closeEvent } from "../verdict/event";
import { Packet } from "../wire/packet";
import { openPacketEvent } from "./header";

/** Writes the drop event of a packet. */
export function reportDrop(packet: Packet, prevent: bool): void {
  const record = openPacketEvent(EventType.Drop, packet);
  if (record == 0) return;
  store<u8>(record, packet.action, EventRecord.action);
  store<u8>(record, packet.reason, EventRecord.reason);
  store<u8>(record, <u8>(prevent ? EventFlag.Dropped : EventFlag.WouldDrop), EventRecord.flags);
  store<u32>(record, rule(), EventRecord.rule);
  if (map("drop")) {
    network(packet);
    transport(packet);
    end();
  }
  closeEvent(record);
}

/** The first alert of the packet that asks for a drop, else the silent rule that did. */
function rule(): u32 {
  for (let i: u32 = 0; i < alertCount; i++) if (matchAt(i).action >= <u32>Action.Drop) return matchAt(i).rule;
  return droppingRule;
}

function network(packet: Packet): void {
  if (packet.ip == 0) return;
  if (packet.ipVersion == 4) {
    number("len", packet.ipLength);
    number("tos", load<u8>(packet.ip, 1));
    number("ttl", packet.ttl);
    number("ipid", bswap<u16>(load<u16>(packet.ip, 4)));
  } else {
    number("len", bswap<u16>(load<u16>(packet.ip, 4)));
    number("tc", (bswap<u16>(load<u16>(packet.ip)) >> 4) & 0xff);
    number("hoplimit", packet.ttl);
    number("flowlbl", bswap<u32>(load<u32>(packet.ip)) & 0xfffff);
  }
}

function transport(packet: Packet): void {
  if (packet.transport == 0) return;
  if (packet.proto == <u8>IpProto.Tcp) {
    number("tcpseq", packet.sequence);
    number("tcpack", packet.acknowledgement);
    number("tcpwin", packet.window);
    flag("syn", (packet.tcpFlags & 2) != 0);
    flag("ack", (packet.tcpFlags & 16) != 0);
    flag("psh", (packet.tcpFlags & 8) != 0);
    flag("rst", (packet.tcpFlags & 4) != 0);
    flag("urg", (packet.tcpFlags & 32) != 0);
    flag("fin", (packet.tcpFlags & 1) != 0);
    number("tcpres", 0);
    number("tcpurgp", packet.urgentPointer);
  } else if (packet.proto == <u8>IpProto.Udp) number("udplen", bswap<u16>(load<u16>(packet.transport, 4)));
}
