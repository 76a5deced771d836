/**
 * Conditions: what a rule asks of a packet, a buffer or a transaction, one after the other, 8-byte aligned.
 * Every record begins with the same head; the op decides the rest. Offsets (`u32 offset`) count from the first byte of the database.
 */
export const enum Condition {
  /** u16, Op */
  op = 0,
  /** u16, bytes of this record (multiple of 8): the next one lies behind it */
  length = 2,
  /** u32, flags of the op; bit 31 (CONDITION_LAST) ends the chain */
  flags = 4,
  body = 8,
}

export const CONDITION_LAST = 0x8000_0000;
/** Flag of every op that can be negated. */
export const CONDITION_NEGATED = 1;

export enum Op {
  // Bytes of a buffer (detect/content/).
  Content = 1,
  Pcre = 2,
  ByteTest = 3,
  ByteJump = 4,
  ByteExtract = 5,
  ByteMath = 6,
  IsDataAt = 7,
  Bsize = 8,
  Urilen = 9,
  Absent = 10,
  Base64Decode = 11,
  Asn1 = 12,
  Dataset = 13,
  Entropy = 14,
  // The packet's headers (detect/packet/).
  Compare = 32,
  TcpFlags = 33,
  IpOptions = 34,
  FragBits = 35,
  SameIp = 36,
  Checksum = 37,
  StreamSize = 38,
  DecodeEvent = 39,
  Rpc = 40,
  /** Never matches (a keyword valid but unsatisfiable). */
  Never = 42,
  TcpOption = 43,
  // The flow and its state (detect/state/).
  FlowBits = 64,
  FlowInt = 65,
  Xbits = 66,
  AppLayerProtocol = 67,
  FlowVariable = 68,
  Tag = 69,
  Bypass = 70,
  // A transaction (detect/transaction/).
  TxCompare = 96,
  AppLayerEvent = 97,
  TxPresent = 98,
  DcerpcInterface = 99,
  DcerpcOpnum = 100,
  FileProperty = 101,
  TxFlags = 102,
  FtpBounce = 103,
  // After the match.
  Replace = 128,
  FileStore = 129,
  ConfigTx = 130,
}

/** Compare, TxCompare, Bsize, Urilen: one number against one or two others. */
export const enum CompareField {
  /** u16, Field of abi/buffers.ts (Compare, TxCompare) */
  field = 8,
  /** u8, CompareMode */
  mode = 10,
  /** u8, IndexMode for lists of numbers (TxCompare) */
  index = 11,
  /** i32, index for IndexMode.At, count for IndexMode.Count* */
  at = 12,
  /** u64 */
  a = 16,
  b = 24,
  size = 32,
}

/** Entropy: a CompareField in millionths of a bit a byte, and the part of the buffer it is asked of. */
export const enum EntropyField {
  /** u32, 0 all */
  bytes = 32,
  /** u32 */
  offset = 36,
  size = 40,
}

export enum CompareMode {
  Equal = 0,
  NotEqual = 1,
  Less = 2,
  LessOrEqual = 3,
  Greater = 4,
  GreaterOrEqual = 5,
  /** a < x < b */
  Range = 6,
  /** not (a < x < b) */
  NotRange = 7,
  /** (x & a) == b */
  Mask = 8,
  /** (x & a) != b */
  NotMask = 9,
  /** (x & a) != 0: byte_test `&` */
  And = 10,
  /** (x ^ a) != 0: byte_test `^` */
  Xor = 11,
  /** a <= x <= b */
  Inclusive = 12,
}

export enum IndexMode {
  Any = 0,
  All = 1,
  At = 2,
  AllOrAbsent = 3,
  Count = 4,
}

export const enum TcpFlagsField {
  /** u8 flags wanted, u8 flags ignored */
  flags = 8,
  ignored = 9,
  /** u8, TcpFlagsMode */
  mode = 10,
  size = 16,
}

export enum TcpFlagsMode {
  Exact = 0,
  /** + : all of them, and others */
  AtLeast = 1,
  /** * : any of them */
  Any = 2,
  /** ! : none of them */
  Not = 3,
}

/** FragBits and IpOptions: a bitmap and a mode as TcpFlagsMode. */
export const enum BitsField {
  /** u32 */
  bits = 8,
  /** u8 */
  mode = 12,
  size = 16,
}

export const enum ChecksumField {
  /** u8, ChecksumKind */
  kind = 8,
  /** u8, 1 valid is wanted, 0 invalid is wanted */
  valid = 9,
  size = 16,
}

export enum ChecksumKind {
  Ipv4 = 1,
  Tcpv4 = 2,
  Tcpv6 = 3,
  Udpv4 = 4,
  Udpv6 = 5,
  Icmpv4 = 6,
  Icmpv6 = 7,
}

export const enum StreamSizeField {
  /** u8, StreamSizeSide */
  side = 8,
  /** u8, CompareMode */
  mode = 9,
  /** u32 */
  value = 12,
  size = 16,
}

export enum StreamSizeSide {
  Server = 1,
  Client = 2,
  Both = 3,
  Either = 4,
}

export const enum EventField {
  /** u16, DecodeEvent, StreamEvent or AppEvent */
  event = 8,
  /** u8, AppProto of an app event, Unknown any */
  appProto = 10,
  size = 16,
}

/** FlowBits: `count` u32 name hashes follow the body (or-ed for isset / isnotset). */
export const enum FlowBitsField {
  /** u8, BitCommand */
  command = 8,
  /** u16 */
  count = 10,
  /** u32[count] */
  names = 16,
}

export enum BitCommand {
  Set = 1,
  Unset = 2,
  Toggle = 3,
  IsSet = 4,
  IsNotSet = 5,
}

export const enum FlowIntField {
  /** u32 name hash */
  name = 8,
  /** u8, FlowIntCommand; u8 1: `value` is a name hash of another flowint */
  command = 12,
  indirect = 13,
  /** u32 */
  value = 16,
  size = 24,
}

export enum FlowIntCommand {
  Set = 1,
  Add = 2,
  Subtract = 3,
  Less = 4,
  LessOrEqual = 5,
  Equal = 6,
  NotEqual = 7,
  GreaterOrEqual = 8,
  Greater = 9,
  IsSet = 10,
  IsNotSet = 11,
}

/** xbits, hostbits */
export const enum XbitsField {
  /** u32 name hash */
  name = 8,
  /** u8 BitCommand, u8 XbitsTrack */
  command = 12,
  track = 13,
  /** u32 seconds to live */
  expire = 16,
  size = 24,
}

export enum XbitsTrack {
  Source = 1,
  Destination = 2,
  Pair = 3,
  Tx = 4,
}

export const enum AppLayerProtocolField {
  /** u8, AppProto; u8, AppLayerProtocolMode */
  proto = 8,
  mode = 9,
  size = 16,
}

export enum AppLayerProtocolMode {
  Final = 0,
  Original = 1,
  Either = 2,
  ToServer = 3,
  ToClient = 4,
  Direction = 5,
}

export const enum TagField {
  /** u8, TagType: 1 session, 2 host; u8 metric: 1 packets, 2 seconds, 3 bytes; u8 direction: 1 src, 2 dst */
  type = 8,
  metric = 9,
  direction = 10,
  /** u32 */
  count = 12,
  size = 16,
}

export const enum RpcField {
  /** u32 program, version, procedure; flags say which are wanted */
  program = 8,
  version = 12,
  procedure = 16,
  size = 24,
}

export enum RpcFlag {
  Version = 2,
  Procedure = 4,
}

export const enum DcerpcInterfaceField {
  /** 16 bytes UUID as on the wire (big-endian text order) */
  uuid = 8,
  /** u16 version; u8 CompareMode; u8 1 when a version is asked for; flags bit 2: any_frag */
  version = 24,
  mode = 26,
  hasVersion = 27,
  size = 32,
}

/** DcerpcOpnum: `count` pairs of u16 [low, high] follow. */
export const enum DcerpcOpnumField {
  count = 8,
  ranges = 16,
}

/** A value of a flow variable compared (flowvar, pktvar). */
export const enum FlowVariableField {
  /** u32 name hash; u32 offset of bytes; u16 length; u8 VariableScope, Flow or Packet */
  name = 8,
  value = 12,
  length = 16,
  scope = 18,
  size = 24,
}
