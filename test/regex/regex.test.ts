import { test } from "uvu";
import * as assert from "uvu/assert";
import { compileRegex, RegexError } from "../../compiler/regex/index.ts";
import { CASES } from "./cases.ts";
import { random } from "./generator.ts";
import { type Outcome, RegexRoom } from "./room.ts";

const room = await RegexRoom.build();
const scalar = await RegexRoom.build(false);

function texts(outcome: Outcome, subject: string): (string | null)[] | undefined | "budget" {
  if (outcome === "budget") return outcome;
  return outcome ? outcome.map(([from, to]) => (from < 0 ? null : subject.slice(from, to))) : undefined;
}

/** Builds, and the steps before the automaton and the visited table come in. */
const ENGINES: [name: string, room: RegexRoom, steps: number, aByte: number][] = [
  ["backtracker", room, 2_000, 2],
  ["automaton, then backtracker with visited table", room, 0, 0],
  ["the same without SIMD", scalar, 0, 0],
];

for (const [topic, cases] of Object.entries(CASES)) {
  test(`regex: ${topic}`, () => {
    for (const [engine, at, steps, aByte] of ENGINES) {
      at.core.setRegexPlainSteps(steps, aByte);
      for (const [pattern, flags, subject, expected] of cases) {
        at.compile(pattern, flags);
        const found = texts(at.search(subject), subject);
        assert.equal(found, expected, `${engine}: /${pattern}/${flags} on ${JSON.stringify(subject)}`);
      }
      at.core.setRegexPlainSteps(2_000, 2);
    }
  });
}

test("regex: literals and bytes are found at every offset, with and without SIMD", () => {
  for (const [pattern, flags] of [
    ["needle", ""],
    ["NeeDle", "i"],
    ["x", ""],
    ["(?:n|x)[^q]", ""],
  ] as const) {
    for (let at = 0; at < 70; at++) {
      const subject = `${"-".repeat(at)}needlexx${"-".repeat(at % 19)}`;
      const wanted = new RegExp(pattern, flags).exec(subject)!;
      for (const each of [room, scalar]) {
        each.compile(pattern, flags);
        assert.equal(each.search(subject), [[wanted.index, wanted.index + wanted[0].length]]);
        assert.is(each.search(subject.slice(0, wanted.index)), false);
      }
    }
  }
});

test("regex: what PCRE2 refuses is refused, with the place", () => {
  const refused: [string, string][] = [
    ["a**", "quantifier does not follow a repeatable item"],
    ["^*", "quantifier does not follow a repeatable item"],
    ["(a", "missing closing parenthesis"],
    ["a)", "unmatched closing parenthesis"],
    ["[a", "missing terminating ]"],
    ["[z-a]", "range out of order"],
    ["[a-\\d]", "invalid range"],
    ["[[:foo:]]", "unknown POSIX class name foo"],
    ["[:alpha:]", "only within a class"],
    ["a{3,2}", "numbers out of order"],
    ["a{65536}", "number too big"],
    ["\\", "\\ at end of pattern"],
    ["\\y", "unrecognized or unsupported escape \\y"],
    ["\\x{100}", "too large for a byte"],
    ["(?<=a+)b", "not fixed length"],
    ["(?<a>x)(?<a>y)", "same name"],
    ["(?z)", "unrecognized character after (?"],
    ["(?R)", "recursion"],
  ];
  for (const [pattern, message] of refused) {
    assert.throws(
      () => compileRegex(pattern),
      (error: unknown) => error instanceof RegexError && error.message.includes(message),
      pattern,
    );
  }
  assert.throws(
    () => compileRegex("(a)\\2"),
    (error: unknown) => error instanceof RegexError && error.missingGroup,
  );
});

test("regex: a search may begin inside the subject and be anchored there", () => {
  room.compile("^a|(?<=b)a|\\Gc");
  assert.equal(room.search("aba", 1), [[2, 3]]);
  assert.equal(room.search("aca", 1), [[1, 2]]);
  room.compile("b");
  assert.equal(room.search("ab", 0, true), false);
  assert.equal(room.search("ab", 1, true), [[1, 2]]);
  assert.equal(room.search("ab", 3), false);
});

test("regex: patterns that explode elsewhere cost a constant a byte", () => {
  for (const pattern of [
    "(a+)+b",
    "(?:a|aa)+$b",
    "(?:a|a?)+b",
    "a*a*a*a*a*b",
    "(?:a*)*b",
    "[ab]*[ac]*[ad]*x",
    "(.*,){4}x",
    "a+$",
    "a{2,}[a-z]*!",
    "(?:a+?)+?b",
  ]) {
    room.compile(pattern);
    const costs = [2_000, 20_000].map((length) => {
      const found = room.search(`${"a".repeat(length)},`);
      assert.is(found, false, pattern);
      return room.cost / length;
    });
    assert.ok(costs[1]! < 60, `${pattern} costs ${costs} steps a byte`);
  }
});

test("regex: what cannot be made linear ends at its budget", () => {
  room.compile("(a+)+\\1[bc]");
  assert.is(room.search(`${"a".repeat(5_000)}!c`), "budget");
  room.core.setRegexBudget(1_000);
  room.compile("(?:a|b)+[cd]");
  assert.is(room.search("ab".repeat(5_000)), "budget");
  assert.ok(room.cost <= 4_000, `${room.cost}`);
  room.core.setRegexBudget(1_000_000);
});

test("regex: small scratch memory gives up, never overruns", () => {
  room.scratch(262_144);
  room.compile("(?:(a)|b)+[cd]");
  assert.is(room.search(`${"ab".repeat(50_000)}c`), "budget");
  room.scratch(2 << 20);
});

test("regex: damaged programs are refused or harmless", () => {
  const { program } = compileRegex("^(?<a>x+|y{2,5}?)(?=z|ab)(?:q\\k<a>|[0-9]+)*$", { i: true });
  assert.ok(room.load(program));
  for (let length = 0; length < program.length; length += 4) {
    assert.not(room.load(program.subarray(0, length)), `cut to ${length}`);
  }
  const below = random(1);
  room.core.setRegexBudget(5_000);
  let accepted = 0;
  for (let round = 0; round < 20_000; round++) {
    const damaged = program.slice();
    for (let i = 0; i <= below(4); i++) damaged[below(damaged.length)] = below(256);
    if (!room.load(damaged)) continue;
    accepted++;
    room.search("xxxzq0XYZ\nyyzab1234yyab");
  }
  room.core.setRegexBudget(1_000_000);
  assert.ok(accepted > 100);
});

test("regex: literals for a prefilter", () => {
  const { literals, minLength } = compileRegex("^GET\\s+/(?:a|b)?admin\\.php", { i: true });
  assert.is(minLength, 14);
  assert.equal(
    literals.required.map(({ bytes, minOffset, maxOffset }) => [String.fromCharCode(...bytes), minOffset, maxOffset]),
    [
      ["get", 0, 0],
      ["/", 4, Number.POSITIVE_INFINITY],
      ["admin.php", 5, Number.POSITIVE_INFINITY],
    ],
  );
  assert.is(literals.exact, false);
  assert.is(compileRegex("abc").literals.exact, true);
});

test.run();
