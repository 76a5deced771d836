/** Thresholds of rules in the database (abi/database.ts). */

export const enum ThresholdRecord {
  /** u8, ThresholdType */
  type = 0,
  /** u8, ThresholdTrack */
  track = 1,
  /** u8, Action for rate_filter's new_action */
  newAction = 2,
  /** u8 multiplier for backoff */
  multiplier = 3,
  /** u32 */
  count = 4,
  /** u32, seconds of the window; `unlimited` = 0xffffffff */
  seconds = 8,
  /** u32, rate_filter timeout */
  timeout = 12,
  /** u32 address set index for suppress `ip`, 0 any */
  addresses = 16,
  /** u32 offset of the next record of the chain, 0 end */
  next = 20,
  size = 24,
}

export enum ThresholdType {
  Limit = 1,
  Threshold = 2,
  Both = 3,
  DetectionFilter = 4,
  RateFilter = 5,
  Suppress = 6,
  Backoff = 7,
}

export enum ThresholdTrack {
  BySource = 1,
  ByDestination = 2,
  ByRule = 3,
  ByBoth = 4,
  ByFlow = 5,
  ByEither = 6,
}
