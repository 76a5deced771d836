/**
 * Exception policies (Suricata manual, "Exception Policies"): what happens to a packet, and to its flow, when the engine cannot do
 * its work: no memory, a session picked up midstream, a parser error.
 */
import { Action, DropReason, ExceptionPolicy } from "../abi/codes";
import { Counter } from "../abi/counters";
import { ExceptionPool, POLICIES_COUNTED } from "../abi/exceptions";
import { Setting } from "../abi/settings";
import { setting } from "../memory/settings";
import { countAdd } from "../verdict/counters";
import { Packet, PacketFlag } from "../wire/packet";
import { Flow, FlowFlag, FlowState } from "./flow";
import { setFlowState } from "./table";

/** Decides to drop `packet`; the first reason stays. */
export function dropPacket(packet: Packet, action: u32, reason: u32): void {
  if (packet.action < <u8>Action.Drop) packet.action = <u8>action;
  if (packet.reason == 0) packet.reason = <u8>reason;
}

/** The pool whose policy is applied with `reason`. */
function poolOf(reason: u32): ExceptionPool {
  switch (reason) {
    case DropReason.DefragMemcap:
      return ExceptionPool.DefragMemcap;
    case DropReason.StreamMemcap:
      return ExceptionPool.StreamMemcap;
    case DropReason.StreamReassembly:
      return ExceptionPool.StreamReassemblyMemcap;
    case DropReason.FlowMemcap:
      return ExceptionPool.FlowMemcap;
    case DropReason.StreamMidstream:
      return ExceptionPool.StreamMidstream;
    case DropReason.AppLayerError:
    case DropReason.AppLayerMemcap:
      return ExceptionPool.AppLayerError;
    default:
      return ExceptionPool.None;
  }
}

/** Counts the policy, and notes on the flow what it met with, a policy that ignores it included. */
function note(flow: usize, policy: u32, reason: u32): void {
  const pool = poolOf(reason);
  if (pool == ExceptionPool.None) return;
  if (flow != 0) changetype<Flow>(flow).exceptions |= <u8>((<u32>1) << (<u32>pool));
  if (policy == ExceptionPolicy.Ignore) return;
  // Once a policy or rule has decided about the flow, the same policy decides nothing more.
  if (flow != 0 && (changetype<Flow>(flow).flags & (FlowFlag.Drop | FlowFlag.Pass)) != 0) return;
  const first = <i32>Counter.exception_policy__defrag__memcap__pass_packet;
  countAdd(first + <i32>pool * POLICIES_COUNTED + <i32>(policy - ExceptionPolicy.PassPacket), 1);
}

/**
 * Applies `policy` (ExceptionPolicy) with `reason` (DropReason). `flow` may be 0. True when something was decided.
 * Dropping policies are void in detection mode, as the manual says: what they would drop is recorded.
 */
export function applyException(packet: Packet, flow: usize, policy: u32, reason: u32): bool {
  const inline = setting(Setting.Prevent) != 0;
  note(flow, policy, reason);
  switch (policy) {
    case ExceptionPolicy.DropPacket:
    case ExceptionPolicy.DropFlow:
      if (!inline) {
        packet.set(PacketFlag.WouldDrop);
        if (policy == ExceptionPolicy.DropFlow && flow != 0) changetype<Flow>(flow).flags |= FlowFlag.WouldDrop;
        return false;
      }
      if (policy == ExceptionPolicy.DropFlow) dropFlow(flow, reason, false);
      packet.set(PacketFlag.NoPayloadInspection | PacketFlag.NoInspection);
      dropPacket(packet, Action.Drop, reason);
      return true;
    case ExceptionPolicy.Reject:
    case ExceptionPolicy.RejectBoth:
      if (!inline) {
        // In detection the answer is all there is to it, as in Suricata; the flow goes on.
        dropPacket(packet, policy == ExceptionPolicy.Reject ? Action.Reject : Action.RejectBoth, reason);
        return true;
      }
      dropFlow(flow, reason, true);
      packet.set(PacketFlag.NoPayloadInspection | PacketFlag.NoInspection);
      dropPacket(packet, policy == ExceptionPolicy.Reject ? Action.Reject : Action.RejectBoth, reason);
      return true;
    case ExceptionPolicy.Bypass:
    case ExceptionPolicy.PassFlow:
    case ExceptionPolicy.PassPacket:
      if (flow != 0 && policy != ExceptionPolicy.PassPacket) {
        const f = changetype<Flow>(flow);
        if (policy == ExceptionPolicy.Bypass) setFlowState(f, FlowState.Bypassed);
        f.flags |= FlowFlag.Pass | FlowFlag.NoPacketInspection | FlowFlag.ExceptionPolicy;
      }
      packet.set(PacketFlag.NoPayloadInspection | PacketFlag.NoInspection | PacketFlag.PassedByPolicy);
      return true;
    default:
      return false;
  }
}

function dropFlow(flow: usize, reason: u32, rejected: bool): void {
  if (flow == 0) return;
  const f = changetype<Flow>(flow);
  f.flags |=
    FlowFlag.Drop |
    FlowFlag.NoPacketInspection |
    FlowFlag.NoPayloadInspection |
    FlowFlag.NoAppLayer |
    FlowFlag.ExceptionPolicy;
  if (rejected) f.flags |= FlowFlag.Rejected;
  if (f.dropReason == 0) f.dropReason = <u8>reason;
}
