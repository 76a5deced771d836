/** Events of the decoder, the stream engine and the parsers, and the protocol of a flow. */
import { AppEvent } from "../../assembly/abi/app_events.ts";
import { AppProto } from "../../assembly/abi/codes.ts";
import { AppLayerProtocolMode, Op } from "../../assembly/abi/conditions.ts";
import { DecodeEvent } from "../../assembly/abi/decode_events.ts";
import { RuleFlag } from "../../assembly/abi/rules.ts";
import { StreamEvent } from "../../assembly/abi/stream_events.ts";
import { RuleError } from "../rule/problem.ts";
import { splitCommas } from "../rule/value.ts";
import { type BufferDefinition, bothWays, buffer } from "../signature/buffers.ts";
import type { SignatureBuilder } from "../signature/builder.ts";
import { appProtocol, appProtocolName } from "../signature/protocols.ts";
import { family, type Keyword } from "./keyword.ts";
import { NEVER_RAISED, NEVER_RAISED_OF_PACKETS } from "./silent_events.ts";

/** Event names as rules write them. */
function names(events: object): Map<string, number> {
  const out = new Map<string, number>();
  for (const [name, code] of Object.entries(events)) {
    if (typeof code === "number") out.set(name.replace(/^_/, "").replaceAll("__", "."), code);
  }
  return out;
}

const DECODE_EVENTS = names(DecodeEvent);
const STREAM_EVENTS = names(StreamEvent);
const APP_EVENTS = names(AppEvent);

const MODES: Readonly<Record<string, AppLayerProtocolMode>> = {
  final: AppLayerProtocolMode.Final,
  original: AppLayerProtocolMode.Original,
  either: AppLayerProtocolMode.Either,
  to_server: AppLayerProtocolMode.ToServer,
  to_client: AppLayerProtocolMode.ToClient,
  direction: AppLayerProtocolMode.Direction,
};

const reasons = (events: Readonly<Record<string, string>>): string =>
  Object.entries(events)
    .map(([event, why]) => `\`${event}\` (${why})`)
    .join(", ");

export const EVENT_KEYWORDS: Keyword[] = family("Events", [
  {
    name: "decode-event",
    aliases: ["engine-event"],
    value: "required",
    docs: `An event of the decoder or of defragmentation, as \`ipv4.pkt_too_small\`. Suricata never raises, of these and those of \`stream-event\`: ${reasons(NEVER_RAISED_OF_PACKETS)}.`,
    apply: (signature, { text }) => packetEvent(signature, text.trim(), DECODE_EVENTS, STREAM_EVENTS),
  },
  {
    name: "stream-event",
    value: "required",
    docs: "An event of the TCP stream engine, as `3whs_ack_in_wrong_dir`.",
    apply: (signature, { text }) => packetEvent(signature, text.trim(), STREAM_EVENTS, DECODE_EVENTS),
  },
  {
    name: "app-layer-event",
    value: "required",
    docs: `An event of a protocol parser, as \`http.missing_host_header\`, or of protocol detection, as \`applayer_mismatch_protocol_both_directions\`. Suricata never raises: ${reasons(NEVER_RAISED)}.`,
    apply: applyAppEvent,
  },
  {
    name: "app-layer-protocol",
    value: "required",
    docs: "The protocol detected: `[!]name` (or failed, unknown), then optionally `,mode` (final, original, either, to_server, to_client, direction).",
    apply: applyAppProtocol,
  },
]);

function packetEvent(
  signature: SignatureBuilder,
  name: string,
  first: ReadonlyMap<string, number>,
  second: ReadonlyMap<string, number>,
): void {
  const event =
    first.get(name) ??
    first.get(name.replace(/^(?:decoder|stream)\./, "")) ??
    second.get(name.replace(/^stream\./, ""));
  if (event === undefined) throw new RuleError(`the event "${name}" is unknown`);
  signature.addPacket({ op: Op.DecodeEvent, event, appProto: AppProto.Unknown }, "decoder");
  signature.flags |= RuleFlag.HasDecoderEvent;
}

const lists = new Map<AppProto, BufferDefinition>();

function eventList(app: AppProto): BufferDefinition {
  let definition = lists.get(app);
  if (definition === undefined) {
    const apps = app === AppProto.Http ? [AppProto.Http1, AppProto.Http2] : [app];
    const engines = apps.flatMap((one) => bothWays(one));
    definition = buffer(`app-layer-event:${appProtocolName(app)}`, 0, engines, { kind: "generic" });
    lists.set(app, definition);
  }
  return definition;
}

function applyAppEvent(signature: SignatureBuilder, { text }: { text: string }): void {
  const name = text.trim();
  const dot = name.indexOf(".");
  const event = APP_EVENTS.get(name);
  if (dot < 0) {
    if (event === undefined) {
      // `app-layer-event:http;` stands for nothing in Suricata 8 either.
      throw new RuleError(`the event "${name}" is unknown`, { advice: `write "protocol.event"` });
    }
    signature.addPacket({ op: Op.DecodeEvent, event, appProto: AppProto.Unknown });
    signature.flags |= RuleFlag.HasDecoderEvent;
    return;
  }
  const app = appProtocol(name.slice(0, dot));
  if (app === undefined) throw new RuleError(`"${name.slice(0, dot)}" is not a protocol with events`);
  if (event === undefined) throw new RuleError(`the event "${name}" is unknown`);
  // Events named for http are those of HTTP/1.
  const owner = app === AppProto.Http ? AppProto.Http1 : app;
  signature.setApp(owner);
  signature.addGeneric(eventList(owner), { op: Op.AppLayerEvent, event, appProto: owner });
}

function applyAppProtocol(signature: SignatureBuilder, { text }: { text: string }): void {
  const [name, mode, ...more] = splitCommas(text);
  const found = /^(!?)\s*([\w-]+)$/.exec(name!);
  if (found === null || more.length > 0) throw new RuleError(`"${text}" is not "protocol,mode"`);
  const word = found[2]!.toLowerCase();
  const proto = word === "failed" ? AppProto.Failed : word === "unknown" ? AppProto.Unknown : appProtocol(word);
  if (proto === undefined) throw new RuleError(`"${word}" is not an application protocol`);
  const negated = found[1] === "!";
  const chosen = mode === undefined ? AppLayerProtocolMode.Direction : MODES[mode];
  if (chosen === undefined) throw new RuleError(`"${mode}" is none of ${Object.keys(MODES).join(", ")}`);
  if (signature.app !== AppProto.Unknown) {
    throw new RuleError(`the rule's header already says ${appProtocolName(signature.app)}`);
  }
  if (signature.appLayerProtocols.some((other) => other.negated !== negated || (!negated && other.mode === chosen))) {
    throw new RuleError("the rule has contradicting app-layer-protocol conditions");
  }
  signature.appLayerProtocols.push({ mode: chosen, negated });
  signature.addPacket({ op: Op.AppLayerProtocol, proto, mode: chosen, negated }, "protocol");
  signature.flags |= RuleFlag.RequireFlow;
}
