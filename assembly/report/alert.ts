/** Alert events: the match, the transaction it was found in, the flow so far. */
import { Action, Direction, IpProto } from "../abi/codes";
import { EventFlag, EventRecord, EventType } from "../abi/frames";
import { AppFrame, OPEN_FRAME } from "../app/frame";
import { logApp } from "../app/registry";
import { AppState, Tx } from "../app/transaction";
import { alertCount, Match, matchAt } from "../detect/alerts";
import { Flow } from "../flow/flow";
import { gatherHeld, heldData, heldLength } from "../stream/held";
import { Session } from "../stream/session";
import { end, flag, map, number, text, word } from "../verdict/cbor";
import { closeEvent } from "../verdict/event";
import { Packet, PacketFlag } from "../wire/packet";
import { flowObject } from "./flow";
import { AlertPart, isAsked, MAX_PART, packetObject, tunnelObject } from "./frame";
import { openPacketEvent } from "./header";

/** Bytes of a frame that its alert shows: Suricata's buffer for payloads. */
const FRAME_PAYLOAD: u32 = 4096;

/** Writes the alerts of the packet. `dropped`: its frame is dropped; `prevent`: drops are carried out. */
export function reportAlerts(packet: Packet, dropped: bool, prevent: bool): void {
  for (let i: u32 = 0; i < alertCount; i++) reportAlert(packet, matchAt(i), dropped, prevent);
}

function reportAlert(packet: Packet, m: Match, dropped: bool, prevent: bool): void {
  const record = openPacketEvent(EventType.Alert, packet);
  if (record == 0) return;
  let flags = m.flags;
  if (dropped) flags |= prevent ? EventFlag.Dropped : EventFlag.WouldDrop;
  store<u32>(record, m.rule, EventRecord.rule);
  store<u8>(record, <u8>m.action, EventRecord.action);
  store<u8>(record, <u8>flags, EventRecord.flags);
  if ((flags & EventFlag.AppLayer) != 0) store<u64>(record, m.tx, EventRecord.txId);
  if (m.txRecord != 0 && packet.flow != 0) {
    logApp(changetype<AppState>(changetype<Flow>(packet.flow).app), changetype<Tx>(m.txRecord));
  }
  if (packet.flow != 0) flowObject(changetype<Flow>(packet.flow), true);
  tunnelObject(packet);
  if (isAsked(AlertPart.Payload)) payload(packet, flags);
  if (m.frame != 0) frameObject(changetype<AppFrame>(m.frame), packet.proto == <u8>IpProto.Tcp);
  packetObject(packet);
  closeEvent(record);
}

/** What matched: the packet's payload, or what the stream holds where the rule looked at the stream or a transaction. */
function payload(packet: Packet, flags: u32): void {
  const session = packet.flow != 0 && packet.proto == <u8>IpProto.Tcp ? changetype<Flow>(packet.flow).tcp : 0;
  const onStream = session != 0 && (flags & (EventFlag.Stream | EventFlag.AppLayer)) != 0;
  if (onStream && gatherHeld(changetype<Session>(session), packet.direction, packet.has(PacketFlag.Pseudo))) {
    text("payload", heldData, heldLength);
    number("payload_length", heldLength);
  } else if (packet.payloadLength > 0) {
    text("payload", packet.payload, min<u32>(packet.payloadLength, MAX_PART));
    number("payload_length", packet.payloadLength);
  }
}

/** `frame`: the part of the protocol's stream that a frame rule matched. The host adds the printable form of its payload. */
function frameObject(frame: AppFrame, stream: bool): void {
  if (!map("frame")) return;
  word("type", changetype<string>(frame.name));
  number("id", frame.id);
  word("direction", frame.direction == Direction.ToServer ? "toserver" : "toclient");
  if (stream) number("stream_offset", frame.start);
  number("length", frame.length == OPEN_FRAME ? frame.seen : frame.length);
  flag("complete", frame.length == OPEN_FRAME || frame.length <= frame.seen);
  text("payload", frame.data, min<u32>(frame.dataLength, FRAME_PAYLOAD));
  end();
}

/** Was the packet dropped by what was decided about it? */
export function isDropped(packet: Packet): bool {
  return packet.action >= <u8>Action.Drop;
}
