/**
 * A flow: both directions of one conversation. Owned by the flow table; other rooms hang their state on it and free it on `ended`.
 */
export enum FlowState {
  New = 0,
  Established = 1,
  Closed = 2,
  /** Inspection is over by wish: exception policy or rule `bypass`. */
  Bypassed = 3,
}

export enum FlowFlag {
  ToServerSeen = 1 << 0,
  ToClientSeen = 1 << 1,
  /** Every further packet is dropped (rule `drop`, exception policy). */
  Drop = 1 << 2,
  /** Every further packet passes uninspected by packet rules (rule `pass`). */
  Pass = 1 << 3,
  NoPacketInspection = 1 << 4,
  NoPayloadInspection = 1 << 5,
  /** IP-only rules ran for this direction. */
  IpOnlyToServer = 1 << 6,
  IpOnlyToClient = 1 << 7,
  /** Protocol-detection-only rules ran for this direction. */
  ProtocolToServerDone = 1 << 8,
  ProtocolToClientDone = 1 << 9,
  /** An alert was raised on this flow (`alerted` of EVE). */
  Alerted = 1 << 10,
  /** An ICMP error about this flow was seen. */
  IcmpError = 1 << 11,
  /** Timed out: reassembly is being forced. */
  TimedOut = 1 << 12,
  /** Direction was swapped after the first packet. */
  Swapped = 1 << 13,
  /** App layer is disabled for this flow. */
  NoAppLayer = 1 << 14,
  /** exception policy applied */
  ExceptionPolicy = 1 << 15,
  EndedByTcp = 1 << 16,
  AppError = 1 << 17,
  /** `drop.reason` kept for `flow drop` is in `dropReason`. */
  Rejected = 1 << 18,
  Expected = 1 << 19,
  Gap = 1 << 20,
  /** Ended while flows were short of memory (`emergency` of EVE). */
  Emergency = 1 << 21,
  /** Transactions of this direction were updated by a packet of the other: they are inspected with its next own packet. */
  NextToServer = 1 << 22,
  NextToClient = 1 << 23,
  /** The stream of this direction was inspected once since it is encrypted: what came before has been seen. */
  EncryptedToServer = 1 << 24,
  EncryptedToClient = 1 << 25,
  /** In detection: an exception policy would drop its packets in prevention. */
  WouldDrop = 1 << 26,
}

/** Why a flow ended: `flow.reason` of EVE, Suricata's names in comments. */
export enum FlowEnd {
  None = 0,
  Timeout = 1, // timeout
  /** Made room for another. */
  Forced = 2, // forced
  Shutdown = 3, // shutdown
  /** Its ports were used again for a new TCP session. */
  TcpReuse = 4, // tcp_reuse
}

@unmanaged
export class Flow {
  /** Free-list link while unused; next in hash chain while used. */
  next: usize;
  older: usize;
  newer: usize;
  hash: u32;
  id: u64;
  sourceLow: u64;
  sourceHigh: u64;
  destinationLow: u64;
  destinationHigh: u64;
  /** Microseconds. */
  started: u64;
  lastSeen: u64;
  bytesToServer: u64;
  bytesToClient: u64;
  packetsToServer: u32;
  packetsToClient: u32;
  /** FlowFlag bits. */
  flags: u32;
  sourcePort: u16;
  destinationPort: u16;
  vlan0: u16;
  vlan1: u16;
  vlan2: u16;
  vlanCount: u8;
  ipVersion: u8;
  proto: u8;
  state: u8;
  /** DropReason of the first drop. */
  dropReason: u8;
  /** AppProto; the two directions while still being detected. */
  appProto: u8;
  appProtoToServer: u8;
  appProtoToClient: u8;
  appProtoOriginal: u8;
  appProtoExpected: u8;
  /** ProtocolDetection bits, owned by app/detection. */
  detection: u16;
  icmpType: u8;
  icmpCode: u8;
  minTtlToServer: u8;
  maxTtlToServer: u8;
  minTtlToClient: u8;
  maxTtlToClient: u8;
  depth: u8;
  timeoutList: u8;
  tcpFlagsToServer: u8;
  tcpFlagsToClient: u8;
  tcpFlags: u8;
  /** Session of stream/, 0 for none. */
  tcp: usize;
  /** State of app/, 0 for none. */
  app: usize;
  /** Flow bits, integers and variables: list of detect/. */
  variables: usize;
  /** Parent flow id (expectation: ftp-data). */
  parent: u64;
  /** FlowEnd, once it ended. */
  ended: u8;
  /** ICMP type that answers `icmpType` (`response_icmp_type` of EVE), 0 without. */
  icmpPeer: u8;
  /** What exception policies were applied for: bits of ExceptionPool. */
  exceptions: u8;
  /** ESP: security parameters index. */
  spi: u32;
  /** Cost units within `costSecond`, a second of traffic (abi/cost.ts). */
  cost: u32;
  costSecond: u32;
}
