/** Flow events, and the `flow` object other events carry. */
import { ExceptionPolicy, IpProto } from "../abi/codes";
import { ExceptionPool } from "../abi/exceptions";
import { EventType } from "../abi/frames";
import { Setting } from "../abi/settings";
import { Flow, FlowFlag, FlowState } from "../flow/flow";
import { setting } from "../memory/settings";
import { array, end, flag, hex, map, number, time, word } from "../verdict/cbor";
import { closeEvent } from "../verdict/event";
import { openFlowEvent } from "./header";

/** The `flow` object. `brief`: as alerts carry it, with the addresses of the flow's own direction left to the host. */
export function flowObject(flow: Flow, brief: bool): void {
  if (!map("flow")) return;
  number("pkts_toserver", flow.packetsToServer);
  number("pkts_toclient", flow.packetsToClient);
  number("bytes_toserver", flow.bytesToServer);
  number("bytes_toclient", flow.bytesToClient);
  time("start", flow.started);
  if (!brief) closing(flow);
  end();
}

function closing(flow: Flow): void {
  time("end", flow.lastSeen);
  number("age", (flow.lastSeen - flow.started) / 1000000);
  if (flow.state == <u8>FlowState.Bypassed) word("bypass", "local");
  word("state", stateName(flow));
  word("reason", (flow.flags & FlowFlag.TimedOut) != 0 ? "timeout" : "shutdown");
  flag("alerted", (flow.flags & FlowFlag.Alerted) != 0);
  if ((flow.flags & FlowFlag.Drop) != 0) word("action", "drop");
  else if ((flow.flags & FlowFlag.Pass) != 0) word("action", "pass");
  if (flow.exceptions != 0 && array("exception_policy")) {
    for (let pool: u32 = 0; pool < <u32>ExceptionPool.COUNT; pool++) {
      if ((<u32>flow.exceptions & (1 << pool)) == 0 || !map("")) continue;
      word("target", poolName(pool));
      word("policy", policyName(policyOf(pool)));
      end();
    }
    end();
  }
}

function poolName(pool: u32): string {
  switch (<i32>pool) {
    case ExceptionPool.DefragMemcap:
      return "defrag_memcap";
    case ExceptionPool.StreamMemcap:
      return "stream_memcap";
    case ExceptionPool.StreamReassemblyMemcap:
      return "stream_reassembly_memcap";
    case ExceptionPool.FlowMemcap:
      return "flow_memcap";
    case ExceptionPool.StreamMidstream:
      return "stream_midstream";
    default:
      return "app_layer_error";
  }
}

function policyOf(pool: u32): u32 {
  switch (<i32>pool) {
    case ExceptionPool.DefragMemcap:
      return setting(Setting.DefragMemcapPolicy);
    case ExceptionPool.StreamMemcap:
      return setting(Setting.StreamMemcapPolicy);
    case ExceptionPool.StreamReassemblyMemcap:
      return setting(Setting.ReassemblyMemcapPolicy);
    case ExceptionPool.FlowMemcap:
      return setting(Setting.FlowMemcapPolicy);
    case ExceptionPool.StreamMidstream:
      return setting(Setting.MidstreamPolicy);
    default:
      return setting(Setting.AppLayerErrorPolicy);
  }
}

function policyName(policy: u32): string {
  switch (<i32>policy) {
    case ExceptionPolicy.PassPacket:
      return "pass_packet";
    case ExceptionPolicy.PassFlow:
      return "pass_flow";
    case ExceptionPolicy.Bypass:
      return "bypass";
    case ExceptionPolicy.DropPacket:
      return "drop_packet";
    case ExceptionPolicy.DropFlow:
      return "drop_flow";
    case ExceptionPolicy.Reject:
      return "reject";
    case ExceptionPolicy.RejectBoth:
      return "reject_both";
    default:
      return "ignore";
  }
}

function stateName(flow: Flow): string {
  switch (<i32>flow.state) {
    case FlowState.New:
      return "new";
    case FlowState.Established:
      return "established";
    case FlowState.Closed:
      return "closed";
    default:
      return "bypassed";
  }
}

/** Writes the event of a flow that ended. */
export function reportFlow(flow: Flow, now: u64): void {
  const record = openFlowEvent(EventType.Flow, flow, now);
  if (record == 0) return;
  flowObject(flow, false);
  if (flow.proto == <u8>IpProto.Tcp && map("tcp")) {
    tcpFlags("tcp_flags", flow.tcpFlags);
    tcpFlags("tcp_flags_ts", flow.tcpFlagsToServer);
    tcpFlags("tcp_flags_tc", flow.tcpFlagsToClient);
    bit("syn", flow.tcpFlags, 2);
    bit("fin", flow.tcpFlags, 1);
    bit("rst", flow.tcpFlags, 4);
    bit("psh", flow.tcpFlags, 8);
    bit("ack", flow.tcpFlags, 16);
    bit("urg", flow.tcpFlags, 32);
    bit("ecn", flow.tcpFlags, 64);
    bit("cwr", flow.tcpFlags, 128);
    end();
  }
  closeEvent(record);
}

function bit(key: string, flags: u32, mask: u32): void {
  if ((flags & mask) != 0) flag(key, true);
}

const flagByte: usize = memory.data(1);

/** The flag byte as two hex digits. */
function tcpFlags(key: string, flags: u8): void {
  store<u8>(flagByte, flags);
  hex(key, flagByte, 1);
}
