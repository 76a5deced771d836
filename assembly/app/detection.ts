/**
 * Protocol detection: which protocol the first bytes of a direction belong to, as Suricata decides it: patterns at fixed places first,
 * then probes bound to ports. A direction asks again with more bytes until both are done.
 */
import { AppProto, IpProto } from "../abi/codes";
import { Setting } from "../abi/settings";
import { setting } from "../memory/settings";
import { isEnabled } from "./enabled";
import { findPattern, patternReversed, patternsDone } from "./patterns";
import { clearReversed, Probe, probeReversed } from "./probe";
import { hasProbe, leastBytes, mostBytes, probe } from "./probes";

/** What one direction of a flow may be asked with. */
@unmanaged
export class Question {
  transport: u32;
  direction: u32;
  /** Ports of the flow's server and client. */
  serverPort: u32;
  clientPort: u32;
  /** AppProto the other direction found, Unknown for none. */
  other: u32;
  /** Patterns, probes of this direction have already given up. */
  noPatterns: bool;
  noProbes: bool;
  /** Sessions may be picked up midstream: the direction may be mistaken. */
  midstream: bool;
}

/** The question asked next; its fields are set by the caller. */
export const question: Question = changetype<Question>(memory.data(64, 8));

/** After `detectProtocol`: patterns, probes have given up. */
export let noMorePatterns: bool = false;
export let noMoreProbes: bool = false;
/** The protocol was found by what the other side would send. */
export let foundReversed: bool = false;

/** A probing port of the settings: protocol, transport and port. */
enum PortField {
  port = 0xffff,
  udp = 0x1_0000,
  /** The port is that of the client. */
  client = 0x2_0000,
  protoShift = 24,
}

const MAX_PORTS: u32 = Setting.HostOsNetworks - Setting.ProbePorts;

/** Probes bound to the ports of this round: asked, and answered No. */
let asked: u64 = 0;
let refused: u64 = 0;

function ask(proto: u32, data: usize, length: u32): bool {
  if (!isEnabled(proto)) return false;
  const bit: u64 = (<u64>1) << proto;
  asked |= bit;
  if ((refused & bit) != 0 || length < leastBytes(proto)) return false;
  const q = question;
  const answer = hasProbe(proto, q.direction) ? probe(proto, q.transport, q.direction, data, length) : Probe.More;
  if (answer == Probe.Yes) return true;
  const most = mostBytes(proto);
  if (answer == Probe.No || (most != 0 && length > most)) refused |= bit;
  return false;
}

/** Asks the probes bound to `port`. AppProto, Unknown for none. */
function askPort(port: u32, client: bool, data: usize, length: u32): u32 {
  const udp = question.transport == IpProto.Udp;
  for (let i: u32 = 0; i < MAX_PORTS; i++) {
    const entry = setting(Setting.ProbePorts + i);
    if (entry == 0) break;
    if ((entry & <u32>PortField.port) != port) continue;
    if (((entry & <u32>PortField.udp) != 0) != udp || ((entry & <u32>PortField.client) != 0) != client) continue;
    const proto = entry >> <u32>PortField.protoShift;
    if (ask(proto, data, length)) return proto;
  }
  return AppProto.Unknown;
}

function askPorts(server: u32, client: u32, data: usize, length: u32): u32 {
  const proto = askPort(server, false, data, length);
  return proto != AppProto.Unknown ? proto : askPort(client, true, data, length);
}

function findProbe(data: usize, length: u32): u32 {
  const q = question;
  asked = 0;
  refused = 0;
  clearReversed();
  // What the other direction found is asked whatever the port.
  if (
    q.other != AppProto.Unknown &&
    q.other != AppProto.Failed &&
    hasProbe(q.other, q.direction) &&
    ask(q.other, data, length)
  )
    return q.other;
  let proto = askPorts(q.serverPort, q.clientPort, data, length);
  noMoreProbes = proto != AppProto.Unknown || asked == refused;
  if (proto == AppProto.Unknown && q.midstream) proto = askPorts(q.clientPort, q.serverPort, data, length);
  return proto;
}

/** The protocol of `question` about the bytes: AppProto, Unknown when it cannot be told (yet). */
export function detectProtocol(data: usize, length: u32): u32 {
  const q = question;
  foundReversed = false;
  noMorePatterns = q.noPatterns;
  noMoreProbes = q.noProbes;
  let found: u32 = AppProto.Unknown;
  if (!q.noPatterns) {
    found = findPattern(q.transport, q.direction, data, length, q.midstream);
    noMorePatterns = patternsDone;
    foundReversed = patternReversed;
    // DNS has the looks of DCE/RPC over UDP.
    if (found != AppProto.Unknown && !(q.transport == IpProto.Udp && found == AppProto.Dcerpc)) return found;
  }
  if (q.noProbes) return found;
  const probed = findProbe(data, length);
  if (probed == AppProto.Unknown) return found;
  foundReversed = probeReversed;
  return probed;
}
