/** Entry of the stream room's tests: one flow at a time, driven packet by packet as the pipeline does. */

import { Flow, FlowFlag } from "../../assembly/flow/flow";
import { Account, configureHeap, usedBy } from "../../assembly/memory/heap";
import { putSetting } from "../../assembly/memory/settings";
import {
  appConsumed,
  appData,
  appDataReady,
  streamData,
  streamFlags,
  streamLength,
  streamOffset,
} from "../../assembly/stream/feed";
import {
  disableAppLayer,
  firstDataDirection,
  needsReassembly,
  payloadOffset,
  setProtocolDetected,
  streamSize,
} from "../../assembly/stream/inspection";
import {
  rawData,
  rawInspected,
  rawLength,
  rawNext,
  rawOffset,
  rawReady,
  rawSkipped,
  rawWindow,
  triggerRaw,
} from "../../assembly/stream/raw";
import { freeSession, pruneStream } from "../../assembly/stream/release";
import { sessionReuse } from "../../assembly/stream/reuse";
import { half, openSessions, Session } from "../../assembly/stream/session";
import { configureStream, streamPacket } from "../../assembly/stream/stream";
import { counted } from "../../assembly/verdict/counters";
import { PACKET_SIZE, Packet, PacketFlag } from "../../assembly/wire/packet";

const flowAt: usize = memory.data(512, 8);
const packetAt: usize = memory.data(512, 8);
/** The TCP header, for checksums, and the payload behind it. */
const frameAt: usize = memory.data(70000, 8);
const HEADER: usize = 32;

export function set(index: u32, value: u32): void {
  putSetting(index, value);
}

export function configure(heapBytes: u32): bool {
  return configureHeap(heapBytes) && configureStream();
}

/** Address at which the test writes the payload. */
export function payloadAddress(): usize {
  return frameAt + HEADER;
}

export function sackAddress(): usize {
  return frameAt + 20;
}

export function eventAt(i: u32): u32 {
  return changetype<Packet>(packetAt).event(i);
}

function packet(): Packet {
  return changetype<Packet>(packetAt);
}

function flow(): Flow {
  return changetype<Flow>(flowAt);
}

/** Begins a packet; the fields that follow are set one by one. */
export function begin(direction: u32, flags: u32, seq: u32, ack: u32, window: u32, length: u32): void {
  memory.fill(packetAt, 0, PACKET_SIZE);
  const p = packet();
  p.direction = <u8>direction;
  p.tcpFlags = <u8>flags;
  p.sequence = seq;
  p.acknowledgement = ack;
  p.window = <u16>window;
  p.transport = frameAt;
  p.transportLength = <u32>HEADER + length;
  p.payload = frameAt + HEADER;
  p.payloadLength = length;
  p.flow = flowAt;
  p.proto = 6;
  p.ipVersion = 4;
}

export function time(microseconds: u64): void {
  packet().timestamp = microseconds;
}

export function option(bit: u32, a: u32, b: u32): void {
  const p = packet();
  p.tcpOptions |= <u8>bit;
  if (bit == 2) p.windowScale = <u8>a;
  if (bit == 16) {
    p.timestampValue = a;
    p.timestampEcho = b;
  }
  if (bit == 8) {
    p.sack = frameAt + 20;
    p.sackCount = <u8>a;
  }
}

export function urgent(pointer: u32): void {
  packet().urgentPointer = <u16>pointer;
  store<u8>(frameAt, packet().tcpFlags, 13);
  store<u16>(frameAt, bswap<u16>(<u16>pointer), 18);
}

/** What the packet's bytes say now: the urgent pointer, -1 without its flag. */
export function urgentTold(): i32 {
  return (load<u8>(frameAt, 13) & 32) == 0 ? -1 : bswap<u16>(load<u16>(frameAt, 18));
}

export function flag(bits: u32): void {
  packet().flags |= bits;
}

export function run(): void {
  streamPacket(packet(), flow());
}

export function reuse(): bool {
  return sessionReuse(packet(), flow());
}

export function session(): usize {
  return flow().tcp;
}

function ssn(): Session {
  return changetype<Session>(flow().tcp);
}

export function state(): u32 {
  return flow().tcp == 0 ? 0 : ssn().state;
}

export function packetFlags(): u32 {
  return packet().flags;
}

export function packetDirection(): u32 {
  return packet().direction;
}

export function action(): u32 {
  return packet().action;
}

export function reason(): u32 {
  return packet().reason;
}

export function eventCount(): u32 {
  return packet().eventCount;
}

export function event(i: u32): u32 {
  return packet().event(i);
}

export function flowState(): u32 {
  return flow().state;
}

export function flowFlags(): u32 {
  return flow().flags;
}

export function appReady(direction: u32): bool {
  return flow().tcp != 0 && appDataReady(ssn(), direction);
}

export function appTake(direction: u32): void {
  appData(ssn(), direction);
}

export function appDone(direction: u32, bytes: u32): void {
  appConsumed(ssn(), direction, bytes);
}

export function dataAddress(): usize {
  return streamData;
}

export function dataLength(): u32 {
  return streamLength;
}

export function dataOffset(): u64 {
  return streamOffset;
}

export function dataFlags(): u32 {
  return streamFlags;
}

export function detected(direction: u32): void {
  setProtocolDetected(ssn(), direction);
}

export function appOff(): void {
  disableAppLayer(ssn());
}

export function rawIsReady(direction: u32): bool {
  return packet().has(PacketFlag.StreamEstablished) && rawReady(ssn(), direction, packet());
}

export function rawBegin(direction: u32): bool {
  return rawWindow(ssn(), direction, packet());
}

export function rawMore(): bool {
  return rawNext();
}

export function rawAddress(): usize {
  return rawData;
}

export function rawSize(): u32 {
  return rawLength;
}

export function rawAt(): u64 {
  return rawOffset;
}

export function rawEnd(direction: u32, inspected: bool): void {
  if (inspected) rawInspected(ssn(), direction);
  else rawSkipped(ssn(), direction);
}

export function trigger(direction: u32): void {
  triggerRaw(ssn(), direction);
}

export function prune(direction: u32): void {
  pruneStream(ssn(), direction, false);
}

export function needs(direction: u32): bool {
  return needsReassembly(ssn(), direction);
}

export function size(direction: u32): u32 {
  return streamSize(ssn(), direction);
}

export function offset(): u64 {
  return payloadOffset(ssn(), packet());
}

export function first(): u32 {
  return firstDataDirection(ssn());
}

export function blocks(direction: u32): u32 {
  return half(ssn(), direction).blockCount;
}

/** Ends the flow; the next packet begins another. */
export function end(): void {
  freeSession(flow());
  memory.fill(flowAt, 0, offsetof<Flow>());
}

export function held(): u32 {
  return usedBy(Account.Stream);
}

export function sessions(): u32 {
  return openSessions();
}

export function count(counter: u32): u64 {
  return counted(counter);
}

export const STREAM_ADDED: u32 = PacketFlag.StreamAdded;
export const SWAPPED: u32 = FlowFlag.Swapped;
