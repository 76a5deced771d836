/** Engine events: what the core says about itself while it inspects a packet. */
import { EngineCode } from "../abi/cost";
import { EventRecord, EventType } from "../abi/frames";
import { end, map, number } from "../verdict/cbor";
import { spent } from "../verdict/cost";
import { closeEvent } from "../verdict/event";
import { Packet } from "../wire/packet";
import { openPacketEvent } from "./header";

/** `rule`: what it is about, 0xffffffff without. */
export function reportEngine(packet: Packet, code: EngineCode, rule: u32): void {
  const record = openPacketEvent(EventType.Engine, packet);
  if (record == 0) return;
  store<u32>(record, rule, EventRecord.rule);
  if (map("engine")) {
    number("code", code);
    number("units", spent);
    end();
  }
  closeEvent(record);
}
