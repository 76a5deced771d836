/** `threshold` and `detection_filter` of a rule, and what threshold.config adds to it. */
import type { Action } from "../../assembly/abi/codes.ts";
import { ThresholdTrack, ThresholdType } from "../../assembly/abi/thresholds.ts";
import type { AddressSet } from "../address.ts";
import type { ThresholdEntry, Track } from "../config/threshold.ts";

export interface ThresholdUse {
  readonly type: ThresholdType;
  readonly track: ThresholdTrack;
  readonly count: number;
  /** 0xffffffff stands for no end. */
  readonly seconds: number;
  readonly multiplier?: number;
  readonly newAction?: Action;
  readonly timeout?: number;
  /** Of suppress; undefined is every address. */
  readonly addresses?: AddressSet;
}

export const UNLIMITED = 0xffff_ffff;

export const TRACKS: Readonly<Record<Track, ThresholdTrack>> = {
  by_src: ThresholdTrack.BySource,
  by_dst: ThresholdTrack.ByDestination,
  by_both: ThresholdTrack.ByBoth,
  by_rule: ThresholdTrack.ByRule,
  by_flow: ThresholdTrack.ByFlow,
  by_either: ThresholdTrack.ByEither,
};

const TYPES = { limit: ThresholdType.Limit, threshold: ThresholdType.Threshold, both: ThresholdType.Both };

export function thresholdUse(entry: ThresholdEntry, actionOf: (name: string) => Action): ThresholdUse {
  switch (entry.kind) {
    case "suppress":
      return {
        type: ThresholdType.Suppress,
        track: entry.track === undefined ? ThresholdTrack.ByRule : TRACKS[entry.track],
        count: 0,
        seconds: 0,
        ...(entry.addresses === undefined ? {} : { addresses: entry.addresses }),
      };
    case "rate_filter":
      return {
        type: ThresholdType.RateFilter,
        track: TRACKS[entry.track],
        count: entry.count,
        seconds: entry.seconds,
        newAction: actionOf(entry.newAction),
        timeout: entry.timeout,
      };
    default:
      return { type: TYPES[entry.type], track: TRACKS[entry.track], count: entry.count, seconds: entry.seconds };
  }
}
