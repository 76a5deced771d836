/**
 * How far a rule came within a transaction, a direction each: which of its buffers matched already, whether it can still match.
 * A list of records hung on the transaction; `generation` tells records of an older database, which count as absent.
 */

import { Direction } from "../../abi/codes";
import { Setting } from "../../abi/settings";
import { Tx } from "../../app/transaction";
import { give, makePool, Pool, take } from "../../memory/pool";
import { setting } from "../../memory/settings";
import { generation } from "../../rules/database";
import { forgetGrowing } from "./growing";

/** The rule matched whole. */
export const FULL_MATCH: u32 = 1 << 31;
/** The rule cannot match in this transaction any more. */
export const CANNOT_MATCH: u32 = 1 << 30;
/** ... because of a file: a new file gives it another chance. */
export const FILE_MISMATCH: u32 = 1 << 29;

@unmanaged
export class RuleState {
  next: usize;
  rule: u32;
  flags: u32;
  generation: u32;
}

let pool: usize = 0;

export function configureRuleState(): bool {
  const made = makePool(<u32>offsetof<RuleState>(), setting(Setting.RuleStateItems));
  if (made == null) return false;
  pool = changetype<usize>(made);
  return true;
}

function head(tx: Tx, direction: u32): usize {
  return (
    changetype<usize>(tx) +
    (direction == Direction.ToServer ? offsetof<Tx>("rulesToServer") : offsetof<Tx>("rulesToClient"))
  );
}

/** First record of the direction, 0 for none; walk with `next`. */
export function firstState(tx: Tx, direction: u32): usize {
  return load<usize>(head(tx, direction));
}

export function isCurrent(state: RuleState): bool {
  return state.generation == generation;
}

export function findState(tx: Tx, direction: u32, rule: u32): usize {
  for (let at = firstState(tx, direction); at != 0; at = changetype<RuleState>(at).next) {
    const state = changetype<RuleState>(at);
    if (state.rule == rule && state.generation == generation) return at;
  }
  return 0;
}

/** Remembers; when the pool is empty the rule simply starts anew with the next update. */
export function storeState(tx: Tx, direction: u32, rule: u32, flags: u32): void {
  const at = take(changetype<Pool>(pool));
  if (at == 0) return;
  const state = changetype<RuleState>(at);
  state.rule = rule;
  state.flags = flags;
  state.generation = generation;
  const slot = head(tx, direction);
  state.next = load<usize>(slot);
  store<usize>(slot, at);
}

function freeList(slot: usize): void {
  let at = load<usize>(slot);
  store<usize>(slot, 0);
  while (at != 0) {
    const after = changetype<RuleState>(at).next;
    give(changetype<Pool>(pool), at);
    at = after;
  }
}

/** Frees both directions, and what is known of growing buffers; before the transaction itself is freed. */
export function freeRuleState(tx: Tx): void {
  forgetGrowing(tx);
  freeList(head(tx, Direction.ToServer));
  freeList(head(tx, Direction.ToClient));
}
