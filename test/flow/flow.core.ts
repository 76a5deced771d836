/** Decoder, defragmentation and flow table, for their tests: one frame at a time. */
import { Frame } from "../../assembly/abi/frames";
import { Setting } from "../../assembly/abi/settings";
import { configureDefrag, defragmentAll, defragRefused } from "../../assembly/flow/defrag";
import { Flow } from "../../assembly/flow/flow";
import { swapFlow } from "../../assembly/flow/swap";
import {
  configureFlows,
  flowRefused,
  freeFlow,
  lookupFlow,
  nextExpired,
  nextRemaining,
  reuseFlow,
  setFlowState,
} from "../../assembly/flow/table";
import { updateFlow } from "../../assembly/flow/update";
import { reserve } from "../../assembly/memory/arena";
import { Account, configureHeap, usedBy } from "../../assembly/memory/heap";
import { putSetting } from "../../assembly/memory/settings";
import { counted } from "../../assembly/verdict/counters";
import { ipChecksum } from "../../assembly/wire/checksum";
import { decodeFrame } from "../../assembly/wire/decode";
import { Packet } from "../../assembly/wire/packet";
import { configurePackets, packetAt, packetCount } from "../../assembly/wire/packets";

export { defragRefused, flowRefused, packetCount };

let descriptor: usize = 0;
let area: usize = 0;

export function set(index: Setting, value: u32): void {
  putSetting(index, value);
}

export function configure(): bool {
  descriptor = reserve(Frame.size);
  area = reserve(131072);
  return configurePackets() && configureHeap(1 << 20) && configureDefrag() && configureFlows();
}

export function frameArea(): usize {
  return area;
}

/** Time in seconds. */
export function decode(length: u32, linkType: u32, seconds: f64): void {
  store<u32>(descriptor, <u32>area, Frame.data);
  store<u32>(descriptor, length, Frame.length);
  store<u32>(descriptor, length, Frame.wireLength);
  store<u64>(descriptor, <u64>(seconds * 1000000), Frame.timestamp);
  store<u16>(descriptor, <u16>linkType, Frame.linkType);
  store<u16>(descriptor, 0, Frame.flags);
  decodeFrame(descriptor);
  defragmentAll();
}

export function defragBytes(): u32 {
  return usedBy(Account.Defrag);
}
export function counter(index: u32): u32 {
  return <u32>counted(index);
}

export function eventCount(i: u32): u32 {
  return packetAt(i).eventCount;
}
export function eventOf(i: u32, n: u32): u32 {
  return packetAt(i).event(n);
}
export function flags(i: u32): u32 {
  return packetAt(i).flags;
}
export function source(i: u32): u32 {
  return packetAt(i).source;
}
export function outer(i: u32): i32 {
  const p = packetAt(i);
  for (let n: u32 = 0; n < packetCount(); n++) {
    if (changetype<usize>(packetAt(n)) == p.outer) return n;
  }
  return -1;
}
export function proto(i: u32): u32 {
  return packetAt(i).proto;
}
export function ip(i: u32): usize {
  return packetAt(i).ip;
}
export function ipLength(i: u32): u32 {
  return packetAt(i).ipLength;
}
export function ipSum(i: u32): u32 {
  return ipChecksum(packetAt(i));
}
export function payload(i: u32): usize {
  return packetAt(i).payload;
}
export function payloadLength(i: u32): u32 {
  return packetAt(i).payloadLength;
}
export function ports(i: u32): u32 {
  return ((<u32>packetAt(i).sourcePort) << 16) | packetAt(i).destinationPort;
}
export function direction(i: u32): u32 {
  return packetAt(i).direction;
}

function flowOf(p: Packet): Flow {
  return changetype<Flow>(p.flow);
}

/** Looks the flow of packet `i` up and counts the packet on it; its address, or 0. */
export function handle(i: u32): usize {
  const p = packetAt(i);
  const f = lookupFlow(p);
  if (f !== null) updateFlow(f, p);
  return p.flow;
}
export function reuse(i: u32): usize {
  const p = packetAt(i);
  const f = reuseFlow(flowOf(p), p);
  if (f !== null) updateFlow(f, p);
  return p.flow;
}
export function setState(flow: usize, state: u32): void {
  setFlowState(changetype<Flow>(flow), state);
}
export function swap(flow: usize): void {
  swapFlow(changetype<Flow>(flow));
}
/** Address of the next flow that ended by `seconds`; it is freed with the next call of `free`. */
export function expired(seconds: f64): usize {
  return changetype<usize>(nextExpired(<u64>(seconds * 1000000)));
}
export function remaining(): usize {
  return changetype<usize>(nextRemaining());
}
export function free(flow: usize): void {
  freeFlow(changetype<Flow>(flow));
}
export function flowId(flow: usize): f64 {
  return <f64>changetype<Flow>(flow).id;
}
export function flowState(flow: usize): u32 {
  return changetype<Flow>(flow).state;
}
export function flowEnded(flow: usize): u32 {
  return changetype<Flow>(flow).ended;
}
export function packetsToServer(flow: usize): u32 {
  return changetype<Flow>(flow).packetsToServer;
}
export function packetsToClient(flow: usize): u32 {
  return changetype<Flow>(flow).packetsToClient;
}
export function bytesToServer(flow: usize): u32 {
  return <u32>changetype<Flow>(flow).bytesToServer;
}
export function minTtlToServer(flow: usize): u32 {
  return changetype<Flow>(flow).minTtlToServer;
}
export function maxTtlToServer(flow: usize): u32 {
  return changetype<Flow>(flow).maxTtlToServer;
}
