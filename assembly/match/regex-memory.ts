/**
 * Scratch memory of the regex engines, one region handed over at configure:
 *
 *     | registers 16 KB | visited table, threads and states: half of the rest | backtrack stack: the other half |
 *
 * Nothing in it outlives a search.
 */
import { REGEX_MAX_REGISTERS } from "./regex-program";

/** Less does not work. */
export const REGEX_SCRATCH_MINIMUM: u32 = 65_536;
/** Enough for patterns of some 50 choices over 64 KB of subject. */
export const REGEX_SCRATCH_BEST: u32 = 1_048_576;

export let registerBase: usize = 0;
export let tableBase: usize = 0;
export let tableBytes: u32 = 0;
export let stackBase: usize = 0;
export let stackLimit: usize = 0;

/** Hands over `bytes` bytes at `pointer` (16-byte aligned). False when that is too small; then nothing changes. */
export function configureRegex(pointer: usize, bytes: u32): bool {
  if ((pointer & 15) != 0 || bytes < REGEX_SCRATCH_MINIMUM) return false;
  const registers: u32 = REGEX_MAX_REGISTERS * 4;
  const half = ((bytes - registers) >> 1) & ~15;
  registerBase = pointer;
  tableBase = pointer + registers;
  tableBytes = half;
  stackBase = tableBase + half;
  stackLimit = stackBase + half;
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
