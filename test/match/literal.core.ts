/** The literal matcher alone, for its tests and the benchmark. */

import {
  checkLiteralTable,
  configureLiteralScratch,
  literalScratchBytes,
  scanLiterals,
} from "../../assembly/match/literal";
import { reserve } from "../../assembly/memory/arena";

export { checkLiteralTable, configureLiteralScratch, literalScratchBytes, reserve, scanLiterals };

/**
 * Scans `count` buffers as one host call would: `at` holds their (offset, length) pairs relative to `base`.
 * Returns the number of literals found in all of them.
 */
export function scanBatch(table: usize, base: usize, at: usize, count: u32, out: usize, max: u32): u32 {
  let found: u32 = 0;
  for (let i: u32 = 0; i < count; ++i, at += 8)
    found += scanLiterals(table, base + load<u32>(at), load<u32>(at, 4), out, max);
  return found;
}

/** The same, but returns the sum of the indices found. */
export function sumBatch(table: usize, base: usize, at: usize, count: u32, out: usize, max: u32): u32 {
  let sum: u32 = 0;
  for (let i: u32 = 0; i < count; ++i, at += 8) {
    const found = scanLiterals(table, base + load<u32>(at), load<u32>(at, 4), out, max);
    for (let j: u32 = 0; j < found; ++j) sum += load<u32>(out + (j << 2));
  }
  return sum;
}
