/** Names that EVE gives to the codes of event records: Suricata's own. */
import { AppProto, DropReason, LinkType } from "../../../assembly/abi/codes.ts";
import { PacketSource } from "../../../assembly/abi/frames.ts";

/** IANA's names of IP protocols by number, as Suricata spells them; an empty one has none. */
const PROTOCOLS: readonly string[] = (
  "HOPOPT ICMP IGMP GGP IP-in-IP ST TCP CBT EGP IGP BBN-RCC-MON NVP-II PUP ARGUS EMCON XNET CHAOS UDP MUX DCN-MEAS HMP PRM " +
  "XNS-IDP TRUNK-1 TRUNK-2 LEAF-1 LEAF-2 RDP IRTP ISO-TP4 NETBLT MFE-NSP MERIT-INP DCCP 3PC IDPR XTP DDP IDPR-CMTP TP++ IL IPv6 " +
  "SDRP IPv6-Route IPv6-Frag IDRP RSVP GRE DSR BNA ESP AH I-NLSP SWIPE NARP MOBILE TLSP SKIP IPv6-ICMP IPv6-NoNxt IPv6-Opts - CFTP " +
  "- SAT-EXPAK KRYPTOLAN RVD IPPC - SAT-MON VISA IPCU CPNX CPHB WSN PVP BR-SAT-MON SUN-ND WB-MON WB-EXPAK ISO-IP VMTP " +
  "SECURE-VMTP VINES IPTM NSFNET-IGP DGP TCF EIGRP OSPFIGP Sprite-RPC LARP MTP AX.25 IPIP MICP SCC-SP ETHERIP ENCAP - GMTP IFMP " +
  "PNNI PIM ARIS SCPS QNX A/N IPComp SNP Compaq-Peer IPX-in-IP VRRP PGM - L2TP DDX IATP STP SRP UTI SMP SM PTP ISIS FIRE CRTP CRUDP " +
  "SSCOPMCE IPLT SPS PIPE SCTP FC RSVP-E2E-IGNORE Mobility-Header UDPLite MPLS-in-IP manet HIP Shim6 WESP ROHC"
)
  .split(" ")
  .map((name) => (name === "-" ? "" : name));

/** `proto`: the name, else the number. */
export function protocolName(proto: number): string {
  return PROTOCOLS[proto] || String(proto);
}

/** `app_proto` where it is not the member's name in lower case. */
const APP_PROTOCOLS: Readonly<Record<number, string>> = {
  [AppProto.Http1]: "http",
  [AppProto.Http]: "http_any",
  [AppProto.FtpData]: "ftp-data",
  [AppProto.BittorrentDht]: "bittorrent-dht",
};

/** `app_proto` of a protocol; "unknown" where none was recognised. */
export function appProtoName(proto: number): string {
  return APP_PROTOCOLS[proto] ?? AppProto[proto]?.toLowerCase() ?? "unknown";
}

/** `event_type` of a protocol's transactions. */
export function transactionEventName(proto: number): string {
  return appProtoName(proto).replaceAll("-", "_");
}

const PACKET_SOURCES: Readonly<Record<number, string>> = {
  [PacketSource.Wire]: "wire/pcap",
  [PacketSource.Gre]: "gre tunnel",
  [PacketSource.Ipv4]: "ipv4 tunnel",
  [PacketSource.Ipv6]: "ipv6 tunnel",
  [PacketSource.Teredo]: "teredo tunnel",
  [PacketSource.Defrag]: "defrag",
  [PacketSource.StreamEnd]: "stream (detect/log)",
  [PacketSource.FlowForceReassembly]: "stream (flow timeout)",
  [PacketSource.Geneve]: "geneve encapsulation",
  [PacketSource.Vxlan]: "vxlan encapsulation",
  [PacketSource.DetectReloadFlush]: "detect reload flush",
  [PacketSource.CaptureTimeout]: "capture timeout flush",
  [PacketSource.FlowTimeout]: "shutdown flush",
  [PacketSource.Etag]: "etag",
};

export function packetSourceName(source: number): string {
  return PACKET_SOURCES[source] ?? "<unknown>";
}

const DROP_REASONS: Readonly<Record<number, string>> = {
  [DropReason.DecodeError]: "decode error",
  [DropReason.DefragError]: "defrag error",
  [DropReason.DefragMemcap]: "defrag memcap",
  [DropReason.FlowMemcap]: "flow memcap",
  [DropReason.FlowDrop]: "flow drop",
  [DropReason.AppLayerError]: "applayer error",
  [DropReason.AppLayerMemcap]: "applayer memcap",
  [DropReason.Rules]: "rules",
  [DropReason.RulesThreshold]: "threshold detection_filter",
  [DropReason.StreamError]: "stream error",
  [DropReason.StreamMemcap]: "stream memcap",
  [DropReason.StreamMidstream]: "stream midstream",
  [DropReason.StreamReassembly]: "stream reassembly",
  [DropReason.StreamUrgent]: "stream urgent",
  [DropReason.InnerPacket]: "tunnel packet drop",
  [DropReason.DefaultPacket]: "default packet policy",
  [DropReason.DefaultApp]: "default app policy",
  [DropReason.Budget]: "budget",
};

/** `drop.reason`; `undefined` when there is none. */
export function dropReasonName(reason: number): string | undefined {
  return DROP_REASONS[reason];
}

/** libpcap's names of link types; `packet_info.linktype_name`. */
const LINK_TYPES: Readonly<Record<number, string>> = {
  [LinkType.Null]: "NULL",
  [LinkType.Ethernet]: "EN10MB",
  [LinkType.Ppp]: "PPP",
  [LinkType.RawOld]: "RAW",
  [LinkType.Raw]: "RAW",
  [LinkType.Loop]: "LOOP",
  [LinkType.LinuxSll]: "LINUX_SLL",
  [LinkType.Ipv4]: "IPV4",
  [LinkType.Ipv6]: "IPV6",
  [LinkType.LinuxSll2]: "LINUX_SLL2",
};

export function linkTypeName(linkType: number): string {
  return LINK_TYPES[linkType] ?? "n/a";
}
