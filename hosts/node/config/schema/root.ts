/** The whole configuration. Names and nesting are those of suricata.yaml; `vpatch` holds what has no counterpart there. */
import { foreign, integer, optionalText, type Resolved, record, section } from "../field.ts";
import { appLayer } from "./app_layer.ts";
import { capture, decoder, livedev, pcapFile, vlan } from "./decoder.ts";
import { actionOrder, asn1MaxFrames, detect, packetAlertMax, pcre } from "./detect.ts";
import { outputs } from "./outputs.ts";
import { masterPolicy } from "./policies.ts";
import { defrag, flow, flowTimeouts, hostOsPolicy, stream } from "./stream.ts";
import { vpatch } from "./vpatch.ts";

const vars = section("Variables of rule headers.", {
  "address-groups": record("Addresses: `HOME_NET`, `EXTERNAL_NET` and others. Names given are added to ours.", {
    HOME_NET: "[192.168.0.0/16,10.0.0.0/8,172.16.0.0/12]",
    EXTERNAL_NET: "!$HOME_NET",
    HTTP_SERVERS: "$HOME_NET",
    SMTP_SERVERS: "$HOME_NET",
    SQL_SERVERS: "$HOME_NET",
    DNS_SERVERS: "$HOME_NET",
    TELNET_SERVERS: "$HOME_NET",
    AIM_SERVERS: "$EXTERNAL_NET",
    DC_SERVERS: "$HOME_NET",
    DNP3_SERVER: "$HOME_NET",
    DNP3_CLIENT: "$HOME_NET",
    MODBUS_CLIENT: "$HOME_NET",
    MODBUS_SERVER: "$HOME_NET",
    ENIP_CLIENT: "$HOME_NET",
    ENIP_SERVER: "$HOME_NET",
  }),
  "port-groups": record("Ports. Names given are added to ours.", {
    HTTP_PORTS: "80",
    SHELLCODE_PORTS: "!80",
    ORACLE_PORTS: "1521",
    SSH_PORTS: "22",
    DNP3_PORTS: "20000",
    MODBUS_PORTS: "502",
    FILE_DATA_PORTS: "[$HTTP_PORTS,110,143]",
    FTP_PORTS: "21",
    GENEVE_PORTS: "6081",
    VXLAN_PORTS: "4789",
    TEREDO_PORTS: "3544",
    SIP_PORTS: "[5060, 5061]",
  }),
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
  "default-log-dir",
  "stats",
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
  "pid-file",
  "daemon-directory",
  "unix-command",
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
  "default-rule-path",
  "default-packet-size",
  "rule-files",
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
  vpatch,
  ...(Object.fromEntries(FOREIGN.map((name) => [name, foreign("About Suricata's own process.")])) as Record<
    (typeof FOREIGN)[number],
    ReturnType<typeof foreign>
  >),
});

/** A validated configuration with every default filled in. */
export type Configuration = Resolved<typeof root>;
