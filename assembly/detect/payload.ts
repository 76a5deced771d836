/** Payload conditions: on the bytes of one packet, or on the reassembled stream it belongs to. */
import { Direction } from "../abi/codes";
import { EventFlag } from "../abi/frames";
import { RuleFlag, RuleRecord } from "../abi/rules";
import { Flow, FlowFlag } from "../flow/flow";
import { rawData, rawLength, rawNext, rawOffset, rawWindow } from "../stream/raw";
import { Session } from "../stream/session";
import { traceBuffer } from "../verdict/trace";
import { Packet, PacketFlag } from "../wire/packet";
import { Candidates } from "./candidates";
import { inspectBuffer } from "./content/inspect";
import { forgetReplacements } from "./content/replace";
import { InspectFlag } from "./content/state";
import { prefilterPiece } from "./prefilter";

/** Session of the packet at hand, 0 for none. */
let session: usize = 0;
/** EventFlag bits of the last match. */
export let payloadFlags: u32 = 0;

/** Names the session whose raw windows are inspected with the packet at hand. */
export function openPayload(tcp: usize): void {
  session = tcp;
}

/** Is there nothing new that can be read? The first look at an encrypted stream still sees what came in the clear. */
function isEncrypted(packet: Packet): bool {
  if (!packet.has(PacketFlag.NoPayloadInspection) || packet.flow == 0) return false;
  const flow = changetype<Flow>(packet.flow);
  const bit: u32 = packet.direction == <u8>Direction.ToServer ? FlowFlag.EncryptedToServer : FlowFlag.EncryptedToClient;
  if ((flow.flags & bit) != 0) return true;
  flow.flags |= bit;
  return false;
}

/** Brings the rules whose literals are in the windows of the stream. */
export function prefilterStream(packet: Packet, candidates: Candidates): void {
  if (!packet.has(PacketFlag.HasStreamData) || isEncrypted(packet)) return;
  const s = changetype<Session>(session);
  for (let more = rawWindow(s, packet.direction, packet); more; more = rawNext()) {
    prefilterPiece(packet, packet.direction, rawData, rawLength, rawOffset, candidates);
  }
}

/** Shows the bytes in which the scan looked for the literals of a rule; those of the stream when the rule's header holds. */
export function tracePayload(rule: usize, packet: Packet, holds: bool): void {
  if (packet.payloadLength > 0) traceBuffer(0, packet.payload, packet.payloadLength, 0);
  const streamed = (load<u32>(rule, RuleRecord.flags) & RuleFlag.RequireStream) != 0;
  if (!holds || !streamed || !packet.has(PacketFlag.HasStreamData) || packet.has(PacketFlag.NoPayloadInspection))
    return;
  const s = changetype<Session>(session);
  for (let more = rawWindow(s, packet.direction, packet); more; more = rawNext()) {
    const same = rawLength == packet.payloadLength && memory.compare(rawData, packet.payload, rawLength) == 0;
    if (!same) traceBuffer(0, rawData, rawLength, rawOffset);
  }
}

/** Does the chain hold in one of the windows of the stream that are inspected with this packet? */
export function inspectStream(chain: u32, packet: Packet): bool {
  if (!packet.has(PacketFlag.HasStreamData)) return false;
  const s = changetype<Session>(session);
  for (let more = rawWindow(s, packet.direction, packet); more; more = rawNext()) {
    if (inspectBuffer(chain, rawData, rawLength, rawOffset, 0)) return true;
  }
  return false;
}

function inspectPacket(chain: u32, packet: Packet): bool {
  forgetReplacements();
  return inspectBuffer(
    chain,
    packet.payload,
    packet.payloadLength,
    0,
    InspectFlag.Start | InspectFlag.End | InspectFlag.PacketPayload,
  );
}

/** Do the rule's payload conditions hold? */
export function matchPayload(rule: usize, packet: Packet): bool {
  payloadFlags = 0;
  const chain = load<u32>(rule, RuleRecord.payload);
  if (chain == 0) return true;
  const flags = load<u32>(rule, RuleRecord.flags);
  if ((flags & RuleFlag.RequireStream) != 0) {
    if (inspectStream(chain, packet)) {
      payloadFlags = EventFlag.Stream;
      return true;
    }
    // What the stream took was inspected there, unless the rule wants packets too.
    if ((flags & RuleFlag.RequirePacket) == 0 && packet.has(PacketFlag.StreamAdded)) return false;
    if ((flags & RuleFlag.RequireStreamOnly) != 0) return false;
  }
  if (packet.has(PacketFlag.NoPayloadInspection)) return false;
  return inspectPacket(chain, packet);
}
