/**
 * Records that cross the border between host and core. Little-endian, 8-byte aligned; offsets in bytes.
 * The core owns the memory; addresses come from the getters of `index.ts` and never move after `configure`.
 */

/** One received frame: `inspect(first, count)` reads these, the host writes them. */
export const enum Frame {
  /** u32, address of the first byte, anywhere in the frame area. */
  data = 0,
  /** u32, bytes present (captured length). */
  length = 4,
  /** u64, microseconds since 1970. Never used as a clock outside the core's own timers. */
  timestamp = 8,
  /** u64, the host's number of the frame, 1-based: `pcap_cnt` of EVE. */
  number = 16,
  /** u16, LinkType. */
  linkType = 24,
  /** u16, FrameFlag bits. */
  flags = 26,
  /** u32, length on the wire (>= length). */
  wireLength = 28,
  size = 32,
}

export const enum FrameFlag {
  /** The TCP/UDP checksum is partial (offload): do not check it. */
  PartialChecksum = 1,
  /** Frame leaves the VM (egress); otherwise it arrives. */
  Egress = 2,
}

/** Conversations of one frame that are noted: a tunnel's frame has several. */
export const FRAME_GROUPS = 4;

/** What a frame belongs to, one record a slot at `groups_address()`, written by `inspect`: u64 each, GroupKind in the upper 8 bits, 0 ends. */
export const enum FrameGroups {
  /** u64 x 4 */
  first = 0,
  size = 32,
}

export enum GroupKind {
  /** The rest is a flow id, as in events. */
  Flow = 1,
  /** Fragments of one datagram: a number made of its addresses and identification. */
  Fragments = 2,
  /** The flow of the lower bits announced this frame's flow (FTP data). */
  Parent = 3,
}

/** Bytes the host must leave readable (any content) behind a frame in the frame area. */
export const FRAME_SLACK = 64;

/** An event record: this header, `bodyLength` bytes of CBOR (a map, RFC 8949; may be empty), padding to 8. */
export const enum EventRecord {
  /** u32, whole record, multiple of 8. */
  length = 0,
  /** u16, EventType. */
  type = 4,
  /** u8, IP version, 0 when the packet has none. */
  ipVersion = 6,
  /** u8, IP protocol. */
  proto = 7,
  /** u64, microseconds since 1970. */
  timestamp = 8,
  /** u64, number of the frame (`pcap_cnt`), 0 for pseudo packets at the end of a flow. */
  frame = 16,
  /** u64, flow id, 0 without a flow. */
  flow = 24,
  /** 16 bytes, source address; IPv4 in the first four. */
  source = 32,
  /** 16 bytes, destination address. */
  destination = 48,
  /** u16 */
  sourcePort = 64,
  /** u16 */
  destinationPort = 66,
  /** u16 x 3, VLAN ids, outermost first. */
  vlan = 68,
  /** u8, count of VLAN ids. */
  vlanCount = 74,
  /** u8, Direction of the packet in its flow, 255 without. */
  direction = 75,
  /** u8, PacketSource: `pkt_src`. */
  packetSource = 76,
  /** u8, AppProto of the flow. */
  appProto = 77,
  /** u8, tunnel depth. */
  depth = 78,
  /** u8, icmp type (valid when proto is ICMP or ICMPv6). */
  icmpType = 79,
  /** u32, rule index into the database (alert, drop by rule), else 0xffffffff. */
  rule = 80,
  /** u8, Action taken. */
  action = 84,
  /** u8, DropReason. */
  reason = 85,
  /** u8, icmp code. */
  icmpCode = 86,
  /** u8, EventFlag bits. */
  flags = 87,
  /** u64, transaction id, or 2^64-1 for none. */
  txId = 88,
  /** u32, bytes of CBOR that follow the header. */
  bodyLength = 96,
  /** u8, Action decided for the packet as a whole, by whatever rule or policy; `action` is that of the event's own rule. */
  packetAction = 100,
  /** u8, Reply: bytes of the link layer in front of the IP packet, 0 when only that is known. */
  lead = 101,
  size = 104,
}

export const enum EventFlag {
  /** The alert's frame is (or would be) dropped. */
  Dropped = 1,
  /** In detection mode, or of a rule in detection: prevention would have dropped. */
  WouldDrop = 2,
  /** Action came from the flow (`drop`/`pass` applied to flow). */
  FromFlow = 4,
  /** The rule matched in the reassembled stream. */
  Stream = 8,
  /** The rule matched in application data (`tx_id` valid). */
  AppLayer = 16,
  /** tx_id was guessed (`tx_guessed`). */
  TxGuessed = 32,
  /** Reply: it goes where the rejected frame was going; otherwise back to its sender. */
  Onward = 64,
}

/** `event_type` of EVE. `Tx`: a finished transaction; its protocol's name is the event type. */
export enum EventType {
  Alert = 1,
  Drop = 2,
  Flow = 3,
  Tx = 4,
  Anomaly = 5,
  FileInfo = 6,
  /** What the core says about itself: `engine.code` of the body is an EngineCode. */
  Engine = 7,
  /** A step of the traced rule (abi/trace.ts). */
  Trace = 8,
  /**
   * A frame for the host to send: the answer to a rejected one (its number is in `frame`). The body is the frame, not CBOR; it begins
   * with `lead` bytes of the link layer, of the rejected frame's link type, and an IP packet follows. EventFlag.Onward tells where to.
   */
  Reply = 9,
}

/** Where a packet came from: `pkt_src` of EVE, Suricata's names in comments. */
export enum PacketSource {
  Wire = 1, // wire/pcap
  Gre = 2, // gre tunnel
  Ipv4 = 3, // ipv4 tunnel
  Ipv6 = 4, // ipv6 tunnel
  Teredo = 5, // teredo tunnel
  Defrag = 6, // defrag
  StreamEnd = 7, // stream (detect/log)
  FlowForceReassembly = 8, // stream (flow timeout)
  Geneve = 9, // geneve encapsulation
  Vxlan = 10, // vxlan encapsulation
  DetectReloadFlush = 11, // detect reload flush
  CaptureTimeout = 12, // capture timeout flush
  FlowTimeout = 13, // shutdown flush
  Etag = 14, // etag
}
