/** Conditions on the headers of a packet and on the state of its flow: checked before any content (Suricata manual, header keywords). */

import { Field } from "../../abi/buffers";
import { IpProto } from "../../abi/codes";
import {
  BitsField,
  ChecksumField,
  CONDITION_LAST,
  CompareField,
  Condition,
  EventField,
  IndexMode,
  Op,
  RpcField,
  RpcFlag,
  TcpFlagsField,
  TcpFlagsMode,
} from "../../abi/conditions";
import { database } from "../../rules/database";
import { traceCondition, traceNumber, tracing } from "../../verdict/trace";
import { Packet } from "../../wire/packet";
import { compareNumber } from "../compare";
import { matchFlowBits } from "../state/flowbits";
import { matchFlowInt } from "../state/flowint";
import { matchAppLayerProtocol } from "../state/protocol";
import { matchVariable } from "../state/variables";
import { matchXbits } from "../state/xbits";
import { checksumHolds } from "./checksum";
import { packetNumber, packetNumbers } from "./numbers";
import { ipOptionBits } from "./options";
import { matchStreamSize } from "./stream_size";

/** Do all packet conditions of the chain hold? */
export function matchPacket(chain: u32, packet: Packet): bool {
  let c = database + chain;
  while (true) {
    if (!matchOne(c, packet)) {
      if (tracing) traceFailed(c);
      return false;
    }
    if ((load<u32>(c, Condition.flags) & CONDITION_LAST) != 0) return true;
    c += load<u16>(c, Condition.length);
  }
}

function traceFailed(c: usize): void {
  if (load<u16>(c, Condition.op) == <u16>Op.Compare) traceNumber(<u32>(c - database), packetNumber);
  else traceCondition(<u32>(c - database));
}

function matchOne(c: usize, packet: Packet): bool {
  switch (<u32>load<u16>(c, Condition.op)) {
    case Op.Compare:
      return matchNumber(c, packet);
    case Op.TcpFlags:
      return matchTcpFlags(
        packet,
        load<u8>(c, TcpFlagsField.mode),
        load<u8>(c, TcpFlagsField.flags),
        load<u8>(c, TcpFlagsField.ignored),
      );
    case Op.IpOptions:
      return (ipOptionBits(packet) & load<u32>(c, BitsField.bits)) != 0;
    case Op.FragBits:
      return matchFragBits(c, packet);
    case Op.SameIp:
      return (
        packet.ipVersion != 0 &&
        packet.sourceLow == packet.destinationLow &&
        packet.sourceHigh == packet.destinationHigh
      );
    case Op.Checksum:
      return checksumHolds(packet, load<u8>(c, ChecksumField.kind), load<u8>(c, ChecksumField.valid) != 0);
    case Op.StreamSize:
      return matchStreamSize(c, packet);
    case Op.DecodeEvent:
      return hasEvent(packet, load<u16>(c, EventField.event));
    case Op.Rpc:
      return matchRpc(c, packet);
    case Op.FlowBits:
      return matchFlowBits(c, packet);
    case Op.FlowInt:
      return matchFlowInt(c, packet);
    case Op.Xbits:
      return matchXbits(c, packet);
    case Op.AppLayerProtocol:
      return matchAppLayerProtocol(c, packet);
    case Op.FlowVariable:
      return matchVariable(c, packet);
    default:
      return false;
  }
}

function matchNumber(c: usize, packet: Packet): bool {
  const field = <u32>load<u16>(c, CompareField.field);
  switch (field) {
    case Field.vlan__id:
      return matchVlan(c, packet);
    case Field.flow__pkts:
      return matchField(Field.flow__pkts_toserver, c, packet) || matchField(Field.flow__pkts_toclient, c, packet);
    case Field.flow__bytes:
      return matchField(Field.flow__bytes_toserver, c, packet) || matchField(Field.flow__bytes_toclient, c, packet);
    default:
      return matchField(field, c, packet);
  }
}

function matchField(field: u32, c: usize, packet: Packet): bool {
  return packetNumbers(field, packet) && compareNumber(packetNumber, c);
}

/** `vlan.id:<number>[,<layer>|any|all]`; a negative layer counts from the last. */
function matchVlan(c: usize, packet: Packet): bool {
  const n = <i32>packet.vlanCount;
  const mode = <u32>load<u8>(c, CompareField.index);
  if (mode == IndexMode.At) {
    const at = load<i32>(c, CompareField.at);
    const i = at < 0 ? n + at : at;
    return i >= 0 && i < n && compareNumber(vlanAt(packet, i), c);
  }
  let held = 0;
  for (let i = 0; i < n; i++) if (compareNumber(vlanAt(packet, i), c)) held++;
  return mode == IndexMode.Any ? held > 0 : n > 0 && held == n;
}

function vlanAt(packet: Packet, i: i32): u64 {
  return i == 0 ? packet.vlan0 : i == 1 ? packet.vlan1 : packet.vlan2;
}

/** `flags:[modifier]<flags>[,<ignored>]`; both are bit sets of the TCP flag byte. */
export function matchTcpFlags(packet: Packet, mode: u32, wanted: u32, ignored: u32): bool {
  if (packet.proto != <u8>IpProto.Tcp || packet.transport == 0) return false;
  return matchBits(mode, <u32>packet.tcpFlags & ~ignored & 0xff, wanted);
}

function matchBits(mode: u32, seen: u32, wanted: u32): bool {
  switch (mode) {
    case TcpFlagsMode.AtLeast:
      return (seen & wanted) == wanted;
    case TcpFlagsMode.Any:
      return (seen & wanted) != 0;
    case TcpFlagsMode.Not:
      return (seen & wanted) != wanted;
    default:
      return seen == wanted;
  }
}

function matchFragBits(c: usize, packet: Packet): bool {
  if (packet.ipVersion != 4) return false;
  return matchBits(load<u8>(c, BitsField.mode), packet.fragmentBits, load<u32>(c, BitsField.bits));
}

/** Decode, stream and application events of this packet. */
export function hasEvent(packet: Packet, event: u32): bool {
  const n = <u32>packet.eventCount;
  for (let i: u32 = 0; i < n; i++) if (packet.event(i) == event) return true;
  return false;
}

/** `rpc:<program>,<version|*>,<procedure|*>`: a Sun RPC call (RFC 5531 section 9) in this packet. */
function matchRpc(c: usize, packet: Packet): bool {
  let at = packet.payload;
  let length = packet.payloadLength;
  if (packet.proto == IpProto.Tcp) {
    // Record mark of RPC over TCP.
    if (length < 4) return false;
    at += 4;
    length -= 4;
  }
  if (length < 24 || load<u32>(at, 4) != 0) return false;
  const f = load<u32>(c, Condition.flags);
  if (bswap<u32>(load<u32>(at, 12)) != load<u32>(c, RpcField.program)) return false;
  if ((f & RpcFlag.Version) != 0 && bswap<u32>(load<u32>(at, 16)) != load<u32>(c, RpcField.version)) return false;
  return (f & RpcFlag.Procedure) == 0 || bswap<u32>(load<u32>(at, 20)) == load<u32>(c, RpcField.procedure);
}
