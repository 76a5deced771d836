/** `detect`, `action-order`, `pcre` and their like: how rules are run. */
import { bool, choice, field, foreign, integer, section, size } from "../field.ts";

const ACTIONS = ["pass", "drop", "reject", "alert"] as const;
export type RuleAction = (typeof ACTIONS)[number];

export const actionOrder = field<readonly RuleAction[]>(
  "Which action's rules decide first. All four, each once.",
  "all of pass, drop, reject and alert, each once",
  {
    type: "array",
    items: { enum: [...ACTIONS], title: `one of ${ACTIONS.join(", ")}` },
    minItems: 4,
    maxItems: 4,
    uniqueItems: true,
  },
  (value) => value as RuleAction[],
  ACTIONS,
);

export const detect = section("Detection.", {
  profile: choice("Size of Suricata's rule groups.", ["low", "medium", "high", "custom"], "medium", { inert: true }),
  "custom-values": foreign("Rule groups."),
  "sgh-mpm-context": foreign("Rule groups."),
  "sgh-mpm-caching": foreign("Rule groups."),
  "sgh-mpm-caching-path": foreign("Rule groups."),
  "inspection-recursion-limit": integer("Steps of one payload inspection; 0 is without limit.", 3000),
  "stream-tx-log-limit": integer("Transactions a stream rule's alert is logged with.", 4, { inert: true }),
  "guess-applayer-tx": bool("Log a stream rule's alert with a transaction when there is only one.", false, {
    inert: true,
  }),
  "delayed-detect": foreign("Start-up."),
  prefilter: section("Prefilters.", { default: choice("Kinds used.", ["mpm", "auto"], "mpm", { inert: true }) }),
  grouping: foreign("Rule groups."),
  thresholds: section("Threshold state.", {
    "hash-size": integer("Slots.", 16384, { inert: true }),
    memcap: size("Memory.", "16mb"),
  }),
  profiling: foreign("Profiling."),
});

export const pcre = section("Regular expressions.", {
  "match-limit": integer("Steps of the backtracking engine for one search. It has a fixed bound here.", 3500, {
    inert: true,
  }),
  "match-limit-recursion": integer("Depth of that engine. It has a fixed bound here.", 1500, { inert: true }),
});

export const packetAlertMax = integer("Alerts of one packet at most.", 15, { maximum: 255 });
export const asn1MaxFrames = integer("Frames of an ASN.1 structure that are looked at.", 256);
