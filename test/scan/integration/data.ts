/** Where the data for the checks lies, and small things they share. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";

export function dataFolder(): string {
  const folder = process.env.VPATCH_DATA;
  if (folder === undefined || !existsSync(folder)) throw new Error("set VPATCH_DATA to the folder with the test data");
  return resolve(folder);
}

/** xorshift32: the same numbers on every run and machine. */
export function generator(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % bound;
  };
}

/** Prints one line; the process fails at its end if any check did. */
export function check(holds: boolean, text: string): void {
  console.log(`${holds ? "ok  " : "FAIL"} ${text}`);
  if (!holds) process.exitCode = 1;
}
