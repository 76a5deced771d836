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
  const fresh = take(changetype<Pool>(pool));
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

// The packet at hand: where captures of `pcre` go when the rule matches.
let current: usize = 0;

export function openVariables(packet: Packet): void {
  current = packet.flow;
}

/** Stores the captures of a pcre condition that just matched at `text`. */
export function keepCaptures(c: usize, text: usize): void {
  const n = <u32>load<u16>(c, PcreField.captures);
  if (n == 0 || current == 0) return;
  for (let i: u32 = 0; i < n; i++) {
    const capture = c + PcreField.size + <usize>i * CaptureField.size;
    if (load<u8>(capture, CaptureField.scope) != VariableScope.Flow) continue;
    const group = <u32>load<u16>(capture, CaptureField.group);
    const start = captureStart(group);
    const end = captureEnd(group);
    if (start < 0 || end < start) continue;
    const at = openVariable(changetype<Flow>(current), VariableKind.Bytes, load<u32>(capture, CaptureField.name));
    if (at == 0) continue;
    const v = changetype<Variable>(at);
    const length = <u32>(end - start);
    release(v.bytes);
    v.bytes = acquire(Account.Detect, length + 1);
    v.value = v.bytes == 0 ? 0 : length;
    if (v.bytes != 0) memory.copy(v.bytes, text + start, length);
  }
}

/** flowvar: does the flow's variable contain the bytes? */
export function matchFlowVariable(c: usize, packet: Packet): bool {
  if (packet.flow == 0) return false;
  const at = findVariable(changetype<Flow>(packet.flow), VariableKind.Bytes, load<u32>(c, FlowVariableField.name));
  if (at == 0) return false;
  const v = changetype<Variable>(at);
  const length = <u32>load<u16>(c, FlowVariableField.length);
  if (length > v.value) return false;
  const wanted = database + load<u32>(c, FlowVariableField.value);
  for (let i: u32 = 0; i + length <= v.value; i++) if (memory.compare(v.bytes + i, wanted, length) == 0) return true;
  return false;
}
