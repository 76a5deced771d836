/** How often a rule alerts, and what happens beside: threshold, detection_filter, tag, bypass. */
import { Op } from "../../assembly/abi/conditions.ts";
import { RuleFlag } from "../../assembly/abi/rules.ts";
import { ThresholdType } from "../../assembly/abi/thresholds.ts";
import type { Track } from "../config/threshold.ts";
import { RuleError } from "../rule/problem.ts";
import { splitCommas } from "../rule/value.ts";
import type { SignatureBuilder } from "../signature/builder.ts";
import { TRACKS, UNLIMITED } from "../signature/threshold.ts";
import { parseUnsigned } from "./integer.ts";
import { family, type Keyword } from "./keyword.ts";

const U32 = 0xffff_ffff;
const TYPES: Readonly<Record<string, ThresholdType>> = {
  limit: ThresholdType.Limit,
  threshold: ThresholdType.Threshold,
  both: ThresholdType.Both,
  backoff: ThresholdType.Backoff,
};

export const LIMIT_KEYWORDS: Keyword[] = family("Thresholding", [
  {
    name: "threshold",
    value: "required",
    docs: "`type limit|threshold|both, track by_src|by_dst|by_both|by_rule|by_flow, count n, seconds n`, or `type backoff, track by_flow, count n, multiplier n`.",
    apply: applyThreshold,
  },
  {
    name: "detection_filter",
    value: "required",
    docs: "Alerts from the nth match within a time on: `track by_src|by_dst|by_rule|by_both|by_flow, count n, seconds n`.",
    apply: applyDetectionFilter,
  },
  {
    name: "tag",
    value: "required",
    docs: "Marks the packets that follow: `session|host,count,packets|seconds|bytes[,src|dst]`.",
    apply: applyTag,
  },
  {
    name: "bypass",
    value: "none",
    docs: "The rest of the flow is not inspected any more.",
    apply: (signature) => {
      signature.addPost({ op: Op.Bypass });
      signature.flags |= RuleFlag.RequireFlow;
    },
  },
]);

/** `name value` pairs, each once. */
function pairs(text: string, allowed: readonly string[]): Map<string, string> {
  const out = new Map<string, string>();
  for (const part of splitCommas(text)) {
    const found = /^(\w+)\s+(\S+)$/.exec(part);
    if (found === null || !allowed.includes(found[1]!)) {
      throw new RuleError(`"${part}" is not one of ${allowed.join(", ")} with a value`);
    }
    if (out.has(found[1]!)) throw new RuleError(`"${found[1]}" is given twice`);
    out.set(found[1]!, found[2]!);
  }
  return out;
}

function need(values: ReadonlyMap<string, string>, name: string): string {
  const value = values.get(name);
  if (value === undefined) throw new RuleError(`"${name}" is missing`);
  return value;
}

function positive(values: ReadonlyMap<string, string>, name: string): number {
  const value = parseUnsigned(need(values, name), U32);
  if (value === 0) throw new RuleError(`${name} must not be 0`);
  return value;
}

function trackOf(values: ReadonlyMap<string, string>) {
  const word = need(values, "track") as Track;
  if (word === "by_either" || !Object.hasOwn(TRACKS, word)) throw new RuleError(`"track ${word}" is not known`);
  return TRACKS[word];
}

function refuseSecond(signature: SignatureBuilder): void {
  if (signature.thresholds.length > 0) throw new RuleError("the rule has two of threshold and detection_filter");
}

function applyThreshold(signature: SignatureBuilder, { text }: { text: string }): void {
  refuseSecond(signature);
  const values = pairs(text, ["type", "track", "count", "seconds", "multiplier"]);
  const type = TYPES[need(values, "type")];
  if (type === undefined) throw new RuleError(`"type ${need(values, "type")}" is not known`);
  const track = trackOf(values);
  const count = positive(values, "count");
  if (type === ThresholdType.Backoff) {
    if (need(values, "track") !== "by_flow") throw new RuleError("type backoff needs track by_flow");
    if (values.has("seconds")) throw new RuleError("type backoff takes no seconds");
    const multiplier = positive(values, "multiplier");
    if (multiplier > 255) throw new RuleError("the multiplier is above 255");
    signature.thresholds.push({ type, track, count, seconds: UNLIMITED, multiplier });
    return;
  }
  if (values.has("multiplier")) throw new RuleError("only type backoff takes a multiplier");
  signature.thresholds.push({ type, track, count, seconds: positive(values, "seconds") });
}

function applyDetectionFilter(signature: SignatureBuilder, { text }: { text: string }): void {
  refuseSecond(signature);
  const values = pairs(text, ["track", "count", "seconds"]);
  signature.thresholds.push({
    type: ThresholdType.DetectionFilter,
    track: trackOf(values),
    count: positive(values, "count"),
    seconds: positive(values, "seconds"),
  });
}

const METRICS = { packets: 1, seconds: 2, bytes: 3 } as const;
/** Packets that are tagged unless a count is given. */
const DEFAULT_TAG = 256;

function applyTag(signature: SignatureBuilder, { text }: { text: string }): void {
  const [type, count, metric, direction, ...more] = splitCommas(text);
  if ((type !== "session" && type !== "host") || more.length > 0) {
    throw new RuleError(`"${text}" is not "session|host,count,metric,direction"`);
  }
  if (count !== undefined && (metric === undefined || !Object.hasOwn(METRICS, metric))) {
    throw new RuleError(`"${metric}" is none of packets, seconds, bytes`);
  }
  if (type === "host" ? direction !== "src" && direction !== "dst" : direction !== undefined) {
    throw new RuleError(type === "host" ? "host needs src or dst at the end" : "session takes no direction");
  }
  signature.addPost(
    {
      op: Op.Tag,
      type: type === "session" ? 1 : 2,
      metric: METRICS[(metric ?? "packets") as keyof typeof METRICS],
      direction: direction === "src" ? 1 : direction === "dst" ? 2 : 0,
      count: count === undefined ? DEFAULT_TAG : parseUnsigned(count, U32),
    },
    true,
  );
}
