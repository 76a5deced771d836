/** Rules in the database (abi/database.ts): their records, what they say of header and flow, and where the rules without a literal are found. */

/** One rule. */
export const enum RuleRecord {
  /** u32 */
  sid = 0,
  /** u32 */
  gid = 4,
  /** u8, RuleType */
  type = 8,
  /** u8, Action */
  action = 9,
  /** u8, AppProto the rule is bound to, Unknown for none. */
  appProto = 10,
  /** u8, ActionScope */
  scope = 11,
  /** u32, RuleFlag bits */
  flags = 12,
  /** u32 offset of a 32-byte bitmap of IP protocols, 0 any */
  protocols = 16,
  /** u32 index of an address set, 0 any */
  source = 20,
  destination = 24,
  /** u32 index of a port set, 0 any */
  sourcePorts = 28,
  destinationPorts = 32,
  /** u32 offset of the packet conditions (header keywords), 0 none */
  packet = 36,
  /** u32 offset of the payload conditions, 0 none */
  payload = 40,
  /** u32 index of the first ListRecord, u16 count: buffers inspected in transactions, frames or packets */
  lists = 44,
  listCount = 48,
  /** u16, payload size the rule needs at least / at most (dsize), 0..65535 */
  dsizeLow = 50,
  dsizeHigh = 52,
  /** u16 index of the first exception of the rule, 0 none */
  exceptions = 54,
  /** u32 offset of post-match conditions (flowbits set, flowint, tag ...), 0 none */
  post = 56,
  /** u32 offset of a ThresholdRecord chain, 0 none */
  threshold = 60,
  /** u32 offset of a suppress chain (ThresholdRecord with type Suppress), 0 none */
  suppress = 64,
  /** u8 priority (alert severity) */
  priority = 68,
  /** u8 flow state a hook asks for (RuleHook) */
  hook = 69,
  /** u16 hook progress */
  hookProgress = 70,
  size = 72,
}

/** When a rule is inspected; Suricata's signature types. */
export enum RuleType {
  /** Addresses, ports and flow-independent header conditions only: once per flow direction. */
  IpOnly = 1,
  /** As IpOnly but inspected with packet rules (negated addresses). */
  LikeIpOnly = 2,
  /** `app-layer-protocol` alone: once per direction when detection is done. */
  ProtocolOnly = 3,
  /** Decoder events only. */
  DecoderEvent = 4,
  Packet = 5,
  PacketStream = 6,
  Stream = 7,
  /** Application layer, not bound to a transaction buffer. */
  AppLayer = 8,
  /** Inspected once a transaction. */
  Transaction = 9,
}

export enum RuleFlag {
  NoAlert = 1 << 0,
  ToServer = 1 << 1,
  ToClient = 1 << 2,
  Established = 1 << 3,
  NotEstablished = 1 << 4,
  Stateless = 1 << 5,
  OnlyStream = 1 << 6,
  NoStream = 1 << 7,
  OnlyFrag = 1 << 8,
  NoFrag = 1 << 9,
  /** Payload conditions inspect single packets. */
  RequirePacket = 1 << 10,
  /** Payload conditions inspect the reassembled stream. */
  RequireStream = 1 << 11,
  /** ... and nothing else (frames, `tcp-stream`). */
  RequireStreamOnly = 1 << 12,
  RequirePayload = 1 << 13,
  RequireFlow = 1 << 14,
  /** dsizeLow/High hold */
  Dsize = 1 << 15,
  /** appProto must equal the flow's. */
  AppLayer = 1 << 16,
  /** Rule uses both directions of a transaction (`=>`). */
  BothDirections = 1 << 17,
  Ipv4Only = 1 << 18,
  Ipv6Only = 1 << 19,
  /** Some list inspects files. */
  File = 1 << 20,
  /** Some list inspects frames. */
  Frame = 1 << 21,
  /** The rule names no direction: lists of both are in it. */
  HasDecoderEvent = 1 << 22,
  /** `target:src_ip` / `dest_ip` are host matters; here for completeness. */
  TargetSource = 1 << 23,
  TargetDestination = 1 << 24,
  /** A literal prefilter brings this rule; otherwise it is in a RuleList. */
  Prefiltered = 1 << 25,
  /** The prefilter literal is negated. */
  NegatedPrefilter = 1 << 26,
  RequireTcpFlags = 1 << 27,
  /** In detection whatever the mode: what it would drop is recorded, and passes. */
  DetectOnly = 1 << 28,
}

export enum ActionScope {
  Auto = 0,
  Packet = 1,
  Flow = 2,
  Hook = 3,
  Tx = 4,
}

/** Rule hooks of the header (`tcp:flow_start`, `http1:request_line`). */
export enum RuleHook {
  None = 0,
  PacketFlowStart = 1,
  PacketPreFlow = 2,
  PacketPreStream = 3,
  PacketAll = 4,
  /** Application hook: appProto and hookProgress hold. */
  App = 5,
}

/** Rules without a prefilter, by what kind of packet they can match. */
export const enum RuleListRecord {
  /** u8, RuleListKind */
  kind = 0,
  /** u8, Direction; 2 both */
  direction = 1,
  /** u8, IP protocol, 255 any */
  proto = 2,
  /** u8, AppProto (Transaction), 0 any */
  appProto = 3,
  /** u32 index into RuleIndices */
  first = 4,
  /** u32 */
  count = 8,
  /** What all rules of the list ask of a packet, so that it is asked once. u16 each, payload sizes (dsize), 0 and 65535: any */
  dsizeLow = 12,
  dsizeHigh = 14,
  /** u8 each, TCP flags as in TcpFlagsField; the last is 1 when they are asked */
  flags = 16,
  ignored = 17,
  mode = 18,
  tcpFlags = 19,
  size = 20,
}

export enum RuleListKind {
  /** Checked with every packet. */
  Packet = 1,
  /** Checked with every transaction update. */
  Transaction = 2,
  /** Checked once a flow direction. */
  IpOnly = 3,
  /** Checked when decode events are present. */
  DecoderEvent = 4,
  /** Checked once protocol detection ends for a direction. */
  ProtocolOnly = 5,
  /** Frame rules without a literal. */
  Frame = 6,
  /** IP-only rules of the address indexes that name IPv6 addresses: checked with those packets. */
  IpOnlyIpv6 = 7,
}

/** IP-only rules by the IPv4 address of one side. The addresses are cut at every limit of a range: an interval has one list of rules. */
export const enum AddressIndexRecord {
  /** u32, AddressSide */
  side = 0,
  /** u32 offset of the first address of each interval, u32 in host order, rising; the first is 0 */
  firsts = 4,
  /** u32 offset of u32 positions, one more than intervals: rules of interval i are [position(i), position(i + 1)) counted from `rules` */
  positions = 8,
  /** u32 count of intervals */
  intervals = 12,
  /** u32 index into RuleIndices */
  rules = 16,
  /** u32, 0 */
  reserved = 20,
  size = 24,
}

export enum AddressSide {
  Source = 0,
  Destination = 1,
}

/** Sorted, disjoint ranges; binary search. */
export const enum AddressSetRecord {
  /** u32 offset of u32 pairs [low, high], host order */
  ipv4 = 0,
  /** u32 count of pairs */
  ipv4Count = 4,
  /** u32 offset of u64 quadruples [lowHigh64, lowLow64, highHigh64, highLow64], host order */
  ipv6 = 8,
  /** u32 count of quadruples */
  ipv6Count = 12,
  size = 16,
}

export const enum PortSetRecord {
  /** u32 offset of u16 pairs [low, high], sorted and disjoint */
  ranges = 0,
  /** u32 count of pairs */
  count = 4,
  size = 8,
}

/** Traffic a rule is not asked about. The exceptions of a rule lie one after the other. Sets: 0 is any. */
export const enum ExceptionRecord {
  /** u32 index of an address set: of the packet's source, its destination, either of them */
  source = 0,
  destination = 4,
  either = 8,
  /** u32 index of a port set: of the packet's source, its destination, either of them */
  sourcePorts = 12,
  destinationPorts = 16,
  eitherPorts = 20,
  /** u32, 1 for the last one of the rule */
  last = 24,
  size = 32,
}
