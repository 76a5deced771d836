/** Keeps V8's nursery as small as it begins. */
import { setFlagsFromString } from "node:v8";

/**
 * For a process that only handles frames and events from now on: what it makes is garbage at once, and a nursery that grows (to 48 MB) only
 * makes that wait longer. Holds for the workers of the process, too. Not for work that keeps what it makes, such as compiling rules.
 */
export function keepNurserySmall(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
}
