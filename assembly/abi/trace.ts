/**
 * The trace of one rule (Setting.TraceSid): events of type EventType.Trace, one a step, in the order taken. The body is a map with `step` and
 * the members named here; a `condition` is an offset into the database. `hosts/node/explain/` reads it.
 */
export enum TraceStep {
  /** The rule is taken up with this packet. `stage` */
  Taken = 1,
  /** No scan of this packet brought the rule: its literal was not seen. `stage` */
  NotBrought = 2,
  /** The rule's header, or what it asks of the packet as a whole, does not hold. `check`, `seen` */
  Header = 3,
  /** A condition on packet, flow or transaction numbers does not hold. `condition`, `seen` where it is a number */
  Condition = 4,
  /** A buffer is looked at. `list`, `buffer`, `instance`, `length`, `offset` in its stream, `data` (the first bytes) */
  Buffer = 5,
  /** A condition of the buffer is tried. `condition`, `cursor`: where the one before it ended */
  Try = 6,
  /** Every condition of the buffer holds. `cursor` */
  Held = 7,
  /** A list of the rule is not looked at or cannot hold. `list`, `outcome`, `seen`, `wanted` */
  List = 8,
  /** The rule holds. */
  Matched = 9,
  /** The rule is suspended: it spent its budget. */
  Suspended = 10,
  /** The trace of this packet goes on, but was cut here. */
  Cut = 11,
}

export enum TraceStage {
  IpOnly = 1,
  Packet = 2,
  Frame = 3,
  Transaction = 4,
}

/** What of a rule's header failed. */
export enum HeaderCheck {
  None = 0,
  IpVersion = 1,
  Protocol = 2,
  /** The rule names ports, the packet has none, or is a fragment. */
  NoPorts = 3,
  DestinationPort = 4,
  SourcePort = 5,
  SourceAddress = 6,
  DestinationAddress = 7,
  FlowStart = 8,
  Fragment = 9,
  NoFragment = 10,
  NoFlow = 11,
  ToServer = 12,
  ToClient = 13,
  Established = 14,
  NotEstablished = 15,
  /** No payload, and the rule needs one. */
  Payload = 16,
  /** dsize */
  PayloadSize = 17,
  /** The flow's application protocol is another: `seen`. */
  AppProtocol = 18,
  /** Packet rules do not look at what the core makes at the end of a flow. */
  EndOfFlow = 19,
  /** Nothing new of the stream is there to look at. */
  NoStream = 20,
}

/** Why a list of a transaction rule was left. */
export enum ListOutcome {
  /** The transaction is not that far: `seen` progress, `wanted`. */
  NotReached = 1,
  /** The buffer does not exist in this transaction. */
  Absent = 2,
  /** The rule asks for a hook that passed. */
  HookPassed = 3,
  /** Held with an earlier packet. */
  HeldBefore = 4,
}
