/** The layer above IP: dispatch by protocol number, with the counters. Tunnels are not here: they start packets of their own. */
import { IpProto } from "../abi/codes";
import { Counter } from "../abi/counters";
import { countAdd } from "../verdict/counters";
import { noteEsp } from "./esp";
import { noteIcmpv4 } from "./icmpv4";
import { noteIcmpv6 } from "./icmpv6";
import { noteIgmp } from "./igmp";
import { Packet } from "./packet";
import { noteSctp } from "./sctp";
import { noteTcp, TcpFlag } from "./tcp";
import { noteUdp } from "./udp";

export function decodeTcp(p: Packet, at: usize, length: u32): void {
  countAdd(Counter.decoder__tcp, 1);
  if (!noteTcp(p, at, length)) return;
  const flags = p.tcpFlags;
  if ((flags & (TcpFlag.Syn | TcpFlag.Ack)) == (TcpFlag.Syn | TcpFlag.Ack)) countAdd(Counter.tcp__synack, 1);
  else if ((flags & TcpFlag.Syn) != 0) countAdd(Counter.tcp__syn, 1);
  if ((flags & TcpFlag.Rst) != 0) countAdd(Counter.tcp__rst, 1);
}

/** Reads the `length` bytes at `at` as protocol `proto`. */
export function decodeTransport(p: Packet, proto: u32, at: usize, length: u32): void {
  switch (proto) {
    case IpProto.Tcp:
      decodeTcp(p, at, length);
      break;
    case IpProto.Udp:
      countAdd(Counter.decoder__udp, 1);
      noteUdp(p, at, length);
      break;
    case IpProto.Sctp:
      countAdd(Counter.decoder__sctp, 1);
      noteSctp(p, at, length);
      break;
    case IpProto.Icmp:
      countAdd(Counter.decoder__icmpv4, 1);
      noteIcmpv4(p, at, length);
      break;
    case IpProto.Icmpv6:
      countAdd(Counter.decoder__icmpv6, 1);
      noteIcmpv6(p, at, length);
      break;
    case IpProto.Igmp:
      noteIgmp(p, at, length);
      break;
    case IpProto.Esp:
      noteEsp(p, at, length);
      break;
    default:
      break;
  }
}
