/** Traffic that a rule is excepted from: for it the rule does not exist, so it neither alerts, drops, rewrites nor sets bits. */
import { IpProto } from "../abi/codes";
import { ExceptionRecord, RuleRecord } from "../abi/rules";
import { exceptions } from "../rules/database";
import { Packet, PacketFlag } from "../wire/packet";
import { End, remembered } from "./header";

/** Does one of the rule's exceptions cover the packet? */
export function isExcepted(rule: usize, packet: Packet): bool {
  const first = <usize>load<u16>(rule, RuleRecord.exceptions);
  if (first == 0) return false;
  let e = exceptions + first * ExceptionRecord.size;
  while (!covers(e, packet)) {
    if (load<u32>(e, ExceptionRecord.last) != 0) return false;
    e += ExceptionRecord.size;
  }
  return true;
}

/** Everything the exception names holds. */
function covers(e: usize, packet: Packet): bool {
  const ports = load<u32>(e, ExceptionRecord.sourcePorts);
  const destinationPorts = load<u32>(e, ExceptionRecord.destinationPorts);
  const eitherPorts = load<u32>(e, ExceptionRecord.eitherPorts);
  if ((ports | destinationPorts | eitherPorts) != 0 && !hasPorts(packet)) return false;
  if (ports != 0 && !remembered(End.SourcePort, ports, packet)) return false;
  if (destinationPorts != 0 && !remembered(End.DestinationPort, destinationPorts, packet)) return false;
  if (
    eitherPorts != 0 &&
    !remembered(End.SourcePort, eitherPorts, packet) &&
    !remembered(End.DestinationPort, eitherPorts, packet)
  )
    return false;
  const source = load<u32>(e, ExceptionRecord.source);
  if (source != 0 && !remembered(End.Source, source, packet)) return false;
  const destination = load<u32>(e, ExceptionRecord.destination);
  if (destination != 0 && !remembered(End.Destination, destination, packet)) return false;
  const either = load<u32>(e, ExceptionRecord.either);
  return either == 0 || remembered(End.Source, either, packet) || remembered(End.Destination, either, packet);
}

function hasPorts(packet: Packet): bool {
  const proto = <i32>packet.proto;
  if (packet.has(PacketFlag.Fragment)) return false;
  return proto == IpProto.Tcp || proto == IpProto.Udp || proto == IpProto.Sctp;
}
