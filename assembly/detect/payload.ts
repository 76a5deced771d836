/** Payload conditions: on the bytes of one packet, or on the reassembled stream it belongs to. */
import { RuleFlag, RuleRecord } from "../abi/database";
import { EventFlag } from "../abi/frames";
import { Packet, PacketFlag } from "../wire/packet";
import { inspectBuffer } from "./content/inspect";
import { forgetReplacements } from "./content/replace";
import { InspectFlag } from "./content/state";

/** The part of the stream that is inspected with the packet at hand. */
let streamData: usize = 0;
let streamLength: u32 = 0;
let streamOffset: u64 = 0;
/** EventFlag bits of the last match. */
export let payloadFlags: u32 = 0;

/** Sets the stream window for the packet at hand; length 0 for none. */
export function openStreamWindow(data: usize, length: u32, offset: u64): void {
  streamData = data;
  streamLength = length;
  streamOffset = offset;
}

export function inspectStream(chain: u32, packet: Packet): bool {
  if (!packet.has(PacketFlag.HasStreamData) || streamLength == 0) return false;
  return inspectBuffer(chain, streamData, streamLength, streamOffset, 0);
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
