/** Names that EVE gives to the codes of event records: Suricata's own. */
import { AppProto, DropReason, IpProto } from "../../../assembly/abi/codes.ts";
import { PacketSource } from "../../../assembly/abi/frames.ts";

/** `proto`: names where Suricata has them, else the number. */
const PROTOCOLS: Readonly<Record<number, string>> = {
  [IpProto.HopByHop]: "HOPOPT",
  [IpProto.Icmp]: "ICMP",
  [IpProto.Igmp]: "IGMP",
  [IpProto.Ipip]: "IPv4",
  [IpProto.Tcp]: "TCP",
  [IpProto.Udp]: "UDP",
  [IpProto.Ipv6]: "IPv6",
  [IpProto.Routing]: "IPv6-Route",
  [IpProto.Fragment]: "IPv6-Frag",
  [IpProto.Gre]: "GRE",
  [IpProto.Esp]: "ESP",
  [IpProto.Ah]: "AH",
  [IpProto.Icmpv6]: "IPv6-ICMP",
  [IpProto.NoNext]: "IPv6-NoNxt",
  [IpProto.DestOpts]: "IPv6-Opts",
  [IpProto.Sctp]: "SCTP",
};

export function protocolName(proto: number): string {
  return PROTOCOLS[proto] ?? String(proto);
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
};

/** `drop.reason`; `undefined` when there is none. */
export function dropReasonName(reason: number): string | undefined {
  return DROP_REASONS[reason];
}
