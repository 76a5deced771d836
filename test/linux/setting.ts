/** What the suites of this folder share: their scratch folder, and whether this is the long form. */
import { runFolder } from "./lab.ts";

export const FOLDER = runFolder();
export const FULL = process.argv.includes("--full");

let broken = false;

/** Whether what a suite needs could not be set up: uvu itself says nothing of that. */
export function isBroken(): boolean {
  return broken;
}

/** A hook for `before` and `after` whose failure is told and makes the run fail. */
export function hook(work: () => Promise<void> | void): () => Promise<void> {
  return async () => {
    try {
      await work();
    } catch (error) {
      broken = true;
      console.error(error);
      throw error;
    }
  };
}
