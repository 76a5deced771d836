/**
 * The explicit stack of the backtracking engine. What it holds are alternatives to try and registers to restore, in the
 * order they came up; its region is fixed, and a full stack ends the search.
 */
import { register, setRegister, stackBase, stackLimit } from "./regex-memory";

/**
 * What a stack unit undoes or tries. A unit is 8 bytes: kind and target, then a position or value. A repeat takes two, the
 * lower one a `Bound`.
 */
export const enum Unit {
  /** Continue at an instruction and position. */
  Branch = 0,
  /** Give a register its former value. */
  Register = 1 << 24,
  /** Give back one byte of a greedy repeat. */
  Greedy = 2 << 24,
  /** Take one more byte of a lazy repeat. */
  Lazy = 3 << 24,
  /** The same, not yet tried where it stands. */
  LazyFresh = 4 << 24,
  /** Least position of the greedy repeat above, or greatest of the lazy one. */
  Bound = 5 << 24,
  /** Branch of a negative look-around, right above the two registers it entered with. */
  Negative = 6 << 24,
  Kinds = 7 << 24,
}

/** Byte offsets in a stack unit. */
export const enum UnitField {
  /** Kind, and below it an instruction or register number. */
  Target = 0,
  Value = 4,
  Size = 8,
}

export let top: usize = 0;

export function clearStack(): void {
  top = stackBase;
}

/** Removes the units from this address on. */
export function dropTo(unit: usize): void {
  top = unit;
}

export function push(target: u32, value: u32): bool {
  if (top + UnitField.Size > stackLimit) return false;
  store<u32>(top, target, UnitField.Target);
  store<u32>(top, value, UnitField.Value);
  top += UnitField.Size;
  return true;
}

export function height(): u32 {
  return <u32>((top - stackBase) / UnitField.Size);
}

/** Sets a register so that backtracking restores it. False when the stack is full. */
export function assign(index: u32, value: u32): bool {
  if (!push(Unit.Register | index, register(index))) return false;
  setRegister(index, value);
  return true;
}

/**
 * Drops the alternatives above height `to` but keeps what restores registers. The `own` registers from `first` on, which
 * were assigned right there to enter, get their former values at once: nobody reads them any more.
 */
export function cut(to: u32, first: u32, own: u32): void {
  let kept = stackBase + <usize>to * UnitField.Size;
  let at = kept;
  for (let i: u32 = 0; i < own && at < top && load<u32>(at, UnitField.Target) == (Unit.Register | (first + i)); i++) {
    setRegister(first + i, load<u32>(at, UnitField.Value));
    at += UnitField.Size;
  }
  for (; at < top; at += UnitField.Size) {
    if ((load<u32>(at, UnitField.Target) & Unit.Kinds) != Unit.Register) continue;
    if (at != kept) store<u64>(kept, load<u64>(at));
    kept += UnitField.Size;
  }
  top = kept;
}

/** Undoes everything above `to`. */
export function unwind(to: u32): void {
  const floor = stackBase + <usize>to * UnitField.Size;
  while (top > floor) {
    top -= UnitField.Size;
    restore(top);
  }
}

/** Gives the register of a unit its former value, if it is such a unit. */
export function restore(unit: usize): void {
  const target = load<u32>(unit, UnitField.Target);
  if ((target & Unit.Kinds) == Unit.Register) setRegister(target & ~Unit.Kinds, load<u32>(unit, UnitField.Value));
}
