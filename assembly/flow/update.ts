/** What a packet does to its flow: counts, direction, first packet of a direction, established state, time to live. */
import { Direction, IpProto } from "../abi/codes";
import { isIcmpError } from "../wire/icmpv4";
import { Packet, PacketFlag } from "../wire/packet";
import { Flow, FlowFlag, FlowState } from "./flow";
import { setFlowState, touchFlow } from "./table";

const BOTH_SEEN: u32 = FlowFlag.ToServerSeen | FlowFlag.ToClientSeen;

function fromSource(f: Flow, p: Packet): bool {
  return f.sourceLow == p.sourceLow && f.sourceHigh == p.sourceHigh;
}

/** Direction of a packet in its flow. Ports tell it where they differ, else addresses; other protocols go to the server. */
export function directionOf(f: Flow, p: Packet): Direction {
  let forward = true;
  switch (<u32>p.proto) {
    case IpProto.Tcp:
    case IpProto.Udp:
    case IpProto.Sctp:
      forward = p.sourcePort != p.destinationPort ? f.sourcePort == p.sourcePort : fromSource(f, p);
      break;
    case IpProto.Icmp:
    case IpProto.Icmpv6:
      forward = fromSource(f, p);
      break;
    default:
      return Direction.ToServer;
  }
  const swapped = (f.flags & FlowFlag.Swapped) != 0;
  return forward != swapped ? Direction.ToServer : Direction.ToClient;
}

/** Marks the direction as seen; the first packet of it is told so. An ICMP error is about the flow, not of it. */
function noteSeen(f: Flow, p: Packet, seen: FlowFlag): void {
  if ((f.flags & seen) != 0) return;
  if (<u32>p.proto == IpProto.Icmp && isIcmpError(p.icmpType)) return;
  f.flags |= seen;
  p.set(PacketFlag.FirstInDirection);
}

function noteToServer(f: Flow, p: Packet): void {
  f.packetsToServer++;
  f.bytesToServer += p.frameLength;
  noteSeen(f, p, FlowFlag.ToServerSeen);
  if (f.minTtlToServer == 0 || p.ttl < f.minTtlToServer) f.minTtlToServer = p.ttl;
  if (p.ttl > f.maxTtlToServer) f.maxTtlToServer = p.ttl;
}

function noteToClient(f: Flow, p: Packet): void {
  f.packetsToClient++;
  f.bytesToClient += p.frameLength;
  noteSeen(f, p, FlowFlag.ToClientSeen);
  if (f.minTtlToClient == 0 || p.ttl < f.minTtlToClient) f.minTtlToClient = p.ttl;
  if (p.ttl > f.maxTtlToClient) f.maxTtlToClient = p.ttl;
}

/** TCP is established by its handshake (stream/ sets the state), the others by a packet of either direction. */
function noteEstablished(f: Flow, p: Packet): void {
  if (<u32>f.state == FlowState.Established) {
    p.set(PacketFlag.Established);
  } else if (<u32>f.proto == IpProto.Tcp) {
    // Closed and bypassed come after established, or after a reset, which Suricata counts alike.
    if (<u32>f.state > <u32>FlowState.Established) p.set(PacketFlag.Established);
  } else if ((f.flags & BOTH_SEEN) == BOTH_SEEN) {
    p.set(PacketFlag.Established);
    setFlowState(f, FlowState.Established);
  }
}

/** Counts `p` on its flow and tells it its direction. Call once a packet, before stream/ sees it. */
export function updateFlow(f: Flow, p: Packet): void {
  touchFlow(f, p.timestamp);
  const direction = directionOf(f, p);
  p.direction = <u8>direction;
  if (direction == Direction.ToServer) noteToServer(f, p);
  else noteToClient(f, p);
  noteEstablished(f, p);
  if (p.has(PacketFlag.IcmpError)) f.flags |= FlowFlag.IcmpError;
  if ((f.flags & FlowFlag.NoPacketInspection) != 0) p.set(PacketFlag.NoInspection);
  if ((f.flags & FlowFlag.NoPayloadInspection) != 0) p.set(PacketFlag.NoPayloadInspection);
}

/** Turns a packet round with its flow. */
export function swapPacket(p: Packet): void {
  p.direction ^= 1;
}
