/** What is checked of a rule before any list of a transaction: header, exceptions, packet conditions, buffers of the packet. */
import { ListFlag, ListRecord } from "../abi/lists";
import { RuleRecord } from "../abi/rules";
import { ListOutcome } from "../abi/trace";
import { traceList, traceOutcome, tracing } from "../verdict/trace";
import { Packet } from "../wire/packet";
import { inspectBuffer } from "./content/inspect";
import { InspectFlag } from "./content/state";
import { isExcepted } from "./exceptions";
import { matchHeader } from "./header";
import { packetBuffer, packetBufferData, packetBufferLength } from "./packet/buffers";
import { matchPacket } from "./packet/conditions";
import { baseOf, FIRST_APP_BUFFER, listOf } from "./transaction/inspect";

/** Header, exceptions, header keywords and state conditions of the rule, and its buffers of the packet. */
export function matchHead(rule: usize, packet: Packet): bool {
  if (!matchHeader(rule, packet) || isExcepted(rule, packet)) return false;
  const conditions = load<u32>(rule, RuleRecord.packet);
  if (conditions != 0 && !matchPacket(conditions, packet)) return false;
  const n = <u32>load<u16>(rule, RuleRecord.listCount);
  for (let i: u32 = 0; i < n; i++) {
    const list = listOf(rule, i);
    if ((load<u8>(list, ListRecord.flags) & (ListFlag.Stream | ListFlag.Generic | ListFlag.Hook)) != 0) continue;
    const base = baseOf(list);
    if (base >= FIRST_APP_BUFFER || load<u32>(list, ListRecord.frame) != 0) continue;
    if (tracing) traceList(i);
    if (!packetBuffer(base, load<u16>(list, ListRecord.buffer), packet)) {
      if (tracing) traceOutcome(i, ListOutcome.Absent, 0, 0);
      return false;
    }
    if (
      !inspectBuffer(
        load<u32>(list, ListRecord.conditions),
        packetBufferData,
        packetBufferLength,
        0,
        InspectFlag.Start | InspectFlag.End,
      )
    )
      return false;
  }
  return true;
}
