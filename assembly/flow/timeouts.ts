/**
 * How long a flow may be silent, by protocol and state (flow-timeouts of suricata.yaml), and the queues that follow from it: all flows
 * of one queue wait equally long, so the queue is in order of expiry and its head alone need be looked at.
 */
import { IpProto } from "../abi/codes";
import { Setting } from "../abi/settings";
import { setting } from "../memory/settings";
import { FlowState } from "./flow";

/** Queues: four protocol classes of four states each. */
export const QUEUES: u32 = 16;

const enum Class {
  Other = 0,
  Tcp = 1,
  Udp = 2,
  Icmp = 3,
}

/** Seconds while memory for flows is short: the emergency-* values of the stock suricata.yaml. */
const EMERGENCY_NEW: u32 = 10;
const EMERGENCY_NEW_TCP: u32 = 5;
const EMERGENCY_ESTABLISHED: u32 = 100;
const EMERGENCY_CLOSED_TCP: u32 = 10;

function classOf(proto: u32): u32 {
  switch (proto) {
    case IpProto.Tcp:
      return Class.Tcp;
    case IpProto.Udp:
      return Class.Udp;
    case IpProto.Icmp:
    case IpProto.Icmpv6:
      return Class.Icmp;
    default:
      return Class.Other;
  }
}

/** Queue of flows of this protocol in this state. */
export function queueOf(proto: u32, state: u32): u32 {
  return (classOf(proto) << 2) | state;
}

function established(kind: u32): u32 {
  if (kind == Class.Tcp) return setting(Setting.TcpEstablished);
  if (kind == Class.Udp) return setting(Setting.UdpEstablished);
  if (kind == Class.Icmp) return setting(Setting.IcmpEstablished);
  return setting(Setting.DefaultEstablished);
}

function fresh(kind: u32): u32 {
  if (kind == Class.Tcp) return setting(Setting.TcpNew);
  if (kind == Class.Udp) return setting(Setting.UdpNew);
  if (kind == Class.Icmp) return setting(Setting.IcmpNew);
  return setting(Setting.DefaultNew);
}

function bypassed(kind: u32): u32 {
  if (kind == Class.Tcp) return setting(Setting.TcpBypassed);
  if (kind == Class.Udp) return setting(Setting.UdpBypassed);
  if (kind == Class.Icmp) return setting(Setting.IcmpBypassed);
  return setting(Setting.DefaultBypassed);
}

function closed(kind: u32): u32 {
  return kind == Class.Tcp ? setting(Setting.TcpClosed) : setting(Setting.DefaultClosed);
}

/** Seconds of silence a queue allows. */
export function secondsOf(queue: u32, emergency: bool): u32 {
  const kind = queue >> 2;
  switch (queue & 3) {
    case FlowState.New: {
      const seconds = fresh(kind);
      return emergency ? min(seconds, kind == Class.Tcp ? EMERGENCY_NEW_TCP : EMERGENCY_NEW) : seconds;
    }
    case FlowState.Established: {
      const seconds = established(kind);
      return emergency ? min(seconds, EMERGENCY_ESTABLISHED) : seconds;
    }
    case FlowState.Closed: {
      const seconds = closed(kind);
      return emergency ? min(seconds, kind == Class.Tcp ? EMERGENCY_CLOSED_TCP : 0) : seconds;
    }
    default:
      return bypassed(kind);
  }
}
