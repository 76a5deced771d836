/**
 * Event records as lines of EVE JSON, in Suricata 8's schema (https://docs.suricata.io/en/latest/output/eve/eve-json-format.html).
 *
 * The record's header and the rule's description make the fields that every event has; the body brings the rest, EVE-shaped.
 * A body object that bears the event's own name (`alert`, `drop` ...) is joined to ours; any other body member wins over ours.
 */
import { Action, AppProto, IpProto } from "../../../assembly/abi/codes.ts";
import { EngineCode } from "../../../assembly/abi/cost.ts";
import { EventFlag, EventType } from "../../../assembly/abi/frames.ts";
import type { EveOptions } from "../config/schema/outputs.ts";
import { type Anomaly, anomalyObject } from "./anomaly.ts";
import { bodyMembers, type JsonMembers, membersToJson } from "./cbor.ts";
import {
  appProtoName,
  dropReasonName,
  linkTypeName,
  packetSourceName,
  protocolName,
  transactionEventName,
} from "./names.ts";
import type { EventView } from "./record.ts";
import type { RuleDescription } from "./rules.ts";
import { formatIpv4, formatIpv6, formatTime, printableToJson } from "./text.ts";

/** `engine.event` of events about the core itself. */
const ENGINE_EVENTS: Readonly<Record<number, string>> = {
  [EngineCode.RuleSuspended]: "rule_suspended",
  [EngineCode.PacketBudget]: "packet_budget_exceeded",
  [EngineCode.FlowBudget]: "flow_budget_exceeded",
};

const UNKNOWN_RULE: RuleDescription = { sid: 0, gid: 1, rev: 0, msg: "", category: "", priority: 3 };

/** What the events of one run share. */
export interface EveContext {
  options: EveOptions;
  rules: readonly RuleDescription[];
  /** Whether drops are carried out: `alert.action` is `blocked` only then. */
  prevent: boolean;
  /** `pcap_filename`, when the options ask for it. */
  captureFile?: string;
  /** Frames come from a network: they have no `pcap_cnt`. */
  live?: boolean;
  /** The evidence file of an alert or drop: `capture_file`, which Suricata gives the conditional packet log of an alert. */
  evidenceOf?: (event: EventView) => string | undefined;
}

/** Body members of an alert that `metadata.app-layer: no` leaves in place. */
const NOT_APP_LAYER = new Set([
  "flow",
  "tunnel",
  "payload",
  "payload_printable",
  "payload_length",
  "packet",
  "packet_info",
  "stream",
  "verdict",
  "metadata",
  "ether",
  "parent_id",
  "frame",
  "alert",
  "capture_file",
]);

/** `event_type` of a record. */
export function eventName(event: EventView): string {
  switch (event.type) {
    case EventType.Alert:
      return "alert";
    case EventType.Drop:
      return "drop";
    case EventType.Flow:
      return "flow";
    case EventType.Anomaly:
      return "anomaly";
    case EventType.FileInfo:
      return "fileinfo";
    case EventType.Tx:
      return transactionEventName(event.appProto);
    default:
      return "engine";
  }
}

/** The line of a record, without its end. */
export function formatEvent(event: EventView, context: EveContext): string {
  const name = eventName(event);
  const members = commonMembers(event, name, context.live ?? false);
  const body = bodyMembers(event.body);
  if (event.type === EventType.Alert) alertMembers(event, context, members, body);
  else if (event.type === EventType.Drop) dropMembers(event, context, members, body);
  else if (event.type === EventType.Flow) flowMembers(event, members);
  else if (event.txId !== undefined) members.set("tx_id", String(event.txId));
  if (event.type === EventType.Anomaly) anomalyMembers(event, body);
  if (event.type === EventType.Engine) engineMembers(event, context, body);
  if (event.type === EventType.FileInfo) appProtoMember(event, members);
  const { options } = context;
  for (const [key, value] of body) {
    if ((key === "ether" && !options.ethernet) || (key === "metadata" && !options.metadata)) continue;
    const ours = members.get(key);
    members.set(key, key === name && ours !== undefined ? join(ours, value) : value);
  }
  const evidence = context.evidenceOf?.(event);
  if (evidence !== undefined) members.set("capture_file", JSON.stringify(evidence));
  if (options.pcapFile && context.captureFile !== undefined) {
    members.set("pcap_filename", JSON.stringify(context.captureFile));
  }
  return membersToJson(members);
}

function commonMembers(event: EventView, name: string, live: boolean): JsonMembers {
  const members: JsonMembers = new Map([["timestamp", `"${formatTime(event.timestamp)}"`]]);
  const { flow, frame, vlan, ipVersion, proto, source, destination } = event;
  const ports = proto === IpProto.Tcp || proto === IpProto.Udp || proto === IpProto.Sctp;
  if (flow !== 0n) members.set("flow_id", String(flow));
  if (frame !== 0 && !live && event.type !== EventType.Flow) members.set("pcap_cnt", String(frame));
  members.set("event_type", `"${name}"`);
  if (vlan.length > 0) members.set("vlan", `[${vlan.join(",")}]`);
  if (ipVersion !== 0) {
    members.set("src_ip", `"${source}"`);
    if (ports) members.set("src_port", String(event.sourcePort));
    members.set("dest_ip", `"${destination}"`);
    if (ports) members.set("dest_port", String(event.destinationPort));
    members.set("proto", `"${protocolName(proto)}"`);
    members.set("ip_v", String(ipVersion));
    if ((proto === IpProto.Icmp && ipVersion === 4) || (proto === IpProto.Icmpv6 && ipVersion === 6)) {
      members.set("icmp_type", String(event.icmpType));
      members.set("icmp_code", String(event.icmpCode));
    }
  }
  if (event.type !== EventType.Flow) members.set("pkt_src", `"${packetSourceName(event.packetSource)}"`);
  return members;
}

function appProtoMember(event: EventView, members: JsonMembers): void {
  if (event.appProto !== AppProto.Unknown) members.set("app_proto", `"${appProtoName(event.appProto)}"`);
}

function alertMembers(event: EventView, context: EveContext, members: JsonMembers, body: JsonMembers): void {
  const { alert: options } = context.options;
  const { flags, flow, direction, txId } = event;
  if (flags & EventFlag.AppLayer && txId !== undefined) members.set("tx_id", String(txId));
  if (flags & EventFlag.TxGuessed) members.set("tx_guessed", "true");
  members.set("alert", alertObject(event, context, true));
  if (flow !== 0n) {
    appProtoMember(event, members);
    if (direction !== undefined) members.set("direction", `"${direction}"`);
  }
  if (options.verdict) members.set("verdict", verdictObject(event, context.prevent));
  else body.delete("verdict");
  if (flags & EventFlag.WouldDrop) members.set("vpatch", '{"would_drop":true}');
  const flowOfPacket = body.get("flow");
  if (!options.flow) body.delete("flow");
  else if (flowOfPacket !== undefined) body.set("flow", join(flowOfPacket, flowEnds(event)));
  payloadMembers(event, options, body);
  const frame = body.get("frame");
  if (frame !== undefined) body.set("frame", frameObject(frame));
  const tunnel = body.get("tunnel");
  if (tunnel !== undefined) body.set("tunnel", tunnelObject(tunnel));
  if (!options.appLayer) for (const key of [...body.keys()]) if (!NOT_APP_LAYER.has(key)) body.delete(key);
}

/** The flow's own ends, client first, whatever direction the packet has. */
function flowEnds(event: EventView): string {
  const [client, server] = event.direction === "to_client" ? [1, 0] : [0, 1];
  const { ip: source, port: sourcePort } = JSON.parse(endObject(event, client)) as { ip: string; port?: number };
  const { ip: destination, port: destinationPort } = JSON.parse(endObject(event, server)) as {
    ip: string;
    port?: number;
  };
  const ports = sourcePort === undefined ? "" : `,"src_port":${sourcePort},"dest_port":${destinationPort}`;
  return `{"src_ip":"${source}","dest_ip":"${destination}"${ports}}`;
}

/** The core tells of the outermost packet in bytes and numbers. */
interface Tunnel {
  src_ip?: string;
  dest_ip?: string;
  proto: number;
  pkt_src: number;
}

/** `tunnel` with the text of addresses and names. */
function tunnelObject(text: string): string {
  const tunnel = JSON.parse(text) as Tunnel;
  const address = (hex: string): string => {
    const bytes = Buffer.from(hex, "hex");
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    return bytes.length === 4 ? formatIpv4(view, 0) : formatIpv6(view, 0);
  };
  return JSON.stringify({
    ...tunnel,
    ...(tunnel.src_ip === undefined ? {} : { src_ip: address(tunnel.src_ip) }),
    ...(tunnel.dest_ip === undefined ? {} : { dest_ip: address(tunnel.dest_ip) }),
    proto: protocolName(tunnel.proto),
    pkt_src: packetSourceName(tunnel.pkt_src),
  });
}

/** `frame` with the printable form of its payload beside it. */
function frameObject(text: string): string {
  const { payload } = JSON.parse(text) as { payload: string };
  return join(text, `{"payload_printable":${printableToJson(Buffer.from(payload, "base64"))}}`);
}

/** The forms of the payload that were asked for; the body has it as base64. */
function payloadMembers(event: EventView, options: EveContext["options"]["alert"], body: JsonMembers): void {
  const payload = body.get("payload");
  if (payload !== undefined) {
    const bytes = Buffer.from(JSON.parse(payload) as string, "base64");
    if (options.payloadPrintable) body.set("payload_printable", printableToJson(bytes));
    if (options.payloadLength) body.set("payload_length", body.get("payload_length") ?? String(bytes.length));
  }
  if (!options.payload) body.delete("payload");
  if (!options.payloadLength) body.delete("payload_length");
  if (options.payload || options.payloadPrintable || options.payloadLength) {
    const reassembled = event.proto === IpProto.Tcp && event.flags & (EventFlag.Stream | EventFlag.AppLayer);
    body.set("stream", reassembled ? "1" : "0");
  }
  const info = body.get("packet_info");
  if (info !== undefined) {
    const { linktype } = JSON.parse(info) as { linktype: number };
    body.set("packet_info", `{"linktype":${linktype},"linktype_name":"${linkTypeName(linktype)}"}`);
  }
  if (!options.packet) for (const key of ["packet", "packet_info"]) body.delete(key);
}

/** The `alert` object; a drop event carries it without the parts that `metadata` adds. */
function alertObject(event: EventView, { options, rules, prevent }: EveContext, complete: boolean): string {
  const rule = (event.rule === undefined ? undefined : rules[event.rule]) ?? UNKNOWN_RULE;
  const rejected = event.action >= Action.Reject;
  const blocked = rejected || (event.action === Action.Drop && prevent);
  let text = `{"action":"${blocked ? "blocked" : "allowed"}","gid":${rule.gid},"signature_id":${rule.sid},"rev":${rule.rev}`;
  text += `,"signature":${JSON.stringify(rule.msg)},"category":${JSON.stringify(rule.category)},"severity":${rule.priority}`;
  if (rule.target) {
    const [source, target] = rule.target === "dest_ip" ? [0, 1] : [1, 0];
    text += `,"source":${endObject(event, source)},"target":${endObject(event, target)}`;
  }
  if (complete && options.alert.reference && rule.references?.length)
    text += `,"references":${JSON.stringify(rule.references)}`;
  if (complete && options.alert.ruleMetadata && Object.keys(rule.metadata ?? {}).length > 0)
    text += `,"metadata":${JSON.stringify(rule.metadata)}`;
  if (complete && options.alert.rule && rule.text !== undefined) text += `,"rule":${JSON.stringify(rule.text)}`;
  return `${text}}`;
}

/** Address and port of the packet's source (0) or destination (1). */
function endObject(event: EventView, end: number): string {
  const { proto } = event;
  const port = end === 0 ? event.sourcePort : event.destinationPort;
  const ports = proto === IpProto.Tcp || proto === IpProto.Udp || proto === IpProto.Sctp;
  return `{"ip":"${end === 0 ? event.source : event.destination}"${ports ? `,"port":${port}` : ""}}`;
}

const REJECT_TARGETS: Readonly<Record<number, string>> = {
  [Action.Reject]: "to_client",
  [Action.RejectDst]: "to_server",
  [Action.RejectBoth]: "both",
};

function verdictObject({ packetAction, proto }: EventView, prevent: boolean): string {
  const target = REJECT_TARGETS[packetAction];
  if (target !== undefined) {
    const icmp = proto === IpProto.Udp || proto === IpProto.Icmp || proto === IpProto.Icmpv6;
    const answer = proto === IpProto.Tcp ? '"tcp-reset"' : icmp ? '"icmp-prohib"' : "";
    return `{"action":"${prevent ? "drop" : "alert"}","reject-target":"${target}","reject":[${answer}]}`;
  }
  if (prevent && packetAction === Action.Drop) return '{"action":"drop"}';
  return packetAction === Action.Pass ? '{"action":"pass"}' : '{"action":"alert"}';
}

function dropMembers(event: EventView, context: EveContext, members: JsonMembers, body: JsonMembers): void {
  const { drop: options } = context.options;
  const reason = dropReasonName(event.reason);
  if (event.flow !== 0n && event.direction !== undefined) members.set("direction", `"${event.direction}"`);
  members.set("drop", reason === undefined ? "{}" : `{"reason":"${reason}"}`);
  if (options.verdict) members.set("verdict", verdictObject(event, context.prevent));
  else body.delete("verdict");
  if (options.alerts && event.rule !== undefined) members.set("alert", alertObject(event, context, false));
}

function anomalyMembers(event: EventView, body: JsonMembers): void {
  const anomaly = body.get("anomaly");
  if (anomaly !== undefined) {
    body.set("anomaly", anomalyObject(JSON.parse(anomaly) as Anomaly, appProtoName(event.appProto)));
  }
}

/** `engine`: the event by name, the cost, and the rule it is about. */
function engineMembers({ rule }: EventView, { rules }: EveContext, body: JsonMembers): void {
  const { code, units } = JSON.parse(body.get("engine") ?? "{}") as { code?: number; units?: number };
  const about = rule === undefined ? undefined : rules[rule];
  body.set(
    "engine",
    JSON.stringify({
      event: ENGINE_EVENTS[code ?? 0] ?? "unknown",
      cost: units,
      ...(about ? { gid: about.gid, signature_id: about.sid, signature: about.msg } : {}),
    }),
  );
}

function flowMembers(event: EventView, members: JsonMembers): void {
  appProtoMember(event, members);
}

/** The members of two JSON objects in one. */
function join(first: string, second: string): string {
  if (first === "{}") return second;
  return second === "{}" ? first : `${first.slice(0, -1)},${second.slice(1)}`;
}
