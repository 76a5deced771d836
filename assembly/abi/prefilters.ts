/** The literals by which rules of the database (abi/database.ts) are found. */

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
  /** u8, Audience: whose payloads and streams the table is for */
  audience = 40,
  /** u32, index of the PortSet of ports that are named on the server's side; 0: none */
  ports = 44,
  /** u64, a bit for each AppProto that is named */
  apps = 48,
  size = 56,
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

/**
 * Of a payload or stream that many rules are for, but some of them only with certain protocols or on certain ports, there are two tables: one
 * for flows those rules name, with all literals, and a smaller one for all other flows. Everything runs through one of them, never both.
 */
export enum Audience {
  All = 0,
  /** Flows whose protocol or port is named. */
  Named = 1,
  Others = 2,
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
