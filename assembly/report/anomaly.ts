/** Anomaly events: what the decoder, the stream engine and the protocols found out of order (EVE `anomaly`). */
import { EventType } from "../abi/frames";
import { end, map, number, word } from "../verdict/cbor";
import { closeEvent } from "../verdict/event";
import { Packet } from "../wire/packet";
import { openPacketEvent } from "./header";

/** First code of the stream engine and of the applications (abi/*_events.ts). */
const STREAM: u32 = 400;
const APPLICATION: u32 = 600;

/** One event each. The host turns the code into Suricata's name. */
export function reportAnomalies(packet: Packet): void {
  const n = <u32>packet.eventCount;
  for (let i: u32 = 0; i < n; i++) {
    const code = packet.event(i);
    const record = openPacketEvent(EventType.Anomaly, packet);
    if (record == 0) return;
    if (map("anomaly")) {
      word("type", code < STREAM ? "decode" : code < APPLICATION ? "stream" : "applayer");
      number("code", code);
      end();
    }
    closeEvent(record);
  }
}
