/**
 * The rule database (`.vpdb`) as bytes: written by `compiler/database/`, checked and read by `assembly/rules/`.
 * Little-endian, 8-byte aligned, position independent: every `u32 offset` counts from the first byte of the database; 0 means none.
 * Field tables hold byte offsets within a record; `size` is the record's length.
 */

/** "VPDB" */
export const DATABASE_MAGIC = 0x42445056;
/** Changes whenever a record below changes. */
export const DATABASE_VERSION = 3;

export const enum DatabaseHeader {
  /** u32 */
  magic = 0,
  /** u32 */
  version = 4,
  /** u32, bytes of the whole database. */
  length = 8,
  /** u32, count of section records that follow the header. */
  sections = 12,
  /** u64, XXH64 (seed 0) of every byte from `digested` to the end. */
  digest = 16,
  /** 32 bytes, SHA-256 of the rule text it was made from. */
  ruleDigest = 24,
  /** The digest covers from here. */
  digested = 56,
  size = 64,
}

export const enum SectionRecord {
  /** u32, Section */
  id = 0,
  /** u32 */
  offset = 4,
  /** u32, bytes */
  length = 8,
  /** u32, count of records, 0 for plain bytes */
  count = 12,
  size = 16,
}

export enum Section {
  /** RuleRecord[], in the order in which alerts come out: index = internal id. */
  Rules = 1,
  /** ListRecord[] */
  Lists = 2,
  /** Conditions, chained; offsets from RuleRecord and ListRecord. */
  Conditions = 3,
  /** Patterns, regex programs, bitmaps: plain bytes. */
  Bytes = 4,
  /** AddressSetRecord[]; index 0 is "any" and never read. */
  AddressSets = 5,
  /** PortSetRecord[]; index 0 is "any" and never read. */
  PortSets = 6,
  /** BufferRecord[] */
  Buffers = 7,
  /** PrefilterRecord[], sorted by kind, proto, direction, progress. */
  Prefilters = 8,
  /** u32[] rule indices: what prefilter records and rule lists refer to. */
  RuleIndices = 9,
  /** RuleListRecord[]: rules that have no prefilter. */
  RuleLists = 10,
  /** DatasetRecord[] */
  Datasets = 11,
  /** For the host only (DescriptionsHeader): messages, classification, references, metadata. */
  Metadata = 12,
  /** ExceptionRecord[]; index 0 is none and never read. */
  Exceptions = 13,
  /** AddressIndexRecord[]: IP-only rules by address. */
  AddressIndexes = 14,
  /** For the host only: names of flowbits, variables, datasets, frames by their hashes, kind by kind. JSON in UTF-8, gzipped. */
  Names = 15,
}

/**
 * Descriptions of rules, in parts: who wants to know one rule reads one part. Behind the header `parts + 1` u32 offsets within the section;
 * part i is [offset(i), offset(i + 1)): JSON in UTF-8, gzipped (RFC 1952), an array with an object for each of its rules.
 */
export const enum DescriptionsHeader {
  /** u32 rules of a part; the last may have fewer */
  rulesAPart = 0,
  /** u32 count of parts */
  parts = 4,
  size = 8,
}

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

/** Conditions on one buffer of one rule. */
export const enum ListRecord {
  /** u16 index of a BufferRecord */
  buffer = 0,
  /** u8 Direction */
  direction = 2,
  /** u8, ListFlag bits */
  flags = 3,
  /** u32 offset of the conditions */
  conditions = 4,
  /** u8 AppProto this list is for, Unknown any */
  appProto = 8,
  /** u8 progress the transaction must have reached */
  progress = 9,
  /** u16, bit number in a transaction's inspection flags (0..27) */
  id = 10,
  /** u32 frame type hash, 0 none */
  frame = 12,
  size = 16,
}

export enum ListFlag {
  /** This list's literal is the rule's prefilter. */
  Prefilter = 1,
  /** Payload of the stream (payload conditions inside a transaction rule). */
  Stream = 2,
  /** Files: may match again for a new file. */
  File = 4,
  /** Matched against every instance (multi-buffer). */
  Multi = 8,
  /** Conditions on transaction numbers and events, no bytes. */
  Generic = 16,
  /** Rule hook: no conditions, only progress. */
  Hook = 32,
}

/** An inspection buffer: a base buffer (abi/buffers.ts) and the transforms applied to it. */
export const enum BufferRecord {
  /** u16, Buffer */
  base = 0,
  /** u16, count of transforms */
  transforms = 2,
  /** u32 offset of TransformRecords, laid one after the other */
  transformList = 4,
  size = 8,
}

export const enum TransformRecord {
  /** u16, Transform */
  op = 0,
  /** u16, bytes of the argument */
  argumentLength = 2,
  /** u32 offset of the argument (xor key, regex program) */
  argument = 4,
  size = 8,
}

export enum Transform {
  StripWhitespace = 1,
  CompressWhitespace = 2,
  ToLowercase = 3,
  ToUppercase = 4,
  ToMd5 = 5,
  ToSha1 = 6,
  ToSha256 = 7,
  UrlDecode = 8,
  DotPrefix = 9,
  Xor = 10,
  Pcrexform = 11,
  HeaderLowercase = 12,
  StripPseudoHeaders = 13,
  CaseChanging = 14,
  Domain = 15,
  Tld = 16,
  FromBase64 = 17,
  Gunzip = 18,
  ZlibDeflate = 19,
  Subslice = 20,
}

/** One literal table for one place, and the rules its literals bring. */
export const enum PrefilterRecord {
  /** u8, PrefilterKind */
  kind = 0,
  /** u8, AppProto for Transaction and Frame; for Payload the IP protocol (TCP, UDP), 0 for every other one */
  appProto = 1,
  /** u8, Direction */
  direction = 2,
  /** u8, progress from which the buffer can be inspected */
  progress = 3,
  /** u16, index of the BufferRecord */
  buffer = 4,
  /** u16, 1: inspected again at every update (bodies, files) */
  streaming = 6,
  /** u32 offset and bytes of the literal table (compiler/prefilter) */
  table = 8,
  tableLength = 12,
  /** u32 count of literals */
  literals = 16,
  /** u32 index into RuleIndices of `literals + 1` start positions; rules of literal i are [start(i), start(i+1)) counted from `rules` */
  starts = 20,
  /** u32 index into RuleIndices of the rules */
  rules = 24,
  /** u32 frame type hash for Frame */
  frame = 28,
  /** u32 offset of PatternRecord[literals]; 0: the buffer does not grow */
  patterns = 32,
  /** u16, bytes of the longest literal */
  longest = 36,
  /** u16, the literals end within so many bytes of the buffer's (stream's, body's) beginning; 0: anywhere */
  reach = 38,
  size = 40,
}

/** A literal of a prefilter, to be looked for by itself. */
export const enum PatternRecord {
  /** u32 offset of its bytes, in lower case when it is matched without regard to case */
  bytes = 0,
  /** u16 */
  length = 4,
  /** u8, 1: without regard to case */
  nocase = 6,
  /** u8, 0 */
  reserved = 7,
  size = 8,
}

export enum PrefilterKind {
  /** Packet payload (and UDP, ICMP payload). */
  Payload = 1,
  /** Reassembled TCP stream. */
  Stream = 2,
  /** A buffer of a packet (ipv4.hdr, tcp.hdr ...). */
  PacketBuffer = 3,
  /** A buffer of a transaction. */
  Transaction = 4,
  Frame = 5,
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

export const enum ThresholdRecord {
  /** u8, ThresholdType */
  type = 0,
  /** u8, ThresholdTrack */
  track = 1,
  /** u8, Action for rate_filter's new_action */
  newAction = 2,
  /** u8 multiplier for backoff */
  multiplier = 3,
  /** u32 */
  count = 4,
  /** u32, seconds of the window; `unlimited` = 0xffffffff */
  seconds = 8,
  /** u32, rate_filter timeout */
  timeout = 12,
  /** u32 address set index for suppress `ip`, 0 any */
  addresses = 16,
  /** u32 offset of the next record of the chain, 0 end */
  next = 20,
  size = 24,
}

export enum ThresholdType {
  Limit = 1,
  Threshold = 2,
  Both = 3,
  DetectionFilter = 4,
  RateFilter = 5,
  Suppress = 6,
  Backoff = 7,
}

export enum ThresholdTrack {
  BySource = 1,
  ByDestination = 2,
  ByRule = 3,
  ByBoth = 4,
  ByFlow = 5,
  ByEither = 6,
}

export const enum DatasetRecord {
  /** u32 offset of a sorted table of hashes/values */
  values = 0,
  /** u32 count of values */
  count = 4,
  /** u8, DatasetType */
  type = 8,
  /** u32 name hash */
  name = 12,
  /** u32 hash table capacity wanted for `set` */
  hashSize = 16,
  size = 24,
}

export enum DatasetType {
  String = 1,
  Md5 = 2,
  Sha256 = 3,
  Ipv4 = 4,
  Ip = 5,
}
