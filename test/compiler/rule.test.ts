/** The rule language: how text becomes a syntax tree, and what is said of text that does not. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { ListNode } from "../../compiler/rule/ast.ts";
import { parseList } from "../../compiler/rule/expression.ts";
import { parseRules } from "../../compiler/rule/parser.ts";
import { formatProblem, type RuleError } from "../../compiler/rule/problem.ts";
import { readValue } from "../../compiler/rule/value.ts";

const one = (text: string) => {
  const { rules, problems } = parseRules("t.rules", text);
  assert.equal(problems.map(formatProblem), []);
  assert.is(rules.length, 1);
  return rules[0]!;
};

test("a rule is a header and options, in the order of the text", () => {
  const rule = one(
    `alert http $HOME_NET any -> !10.0.0.0/8 [80,8080:] (msg:"a b"; content:"x|3b|\\;"; nocase; sid:1;)`,
  );
  assert.is(rule.action.name, "alert");
  assert.is(rule.protocol.name, "http");
  assert.is(rule.direction, "->");
  assert.equal(
    rule.options.map(({ name, value }) => [name, value]),
    [
      ["msg", '"a b"'],
      ["content", '"x|3b|\\;"'],
      ["nocase", undefined],
      ["sid", "1"],
    ],
  );
  assert.equal(
    rule.options.map(({ column }) => column),
    [53, 64, 83, 91],
  );
});

test("headers: hooks, scopes, directions", () => {
  const cases: [header: string, read: unknown][] = [
    ["alert http1:request_line any any -> any any", ["alert", undefined, "http1", "request_line", "->"]],
    ["alert tcp:flow_start any any <> any any", ["alert", undefined, "tcp", "flow_start", "<>"]],
    ["accept:hook tcp:all any any -> any any", ["accept", "hook", "tcp", "all", "->"]],
    ["DROP TLS any any => any any", ["drop", undefined, "tls", undefined, "=>"]],
    ["alert\ttcp\t[1.2.3.4, ![1.2.3.5]] any\t-> any any", ["alert", undefined, "tcp", undefined, "->"]],
  ];
  for (const [header, expected] of cases) {
    const { action, protocol, direction } = one(`${header} (sid:1;)`);
    assert.equal([action.name, action.scope, protocol.name, protocol.hook, direction], expected, header);
  }
});

test("files: comments, continued lines, CRLF, a byte order mark, disabled rules", () => {
  const text = [
    "\ufeff# a comment",
    "",
    "alert tcp any any -> any any ( \\",
    '  msg:"two lines"; \\',
    "  sid:1;)",
    "#alert udp any any -> any any (sid:2;)",
    "# alert me when this works",
    "alert ip any any -> any any (sid:3;)",
  ].join("\r\n");
  const enabled = parseRules("t.rules", text);
  assert.equal(
    enabled.rules.map(({ line }) => line),
    [3, 8],
  );
  assert.equal(
    enabled.rules[0]!.options.map(({ name, line, column }) => [name, line, column]),
    [
      ["msg", 4, 3],
      ["sid", 5, 3],
    ],
  );
  const all = parseRules("t.rules", text, true);
  assert.equal(
    all.rules.map((rule) => [rule.line, rule.enabled]),
    [
      [3, true],
      [6, false],
      [8, true],
    ],
  );
  assert.equal(all.problems, []);
});

test("a rule may be longer than 8 KiB", () => {
  const list = Array.from({ length: 2000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`).join(",");
  assert.ok(one(`alert ip [${list}] any -> any any (sid:1;)`).text.length > 8192);
});

test("one bad rule is reported by position and does not stop the rest", () => {
  const cases: [rule: string, problem: string][] = [
    [
      "alert tcp any any -> any",
      `t.rules:1:25: incomplete rule header: 6 of 7 fields before the options, port is missing; write "action protocol source port -> destination port (options)"`,
    ],
    [
      "alert tcp any any <- any any (sid:1;)",
      `t.rules:1:19: sid 1: "<-" is not a direction; swap the two sides and write "->"`,
    ],
    [
      "alert tcp [1.1.1.1 any -> any any (sid:1;)",
      `t.rules:1:35: sid 1: incomplete rule header: 3 of 7 fields before the options, source port is missing; write "action protocol source port -> destination port (options)"`,
    ],
    ["alert tcp any any -> any any ()", `t.rules:1:29: the rule has no options; every rule needs a sid`],
    [
      `alert tcp any any -> any any (sid:1; content:"a)`,
      `t.rules:1:38: sid 1: content: no terminating ";"; end every option with a semicolon, the last one as well`,
    ],
    ["alert tcp any any -> any any (sid:1;;)", "t.rules:1:37: sid 1: an option without a name"],
    [
      'alert tcp any any -> any any (msg:"\u0001"; sid:1;)',
      "t.rules:1:1: sid 1: the rule contains a control character; write the byte as |hex| in a content or \\x in a pcre",
    ],
  ];
  for (const [text, expected] of cases) {
    const { rules, problems } = parseRules("t.rules", `${text}\nalert ip any any -> any any (sid:2;)`);
    assert.equal(problems.map(formatProblem), [expected]);
    assert.is(rules.length, 1, text);
  }
});

test("expressions nest and negate", () => {
  const show = (node: ListNode): string => {
    const sign = node.negated ? "!" : "";
    if (node.kind === "group") return `${sign}[${node.members.map(show).join(" ")}]`;
    return sign + (node.kind === "any" ? "ANY" : node.kind === "variable" ? `$${node.name}` : node.text);
  };
  const cases: [text: string, tree: string][] = [
    ["any", "ANY"],
    ["!any", "!ANY"],
    ["[any]", "[ANY]"],
    ["$HOME_NET", "$HOME_NET"],
    ["[1.1.1.1, !$A,![2.2.2.0/24,!2.2.2.2]]", "[1.1.1.1 !$A ![2.2.2.0/24 !2.2.2.2]]"],
    ["[1,2,]", "[1 2]"],
    ["a,b", "[a b]"],
    ["1024:", "1024:"],
  ];
  for (const [text, tree] of cases) assert.is(show(parseList(text, "address")), tree);
  for (const bad of ["[a", "a]", "[a,,b]", "[]", "!", "$", "[a b]"])
    assert.throws(() => parseList(bad, "address"), bad);
});

test("values: quotes and negation are a matter of the keyword", () => {
  assert.equal(readValue('! "a"', "mandatory", true), { text: "a", negated: true });
  assert.equal(readValue('"a\\"b" ', "optional"), { text: 'a\\"b', negated: false });
  assert.equal(readValue("a", "optional"), { text: "a", negated: false });
  assert.equal(readValue("!a", "none"), { text: "!a", negated: false });
  const cases: [() => unknown, string][] = [
    [() => readValue("a", "mandatory"), "the value must be in double quotes"],
    [() => readValue('"a"', "none"), "the value must not be in quotes"],
    [() => readValue('"a', "optional"), "the closing quote is missing"],
    [() => readValue('""', "optional"), "the value is empty"],
    [() => readValue("!", "optional", true), "the value is empty"],
  ];
  for (const [run, message] of cases) assert.throws(run, (error: RuleError) => error.message === message);
});

test.run();
