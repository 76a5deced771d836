/** `outputs`: what is written of what the core reports. */
import { BOOLEAN_SCHEMA, type Field, field, isTrue, type JsonSchema } from "../field.ts";
import { DESTINATION_SCHEMA, type EveDestination, parseDestination, STOCK_DESTINATION } from "./eve_destination.ts";

/** Event types whose options we read; each may stand alone or with its options, as in suricata.yaml. */
export interface EveOptions {
  /** Event types to write. */
  types: ReadonlySet<string>;
  alert: {
    /** Base64 of the payload, its printable form, its length; base64 of the frame. */
    payload: boolean;
    payloadPrintable: boolean;
    payloadLength: boolean;
    packet: boolean;
    /** Fields of the flow, of the application layer, of the rule's metadata; the rule's references and text. */
    flow: boolean;
    appLayer: boolean;
    ruleMetadata: boolean;
    reference: boolean;
    rule: boolean;
    verdict: boolean;
  };
  drop: { alerts: boolean; flows: "start" | "all"; verdict: boolean };
  anomaly: { decode: boolean; stream: boolean; applayer: boolean };
  /** Name of the file within the output folder. */
  filename: string;
  /** Where a running agent writes: one for each `eve-log` output. */
  destinations: readonly EveDestination[];
  /** Add `pcap_filename`. */
  pcapFile: boolean;
  /** Add `ether`. */
  ethernet: boolean;
  /** Add flow bits and variables as `metadata`. */
  metadata: boolean;
}

/** Event types of Suricata's EVE log that may be named; those of protocols are written when the core parses the protocol. */
const TYPES = [
  "alert",
  "anomaly",
  "drop",
  "flow",
  "stats",
  "files",
  "http",
  "http2",
  "dns",
  "doh2",
  "mdns",
  "tls",
  "smtp",
  "ftp",
  "ssh",
  "smb",
  "dcerpc",
  "rdp",
  "ldap",
  "krb5",
  "snmp",
  "sip",
  "mqtt",
  "nfs",
  "tftp",
  "dhcp",
  "rfb",
  "quic",
  "ike",
  "pgsql",
  "websocket",
  "modbus",
  "dnp3",
  "enip",
  "pop3",
  "arp",
  "bittorrent-dht",
] as const;

/** Written unless `outputs` says otherwise: suricata.yaml's selection, with `drop` added because verdicts are the point here. */
const STOCK_TYPES = TYPES.filter((type) => !["pgsql", "modbus", "enip", "arp", "pop3"].includes(type));

const STOCK: EveOptions = {
  types: new Set(STOCK_TYPES),
  alert: {
    payload: false,
    payloadPrintable: false,
    payloadLength: false,
    packet: false,
    flow: true,
    appLayer: true,
    ruleMetadata: true,
    reference: false,
    rule: false,
    verdict: true,
  },
  drop: { alerts: true, flows: "all", verdict: true },
  anomaly: { decode: true, stream: true, applayer: true },
  filename: "eve.json",
  destinations: [STOCK_DESTINATION],
  pcapFile: false,
  ethernet: false,
  metadata: true,
};

const anything: JsonSchema = {};
const flag: JsonSchema = { ...BOOLEAN_SCHEMA, title: "yes or no" };
const map = (properties: Record<string, JsonSchema>): JsonSchema => ({
  type: ["object", "null"],
  title: "a group of settings",
  properties,
  additionalProperties: false,
});

const TYPE_OPTIONS: Record<string, JsonSchema> = {
  ...Object.fromEntries(TYPES.map((type) => [type, { type: ["object", "null"], title: "options" }])),
  alert: map({
    enabled: flag,
    payload: flag,
    "payload-printable": flag,
    "payload-length": flag,
    "payload-buffer-size": anything,
    packet: flag,
    "http-body": flag,
    "http-body-printable": flag,
    "websocket-payload": flag,
    "websocket-payload-printable": flag,
    "tagged-packets": flag,
    verdict: flag,
    xff: anything,
    metadata: {
      type: ["object", "boolean", "string", "null"],
      properties: {
        flow: flag,
        "app-layer": flag,
        rule: map({ metadata: flag, reference: flag, raw: flag }),
      },
      additionalProperties: false,
    },
  }),
  drop: map({
    enabled: flag,
    alerts: flag,
    flows: { enum: ["start", "all"], title: "one of start, all" },
    verdict: flag,
  }),
  anomaly: map({
    enabled: flag,
    types: map({ decode: flag, stream: flag, applayer: flag }),
    packethdr: flag,
  }),
  stats: map({ enabled: flag, totals: flag, threads: flag, deltas: flag }),
};

const EVE_SCHEMA: JsonSchema = map({
  enabled: flag,
  ...DESTINATION_SCHEMA,
  "pcap-file": flag,
  ethernet: flag,
  metadata: flag,
  "community-id": anything,
  "community-id-seed": anything,
  xff: anything,
  types: {
    type: "array",
    title: "a list of event types",
    items: {
      if: { type: "object" },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { properties: TYPE_OPTIONS, additionalProperties: false, maxProperties: 1 },
      else: { enum: [...TYPES], title: "an event type" },
    },
  },
});

/** Outputs of suricata.yaml that have no counterpart: accepted, not written. */
const OTHER_OUTPUTS = [
  "fast",
  "stats",
  "tls-store",
  "pcap-log",
  "alert-debug",
  "file-store",
  "tcp-data",
  "http-body-data",
  "lua",
  "syslog",
];

const SCHEMA: JsonSchema = {
  type: "array",
  title: "a list of outputs",
  items: {
    type: "object",
    title: "an output with its settings",
    properties: { "eve-log": EVE_SCHEMA, ...Object.fromEntries(OTHER_OUTPUTS.map((name) => [name, anything])) },
    additionalProperties: false,
    maxProperties: 1,
  },
};

type Raw = Record<string, unknown>;

function pick(raw: Raw | undefined, key: string, stock: boolean): boolean {
  const value = raw?.[key];
  return value === undefined || value === null ? stock : isTrue(value);
}

/** The event types of a list, with their options. */
function selectedTypes(list: unknown): Map<string, Raw> {
  const types = new Map<string, Raw>();
  for (const entry of (list ?? [...STOCK_TYPES]) as (string | Raw)[]) {
    const [name, options] = typeof entry === "string" ? [entry, {}] : Object.entries(entry)[0]!;
    if (pick((options ?? {}) as Raw, "enabled", true)) types.set(name, (options ?? {}) as Raw);
  }
  return types;
}

/** The options of the first `eve-log` output, and the destinations of all, of an `outputs` list that the schema has accepted; without one: no events. */
function parse(value: unknown): EveOptions {
  const outputs = (value as Raw[]).filter((entry) => "eve-log" in entry).map((entry) => entry["eve-log"] as Raw | null);
  const [eve, ...others] = outputs.filter((each) => pick(each ?? {}, "enabled", true)).map((each) => each ?? {});
  if (!eve) return { ...STOCK, types: new Set(), destinations: [] };
  const types = selectedTypes(eve.types);
  const destinations = [parseDestination(eve, undefined)];
  for (const each of others)
    destinations.push(parseDestination(each, each.types ? new Set(selectedTypes(each.types).keys()) : undefined));
  const alert = types.get("alert");
  const drop = types.get("drop");
  const metadata = alert?.metadata as Raw | boolean | string | null | undefined;
  const described = metadata === undefined || metadata === null || typeof metadata === "object" || isTrue(metadata);
  const parts = (typeof metadata === "object" ? metadata : undefined) as Raw | undefined;
  const rule = (parts?.rule ?? undefined) as Raw | undefined;
  const anomaly = types.get("anomaly")?.types as Raw | undefined;
  return {
    types: new Set(types.keys()),
    alert: {
      payload: pick(alert, "payload", false),
      payloadPrintable: pick(alert, "payload-printable", false),
      payloadLength: pick(alert, "payload-length", false),
      packet: pick(alert, "packet", false),
      flow: pick(parts, "flow", described),
      appLayer: pick(parts, "app-layer", described),
      ruleMetadata: pick(rule, "metadata", described),
      reference: pick(rule, "reference", false),
      rule: pick(rule, "raw", false),
      verdict: pick(alert, "verdict", true),
    },
    drop: {
      alerts: pick(drop, "alerts", false),
      flows: drop?.flows === "all" ? "all" : "start",
      verdict: pick(drop, "verdict", false),
    },
    anomaly: {
      decode: pick(anomaly, "decode", anomaly === undefined),
      stream: pick(anomaly, "stream", anomaly === undefined),
      applayer: pick(anomaly, "applayer", true),
    },
    filename: (eve.filename as string | undefined) ?? STOCK.filename,
    destinations,
    pcapFile: pick(eve, "pcap-file", STOCK.pcapFile),
    ethernet: pick(eve, "ethernet", STOCK.ethernet),
    metadata: pick(eve, "metadata", STOCK.metadata),
  };
}

export const outputs: Field<EveOptions> = field(
  "Where events go. `eve-log` outputs are read: `filename`, `types` with their options, `pcap-file`, `ethernet`, `metadata` of the first; where each goes, as docs/agent.md tells. Left out: every event type, in `eve.json`.",
  "a list of outputs",
  SCHEMA,
  parse,
  STOCK,
);
