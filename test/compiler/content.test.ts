/** Patterns of `content`: bytes, escapes, and their worth as fast pattern. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { parsePattern } from "../../compiler/content.ts";

const bytes = (text: string): string => Buffer.from(parsePattern(text)).toString("latin1");

test("patterns", () => {
  const cases: [text: string, bytes: string][] = [
    ["abc", "abc"],
    ["a|0d 0A|b", "a\r\nb"],
    ["|0d0a|", "\r\n"],
    ["|41,42|", "AB"],
    ['a\\;\\:\\"\\\\', 'a;:"\\'],
    ["a|7c|b", "a|b"],
    ["é", "\xc3\xa9"],
  ];
  for (const [text, expected] of cases) assert.is(bytes(text), expected, text);
});

test("patterns that cannot be", () => {
  const cases: [text: string, reason: RegExp][] = [
    ["", /empty/],
    ["||", /empty/],
    ["|4", /without a closing/],
    ["|4|", /odd number/],
    ["|4g|", /"g" is not a hexadecimal digit/],
    ["a\\n", /"\\n" is not an escape/],
    ["a\\", /is not an escape/],
    ['a"b', /unescaped double quote/],
  ];
  for (const [text, reason] of cases) assert.throws(() => parsePattern(text), reason, text);
});

test.run();
