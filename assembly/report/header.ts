/** The fixed part of every event: who talked to whom, when, in which frame. */
import { EventRecord, EventType } from "../abi/frames";
import { Flow, FlowFlag } from "../flow/flow";
import { clientPort, serverPort } from "../flow/swap";
import { openEvent } from "../verdict/event";
import { Packet } from "../wire/packet";
import { etherObject } from "./frame";

const NO_RULE: u32 = 0xffff_ffff;
const NO_TX: u64 = 0xffff_ffff_ffff_ffff;
const NO_DIRECTION: u8 = 255;

function empty(record: usize, type: EventType): void {
  store<u16>(record, <u16>type, EventRecord.type);
  store<u32>(record, NO_RULE, EventRecord.rule);
  store<u64>(record, NO_TX, EventRecord.txId);
  store<u8>(record, NO_DIRECTION, EventRecord.direction);
}

/** Opens an event about a packet; 0 when there is no room. */
export function openPacketEvent(type: EventType, packet: Packet): usize {
  const record = openEvent();
  if (record == 0) return 0;
  describePacket(record, type, packet);
  etherObject(packet);
  return record;
}

/** Fills the fixed part of a record about a packet. */
export function describePacket(record: usize, type: EventType, packet: Packet): void {
  empty(record, type);
  store<u8>(record, packet.ipVersion, EventRecord.ipVersion);
  store<u8>(record, packet.proto, EventRecord.proto);
  store<u64>(record, packet.timestamp, EventRecord.timestamp);
  store<u64>(record, packet.number, EventRecord.frame);
  store<u64>(record, packet.sourceLow, EventRecord.source);
  store<u64>(record, packet.sourceHigh, EventRecord.source + 8);
  store<u64>(record, packet.destinationLow, EventRecord.destination);
  store<u64>(record, packet.destinationHigh, EventRecord.destination + 8);
  store<u16>(record, packet.sourcePort, EventRecord.sourcePort);
  store<u16>(record, packet.destinationPort, EventRecord.destinationPort);
  store<u16>(record, packet.vlan0, EventRecord.vlan);
  store<u16>(record, packet.vlan1, EventRecord.vlan + 2);
  store<u16>(record, packet.vlan2, EventRecord.vlan + 4);
  store<u8>(record, packet.vlanCount, EventRecord.vlanCount);
  store<u8>(record, packet.source, EventRecord.packetSource);
  store<u8>(record, packet.depth, EventRecord.depth);
  store<u8>(record, packet.icmpType, EventRecord.icmpType);
  store<u8>(record, packet.icmpCode, EventRecord.icmpCode);
  store<u8>(record, packet.action, EventRecord.packetAction);
  if (packet.flow != 0) {
    const flow = changetype<Flow>(packet.flow);
    store<u64>(record, flow.id, EventRecord.flow);
    store<u8>(record, flow.appProto, EventRecord.appProto);
    store<u8>(record, packet.direction, EventRecord.direction);
  }
}

/** Opens an event about a whole flow, in its own direction (client to server). */
export function openFlowEvent(type: EventType, flow: Flow, timestamp: u64): usize {
  const record = openEvent();
  if (record == 0) return 0;
  empty(record, type);
  store<u8>(record, flow.ipVersion, EventRecord.ipVersion);
  store<u8>(record, flow.proto, EventRecord.proto);
  store<u64>(record, timestamp, EventRecord.timestamp);
  const swapped = (flow.flags & FlowFlag.Swapped) != 0;
  const client: usize = swapped ? EventRecord.destination : EventRecord.source;
  const server: usize = swapped ? EventRecord.source : EventRecord.destination;
  store<u64>(record + client, flow.sourceLow);
  store<u64>(record + client, flow.sourceHigh, 8);
  store<u64>(record + server, flow.destinationLow);
  store<u64>(record + server, flow.destinationHigh, 8);
  store<u16>(record, clientPort(flow), EventRecord.sourcePort);
  store<u16>(record, serverPort(flow), EventRecord.destinationPort);
  store<u16>(record, flow.vlan0, EventRecord.vlan);
  store<u16>(record, flow.vlan1, EventRecord.vlan + 2);
  store<u16>(record, flow.vlan2, EventRecord.vlan + 4);
  store<u8>(record, flow.vlanCount, EventRecord.vlanCount);
  store<u8>(record, flow.icmpType, EventRecord.icmpType);
  store<u8>(record, flow.icmpCode, EventRecord.icmpCode);
  store<u64>(record, flow.id, EventRecord.flow);
  store<u8>(record, flow.appProto, EventRecord.appProto);
  return record;
}
