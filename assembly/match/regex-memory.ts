/**
 * Scratch memory of the regex engines, one region handed over at configure:
 *
 *     | registers 16 KB | visited table: 3/8 of the rest | automaton: 1/8 | backtrack stack: half |
 *
 * Nothing in it outlives a search.
 */
import { REGEX_MAX_REGISTERS } from "./regex-program";

/** Less does not work. */
export const REGEX_SCRATCH_MINIMUM: u32 = 262_144;
/** Enough for patterns of some 90 choices over 64 KB of subject. */
export const REGEX_SCRATCH_BEST: u32 = 2_097_152;

export let registerBase: usize = 0;
export let tableBase: usize = 0;
export let tableBytes: u32 = 0;
export let automatonBase: usize = 0;
export let automatonBytes: u32 = 0;
export let stackBase: usize = 0;
export let stackLimit: usize = 0;

/** Hands over `bytes` bytes at `pointer` (16-byte aligned). False when that is too small; then nothing changes. */
export function configureRegex(pointer: usize, bytes: u32): bool {
  if ((pointer & 15) != 0 || bytes < REGEX_SCRATCH_MINIMUM) return false;
  const registers: u32 = REGEX_MAX_REGISTERS * 4;
  const eighth = ((bytes - registers) >> 3) & ~15;
  registerBase = pointer;
  tableBase = pointer + registers;
  tableBytes = 3 * eighth;
  automatonBase = tableBase + tableBytes;
  automatonBytes = eighth;
  stackBase = automatonBase + eighth;
  stackLimit = stackBase + 4 * eighth;
  return true;
}

export function register(index: u32): u32 {
  return load<u32>(registerBase + ((<usize>index) << 2));
}

export function setRegister(index: u32, value: u32): void {
  store<u32>(registerBase + ((<usize>index) << 2), value);
}

/** Marks the first `count` registers as unset. */
export function clearRegisters(count: u32): void {
  memory.fill(registerBase, 0xff, (<usize>count) << 2);
}
