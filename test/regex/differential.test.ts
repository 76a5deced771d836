/** Random patterns against JavaScript's RegExp, and against the real PCRE2 where this machine has it. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { RegexError } from "../../compiler/regex/index.ts";
import { PatternGenerator, random } from "./generator.ts";
import { Pcre2, type Query } from "./pcre2.ts";
import { RegexRoom } from "./room.ts";

const seed = Number(process.env.SEED ?? 20261123);
const rounds = Number(process.env.REGEX_ROUNDS ?? 1_500);
const room = await RegexRoom.build();

/** Steps before the automaton and the visited table come in: late, and at once. */
const WAYS: [number, number][] = [
  [2_000, 2],
  [0, 0],
];

test("regex: finds what RegExp finds", () => {
  const generator = new PatternGenerator(random(seed));
  for (let round = 0; round < rounds; round++) {
    const pattern = generator.commonPattern();
    const flags = generator.flags("is");
    room.compile(pattern, flags);
    const expression = new RegExp(pattern, flags);
    // A dot of RegExp refuses a carriage return too.
    const subject = generator.subject().replaceAll("\r", "");
    const wanted = expression.exec(subject);
    // RegExp never takes an empty turn of a loop, PCRE2 takes it and leaves the loop: then the match may differ.
    if (hasEmptyTurns(pattern)) continue;
    for (const [steps, aByte] of WAYS) {
      room.core.setRegexPlainSteps(steps, aByte);
      const found = room.search(subject);
      const span = found === "budget" ? found : found ? found[0] : false;
      const expected = wanted ? [wanted.index, wanted.index + wanted[0].length] : false;
      assert.equal(span, expected, `seed ${seed}: /${pattern}/${flags} on ${JSON.stringify(subject)}`);
    }
  }
});

function hasEmptyTurns(pattern: string): boolean {
  return /\)(?:[*+?]|\{)/.test(pattern);
}

const pcre2 = await Pcre2.start();

test("regex: finds what PCRE2 finds, captures and all", async () => {
  if (!pcre2) return;
  const generator = new PatternGenerator(random(seed));
  const queries: Query[] = [];
  for (let round = 0; round < rounds; round++) {
    const query = { pattern: generator.pattern(), flags: generator.flags("imsxAEGn"), start: 0 };
    for (let i = 0; i < 3; i++) queries.push({ ...query, subject: generator.subject() });
  }
  const answers = await pcre2.ask(queries);
  pcre2.stop();
  let matches = 0;
  queries.forEach((query, i) => {
    const wanted = answers[i];
    const label = `seed ${seed}: ${JSON.stringify(query)}`;
    try {
      room.compile(query.pattern, query.flags);
    } catch (error) {
      assert.instance(error, RegexError, label);
      assert.is(wanted, null, `${label} is refused: ${(error as Error).message}`);
      return;
    }
    // Repeats without width in a look-behind: taken here, refused there for their unfixed length.
    if (wanted === null) {
      assert.match(query.pattern, /\(\?<[=!]/, `${label} is taken`);
      return;
    }
    if (typeof wanted === "number") return;
    for (const [steps, aByte] of WAYS) {
      room.core.setRegexPlainSteps(steps, aByte);
      const found = room.search(query.subject, query.start);
      if (found !== "budget") assert.equal(found, wanted, label);
    }
    if (wanted) matches++;
  });
  assert.ok(matches > rounds / 2);
});

test.run();
