/**
 * Connections that other flows announced (Suricata's app-layer expectations): when such a flow comes, its protocol is known without looking
 * at its bytes. An expectation is for one flow and holds for EXPECTATION_SECONDS.
 */
import { AppProto } from "../abi/codes";
import { Expected, freeExpected } from "../app/expected";
import { adoptExpected } from "../app/registry";
import { AppState } from "../app/transaction";
import { Flow, FlowFlag } from "../flow/flow";
import { reserve } from "../memory/arena";

const CAPACITY: u32 = 256;
const EXPECTATION_SECONDS: u64 = 30;

@unmanaged
class Expectation {
  /** app/expected.ts, 0 when the record is free. */
  expected: usize;
  /** Addresses of the flow that announced it. */
  aLow: u64;
  aHigh: u64;
  bLow: u64;
  bHigh: u64;
  /** Microseconds. */
  until: u64;
  parent: u64;
}

const SIZE: usize = (offsetof<Expectation>() + 7) & ~7;

let table: usize = 0;
let live: u32 = 0;
/** Where the next one goes when all are taken: the oldest gives way. */
let next: u32 = 0;

/** Carves the table. */
export function configureExpectations(): bool {
  table = reserve(SIZE * CAPACITY);
  return table != 0;
}

function at(i: u32): Expectation {
  return changetype<Expectation>(table + <usize>i * SIZE);
}

function clear(e: Expectation): void {
  freeExpected(e.expected);
  e.expected = 0;
  live--;
}

/** Takes what the parser of `flow` announced. */
export function takeExpectation(flow: Flow, state: AppState): void {
  const announced = state.expected;
  state.expected = 0;
  if (announced == 0) return;
  if (table == 0) {
    freeExpected(announced);
    return;
  }
  let slot = next;
  for (let i: u32 = 0; i < CAPACITY; i++) {
    const e = at((next + i) % CAPACITY);
    if (e.expected == 0 || e.until < flow.lastSeen) {
      slot = (next + i) % CAPACITY;
      break;
    }
  }
  const e = at(slot);
  if (e.expected != 0) clear(e);
  next = (slot + 1) % CAPACITY;
  e.expected = announced;
  e.aLow = flow.sourceLow;
  e.aHigh = flow.sourceHigh;
  e.bLow = flow.destinationLow;
  e.bHigh = flow.destinationHigh;
  e.until = flow.lastSeen + EXPECTATION_SECONDS * 1000000;
  e.parent = flow.id;
  live++;
}

function isBetween(e: Expectation, f: Flow): bool {
  const forward =
    e.aLow == f.sourceLow && e.aHigh == f.sourceHigh && e.bLow == f.destinationLow && e.bHigh == f.destinationHigh;
  const backward =
    e.bLow == f.sourceLow && e.bHigh == f.sourceHigh && e.aLow == f.destinationLow && e.aHigh == f.destinationHigh;
  return forward || backward;
}

/** The protocol a flow was announced to carry, and its state opened; Unknown when nobody announced it. */
export function expectedProtocol(flow: Flow): u32 {
  if (live == 0 || flow.app != 0) return AppProto.Unknown;
  const port = (flow.flags & FlowFlag.Swapped) != 0 ? flow.sourcePort : flow.destinationPort;
  for (let i: u32 = 0; i < CAPACITY; i++) {
    const e = at(i);
    if (e.expected == 0 || e.until < flow.lastSeen || !isBetween(e, flow)) continue;
    const expected = changetype<Expected>(e.expected);
    if (expected.port != port) continue;
    const proto = <u32>expected.proto;
    flow.app = adoptExpected(expected, flow.proto);
    flow.parent = e.parent;
    flow.flags |= FlowFlag.Expected;
    flow.appProtoToServer = <u8>proto;
    flow.appProtoToClient = <u8>proto;
    clear(e);
    return proto;
  }
  return AppProto.Unknown;
}
