/** Turns a flow round: its first packet turned out to come from the server. */
import { Flow, FlowFlag } from "./flow";

/** Exchanges the bits `a` and `b` of `flags`. */
function exchange(flags: u32, a: u32, b: u32): u32 {
  const hasA = (flags & a) != 0;
  const hasB = (flags & b) != 0;
  flags &= ~(a | b);
  if (hasA) flags |= b;
  if (hasB) flags |= a;
  return flags;
}

/** Exchanges all that is kept by direction. The addresses stay as they are: `FlowFlag.Swapped` says that the destination is the client. */
export function swapFlow(flow: Flow): void {
  const bytes = flow.bytesToServer;
  flow.bytesToServer = flow.bytesToClient;
  flow.bytesToClient = bytes;
  const packets = flow.packetsToServer;
  flow.packetsToServer = flow.packetsToClient;
  flow.packetsToClient = packets;
  const minTtl = flow.minTtlToServer;
  flow.minTtlToServer = flow.minTtlToClient;
  flow.minTtlToClient = minTtl;
  const maxTtl = flow.maxTtlToServer;
  flow.maxTtlToServer = flow.maxTtlToClient;
  flow.maxTtlToClient = maxTtl;
  const tcpFlags = flow.tcpFlagsToServer;
  flow.tcpFlagsToServer = flow.tcpFlagsToClient;
  flow.tcpFlagsToClient = tcpFlags;
  const proto = flow.appProtoToServer;
  flow.appProtoToServer = flow.appProtoToClient;
  flow.appProtoToClient = proto;
  let flags = flow.flags;
  flags = exchange(flags, FlowFlag.ToServerSeen, FlowFlag.ToClientSeen);
  flags = exchange(flags, FlowFlag.IpOnlyToServer, FlowFlag.IpOnlyToClient);
  flags = exchange(flags, FlowFlag.ProtocolToServerDone, FlowFlag.ProtocolToClientDone);
  flags = exchange(flags, FlowFlag.NextToServer, FlowFlag.NextToClient);
  flow.flags = flags ^ FlowFlag.Swapped;
}

/** Port of the side that counts as the server. */
export function serverPort(flow: Flow): u16 {
  return (flow.flags & FlowFlag.Swapped) != 0 ? flow.sourcePort : flow.destinationPort;
}

/** Port of the side that counts as the client. */
export function clientPort(flow: Flow): u16 {
  return (flow.flags & FlowFlag.Swapped) != 0 ? flow.destinationPort : flow.sourcePort;
}
