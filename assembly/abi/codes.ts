/** Codes shared by the core, the compiler and the hosts. Portable: plain enums, imported by AssemblyScript and TypeScript alike. */

/** Major in the upper 16 bits (a change breaks linked agents), minor in the lower 16 (only additions). */
export const ABI_VERSION = 0x0001_0002;

/** What a rule asks for. Order is Suricata's default `action-order` reversed nowhere: the compiler sorts, the core obeys. */
export enum Action {
  None = 0,
  Alert = 1,
  Pass = 2,
  Drop = 3,
  /** Drop, and answer the sender (`reject`, `rejectsrc`). */
  Reject = 4,
  /** Drop, and answer the receiver (`rejectdst`). */
  RejectDst = 5,
  /** Drop, and answer both ends (`rejectboth`). */
  RejectBoth = 6,
}

/** The byte the host acts on, one a frame. */
export enum Verdict {
  Pass = 0,
  Drop = 1,
  /** Drop, and send the frames the core formed: the events of type Reply with this frame's number. */
  Reject = 2,
  /** Pass the frame as the core rewrote it in place (`replace`). */
  Modified = 3,
}

/** Why a frame or flow was dropped: `drop.reason` of EVE, Suricata's names in comments. */
export enum DropReason {
  None = 0,
  DecodeError = 1, // decode error
  DefragError = 2, // defrag error
  DefragMemcap = 3, // defrag memcap
  FlowMemcap = 4, // flow memcap
  FlowDrop = 5, // flow drop
  AppLayerError = 6, // applayer error
  AppLayerMemcap = 7, // applayer memcap
  Rules = 8, // rules
  RulesThreshold = 9, // threshold detection_filter
  StreamError = 10, // stream error
  StreamMemcap = 11, // stream memcap
  StreamMidstream = 12, // stream midstream
  StreamReassembly = 13, // stream reassembly
  StreamUrgent = 14, // stream urgent
  InnerPacket = 15, // tunnel packet drop
  DefaultPacket = 16, // default packet policy
  DefaultApp = 17, // default app policy
  Budget = 18, // budget: ours, Suricata has no such reason
}

/** Suricata's exception policies. */
export enum ExceptionPolicy {
  Ignore = 0,
  PassPacket = 1,
  PassFlow = 2,
  Bypass = 3,
  DropPacket = 4,
  DropFlow = 5,
  Reject = 6,
  RejectBoth = 7,
}

/** Direction of a packet within its flow. Everything indexed by direction uses these. */
export enum Direction {
  ToServer = 0,
  ToClient = 1,
}

/** Link types by their pcap LINKTYPE number (https://www.tcpdump.org/linktypes.html). */
export enum LinkType {
  Null = 0,
  Ethernet = 1,
  Ppp = 9,
  RawOld = 12,
  Raw = 101,
  CiscoHdlc = 104,
  Ieee80211 = 105,
  Loop = 108,
  LinuxSll = 113,
  Ieee80211Radio = 127,
  Ipv4 = 228,
  Ipv6 = 229,
  LinuxSll2 = 276,
}

/** IP protocol numbers (IANA). */
export enum IpProto {
  HopByHop = 0,
  Icmp = 1,
  Igmp = 2,
  Ipip = 4,
  Tcp = 6,
  Udp = 17,
  Ipv6 = 41,
  Routing = 43,
  Fragment = 44,
  Gre = 47,
  Esp = 50,
  Ah = 51,
  Icmpv6 = 58,
  NoNext = 59,
  DestOpts = 60,
  Sctp = 132,
  Mobility = 135,
  Hip = 139,
  Shim6 = 140,
}

/** Application protocols. `Unknown`: not decided yet; `Failed`: decided to be none of ours. */
export enum AppProto {
  Unknown = 0,
  Failed = 1,
  Http1 = 2,
  Http2 = 3,
  /** Rule side only: HTTP/1 or HTTP/2. */
  Http = 4,
  Dns = 5,
  Tls = 6,
  Smtp = 7,
  Ftp = 8,
  FtpData = 9,
  Ssh = 10,
  Smb = 11,
  Dcerpc = 12,
  Imap = 13,
  Pop3 = 14,
  Telnet = 15,
  Rdp = 16,
  Ldap = 17,
  Krb5 = 18,
  Snmp = 19,
  Sip = 20,
  Mqtt = 21,
  Nfs = 22,
  Tftp = 23,
  Dhcp = 24,
  Rfb = 25,
  Quic = 26,
  Ike = 27,
  Pgsql = 28,
  Websocket = 29,
  Mdns = 30,
  Modbus = 31,
  Dnp3 = 32,
  Enip = 33,
  Ntp = 34,
  Doh2 = 35,
  BittorrentDht = 36,
  Arp = 37,
  Irc = 38,
  Jabber = 39,
  Rsync = 40,
  Last = 41,
}

/** Why `load` refused a database. */
export enum LoadError {
  None = 0,
  TooShort = 1,
  BadMagic = 2,
  BadVersion = 3,
  BadLength = 4,
  BadDigest = 5,
  BadSection = 6,
  BadRule = 7,
  BadCondition = 8,
  BadPrefilter = 9,
  BadSet = 10,
  BadRegex = 11,
  TooManyRules = 12,
  NotConfigured = 13,
}
