/** From findings to rules in force, and out of force again. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { defaultPolicy, type ScanPolicy } from "../../scan/assign/eligibility.ts";
import { enginePolicy, renderRules } from "../../scan/assign/policy.ts";
import { selectRules } from "../../scan/assign/select.ts";
import { nextAssignments } from "../../scan/assign/transition.ts";
import { type AssignmentFile, emptyAssignments } from "../../scan/assign/types.ts";
import type { Component, Inventory, Listener } from "../../scan/inventory/types.ts";
import { matchInventory } from "../../scan/match/match.ts";
import { bundleOf, component, inventory, listener, now, ruleText } from "./samples.ts";

const cve = "CVE-2022-26134";
const rows = { "generic a/b": [{ cves: [cve], ranges: [{ introduced: "0", fixed: "2.0" }] }] };
const old = component("generic", "a/b", "1.0");

function select(rules: string, policy: Partial<ScanPolicy> = {}, one: Component = old, listeners?: Listener[]) {
  const bundle = bundleOf(rows, rules);
  const scanned = inventory([one], listeners ?? [listener(8090, [one])]);
  return selectRules(scanned, matchInventory(scanned, bundle), bundle, { ...defaultPolicy, ...policy });
}

const decisions: [name: string, rule: string, expected: string, policy?: Partial<ScanPolicy>][] = [
  ["certain and exposed is applied", ruleText(1, cve), "1 apply detect: certain and exposed"],
  ["in the policy's mode", ruleText(1, cve), "1 apply prevent: certain and exposed", { mode: "prevent" }],
  [
    "never by itself if the policy says so",
    ruleText(1, cve),
    "1 recommend detect: the policy applies nothing by itself",
    { automatic: false },
  ],
  [
    "not with too little confidence",
    ruleText(1, cve),
    "1 recommend detect: the evidence is not certain enough (0.8 < 0.9)",
    { minimumConfidence: 0.9 },
  ],
  [
    "a noalert rule never drops",
    ruleText(1, cve, "noalert; "),
    "1 apply detect: certain and exposed",
    { mode: "prevent" },
  ],
  [
    "prone to false positives: recommended only",
    ruleText(1, cve, "metadata:confidence Low; "),
    "1 recommend detect: its publisher calls it prone to false positives (confidence Low)",
  ],
  [
    "in need of configuration: recommended only",
    ruleText(1, cve, "metadata:deployment SSLDecrypt; "),
    "1 recommend detect: it needs configuration: it only sees decrypted traffic",
  ],
  [
    "commented out: skipped",
    `#${ruleText(1, cve)}`,
    "1 skip: it is shipped commented out, and the policy does not allow such rules",
  ],
  [
    "commented out, allowed by policy",
    `#${ruleText(1, cve)}`,
    "1 apply detect: certain and exposed",
    { disabledRules: true },
  ],
  [
    "for clients",
    ruleText(1, cve, "metadata:attack_target Client_Endpoint; "),
    "1 skip: it protects client programs: not for this kind of host",
  ],
  [
    "looks at another port",
    ruleText(1, cve, "", "alert tcp any any -> $HOME_NET 445"),
    "1 skip: it looks at port 445, the server listens on 8090",
  ],
  [
    "needs a bit that nothing sets",
    ruleText(1, cve, "flowbits:isset,x; "),
    "1 skip: it needs the bit x, which no rule sets",
  ],
  [
    "brings the rules that set its bits, and theirs",
    [
      ruleText(1, cve, "flowbits:isset,x; "),
      ruleText(2, "", "flowbits:set,x; flowbits:isset,y; "),
      ruleText(3, "", "flowbits:set,y; noalert; "),
    ].join("\n"),
    "1 apply prevent: certain and exposed; 2 apply detect: sets bits that 1 needs; 3 apply detect: sets bits that 1 needs",
    { mode: "prevent" },
  ],
  [
    "the limit",
    [ruleText(1, cve), ruleText(2, cve)].join("\n"),
    "1 apply detect: certain and exposed; 2 recommend detect: the policy's limit of 1 rules in force is reached",
    { limit: 1 },
  ],
];
for (const [name, rules, expected, policy] of decisions) {
  test(`select: ${name}`, () => {
    const { choices, skipped } = select(rules, policy);
    const text = [
      ...choices.map(
        ({ rule, apply, mode, reason }) => `${rule.sid} ${apply ? "apply" : "recommend"} ${mode}: ${reason}`,
      ),
      ...skipped.map(({ sid, reason }) => `${sid} skip: ${reason}`),
    ];
    assert.is(text.join("; "), expected);
  });
}

const unowned = { protocol: "tcp", address: "0.0.0.0", port: 9000, components: [], root: "/" } satisfies Listener;
const narrowings: [name: string, listeners: Listener[], head: string | undefined, expected: unknown][] = [
  ["to the owner's real ports", [listener(8090, [old]), listener(443, [old])], undefined, { HTTP_PORTS: [443, 8090] }],
  ["with every listener of unknown owner", [listener(8090, [old]), unowned], undefined, { HTTP_PORTS: [8090, 9000] }],
  ["not if one of them is unknown", [], undefined, undefined],
  ["not for any", [listener(8090, [old])], "alert http any any -> any any", undefined],
  ["not what excludes", [listener(8090, [old])], "alert tcp any any -> any !$HTTP_PORTS", undefined],
  ["not to the ports of another transport", [listener(53, [old], { protocol: "udp" })], undefined, undefined],
];
for (const [name, listeners, head, expected] of narrowings) {
  test(`ports are narrowed: ${name}`, () => {
    assert.equal(select(ruleText(1, cve, "", head), {}, old, listeners).choices[0]?.ports, expected);
  });
}

/** Runs scans one after another and gives the state after each. */
function run(steps: { inventory: Inventory; serial?: number }[], start?: AssignmentFile): [string, string][] {
  let file = start ?? emptyAssignments(now);
  return steps.map(({ inventory: scanned, serial = 5 }) => {
    const bundle = bundleOf(rows, ruleText(1, cve));
    const findings = matchInventory(scanned, bundle);
    const selection = selectRules(scanned, findings, bundle, defaultPolicy);
    file = nextAssignments(file, { inventory: scanned, findings, selection, bundleSerial: serial, now });
    const [first] = file.assignments;
    return [first?.state ?? "none", first?.reason ?? ""];
  });
}

const repaired = component("generic", "a/b", "2.0");
const vulnerable = { inventory: inventory([old], [listener(8090, [old])]) };
const healthy = { inventory: inventory([repaired], [listener(8090, [repaired])]) };
const half = {
  inventory: inventory([repaired], [], {
    collectors: [{ name: "dpkg", root: "/", state: "partial", items: 0, detail: "status is cut off" }],
  }),
};
const stale = component("generic", "a/b", "2.0", {
  usage: { pids: [1], state: "running", restartPending: true, runningVersion: "1.0" },
});
const histories: [name: string, steps: { inventory: Inventory; serial?: number }[], states: string][] = [
  ["two complete scans retire", [vulnerable, healthy, healthy], "applied retiring retired"],
  [
    "a removed component is fixed too",
    [vulnerable, { inventory: inventory([]) }, { inventory: inventory([]) }],
    "applied retiring retired",
  ],
  ["never on a partial scan", [vulnerable, half, half], "applied applied applied"],
  [
    "a partial scan breaks the row",
    [vulnerable, healthy, half, healthy, healthy],
    "applied retiring applied retiring retired",
  ],
  [
    "not while the old process runs",
    [vulnerable, { inventory: inventory([stale], [listener(8090, [stale])]) }],
    "applied applied",
  ],
  [
    "never by an older bundle",
    [vulnerable, { ...healthy, serial: 4 }, { ...healthy, serial: 4 }],
    "applied applied applied",
  ],
  ["vulnerable again", [vulnerable, healthy, vulnerable], "applied retiring applied"],
  ["still applied when it stops listening", [vulnerable, { inventory: inventory([old]) }], "applied applied"],
];
for (const [name, steps, states] of histories) {
  test(`retirement: ${name}`, () => {
    assert.is(
      run(steps)
        .map(([state]) => state)
        .join(" "),
      states,
    );
  });
}

test("a proof that the bundle no longer knows is not fixed", () => {
  const file = nextFile([vulnerable]);
  const bundle = bundleOf({ "generic other": rows["generic a/b"] }, ruleText(1, cve));
  const findings = matchInventory(healthy.inventory, bundle);
  const selection = selectRules(healthy.inventory, findings, bundle, defaultPolicy);
  const next = nextAssignments(file, { ...healthy, findings, selection, bundleSerial: 5, now });
  assert.is(next.assignments[0]?.reason, `${cve}: the bundle says nothing about pkg:generic/a/b@2.0 any more`);
  assert.is(next.assignments[0]?.state, "applied");
});

function nextFile(steps: { inventory: Inventory }[]): AssignmentFile {
  let file = emptyAssignments(now);
  for (const { inventory: scanned } of steps) {
    const bundle = bundleOf(rows, ruleText(1, cve));
    const findings = matchInventory(scanned, bundle);
    const selection = selectRules(scanned, findings, bundle, defaultPolicy);
    file = nextAssignments(file, { inventory: scanned, findings, selection, bundleSerial: 5, now });
  }
  return file;
}

test("a pin outlives every scan, a suppression keeps a rule out of force", () => {
  const pinned = { ...emptyAssignments(now), pins: { "1:1": { mode: "prevent" as const, note: "ticket 7" } } };
  assert.equal(run([vulnerable, healthy, healthy], pinned), [
    ["applied", "ticket 7"],
    ["applied", "ticket 7"],
    ["applied", "ticket 7"],
  ]);
  const suppressed = { ...emptyAssignments(now), suppressions: { "1:1": "breaks the shop" } };
  assert.equal(run([vulnerable], suppressed), [["suppressed", "breaks the shop"]]);
});

test("the policy renders the rules in force, with their action and ports", () => {
  const file = nextFile([vulnerable]);
  file.assignments[0]!.mode = "prevent";
  const text = `${ruleText(1, cve)}\n${ruleText(2, cve)}\n`;
  const rendered = renderRules(enginePolicy(file), [{ file: "a.rules", text }]);
  assert.is(rendered.text, `${ruleText(1, cve).replace("alert", "drop").replace("$HTTP_PORTS", "[8090]")}\n`);
  assert.equal(rendered.missing, []);
  assert.is(renderRules(enginePolicy(file), []).missing.length, 1);
});

test.run();
