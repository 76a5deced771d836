/**
 * What rules remember about a flow: bits, integers and variables, a list of records hung on `Flow.variables`.
 * Names are 32-bit hashes, so a flow keeps its state when the database is swapped.
 */
import { FlowVariableField } from "../../abi/conditions";
import { CaptureField, PcreField, VariableScope } from "../../abi/content_conditions";
import { Setting } from "../../abi/settings";
import { Flow } from "../../flow/flow";
import { captureEnd, captureStart } from "../../match/regex";
import { Account, acquire, release } from "../../memory/heap";
import { give, makePool, Pool, take } from "../../memory/pool";
import { setting } from "../../memory/settings";
import { database } from "../../rules/database";
import { Packet } from "../../wire/packet";

export enum VariableKind {
  Bit = 1,
  Integer = 2,
  Bytes = 3,
}

@unmanaged
export class Variable {
  next: usize;
  name: u32;
  kind: u32;
  /** Integer value, or length of the bytes. */
  value: u32;
  bytes: usize;
}

let pool: usize = 0;
/** Was there no room for a variable that a rule sets with the packet at hand? Rules that test it would be blind. */
export let variablesRefused: bool = false;

/** Takes a record; 0 when the pool is exhausted. */
function record(): usize {
  const fresh = take(changetype<Pool>(pool));
  if (fresh == 0) variablesRefused = true;
  return fresh;
}

/** Carves the records. False when memory is exhausted. */
export function configureVariables(): bool {
  const made = makePool(<u32>offsetof<Variable>(), setting(Setting.RuleStateItems));
  if (made == null) return false;
  pool = changetype<usize>(made);
  return true;
}

/** The flow's variable of that kind and name, or 0. */
export function findVariable(flow: Flow, kind: VariableKind, name: u32): usize {
  let at = flow.variables;
  while (at != 0) {
    const v = changetype<Variable>(at);
    if (v.name == name && v.kind == kind) return at;
    at = v.next;
  }
  return 0;
}

/** Finds or makes it; 0 when the pool is exhausted. */
export function openVariable(flow: Flow, kind: VariableKind, name: u32): usize {
  const found = findVariable(flow, kind, name);
  if (found != 0) return found;
  const fresh = record();
  if (fresh == 0) return 0;
  const v = changetype<Variable>(fresh);
  v.name = name;
  v.kind = kind;
  v.next = flow.variables;
  flow.variables = fresh;
  return fresh;
}

export function removeVariable(flow: Flow, kind: VariableKind, name: u32): void {
  let link = changetype<usize>(flow) + offsetof<Flow>("variables");
  for (let at = load<usize>(link); at != 0; at = load<usize>(link)) {
    const v = changetype<Variable>(at);
    if (v.name == name && v.kind == kind) {
      store<usize>(link, v.next);
      drop(at);
      return;
    }
    link = at;
  }
}

function drop(at: usize): void {
  release(changetype<Variable>(at).bytes);
  give(changetype<Pool>(pool), at);
}

/** Frees everything remembered about a flow that ends. */
export function freeVariables(flow: Flow): void {
  let at = flow.variables;
  flow.variables = 0;
  while (at != 0) {
    const after = changetype<Variable>(at).next;
    drop(at);
    at = after;
  }
}

// Where captures of `pcre` go: the flow of the packet at hand, or the list of the packet's own, which the next packet frees.
let current: usize = 0;
let ofPacket: usize = 0;

export function openVariables(packet: Packet): void {
  current = packet.flow;
  variablesRefused = false;
  while (ofPacket != 0) {
    const after = changetype<Variable>(ofPacket).next;
    drop(ofPacket);
    ofPacket = after;
  }
}

function packetVariable(name: u32): usize {
  for (let at = ofPacket; at != 0; at = changetype<Variable>(at).next) {
    if (changetype<Variable>(at).name == name) return at;
  }
  return 0;
}

/** The variable a capture goes to, made where it is missing; 0 when there is no room, or no flow to keep it. */
function openCapture(scope: u32, name: u32): usize {
  if (scope == VariableScope.Flow) {
    return current == 0 ? 0 : openVariable(changetype<Flow>(current), VariableKind.Bytes, name);
  }
  if (scope != VariableScope.Packet) return 0;
  const found = packetVariable(name);
  if (found != 0) return found;
  const fresh = record();
  if (fresh == 0) return 0;
  const v = changetype<Variable>(fresh);
  v.name = name;
  v.kind = VariableKind.Bytes;
  v.next = ofPacket;
  ofPacket = fresh;
  return fresh;
}

/** Stores the captures of a pcre condition that just matched at `text`. */
export function keepCaptures(c: usize, text: usize): void {
  const n = <u32>load<u16>(c, PcreField.captures);
  if (n == 0) return;
  for (let i: u32 = 0; i < n; i++) {
    const capture = c + PcreField.size + <usize>i * CaptureField.size;
    const group = <u32>load<u16>(capture, CaptureField.group);
    const start = captureStart(group);
    const end = captureEnd(group);
    if (start < 0 || end < start) continue;
    const at = openCapture(load<u8>(capture, CaptureField.scope), load<u32>(capture, CaptureField.name));
    if (at == 0) continue;
    const v = changetype<Variable>(at);
    const length = <u32>(end - start);
    release(v.bytes);
    v.bytes = acquire(Account.Detect, length + 1);
    v.value = v.bytes == 0 ? 0 : length;
    if (v.bytes != 0) memory.copy(v.bytes, text + start, length);
  }
}

/** flowvar, pktvar: does the variable contain the bytes? */
export function matchVariable(c: usize, packet: Packet): bool {
  const name = load<u32>(c, FlowVariableField.name);
  let at: usize = 0;
  if (load<u8>(c, FlowVariableField.scope) == VariableScope.Packet) at = packetVariable(name);
  else if (packet.flow != 0) at = findVariable(changetype<Flow>(packet.flow), VariableKind.Bytes, name);
  if (at == 0) return false;
  const v = changetype<Variable>(at);
  const length = <u32>load<u16>(c, FlowVariableField.length);
  if (length > v.value) return false;
  const wanted = database + load<u32>(c, FlowVariableField.value);
  for (let i: u32 = 0; i + length <= v.value; i++) if (memory.compare(v.bytes + i, wanted, length) == 0) return true;
  return false;
}
