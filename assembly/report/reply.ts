/**
 * Answers to rejected packets, as frames for the host to send (EventType.Reply). A packet out of a tunnel gets none: its ends are not on
 * this link. The link layer is that of the rejected frame, turned round where the answer goes back.
 */
import { Action, LinkType } from "../abi/codes";
import { EventFlag, EventRecord, EventType } from "../abi/frames";
import { closeRawEvent, openRawEvent } from "../verdict/event";
import { ETHERNET_SIZE } from "../wire/ethernet";
import { Packet, PacketFlag } from "../wire/packet";
import { isAnswerable, REPLY_MAX, writeReply } from "../wire/reply";
import { VLAN_SIZE } from "../wire/vlan";
import { describePacket } from "./header";

const MAC_SIZE: u32 = 6;
/** Family in front of the packet (LinkType.Null and Loop). */
const FAMILY_SIZE: u32 = 4;
/** Longest link layer that is copied: Ethernet with three tags. */
const LEAD_MAX: u32 = ETHERNET_SIZE + 3 * VLAN_SIZE;

/** Writes the answers that the packet's action asks for. */
export function reportReplies(packet: Packet): void {
  const root = rootOf(packet);
  if (root == 0 || !isAnswerable(packet)) return;
  const action = <u32>packet.action;
  if (action != Action.RejectDst) reply(packet, changetype<Packet>(root), false);
  if (action == Action.RejectDst || action == Action.RejectBoth) reply(packet, changetype<Packet>(root), true);
}

/** The packet of the frame itself, 0 when `packet` came out of a tunnel. */
function rootOf(packet: Packet): usize {
  let at = packet;
  while (at.outer != 0) {
    if (!at.has(PacketFlag.Defragmented)) return 0;
    at = changetype<Packet>(at.outer);
  }
  return changetype<usize>(at);
}

function reply(packet: Packet, root: Packet, onward: bool): void {
  const record = openRawEvent(LEAD_MAX + REPLY_MAX);
  if (record == 0) return;
  describePacket(record, EventType.Reply, packet);
  const body = record + EventRecord.size;
  const lead = writeLead(root, body, onward);
  store<u8>(record, <u8>lead, EventRecord.lead);
  store<u8>(record, packet.action, EventRecord.action);
  store<u8>(record, packet.reason, EventRecord.reason);
  if (onward) store<u8>(record, <u8>EventFlag.Onward, EventRecord.flags);
  closeRawEvent(record, lead + writeReply(packet, body + lead, onward));
}

/** Copies the link layer in front of the packet. Bytes written, 0 when it is none that can be made again. */
function writeLead(root: Packet, at: usize, onward: bool): u32 {
  const length = <u32>(root.ip - root.frame);
  const type = <u32>root.linkType;
  if (length > LEAD_MAX) return 0;
  if (type == LinkType.Ethernet) {
    if (length != ETHERNET_SIZE + <u32>root.vlanCount * VLAN_SIZE) return 0;
    memory.copy(at, root.frame, length);
    if (!onward) {
      memory.copy(at, root.frame + MAC_SIZE, MAC_SIZE);
      memory.copy(at + MAC_SIZE, root.frame, MAC_SIZE);
    }
    return length;
  }
  if ((type == LinkType.Null || type == LinkType.Loop) && length == FAMILY_SIZE) {
    memory.copy(at, root.frame, length);
    return length;
  }
  return 0;
}
