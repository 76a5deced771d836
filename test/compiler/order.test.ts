/** The order of rules, and the files that stand beside them. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { DEFAULT_CLASSIFICATIONS, parseClassifications } from "../../compiler/config/classification.ts";
import { parseReferences } from "../../compiler/config/reference.ts";
import { parseThresholds } from "../../compiler/config/threshold.ts";
import { type OrderKey, orderRules, StateUse, stateUse } from "../../compiler/signature/order.ts";
import { Variables } from "../../compiler/variables.ts";

const key = (sid: number, change: Partial<OrderKey> = {}): { order: OrderKey } => ({
  order: {
    action: "alert",
    flowbits: StateUse.None,
    flowint: StateUse.None,
    flowvar: StateUse.None,
    pktvar: StateUse.None,
    hostbits: StateUse.None,
    pairbits: StateUse.None,
    priority: 3,
    sid,
    ...change,
  },
});
const sids = (rules: { order: OrderKey }[]): number[] => rules.map(({ order }) => order.sid);

test("rules are ordered by action, writers before readers, priority, sid", () => {
  const rules = [
    key(9),
    key(8),
    key(7, { priority: 1 }),
    key(6, { flowint: stateUse(true, false) }),
    key(5, { flowbits: stateUse(true, false) }),
    key(4, { flowbits: stateUse(true, true) }),
    key(3, { flowbits: stateUse(false, true), priority: 4 }),
    key(2, { action: "drop" }),
    key(1, { action: "pass", priority: 255 }),
  ];
  assert.equal(sids(orderRules(rules)), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.equal(sids(orderRules(rules, ["alert", "drop", "reject", "pass"])), [3, 4, 5, 6, 7, 8, 9, 2, 1]);
});

test("classification.config", () => {
  const { classifications, problems } = parseClassifications(
    "c",
    "# x\nconfig classification: a-b,Some thing, 2\nconfig classification: A-B,other,1\nnonsense\n",
  );
  assert.equal([...classifications.values()], [{ name: "a-b", description: "Some thing", priority: 2 }]);
  assert.equal(
    problems.map(({ line }) => line),
    [4],
  );
  assert.is(DEFAULT_CLASSIFICATIONS.get("trojan-activity")?.priority, 1);
});

test("reference.config", () => {
  const { references, problems } = parseReferences("r", "config reference: CVE   http://x/?a=\nconfig reference\n");
  assert.equal([...references], [["cve", "http://x/?a="]]);
  assert.is(problems.length, 1);
});

test("threshold.config", () => {
  const text = [
    "# suppress everything of one host",
    "suppress gen_id 1, sig_id 2, track by_src, ip [10.0.0.1,$HOME_NET]",
    "suppress gen_id 0, sig_id 0",
    "threshold gen_id 1, sig_id 3, \\",
    "  type both, track by_rule, count 3, seconds 60",
    "event_filter gen_id 1, sig_id 4, type limit, track by_dst, count 1, seconds 5",
    "rate_filter gen_id 1, sig_id 5, track by_both, count 5, seconds 2, new_action drop, timeout 30",
    "suppress gen_id 1, sig_id 6, track by_src, ip 10.0.0.300",
    "rate_filter gen_id 1, sig_id 7, track by_src, count 0, seconds 1, new_action drop, timeout 3",
    "surpress gen_id 1, sig_id 8",
  ].join("\n");
  const { entries, problems } = parseThresholds("t", text, new Variables("address"));
  assert.equal(
    entries.map(({ kind, sid, line }) => [kind, sid, line]),
    [
      ["suppress", 2, 2],
      ["suppress", 0, 3],
      ["threshold", 3, 4],
      ["threshold", 4, 6],
      ["rate_filter", 5, 7],
    ],
  );
  assert.equal(entries[4], {
    kind: "rate_filter",
    gid: 1,
    sid: 5,
    file: "t",
    line: 7,
    track: "by_both",
    count: 5,
    seconds: 2,
    newAction: "drop",
    timeout: 30,
  });
  assert.equal(
    problems.map(({ line }) => line),
    [8, 9, 10],
  );
});

test.run();
