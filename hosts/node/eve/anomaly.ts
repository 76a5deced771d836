/** Anomalies by name: the codes of decode, stream and application events as Suricata spells them. */
import { AppEvent } from "../../../assembly/abi/app_events.ts";
import { DecodeEvent } from "../../../assembly/abi/decode_events.ts";
import { StreamEvent } from "../../../assembly/abi/stream_events.ts";

/** `anomaly.type`. */
export type AnomalyType = "decode" | "stream" | "applayer";

/** What the core says of an anomaly. */
export interface Anomaly {
  type: AnomalyType;
  code: number;
}

/** Protocols whose events Suricata spells in capitals. */
const CAPITALS = new Set(["http", "smtp", "tls", "ftp"]);

/** `anomaly.event`: `decoder.ipv4.pkt_too_small`, `stream.3whs_ack_in_wrong_dir`, `MISSING_HOST_HEADER`; `undefined` for an unknown code. */
export function anomalyEventName({ type, code }: Anomaly): string | undefined {
  if (type === "decode") {
    const name = DecodeEvent[code];
    return name === undefined ? undefined : `decoder.${dotted(name)}`;
  }
  if (type === "stream") {
    const name = StreamEvent[code];
    return name === undefined ? undefined : `stream.${dotted(name)}`;
  }
  const name = AppEvent[code];
  if (name === undefined) return undefined;
  const [protocol, event] = name.split("__") as [string, string?];
  if (event === undefined) return protocol.toUpperCase();
  return CAPITALS.has(protocol) ? event.toUpperCase() : event;
}

function dotted(name: string): string {
  return name.replace(/^_/, "").replaceAll("__", ".");
}

/** The `anomaly` object. @param appProto `app_proto` of the flow */
export function anomalyObject(anomaly: Anomaly, appProto: string): string {
  const event = anomalyEventName(anomaly);
  const told = event === undefined ? { type: "unknown", code: anomaly.code } : { type: anomaly.type, event };
  if (anomaly.type !== "applayer") return JSON.stringify(told);
  const detection = AppEvent[anomaly.code]?.startsWith("applayer_") ?? false;
  return JSON.stringify({ app_proto: appProto, ...told, layer: detection ? "proto_detect" : "proto_parser" });
}
