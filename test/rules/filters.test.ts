/** enable.conf, disable.conf, drop.conf and modify.conf, as suricata-update reads them. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { VpatchError } from "../../hosts/node/errors.ts";
import { applyFilters } from "../../hosts/node/rules/update/apply_filters.ts";
import { formatFieldRule, readFieldRules } from "../../hosts/node/rules/update/field_rule.ts";
import { parseMatcher } from "../../hosts/node/rules/update/matcher.ts";
import { pythonRegex, pythonReplace } from "../../hosts/node/rules/update/python_regex.ts";
import { parseMatchers, parseModifications, type RuleFilters } from "../../hosts/node/rules/update/rule_filters.ts";
import { shellWords } from "../../hosts/node/rules/update/shell_words.ts";

const TEXT = `
# Comments are no rules.
alert http any any -> any any (msg:"ET TROJAN one"; flow:to_server; metadata:deployment Perimeter, signature_severity Major; sid:1; rev:3;)
# alert tcp any any -> any 445 (msg:"ET EXPLOIT two"; sid:2; rev:1;)
alert tcp any any -> any any \\
  (msg:"three"; noalert; sid:3; rev:1;)
alert tcp any any -> any any (msg:"four"; gid:7; sid:1; rev:1;)
`;

const RULES = readFieldRules("et/open", "rules/emerging-exploit.rules", TEXT);

const MATCHES: readonly [matcher: string, rules: readonly string[]][] = [
  ["*", ["1:1", "1:2", "1:3", "7:1"]],
  ["1", ["1:1"]],
  ["7:1", ["7:1"]],
  ["1, 2,1:3", ["1:1", "1:2", "1:3"]],
  ["1:1:3", ["1:1"]],
  ["1:1:2", []],
  ["re:et (trojan|exploit)", ["1:1", "1:2"]],
  ["re: ^alert tcp.*445", ["1:2"]],
  ['re:(?i)MSG:\\"t\\w+ee\\"', ["1:3"]],
  ["group:emerging-exploit", ["1:1", "1:2", "1:3", "7:1"]],
  ["group:emerging-exploit.rules", ["1:1", "1:2", "1:3", "7:1"]],
  ["group:*-exploit", ["1:1", "1:2", "1:3", "7:1"]],
  ["emerging-[ae]xploit.rules", ["1:1", "1:2", "1:3", "7:1"]],
  ["filename:rules/*.rules", ["1:1", "1:2", "1:3", "7:1"]],
  ["filename:emerging-exploit.rules", []],
  ["metadata: Deployment perimeter", ["1:1"]],
  ["metadata:signature_severity MAJOR", ["1:1"]],
];

for (const [text, wanted] of MATCHES) {
  test(`match ${text}`, () => {
    const matcher = parseMatcher(text)!;
    assert.equal(
      RULES.filter((rule) => matcher.matches(rule)).map(({ gid, sid }) => `${gid}:${sid}`),
      wanted,
    );
  });
}

test("a line that names no rules is told with its place; comments are passed over", () => {
  assert.is(parseMatchers("disable.conf", "# nothing\n\n  2019401 # noisy\ngroup:x\n").length, 2);
  try {
    parseMatchers("disable.conf", "1\nnonsense here\n");
    assert.unreachable();
  } catch (error) {
    assert.equal((error as VpatchError).location, { file: "disable.conf", line: 2 });
    assert.is((error as VpatchError).message, '"nonsense here" names no rules');
  }
});

const WORDS: readonly [line: string, words: readonly string[]][] = [
  ["a  b\tc", ["a", "b", "c"]],
  ['1 "from this" "to \\"that\\""', ["1", "from this", 'to "that"']],
  ["re:x '^alert' 'a\"b\\n'", ["re:x", "^alert", 'a"b\\n']],
  ['1 "\\s+\\\\" ""', ["1", "\\s+\\", ""]],
  ["a\\ b", ["a b"]],
];

for (const [line, words] of WORDS) test(`words of ${line}`, () => assert.equal(shellWords(line), words));

const REPLACEMENTS: readonly [text: string, regex: string, template: string, result: string][] = [
  ["alert tcp", "^alert", "drop", "drop tcp"],
  ["a-b-a", "a", "x", "x-b-x"],
  ["seconds 60;", "seconds (\\d+)", "seconds \\g<1>0", "seconds 600;"],
  ["one two", "(?P<first>\\w+) (\\w+)", "\\2 \\g<first>", "two one"],
  ["a.b", "\\.", "\\\\", "a\\b"],
  ["price", "price", "$1 $& \\n", "$1 $& \n"],
  ["x", "(x)(y)?", "[\\2]", "[]"],
  ["last", "\\Alast\\Z", "first", "first"],
];

for (const [text, regex, template, result] of REPLACEMENTS) {
  test(`replace ${regex} by ${template}`, () => assert.is(pythonReplace(text, pythonRegex(regex), template), result));
}

function outcome(text: string, filters: Partial<Record<keyof RuleFilters, string>>): string[] {
  const read: RuleFilters = {
    enable: parseMatchers("enable.conf", filters.enable ?? ""),
    disable: parseMatchers("disable.conf", filters.disable ?? ""),
    drop: parseMatchers("drop.conf", filters.drop ?? ""),
    modify: parseModifications("modify.conf", filters.modify ?? ""),
  };
  const { rules, notes } = applyFilters(readFieldRules("s", "f.rules", text), read);
  return [...rules.map(formatFieldRule), ...notes];
}

const ONE = `alert tcp any any -> any any (msg:"a"; sid:1; rev:1;)`;

const OUTCOMES: readonly [
  name: string,
  text: string,
  filters: Partial<Record<keyof RuleFilters, string>>,
  result: readonly string[],
][] = [
  ["disable", ONE, { disable: "1" }, [`# ${ONE}`]],
  ["enable", `#${ONE}`, { enable: "re:msg" }, [ONE]],
  ["enable stands before disable", ONE, { disable: "*", enable: "1" }, [ONE]],
  ["drop", ONE, { drop: "1" }, [ONE.replace("alert", "drop")]],
  ["drop keeps a rule that is off off", `# ${ONE}`, { drop: "1" }, [`# ${ONE.replace("alert", "drop")}`]],
  ["drop passes over noalert", ONE.replace("sid", "noalert; sid"), { drop: "*" }, [ONE.replace("sid", "noalert; sid")]],
  ["modify", ONE, { modify: `1 'msg:"a"' 'msg:"b"'` }, [ONE.replace('"a"', '"b"')]],
  [
    "modify, by several words of Oinkmaster",
    ONE,
    { modify: `modifysid 1 "^(\\w+)" | "\${1}ed"` },
    [ONE, "modify.conf:1: rule 1:1 would be no rule any more, and stays as it was"],
  ],
  [
    "modify, with backreferences of Oinkmaster",
    ONE,
    { modify: `modifysid * "rev:(\\d)" | "rev:\${1}0"` },
    [ONE.replace("rev:1", "rev:10")],
  ],
  [
    "modify, with an escaped dollar sign",
    ONE.replace("any any (", "$HOME_NET any ("),
    { modify: `1 "\\$HOME_NET" "[10.0.0.0/8]"` },
    [
      // As in suricata-update the dollar sign is not escaped for the expression: it is the end of the text, and matches nothing.
      ONE.replace("any any (", "$HOME_NET any ("),
    ],
  ],
  ["modify what is off: the mark is part of the text", `# ${ONE}`, { modify: `1 "^# " ""` }, [ONE]],
  [
    "modify that makes no rule of it",
    ONE,
    { modify: `1 "sid:1;" ""` },
    [ONE, "modify.conf:1: rule 1:1 would be no rule any more, and stays as it was"],
  ],
  [
    "a group that is not there",
    ONE,
    { modify: `1 "sid" "\\3"` },
    [ONE, "modify.conf:1: rule 1:1: the replacement names group 3, which is not there"],
  ],
  [
    "metadata-add",
    ONE,
    { modify: `metadata-add re:msg "team" "blue"` },
    [ONE.replace(";)", "; metadata: team blue;)")],
  ],
  [
    "modifications one after the other",
    ONE,
    { modify: `1 "alert" "drop"\n1 "^drop tcp" "reject ip"` },
    [ONE.replace("alert tcp", "reject ip")],
  ],
  ["of two revisions the higher", `${ONE}\n${ONE.replace("rev:1", "rev:2")}`, {}, [ONE.replace("rev:1", "rev:2")]],
];

for (const [name, text, filters, result] of OUTCOMES) test(name, () => assert.equal(outcome(text, filters), result));

test("setters that were shipped commented out come without alerts, unless they were disabled", () => {
  const reader = 'alert tcp any any -> any any (msg:"r"; flowbits:isset,a; sid:1; rev:1;)';
  const setter = 'alert tcp any any -> any any (msg:"s"; flowbits:set,a; sid:2; rev:1;)';
  assert.equal(outcome(`${reader}\n# ${setter}`, {}), [reader, setter.replace("rev:1;)", "rev:1; noalert;)")]);
  assert.equal(outcome(`${reader}\n# ${setter}`, { disable: "2" }), [reader, `# ${setter}`]);
  assert.equal(outcome(`${reader}\n${setter}`, { disable: "2" }), [reader, `# ${setter}`]);
});

for (const [text, message] of [
  ["1 a", "a modification has three parts"],
  ['1 "a" "b', "a quote is not closed"],
  ["1 ( b", "Invalid regular expression: /(/: Unterminated group"],
  ["metadata-add 1 a", "metadata-add takes a match, a key and a value"],
  ["what a b", '"what" names no rules'],
]) {
  test(`modify.conf: ${text}`, () => {
    try {
      parseModifications("modify.conf", `# first\n${text}`);
      assert.unreachable();
    } catch (error) {
      assert.instance(error, VpatchError);
      assert.equal([(error as VpatchError).message, (error as VpatchError).location.line], [message, 2]);
    }
  });
}

test.run();
