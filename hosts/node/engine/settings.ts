/** The configuration as the core's settings table: every setting the core reads, as a number. */
import { AppProto, ExceptionPolicy } from "../../../assembly/abi/codes.ts";
import { EventType } from "../../../assembly/abi/frames.ts";
import { Setting, TargetOs } from "../../../assembly/abi/settings.ts";
import type { PolicyName } from "../config/schema/policies.ts";
import type { Configuration } from "../config/schema/root.ts";
import { VpatchError } from "../errors.ts";
import { appProtoName, transactionEventName } from "../eve/names.ts";
import { hostOsWords } from "./host_os.ts";
import { type ProbedProtocol, probingPorts } from "./probing_ports.ts";

/** `detect` reports, `prevent` blocks. */
export type Mode = "detect" | "prevent";

const MAX_U32 = 0xffff_ffff;

/** Bits of Setting.AlertPayload. */
const ALERT_PAYLOAD = 1;
const ALERT_PACKET = 2;
const ALERT_ETHERNET = 4;

/** Suricata's numbers of libhtp personalities. */
const PERSONALITIES = [
  "minimal",
  "generic",
  "ids",
  "iis_4_0",
  "iis_5_0",
  "iis_5_1",
  "iis_6_0",
  "iis_7_0",
  "iis_7_5",
  "apache_2",
];
const URGENT = ["oob", "inline", "drop", "gap"];
const HANDLING: Readonly<Record<string, number>> = { default: 0, "track-only": 0, bypass: 1, full: 2 };

/** Writes every setting into the core's table. */
export function writeSettings(config: Configuration, mode: Mode, table: Uint32Array): void {
  const prevent = mode === "prevent";
  const set = (setting: Setting, value: number | boolean): void => {
    table[setting] = Math.min(Number(value), MAX_U32);
  };
  const toggled = (value: string): number =>
    value === "auto" ? Number(prevent) : Number(value === "yes" || value === "true");
  table.fill(0);
  set(Setting.Prevent, prevent);
  capacities(config, set);
  decoding(config, set);
  following(config, set, toggled);
  policies(config, prevent, set);
  faults(config, set);
  detection(config, set);
  applications(config, set);
  logging(config, set);
}

type Set = (setting: Setting, value: number | boolean) => void;

function capacities(config: Configuration, set: Set): void {
  const { capacity } = config.vpatch;
  set(Setting.FrameSlots, capacity.frames);
  set(Setting.FrameBytes, capacity["frame-bytes"]);
  set(Setting.EventBytes, capacity["event-bytes"]);
  set(Setting.DatabaseBytes, capacity["database-bytes"]);
  set(Setting.HeapBytes, capacity["heap-bytes"]);
  set(Setting.Flows, capacity.flows);
  set(Setting.TcpSessions, capacity.sessions);
  set(Setting.RuleStateItems, capacity["rule-state"]);
  set(Setting.DefragTrackers, config.defrag.trackers);
  set(Setting.HashSeed, config.vpatch["hash-seed"]);
  set(Setting.DefragMemcap, config.defrag.memcap);
  set(Setting.StreamMemcap, config.stream.memcap);
  set(Setting.FlowMemcap, config.flow.memcap);
  set(Setting.ThresholdsMemcap, config.detect.thresholds.memcap);
  set(Setting.ReassemblyMemcap, config.stream.reassembly.memcap);
  set(Setting.HttpMemcap, config["app-layer"].protocols.http.memcap);
  set(Setting.FtpMemcap, config["app-layer"].protocols.ftp.memcap);
  set(Setting.FtpMaxTx, config["app-layer"].protocols.ftp["max-tx"]);
  set(Setting.WebsocketMaxPayload, config["app-layer"].protocols.websocket["max-payload-size"]);
  set(Setting.PgsqlMaxTx, config["app-layer"].protocols.pgsql["max-tx"]);
  fileSharing(config, set);
}

function fileSharing(config: Configuration, set: Set): void {
  const { smb } = config["app-layer"].protocols;
  set(Setting.SmbMaxTx, smb["max-tx"]);
  set(Setting.SmbMaxReadSize, smb["max-read-size"]);
  set(Setting.SmbMaxReadQueueSize, smb["max-read-queue-size"]);
  set(Setting.SmbMaxReadQueueCount, smb["max-read-queue-cnt"]);
  set(Setting.SmbMaxWriteSize, smb["max-write-size"]);
  set(Setting.SmbMaxWriteQueueSize, smb["max-write-queue-size"]);
  set(Setting.SmbMaxWriteQueueCount, smb["max-write-queue-cnt"]);
}

function decoding(config: Configuration, set: Set): void {
  const { decoder } = config;
  const port = (text: string | undefined, standard: number): number => firstPort(text, config) ?? standard;
  set(Setting.StreamChecksumValidation, config.stream["checksum-validation"]);
  set(Setting.ChecksumEvents, config["pcap-file"]["checksum-checks"] !== "no");
  set(Setting.VlanTracking, config.vlan["use-for-tracking"]);
  set(Setting.Teredo, decoder.teredo.enabled);
  set(Setting.TeredoPort, port(decoder.teredo.ports, 3544));
  set(Setting.Vxlan, decoder.vxlan.enabled);
  set(Setting.VxlanPort, port(decoder.vxlan.ports, 4789));
  set(Setting.Geneve, decoder.geneve.enabled);
  set(Setting.GenevePort, port(decoder.geneve.ports, 6081));
  set(Setting.ErspanTypeI, decoder.erspan.typeI.enabled);
  set(Setting.MaxLayers, decoder["max-layers"]);
}

/** The first port of a port expression, its variables resolved; `undefined` when it names none. */
function firstPort(text: string | undefined, config: Configuration, depth = 0): number | undefined {
  if (text === undefined || depth > 8) return undefined;
  const number = /\d+/.exec(text.replaceAll(/\$\w+/g, ""))?.[0];
  if (number !== undefined) return Number(number);
  const variable = /\$(\w+)/.exec(text)?.[1];
  return variable === undefined ? undefined : firstPort(config.vars["port-groups"][variable], config, depth + 1);
}

function following(config: Configuration, set: Set, toggled: (value: string) => number): void {
  const { stream, defrag } = config;
  const { default: other, tcp, udp, icmp } = config["flow-timeouts"];
  set(Setting.DefragTimeout, defrag.timeout);
  set(Setting.HostOs, TargetOs.Bsd);
  hostOsWords(config["host-os-policy"]).forEach((word, index) => {
    set((Setting.HostOsNetworks + index) as Setting, word);
  });
  set(Setting.DefaultNew, other.new);
  set(Setting.DefaultEstablished, other.established);
  set(Setting.DefaultClosed, other.closed);
  set(Setting.DefaultBypassed, other.bypassed);
  set(Setting.TcpNew, tcp.new);
  set(Setting.TcpEstablished, tcp.established);
  set(Setting.TcpClosed, tcp.closed);
  set(Setting.TcpBypassed, tcp.bypassed);
  set(Setting.UdpNew, udp.new);
  set(Setting.UdpEstablished, udp.established);
  set(Setting.UdpBypassed, udp.bypassed);
  set(Setting.IcmpNew, icmp.new);
  set(Setting.IcmpEstablished, icmp.established);
  set(Setting.IcmpBypassed, icmp.bypassed);
  set(Setting.Midstream, stream.midstream);
  set(Setting.AsyncOneside, stream["async-oneside"]);
  set(Setting.StreamInline, toggled(stream.inline));
  set(Setting.StreamBypass, stream.bypass);
  set(Setting.DropInvalid, stream["drop-invalid"]);
  set(Setting.MaxSynQueued, stream["max-syn-queued"]);
  set(Setting.MaxSynAckQueued, stream["max-synack-queued"]);
  set(Setting.ReassemblyDepth, stream.reassembly.depth);
  set(Setting.ToServerChunk, stream.reassembly["toserver-chunk-size"]);
  set(Setting.ToClientChunk, stream.reassembly["toclient-chunk-size"]);
  set(Setting.RawReassembly, stream.reassembly.raw);
  set(Setting.MaxRegions, stream.reassembly["max-regions"]);
  set(Setting.UrgentPolicy, URGENT.indexOf(stream.reassembly.urgent.policy));
  set(Setting.UrgentOobLimitPolicy, URGENT.indexOf(stream.reassembly.urgent["oob-limit-policy"]));
}

const POLICY_CODES: Readonly<Record<Exclude<PolicyName, "auto">, ExceptionPolicy>> = {
  ignore: ExceptionPolicy.Ignore,
  bypass: ExceptionPolicy.Bypass,
  "drop-packet": ExceptionPolicy.DropPacket,
  "drop-flow": ExceptionPolicy.DropFlow,
  "pass-packet": ExceptionPolicy.PassPacket,
  "pass-flow": ExceptionPolicy.PassFlow,
  reject: ExceptionPolicy.Reject,
  "reject-both": ExceptionPolicy.RejectBoth,
};

/** Where there is no flow to act on, a policy for flows acts on the packet. */
const PACKET_POLICIES: Readonly<Partial<Record<PolicyName, PolicyName>>> = {
  "drop-flow": "drop-packet",
  "pass-flow": "pass-packet",
  bypass: "ignore",
};

function policies(config: Configuration, prevent: boolean, set: Set): void {
  const { stream } = config;
  const master = config["exception-policy"];
  const automatic = (midstream: boolean): PolicyName => (prevent && !midstream ? "drop-flow" : "ignore");
  const policy = (own: PolicyName | undefined, withFlow: boolean, midstream = false): ExceptionPolicy => {
    let name = own ?? (prevent || !master.startsWith("drop-") ? master : "ignore");
    if (name === "auto") name = automatic(midstream);
    if (!withFlow) name = PACKET_POLICIES[name] ?? name;
    return POLICY_CODES[name as Exclude<PolicyName, "auto">];
  };
  set(Setting.StreamMemcapPolicy, policy(stream["memcap-policy"], true));
  set(Setting.ReassemblyMemcapPolicy, policy(stream.reassembly["memcap-policy"], true));
  set(Setting.MidstreamPolicy, midstreamPolicy(config, prevent, policy));
  set(Setting.FlowMemcapPolicy, policy(config.flow["memcap-policy"], false));
  set(Setting.DefragMemcapPolicy, policy(config.defrag["memcap-policy"], false));
  set(Setting.AppLayerErrorPolicy, policy(config["app-layer"]["error-policy"], true));
  set(Setting.BudgetPolicy, policy(config.vpatch.budget.policy, true));
}

/** `stream.midstream-policy` knows no packets, and when midstream is on only `ignore` and `pass-flow`, as in Suricata. */
function midstreamPolicy(
  config: Configuration,
  prevent: boolean,
  policy: (own: PolicyName | undefined, withFlow: boolean, midstream: boolean) => ExceptionPolicy,
): ExceptionPolicy {
  const { midstream } = config.stream;
  const own = config.stream["midstream-policy"];
  const refused =
    own === "pass-packet" ||
    own === "drop-packet" ||
    (midstream && own !== undefined && !["auto", "ignore", "pass-flow"].includes(own)) ||
    (!prevent && own === "drop-flow");
  if (refused) {
    const allowed = midstream
      ? "ignore, pass-flow"
      : `ignore, bypass, pass-flow, reject${prevent ? ", drop-flow" : ""}`;
    const state = `${prevent ? "prevention" : "detection"} with midstream ${midstream ? "on" : "off"}`;
    throw new VpatchError("VPATCH_CONFIG", `stream.midstream-policy: "${own}" has no meaning in ${state}`, {
      remedy: `use one of auto, ${allowed}`,
    });
  }
  return policy(own, true, midstream);
}

function faults({ vpatch: { simulate } }: Configuration, set: Set): void {
  const offset = (value: number | undefined): number => (value === undefined ? 0 : value + 1);
  set(Setting.SimulateAppLayerErrorToServer, offset(simulate["applayer-error-at-offset-ts"]));
  set(Setting.SimulateAppLayerErrorToClient, offset(simulate["applayer-error-at-offset-tc"]));
  set(Setting.SimulatePacketLoss, simulate["packet-loss"] ?? 0);
  set(Setting.SimulateReassemblyMemcap, simulate["packet-tcp-reassembly-memcap"] ?? 0);
  set(Setting.SimulateSessionMemcap, simulate["packet-tcp-ssn-memcap"] ?? 0);
  set(Setting.SimulateFlowMemcap, simulate["packet-flow-memcap"] ?? 0);
  set(Setting.SimulateDefragMemcap, simulate["packet-defrag-memcap"] ?? 0);
  set(Setting.SimulateAlertQueueFailure, simulate["alert-queue-realloc-failure"]);
}

function detection(config: Configuration, set: Set): void {
  set(Setting.PacketAlertMax, config["packet-alert-max"]);
  set(Setting.RecursionLimit, config.detect["inspection-recursion-limit"]);
  set(Setting.PcreMatchLimit, config.pcre["match-limit"]);
  set(Setting.GuessAppLayerTx, config.detect["guess-applayer-tx"]);
  set(Setting.StreamTxLogLimit, config.detect["stream-tx-log-limit"]);
  const { budget } = config.vpatch;
  set(Setting.PacketBudget, budget.packet);
  set(Setting.FlowBudget, budget.flow);
  set(Setting.RuleBudget, budget.rule);
  set(Setting.RuleSuspension, budget.suspend);
  set(Setting.Asn1MaxFrames, config["asn1-max-frames"]);
}

/** Every application protocol, by its number. */
const APP_PROTOS = Array.from(
  { length: AppProto.Last - AppProto.Http1 },
  (_, index): AppProto => AppProto.Http1 + index,
);

function setBit(low: Setting, bits: readonly AppProto[], set: Set): void {
  let [first, second] = [0, 0];
  for (const proto of bits) {
    if (proto < 32) first = (first | (1 << proto)) >>> 0;
    else second = (second | (1 << (proto - 32))) >>> 0;
  }
  set(low, first);
  set(low + 1, second);
}

interface ProtocolSettings extends ProbedProtocol {
  enabled: string;
  tcp?: ProbedProtocol & { enabled: string };
  udp?: ProbedProtocol & { enabled: string };
}

function applications(config: Configuration, set: Set): void {
  const { protocols } = config["app-layer"];
  const named = protocols as unknown as Readonly<Record<string, ProtocolSettings | undefined>>;
  const settingsOf = (proto: AppProto): ProtocolSettings | undefined => named[appProtoName(proto)];
  const off = ({ enabled, tcp, udp }: ProtocolSettings): boolean =>
    enabled === "no" || (tcp?.enabled === "no" && udp?.enabled === "no");
  const enabled = APP_PROTOS.filter((proto) => {
    const settings = settingsOf(proto);
    return settings === undefined || !off(settings);
  });
  setBit(Setting.AppEnabledLow, enabled, set);
  setBit(
    Setting.AppDetectOnlyLow,
    APP_PROTOS.filter((proto) => settingsOf(proto)?.enabled === "detection-only"),
    set,
  );
  probingPorts(named, APP_PROTOS).forEach((word, index) => {
    set((Setting.ProbePorts + index) as Setting, word);
  });
  http(protocols.http.libhtp["default-config"], set);
  mail(protocols.smtp, set);
  const on = (value: string): boolean => value !== "no";
  const { tls, ssh } = protocols;
  const handling = tls["encryption-handling"] === "default" ? tls["encrypt-handling"] : tls["encryption-handling"];
  set(Setting.TlsEncryptionHandling, HANDLING[handling] ?? 0);
  set(Setting.SshEncryptionHandling, HANDLING[ssh["encryption-handling"]] ?? 0);
  set(Setting.TlsJa3, on(tls["ja3-fingerprints"]));
  set(Setting.TlsJa4, on(tls["ja4-fingerprints"]));
  set(Setting.SshHassh, on(ssh.hassh));
}

type HttpSettings = Configuration["app-layer"]["protocols"]["http"]["libhtp"]["default-config"];

function http(settings: HttpSettings, set: Set): void {
  const inline = settings["http-body-inline"];
  set(Setting.HttpPersonality, PERSONALITIES.indexOf(settings.personality));
  set(Setting.HttpRequestBodyLimit, settings["request-body-limit"]);
  set(Setting.HttpResponseBodyLimit, settings["response-body-limit"]);
  set(Setting.HttpRequestBodyMinInspect, settings["request-body-minimal-inspect-size"]);
  set(Setting.HttpRequestBodyInspectWindow, settings["request-body-inspect-window"]);
  set(Setting.HttpResponseBodyMinInspect, settings["response-body-minimal-inspect-size"]);
  set(Setting.HttpResponseBodyInspectWindow, settings["response-body-inspect-window"]);
  set(Setting.HttpBodyInline, inline === "auto" ? 2 : Number(inline === "yes"));
  set(Setting.HttpDoubleDecodePath, settings["double-decode-path"]);
  set(Setting.HttpDoubleDecodeQuery, settings["double-decode-query"]);
  set(Setting.HttpDecompressLayers, settings["response-body-decompress-layer-limit"]);
  set(Setting.HttpLzmaEnabled, settings["lzma-enabled"]);
  set(Setting.HttpLzmaMemlimit, settings["lzma-memlimit"]);
  set(Setting.HttpBombLimit, settings["compression-bomb-limit"]);
  set(Setting.HttpDecompressTimeLimit, settings["decompression-time-limit"]);
  set(Setting.HttpMaxRequestHeaders, settings["max-request-headers"]);
  set(Setting.HttpMaxTx, settings["max-tx"]);
  set(Setting.HttpMetaFieldLimit, settings["meta-field-limit"]);
  set(Setting.HttpUriIncludeAll, settings["uri-include-all"]);
  set(Setting.HttpQueryPlusSpace, settings["query-plusspace-decode"]);
}

function mail(
  { mime, "inspected-tracker": tracker, ...smtp }: Configuration["app-layer"]["protocols"]["smtp"],
  set: Set,
): void {
  set(Setting.SmtpDecodeMime, mime["decode-mime"]);
  set(Setting.SmtpDecodeBase64, mime["decode-base64"]);
  set(Setting.SmtpDecodeQuotedPrintable, mime["decode-quoted-printable"]);
  set(Setting.SmtpHeaderValueDepth, mime["header-value-depth"]);
  set(Setting.SmtpExtractUrls, mime["extract-urls"]);
  set(Setting.SmtpBodyMd5, mime["body-md5"] !== "no");
  set(Setting.SmtpContentLimit, tracker["content-limit"]);
  set(Setting.SmtpContentInspectMinSize, tracker["content-inspect-min-size"]);
  set(Setting.SmtpContentInspectWindow, tracker["content-inspect-window"]);
  set(Setting.SmtpRawExtraction, smtp["raw-extraction"]);
}

function logging(config: Configuration, set: Set): void {
  const { types } = config.outputs;
  const wanted: [EventType, boolean][] = [
    [EventType.Alert, true],
    [EventType.Drop, types.has("drop")],
    [EventType.Flow, types.has("flow")],
    [EventType.Anomaly, types.has("anomaly")],
    [EventType.FileInfo, types.has("files")],
    [EventType.Engine, true],
  ];
  const transactions = APP_PROTOS.filter(
    (proto) => types.has(appProtoName(proto)) || types.has(transactionEventName(proto)),
  );
  if (transactions.length > 0) wanted.push([EventType.Tx, true]);
  set(
    Setting.EventTypes,
    wanted.reduce((bits, [type, on]) => (on ? bits | (1 << type) : bits), 0),
  );
  setBit(Setting.LogTxLow, transactions, set);
  const { payload, payloadPrintable, payloadLength, packet } = config.outputs.alert;
  const parts = (payload || payloadPrintable || payloadLength ? ALERT_PAYLOAD : 0) | (packet ? ALERT_PACKET : 0);
  set(Setting.AlertPayload, parts | (config.outputs.ethernet ? ALERT_ETHERNET : 0));
}
