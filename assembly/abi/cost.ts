/**
 * Cost: what inspection takes, in units that are the same on every machine. A unit is about the time in which the matcher scans one byte.
 * Tables of the core, read by the host between two calls (`costs_address`, `protocol_costs_address`).
 */
export enum Cost {
  /** A byte through a literal matcher, a content search, a transform or a decoder. */
  Byte = 1,
  /** A byte that a decompressor gave. */
  Decoded = 2,
  /** A piece of data handed to a matcher or parser, however short. */
  Piece = 32,
  /** A rule checked. */
  Rule = 64,
  /** A condition tried. */
  Condition = 16,
  /** A step of the regex matcher. */
  RegexStep = 8,
}

/** What one rule cost since its database was loaded; index as in the database. */
export const enum RuleCost {
  /** u64, units */
  units = 0,
  /** u64, microseconds since 1970: suspended until then, 0 not */
  suspended = 8,
  /** u32, times checked */
  checks = 16,
  /** u32, times it held */
  matches = 20,
  /** u32, second of traffic the next member counts in */
  second = 24,
  /** u32, units within that second */
  recent = 28,
  size = 32,
}

/** What one application protocol's packets cost; index AppProto, Unknown for packets without one. */
export const enum ProtocolCost {
  /** u64, units of decoding, parsing and detection */
  units = 0,
  /** u64 */
  packets = 8,
  /** u64, bytes of frames */
  bytes = 16,
  size = 24,
}

/** `engine.code` of engine events (EventType.Engine). */
export enum EngineCode {
  /** A rule spent more than its budget of a second and is not checked for a while. */
  RuleSuspended = 1,
  /** A packet spent more than its budget: the rest of its rules was not checked, the budget's policy was applied. */
  PacketBudget = 2,
  /** The same for a flow, within a second of traffic. */
  FlowBudget = 3,
}
