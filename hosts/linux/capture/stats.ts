import type { DriverStats } from "../../node/driver/driver.ts";

export function emptyStats(): DriverStats {
  return { frames: 0, bytes: 0, passed: 0, dropped: 0, rejected: 0, modified: 0, errors: 0, oversized: 0, lost: 0 };
}
