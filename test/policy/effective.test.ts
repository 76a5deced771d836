/** What a policy makes of rules: each case a policy, and what becomes of the rules by their sid. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { parsePolicy } from "../../hosts/node/policy/document.ts";
import { applyPolicy, type EffectiveRule, type EffectiveSet } from "../../hosts/node/policy/effective.ts";
import { type Assignment, type AssignmentFile, emptyAssignments } from "../../scan/assign/types.ts";

const RULES = `
alert http any any -> any $HTTP_PORTS (msg:"ET EXPLOIT one"; reference:cve,2021-44228; classtype:attempted-admin; metadata:affected_product Log4j, deployment Perimeter; sid:1; rev:1;)
alert http any any -> any any (msg:"ET SCAN two"; classtype:attempted-recon; sid:2; rev:1;)
drop http any any -> any any (msg:"three"; classtype:trojan-activity; priority:1; sid:3; rev:1;)
# alert http any any -> any any (msg:"four, commented out"; sid:4; rev:1;)
alert tcp any any -> any any (msg:"sets a"; flowbits:set,a; flowbits:noalert; sid:10; rev:1;)
alert tcp any any -> any any (msg:"a to b"; flowbits:isset,a; flowbits:set,b; sid:11; rev:1;)
alert tcp any any -> any any (msg:"reads b"; flowbits:isset,b; classtype:attempted-user; sid:12; rev:1;)
# alert tcp any any -> any any (msg:"sets x, commented out"; xbits:set,x,track ip_src; sid:13; rev:1;)
alert tcp any any -> any any (msg:"reads x"; xbits:isset,x,track ip_src; sid:14; rev:1;)
alert tcp any any -> any any (msg:"reads h"; hostbits:isset,h,src; sid:15; rev:1;)
drop tcp any any -> any any (msg:"sets h"; hostbits:set,h,src; sid:16; rev:1;)
alert tcp any any -> any any (msg:"own mode"; metadata:vpatch_mode prevent; sid:20; rev:1;)
pass tcp any any -> any any (msg:"passes"; sid:30; rev:1;)
`;

const SOURCE = { file: "rules/emerging-test.rules", text: RULES };

function effective(policy: string, assignments?: AssignmentFile): EffectiveSet {
  return applyPolicy([SOURCE], parsePolicy("policy.yaml", policy), assignments);
}

/** `drop`, `drop/detect`, `alert/noalert`, `off`; by sid. */
function outcomes(set: EffectiveSet): Record<number, string> {
  const outcome = ({ inForce, action, mode, noalert }: EffectiveRule): string => {
    if (!inForce) return "off";
    const quiet = noalert ? "/noalert" : "";
    return (action === "drop" || action === "reject") && mode === "detect" ? `${action}/detect` : action + quiet;
  };
  return Object.fromEntries(set.rules.map((rule) => [rule.sid, outcome(rule)]));
}

const WRITTEN = {
  1: "alert",
  2: "alert",
  3: "drop",
  4: "off",
  10: "alert/noalert",
  11: "alert",
  12: "alert",
  13: "off",
  14: "alert",
  15: "alert",
  16: "drop",
  20: "drop",
  30: "pass",
};

const reasons = (set: EffectiveSet, sid: number): string =>
  set.rules.find((rule) => rule.sid === sid)!.reasons.join("; ");

const CASES: readonly [name: string, policy: string, changed: Record<number, string>][] = [
  ["an empty policy changes nothing but rules with a mode of their own", "{}", {}],
  [
    "sid, gid:sid and ranges",
    "rules: [{ select: { sid: [1, '1:2', 10-12] }, action: drop }]",
    { 1: "drop", 2: "drop", 11: "drop", 12: "drop" },
  ],
  ["a CVE", "rules: [{ select: { cve: cve-2021-44228 }, mode: prevent }]", { 1: "drop" }],
  [
    "a class, by name or description",
    "rules: [{ select: { category: [attempted-recon, Attempted User Privilege Gain] }, action: reject }]",
    { 2: "reject", 12: "reject" },
  ],
  [
    "a severity, of the class or the rule",
    "rules: [{ select: { severity: 1, action: alert }, action: drop }]",
    { 1: "drop", 12: "drop" },
  ],
  ["severities", "rules: [{ select: { severity: <=2, action: drop }, mode: detect }]", { 3: "drop/detect" }],
  [
    "metadata",
    "rules: [{ select: { metadata: { affected_product: log4j, deployment: true } }, action: drop }]",
    { 1: "drop" },
  ],
  [
    "a file or a group",
    "rules: [{ select: { file: 'emerging-*.rules', group: emerging-test, sid: 1 }, action: drop }]",
    { 1: "drop" },
  ],
  [
    "a regular expression on msg",
    "rules: [{ select: { msg: '/^et (exploit|scan)/i' }, action: drop }]",
    { 1: "drop", 2: "drop" },
  ],
  ["all keys must hold", "rules: [{ select: { msg: ET, category: attempted-recon }, action: off }]", { 2: "off" }],
  [
    "the last entry wins, action and mode apart",
    "rules: [{ select: { msg: ET }, action: drop }, { select: { sid: 1 }, mode: detect }, { select: { sid: 2 }, action: alert }]",
    { 1: "drop/detect" },
  ],
  [
    "a noalert rule never becomes a drop",
    "rules: [{ select: { sid: 10 }, action: drop }, { select: { sid: 10 }, mode: prevent }]",
    {},
  ],
  ["a rule of its own mode can be put in detection", "rules: [{ select: { sid: 20 }, mode: detect }]", { 20: "alert" }],
  ["commented-out rules come alive by sid only", "rules: [{ select: { msg: four }, action: drop }]", {}],
  ["... as here", "rules: [{ select: { sid: 4 }, action: drop }]", { 4: "drop" }],
  ["... or where they are asked for", "rules: [{ select: { msg: four, enabled: any }, action: drop }]", { 4: "drop" }],
  [
    "pinned stands before rules, suppressed before pinned",
    "rules: [{ select: { sid: 1-3 }, action: off }]\npinned: [1, { sid: 2, mode: prevent }, 3]\nsuppressed: [3]",
    { 2: "drop", 3: "off" },
  ],
  [
    "unchosen off: only what is chosen, with its companions",
    "unchosen: off\nrules: [{ select: { sid: 12 }, action: drop }]",
    { 1: "off", 2: "off", 3: "off", 12: "drop", 14: "off", 15: "off", 16: "off", 20: "off", 30: "off" },
  ],
  [
    "xbits: a setter that is commented out is brought, silently; a setter that drops is brought as an alert",
    "unchosen: off\nrules: [{ select: { sid: [14, 15] }, mode: prevent }]",
    {
      1: "off",
      2: "off",
      3: "off",
      10: "off",
      11: "off",
      12: "off",
      13: "alert/noalert",
      14: "drop",
      15: "drop",
      16: "alert",
      20: "off",
      30: "off",
    },
  ],
];

for (const [name, policy, changed] of CASES) {
  test(name, () => assert.equal(outcomes(effective(policy)), { ...WRITTEN, ...changed }));
}

test("reasons tell who decided", () => {
  const set = effective(
    [
      "mode: prevent",
      "unchosen: off",
      "rules:",
      "  - { select: { sid: 12 }, mode: prevent, note: our shop }",
      "  - { select: { sid: 2 }, action: off }",
      "suppressed:",
      "  - { sid: 3, note: breaks the printer }",
    ].join("\n"),
  );
  assert.is(set.mode, "prevent");
  assert.is(reasons(set, 12), "chosen by line 4: our shop; alert becomes drop");
  assert.is(reasons(set, 11), "companion of sid 12");
  assert.is(reasons(set, 2), "off by line 5 (sid 2)");
  assert.is(reasons(set, 3), "suppressed by line 7: breaks the printer");
  assert.is(reasons(set, 1), "nothing chooses it");
  assert.is(reasons(set, 4), "commented out in its file");
});

function assigned(...assignments: (Partial<Assignment> & { sid: number })[]): AssignmentFile {
  const now = new Date(0);
  const plain = {
    gid: 1,
    rev: 1,
    msg: "",
    state: "applied",
    mode: "prevent",
    origin: "scan",
    proofs: [] as never[],
    reason: "",
  } as const;
  const times = { cleanScans: 0, urgency: 0, since: now.toISOString(), changed: now.toISOString() };
  return { ...emptyAssignments(now), assignments: assignments.map((each) => ({ ...plain, ...times, ...each })) };
}

test("assignments: applied and retiring ones are in force and block, the others do not", () => {
  const set = effective(
    "unchosen: off",
    assigned(
      { sid: 1 },
      { sid: 2, state: "recommended", reason: "not exposed" },
      { sid: 4, state: "retiring" },
      { sid: 12, mode: "detect" },
      { sid: 10 },
      { sid: 14, state: "suppressed", reason: "no" },
      { sid: 15, state: "retired" },
      { sid: 99 },
    ),
  );
  const { 1: one, 2: two, 4: four, 12: twelve, 10: ten, 14: fourteen, 15: fifteen } = outcomes(set);
  assert.equal([one, two, four, twelve], ["drop", "off", "drop", "alert"]);
  assert.equal([ten, fourteen, fifteen], ["alert/noalert", "off", "off"]);
  assert.is(reasons(set, 2), "nothing chooses it; recommended by the scan, not applied: not exposed");
  assert.equal(set.warnings, [{ message: "rule 1:99 is assigned, but no rule file has it" }]);
});

test("the policy can put all assignments in detection or prevention; pins of the operator keep their mode", () => {
  const file = assigned({ sid: 1 }, { sid: 2, mode: "detect" }, { sid: 12, mode: "detect", origin: "pin" });
  const prevent = outcomes(effective("assignments: { mode: prevent }", file));
  assert.equal([prevent[1], prevent[2], prevent[12]], ["drop", "drop", "alert"]);
  const detect = outcomes(effective("assignments: { mode: detect }", file));
  assert.equal([detect[1], detect[2], detect[12]], ["alert", "alert", "alert"]);
});

test("what the operator pinned or suppressed holds without an assignment, too", () => {
  const file = {
    ...assigned(),
    pins: { "1:4": { mode: "prevent", note: "ticket 7" } },
    suppressions: { "1:3": "noisy" },
  } as AssignmentFile;
  const set = effective("{}", file);
  assert.equal([outcomes(set)[4], outcomes(set)[3]], ["drop", "off"]);
  assert.is(reasons(set, 4), "pinned with vpatch recommend: ticket 7; alert becomes drop");
  assert.is(reasons(set, 3), "suppressed with vpatch recommend: noisy");
});

test("ports of an assignment stand for the variable of the rule", () => {
  const set = effective("{}", assigned({ sid: 1, ports: { HTTP_PORTS: [8080, 8443] } }));
  assert.equal(set.rules.find(({ sid }) => sid === 1)!.ports, { HTTP_PORTS: [8080, 8443] });
});

test("entries without effect are told", () => {
  const set = effective(
    "rules:\n  - { select: { cve: CVE-1999-0001 }, action: drop }\npinned: [77]\nsuppressed: [10]\nrules2: []".replace(
      "\nrules2: []",
      "",
    ),
  );
  assert.equal(set.warnings, [
    { line: 2, message: "no rule is selected by cve CVE-1999-0001" },
    { line: 3, message: "no rule file has the pinned rule 1:77" },
  ]);
});

test("a chosen rule whose setters are all suppressed is told", () => {
  const set = effective("rules: [{ select: { sid: 12 }, mode: prevent }]\nsuppressed: [11]");
  assert.equal(set.warnings, [{ message: "rule 1:12 can never match: no rule in force may set b" }]);
});

test("of two copies of a rule the higher revision counts, and one in force before one that is commented out", () => {
  const copies = [
    { file: "a.rules", text: 'alert tcp any any -> any any (msg:"old"; sid:1; rev:1;)' },
    { file: "b.rules", text: 'drop tcp any any -> any any (msg:"new"; sid:1; rev:2;)' },
    { file: "c.rules", text: '# drop tcp any any -> any any (msg:"off"; sid:1; rev:3;)' },
  ];
  const set = applyPolicy(copies, parsePolicy("policy.yaml", "{}"));
  assert.equal(
    set.rules.map(({ msg, file }) => [msg, file]),
    [["new", "b.rules"]],
  );
});

test.run();
