/**
 * Prefilter: one scan of a buffer for the literals of all rules gives the few rules worth checking.
 * The database sorts its prefilters by kind, protocol, direction and progress; an index by kind and direction is built at load.
 */

import { Direction, IpProto } from "../abi/codes";
import { Cost } from "../abi/cost";
import { Counter } from "../abi/counters";
import { Audience, PrefilterKind, PrefilterRecord } from "../abi/prefilters";
import { RuleListKind, RuleListRecord } from "../abi/rules";
import { Flow } from "../flow/flow";
import { configureLiteralScratch, literalScratchBytes, scanLiterals } from "../match/literal";
import { reserve } from "../memory/arena";
import { database, prefilterCount, prefilters, ruleIndices, ruleListCount, ruleLists } from "../rules/database";
import { spend } from "../verdict/cost";
import { countAdd } from "../verdict/counters";
import { traced } from "../verdict/trace";
import { Packet } from "../wire/packet";
import { Candidates } from "./candidates";
import { End, remembered } from "./header";
import { matchTcpFlags } from "./packet/conditions";
import { coversProtocol } from "./state/protocol";

/** Literals one table may have. */
export const MAX_LITERALS: u32 = 65536;

let hits: usize = 0;
/** Literals the last scan found. */
export let hitCount: u32 = 0;

/** Index of a literal the last scan found. */
export function hitAt(i: u32): u32 {
  return load<u32>(hits + ((<usize>i) << 2));
}

/** First prefilter record of a kind and direction; 0xffffffff none. */
const KINDS: u32 = 8;
const index: usize = memory.data(8 * 2 * 4);

export function configurePrefilter(): bool {
  hits = reserve(MAX_LITERALS * 4);
  const bytes = literalScratchBytes(MAX_LITERALS);
  const scratch = reserve(bytes);
  return scratch != 0 && hits != 0 && configureLiteralScratch(scratch, bytes);
}

function record(i: u32): usize {
  return prefilters + <usize>i * PrefilterRecord.size;
}

/** Builds the index; after every load. */
export function indexPrefilters(): void {
  memory.fill(index, 0xff, KINDS * 2 * 4);
  for (let i = prefilterCount; i > 0; i--) {
    const r = record(i - 1);
    const kind = <u32>load<u8>(r, PrefilterRecord.kind);
    const direction = <u32>load<u8>(r, PrefilterRecord.direction);
    if (kind < KINDS && direction < 2) store<u32>(index + ((<usize>(kind * 2 + direction)) << 2), i - 1);
  }
}

/** The first prefilter of a kind for a direction, or -1. */
export function firstPrefilter(kind: PrefilterKind, direction: u32): i32 {
  return load<i32>(index + ((<usize>(<u32>kind * 2 + direction)) << 2));
}

/** The next one of the same kind and direction behind `i`, or -1. */
export function nextPrefilter(i: u32): i32 {
  const kind = load<u8>(record(i), PrefilterRecord.kind);
  const direction = load<u8>(record(i), PrefilterRecord.direction);
  for (let next = i + 1; next < prefilterCount; next++) {
    const r = record(next);
    if (load<u8>(r, PrefilterRecord.kind) != kind) return -1;
    if (load<u8>(r, PrefilterRecord.direction) == direction) return <i32>next;
  }
  return -1;
}

/** Address of prefilter record `i`. */
export function prefilterAt(i: u32): usize {
  return record(i);
}

/** Bytes of a record's buffers, from their beginning, that its literals are in; 0: all. */
export function reachOf(r: usize): u32 {
  return load<u16>(r, PrefilterRecord.reach);
}

/** Scans the data, which begins at `offset` of its buffer, with the record's table and adds the rules its literals bring. */
export function runPrefilter(r: usize, data: usize, length: u32, offset: u64, candidates: Candidates): void {
  hitCount = 0;
  const reach = reachOf(r);
  if (reach != 0) length = offset < <u64>reach ? min(length, reach - <u32>offset) : 0;
  if (length == 0) return;
  spend(Cost.Piece + length);
  hitCount = scanLiterals(database + load<u32>(r, PrefilterRecord.table), data, length, hits, MAX_LITERALS);
  if (hitCount == 0) return;
  spend(hitCount * Cost.Condition);
  countAdd(Counter.detect__mpm_candidates, hitCount);
  for (let i: u32 = 0; i < hitCount; i++) addRulesOf(r, hitAt(i), candidates);
}

/** Adds the rules that a literal of the record brings. */
export function addRulesOf(r: usize, literal: u32, candidates: Candidates): void {
  const starts = ruleIndices + ((<usize>(load<u32>(r, PrefilterRecord.starts) + literal)) << 2);
  const list = ruleIndices + ((<usize>load<u32>(r, PrefilterRecord.rules)) << 2);
  const end = load<u32>(starts, 4);
  for (let j = load<u32>(starts); j < end; j++) candidates.add(load<u32>(list + ((<usize>j) << 2)));
}

/** Is the record, of a payload or stream, for the packet's flow? A traced rule is looked for in any case: its trace says what the flow lacks. */
function isFor(r: usize, packet: Packet, direction: u32): bool {
  const audience = <u32>load<u8>(r, PrefilterRecord.audience);
  if (audience == Audience.All) return true;
  return (audience == Audience.Named) == (traced || isNamed(r, packet, direction));
}

function isNamed(r: usize, packet: Packet, direction: u32): bool {
  if (packet.flow != 0) {
    const app = changetype<Flow>(packet.flow).appProto;
    if (((load<u64>(r, PrefilterRecord.apps) >> app) & 1) != 0) return true;
  }
  const ports = load<u32>(r, PrefilterRecord.ports);
  return (
    ports != 0 && remembered(direction == Direction.ToServer ? End.DestinationPort : End.SourcePort, ports, packet)
  );
}

/** Runs the prefilters of streams over a piece of one, which begins at `offset`. */
export function prefilterPiece(
  packet: Packet,
  direction: u32,
  data: usize,
  length: u32,
  offset: u64,
  candidates: Candidates,
): void {
  for (let i = firstPrefilter(PrefilterKind.Stream, direction); i >= 0; i = nextPrefilter(i))
    if (isFor(record(i), packet, direction)) runPrefilter(record(i), data, length, offset, candidates);
}

/** Searches the packet's payload with the table of its IP protocol. */
export function prefilterPayload(packet: Packet, direction: u32, candidates: Candidates): void {
  const proto = <u32>packet.proto;
  const table: u32 = proto == IpProto.Tcp || proto == IpProto.Udp ? proto : 0;
  for (let i = firstPrefilter(PrefilterKind.Payload, direction); i >= 0; i = nextPrefilter(i)) {
    if (<u32>load<u8>(record(i), PrefilterRecord.appProto) == table && isFor(record(i), packet, direction))
      runPrefilter(record(i), packet.payload, packet.payloadLength, 0, candidates);
  }
}

/** Adds the rules of a kind that have no literal. `proto` and `appProto` of a list restrict it; 255 and 0 mean any. */
export function addRuleLists(
  kind: RuleListKind,
  direction: u32,
  packet: Packet,
  appProto: u32,
  candidates: Candidates,
): void {
  for (let i: u32 = 0; i < ruleListCount; i++) {
    const list = ruleLists + <usize>i * RuleListRecord.size;
    if (load<u8>(list, RuleListRecord.kind) != <u32>kind) continue;
    const listDirection = <u32>load<u8>(list, RuleListRecord.direction);
    if (listDirection != 2 && listDirection != direction) continue;
    const listProto = <u32>load<u8>(list, RuleListRecord.proto);
    if (listProto != 255 && listProto != <u32>packet.proto) continue;
    const listApp = <u32>load<u8>(list, RuleListRecord.appProto);
    if (listApp != 0 && !coversProtocol(listApp, appProto)) continue;
    // A traced rule is checked in any case: its trace says what the packet lacks.
    if (!traced && !holdsGate(list, packet)) continue;
    const first = ruleIndices + ((<usize>load<u32>(list, RuleListRecord.first)) << 2);
    const count = load<u32>(list, RuleListRecord.count);
    for (let j: u32 = 0; j < count; j++) candidates.add(load<u32>(first + ((<usize>j) << 2)));
  }
}

/** Does the packet have what every rule of the list asks of it? */
function holdsGate(list: usize, packet: Packet): bool {
  const size = packet.payloadLength;
  if (size < <u32>load<u16>(list, RuleListRecord.dsizeLow) || size > <u32>load<u16>(list, RuleListRecord.dsizeHigh))
    return false;
  if (load<u8>(list, RuleListRecord.tcpFlags) == 0) return true;
  return matchTcpFlags(
    packet,
    load<u8>(list, RuleListRecord.mode),
    load<u8>(list, RuleListRecord.flags),
    load<u8>(list, RuleListRecord.ignored),
  );
}
