/** Policy files: what is wrong with one is told with file, line and what was probably meant. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { VpatchError } from "../../hosts/node/errors.ts";
import { parsePolicy } from "../../hosts/node/policy/document.ts";

const WRONG: readonly [source: string, message: string][] = [
  ["mod: prevent", 'p.yaml:1:1: mod: no such setting; did you mean "mode"?'],
  ["mode: block", 'p.yaml:1:1: mode: expected detect or prevent, found "block"'],
  ["posture: lax", 'p.yaml:1:1: posture: expected off, monitor, normal or strict, found "lax"'],
  [
    "rules:\n  - action: drop",
    'p.yaml:2:5: rules[0]: expected an entry with select, action and mode, found {"action":"drop"}',
  ],
  ["rules:\n  - select: { cves: x }", 'p.yaml:2:15: rules[0].select.cves: no such setting; did you mean "cve"?'],
  [
    "rules:\n  - select: { sid: one }",
    'p.yaml:2:15: rules[0].select.sid: expected a sid, gid:sid or a range (2019000-2019999), found "one"',
  ],
  [
    "rules:\n  - select: { msg: '(' }",
    "p.yaml:2:15: rules[0].select.msg: Invalid regular expression: /(/: Unterminated group",
  ],
  [
    "rules:\n  - select: { sid: 1 }\n    action: block",
    'p.yaml:3:5: rules[0].action: expected alert, drop, reject, pass or off, found "block"',
  ],
  [
    "rules:\n  - { select: { sid: 1 }, action: off, mode: prevent }",
    "p.yaml:2:40: rules[0]: mode prevent says nothing about a rule whose action is off; leave one out",
  ],
  [
    "exceptions:\n  - note: none",
    'p.yaml:2:5: exceptions[0]: names neither an address nor a port; to take rules out of force use "suppressed"',
  ],
  ["pinned:\n  - { sid: 1, mod: detect }", 'p.yaml:2:15: pinned[0].mod: no such setting; did you mean "mode"?'],
  ["mode: prevent\nmode: detect", "not YAML or JSON: Map keys must be unique"],
  ["- 1", "the policy is not a map of settings"],
];

for (const [source, message] of WRONG) {
  test(`${source.replaceAll("\n", " ")}`, () => {
    try {
      parsePolicy("p.yaml", source);
      assert.unreachable("the policy was accepted");
    } catch (error) {
      assert.instance(error, VpatchError);
      assert.is((error as VpatchError).message, message);
    }
  });
}

test("a policy with every entry", () => {
  const policy = parsePolicy(
    "/etc/vpatch/policy.yaml",
    `
mode: prevent
posture: normal
unchosen: off
assignments: { file: assignments.json, mode: as-assigned }
rules:
  - { select: { sid: 1:2019401, severity: 1-2 }, action: drop, mode: detect, note: on trial }
exceptions:
  - { source: "[10.0.0.0/8,!10.1.2.3]", destination-port: 443, select: { cve: CVE-2021-44228 }, note: scanner }
pinned: [2019401, { sid: 1:7, mode: detect }]
suppressed: [{ sid: 8, note: noisy }]
`,
  );
  assert.is(policy.assignments.file, "/etc/vpatch/assignments.json");
  assert.equal([policy.mode, policy.posture, policy.unchosen], ["prevent", "normal", "off"]);
  assert.equal([policy.rules[0]!.line, policy.rules[0]!.select.text], [7, "sid 1:2019401, severity 1-2"]);
  assert.equal([policy.exceptions[0]!.line, policy.exceptions[0]!.destinationPort], [9, "443"]);
  assert.equal(policy.pinned, [
    { gid: 1, sid: 2019401, line: 10 },
    { gid: 1, sid: 7, mode: "detect", line: 10 },
  ]);
  assert.equal(policy.suppressed, [{ gid: 1, sid: 8, note: "noisy", line: 11 }]);
});

test.run();
