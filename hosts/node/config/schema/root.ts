/** The whole configuration. Names and nesting are those of suricata.yaml; `vpatch` holds what has no counterpart there. */
import { DEFAULT_ADDRESS_GROUPS, DEFAULT_PORT_GROUPS } from "../../../../compiler/variables.ts";
import { foreign, integer, optionalText, type Resolved, record, section } from "../field.ts";
import { processSettings } from "./agent.ts";
import { appLayer } from "./app_layer.ts";
import { capture, decoder, livedev, pcapFile, vlan } from "./decoder.ts";
import { actionOrder, asn1MaxFrames, detect, packetAlertMax, pcre } from "./detect.ts";
import { outputs } from "./outputs.ts";
import { masterPolicy } from "./policies.ts";
import { defrag, flow, flowTimeouts, hostOsPolicy, stream } from "./stream.ts";
import { vpatch } from "./vpatch.ts";

const vars = section("Variables of rule headers.", {
  "address-groups": record(
    "Addresses: `HOME_NET`, `EXTERNAL_NET` and others. Names given are added to ours.",
    DEFAULT_ADDRESS_GROUPS,
  ),
  "port-groups": record("Ports. Names given are added to ours.", DEFAULT_PORT_GROUPS),
});

const table = (what: string) =>
  section(`${what}. Rule state has one pool here, \`vpatch.capacity.rule-state\`.`, {
    "hash-size": integer("Slots.", 4096, { inert: true }),
    prealloc: integer("Records allocated at start.", 1000, { inert: true }),
    memcap: foreign("Memory."),
  });

/** Parts of suricata.yaml about Suricata's own process: accepted so that a whole file can be brought, not read. */
const FOREIGN = [
  "suricata-version",
  "plugins",
  "heartbeat",
  "logging",
  "af-packet",
  "af-xdp",
  "dpdk",
  "pcap",
  "datasets",
  "security",
  "coredump",
  "host-mode",
  "max-pending-packets",
  "runmode",
  "sensor-name",
  "daemon-directory",
  "legacy",
  "engine-analysis",
  "mpm-algo",
  "spm-algo",
  "threading",
  "luajit",
  "lua",
  "profiling",
  "nfq",
  "nflog",
  "netmap",
  "pfring",
  "ipfw",
  "napatech",
  "default-packet-size",
  "firewall",
  "magic-file",
  "include",
  "run-as",
] as const;

export const root = section("The configuration.", {
  vars,
  outputs,
  "app-layer": appLayer,
  "asn1-max-frames": asn1MaxFrames,
  "exception-policy": masterPolicy,
  "action-order": actionOrder,
  "packet-alert-max": packetAlertMax,
  pcre,
  "host-os-policy": hostOsPolicy,
  defrag,
  flow,
  vlan,
  livedev,
  "flow-timeouts": flowTimeouts,
  stream,
  host: table("State a host"),
  ippair: table("State an address pair"),
  decoder,
  detect,
  "pcap-file": pcapFile,
  capture,
  "classification-file": optionalText("A classification.config that replaces ours."),
  "reference-config-file": optionalText("A reference.config that replaces ours."),
  "threshold-file": optionalText("A threshold.config: thresholds, rate filters and suppressions."),
  ...processSettings,
  vpatch,
  ...(Object.fromEntries(FOREIGN.map((name) => [name, foreign("About Suricata's own process.")])) as Record<
    (typeof FOREIGN)[number],
    ReturnType<typeof foreign>
  >),
});

/** A validated configuration with every default filled in. */
export type Configuration = Resolved<typeof root>;
