/** Protocol names of rule headers: IP protocols, application protocols, and how they compare. */
import { AppProto, IpProto } from "../../assembly/abi/codes.ts";

/** What the first word of a header binds a rule to. */
export interface HeaderProtocol {
  /** IP protocol numbers, undefined for any. */
  readonly ip?: readonly number[];
  readonly app?: AppProto;
  readonly version?: 4 | 6;
  /** `tcp-pkt`: single packets; `tcp-stream`: the reassembled stream. */
  readonly only?: "packet" | "stream";
}

const { Tcp, Udp, Icmp, Icmpv6, Sctp } = IpProto;

const IP_PROTOCOLS: Readonly<Record<string, HeaderProtocol>> = {
  ip: {},
  pkthdr: {},
  ipv4: { version: 4 },
  ip4: { version: 4 },
  ipv6: { version: 6 },
  ip6: { version: 6 },
  tcp: { ip: [Tcp] },
  "tcp-pkt": { ip: [Tcp], only: "packet" },
  "tcp-stream": { ip: [Tcp], only: "stream" },
  udp: { ip: [Udp] },
  icmp: { ip: [Icmp, Icmpv6] },
  icmpv4: { ip: [Icmp] },
  icmpv6: { ip: [Icmpv6] },
  sctp: { ip: [Sctp] },
  igmp: { ip: [2] },
};

/** Application protocol, its names in rules, and the transports it runs on. */
const APP_PROTOCOLS: readonly (readonly [app: AppProto, names: readonly string[], ip: readonly number[]])[] = [
  [AppProto.Http, ["http"], [Tcp]],
  [AppProto.Http1, ["http1"], [Tcp]],
  [AppProto.Http2, ["http2"], [Tcp]],
  [AppProto.Dns, ["dns"], [Tcp, Udp]],
  [AppProto.Tls, ["tls", "ssl"], [Tcp]],
  [AppProto.Smtp, ["smtp"], [Tcp]],
  [AppProto.Ftp, ["ftp"], [Tcp]],
  [AppProto.FtpData, ["ftp-data"], [Tcp]],
  [AppProto.Ssh, ["ssh"], [Tcp]],
  [AppProto.Smb, ["smb"], [Tcp]],
  [AppProto.Dcerpc, ["dcerpc"], [Tcp, Udp]],
  [AppProto.Imap, ["imap"], [Tcp]],
  [AppProto.Pop3, ["pop3"], [Tcp]],
  [AppProto.Telnet, ["telnet"], [Tcp]],
  [AppProto.Rdp, ["rdp"], [Tcp]],
  [AppProto.Ldap, ["ldap"], [Tcp, Udp]],
  [AppProto.Krb5, ["krb5"], [Tcp, Udp]],
  [AppProto.Snmp, ["snmp"], [Udp]],
  [AppProto.Sip, ["sip"], [Tcp, Udp]],
  [AppProto.Mqtt, ["mqtt"], [Tcp]],
  [AppProto.Nfs, ["nfs"], [Tcp, Udp]],
  [AppProto.Tftp, ["tftp"], [Udp]],
  [AppProto.Dhcp, ["dhcp"], [Udp]],
  [AppProto.Rfb, ["rfb"], [Tcp]],
  [AppProto.Quic, ["quic"], [Udp]],
  [AppProto.Ike, ["ike", "ikev1", "ikev2"], [Udp]],
  [AppProto.Pgsql, ["pgsql"], [Tcp]],
  [AppProto.Websocket, ["websocket"], [Tcp]],
  [AppProto.Mdns, ["mdns"], [Udp]],
  [AppProto.Modbus, ["modbus"], [Tcp]],
  [AppProto.Dnp3, ["dnp3"], [Tcp]],
  [AppProto.Enip, ["enip"], [Tcp, Udp]],
  [AppProto.Ntp, ["ntp"], [Udp]],
  [AppProto.Doh2, ["doh2"], [Tcp]],
  [AppProto.BittorrentDht, ["bittorrent-dht"], [Udp]],
];

const APP_BY_NAME = new Map(APP_PROTOCOLS.flatMap(([app, names]) => names.map((name) => [name, app] as const)));
const APP_BY_CODE = new Map(APP_PROTOCOLS.map((row) => [row[0], row] as const));

/** The meaning of a protocol name, or undefined when there is no such protocol. */
export function headerProtocol(name: string): HeaderProtocol | undefined {
  if (Object.hasOwn(IP_PROTOCOLS, name)) return IP_PROTOCOLS[name];
  if (name === "arp") return { app: AppProto.Arp };
  const app = APP_BY_NAME.get(name);
  return app === undefined ? undefined : { app, ip: transports(app) };
}

export function appProtocol(name: string): AppProto | undefined {
  return APP_BY_NAME.get(name.toLowerCase());
}

export function appProtocolName(app: AppProto): string {
  return APP_BY_CODE.get(app)?.[1][0] ?? "unknown";
}

/** IP protocols an application protocol runs on. */
export function transports(app: AppProto): readonly number[] {
  return APP_BY_CODE.get(app)?.[2] ?? [];
}

/**
 * Whether a rule for `wanted` is one for flows or buffers of `actual`: `http` stands for both versions and DNS over
 * HTTPS, DCERPC also travels in SMB.
 */
export function appProtocolEquals(wanted: AppProto, actual: AppProto): boolean {
  return wanted === actual || (COVERS.get(wanted)?.includes(actual) ?? false);
}

const COVERS: ReadonlyMap<AppProto, readonly AppProto[]> = new Map([
  [AppProto.Dns, [AppProto.Doh2]],
  [AppProto.Http2, [AppProto.Doh2]],
  [AppProto.Doh2, [AppProto.Http, AppProto.Http2, AppProto.Dns]],
  [AppProto.Http, [AppProto.Http1, AppProto.Http2, AppProto.Doh2]],
  [AppProto.Dcerpc, [AppProto.Smb]],
]);

/** The protocol of a rule of `rule` that uses a keyword of `keyword`, or undefined when they do not go together. */
export function commonProtocol(rule: AppProto, keyword: AppProto): AppProto | undefined {
  if (rule === AppProto.Unknown || rule === keyword) return keyword;
  return COMMON.find(([a, b]) => a === rule && b === keyword)?.[2];
}

/** Rule, keyword, and what the rule is then. */
const COMMON: readonly (readonly [AppProto, AppProto, AppProto])[] = [
  [AppProto.Smb, AppProto.Dcerpc, AppProto.Smb],
  [AppProto.Http, AppProto.Http1, AppProto.Http1],
  [AppProto.Http, AppProto.Http2, AppProto.Http2],
  [AppProto.Http1, AppProto.Http, AppProto.Http1],
  [AppProto.Http2, AppProto.Http, AppProto.Http2],
  [AppProto.Doh2, AppProto.Http, AppProto.Doh2],
  [AppProto.Doh2, AppProto.Http2, AppProto.Doh2],
  [AppProto.Doh2, AppProto.Dns, AppProto.Doh2],
  [AppProto.Dns, AppProto.Doh2, AppProto.Doh2],
  [AppProto.Http2, AppProto.Doh2, AppProto.Doh2],
];
