import { test } from "uvu";
import * as assert from "uvu/assert";
import { compilePcre, parsePcre } from "../../compiler/keywords/pcre.ts";
import { RuleError } from "../../compiler/rule/problem.ts";

test("pcre: pattern and modifiers", () => {
  const cases: [value: string, pattern: string, summary: string][] = [
    ['"/abc/"', "abc", ""],
    ["/abc/", "abc", ""],
    ['"/a\\/b/i"', "a\\/b", "i"],
    ['"/a/b/smi"', "a/b", "smi"],
    ['"/a\\\\/Rx"', "a\\\\", "x relative"],
    ['!"/a\\"b/U"', 'a\\"b', "negated http_uri"],
    ['! "/[\\"\']/AEG"', "[\\\"']", "AEG negated"],
    ['"/a/OB"', "a", "raw limit"],
    ['"/flow:x/"', "flow:x", ""],
    ['"/é/"', "\xc3\xa9", ""],
  ];
  for (const [value, pattern, summary] of cases) {
    const parsed = parsePcre(value);
    assert.is(parsed.pattern, pattern, value);
    const words = [
      Object.keys(parsed.flags).join(""),
      parsed.relative && "relative",
      parsed.negated && "negated",
      parsed.raw && "raw",
      parsed.configuredLimit && "limit",
      parsed.buffer,
    ];
    assert.is(words.filter(Boolean).join(" "), summary, value);
  }
});

test("pcre: modifiers select HTTP buffers", () => {
  const buffers = Object.fromEntries(
    [..."UIVWZHDMCPQYS"].map((letter) => [letter, parsePcre(`"/a/${letter}"`).buffer]),
  );
  assert.equal(buffers, {
    U: "http_uri",
    I: "http_raw_uri",
    V: "http_user_agent",
    W: "http_host",
    Z: "http_raw_host",
    H: "http_header",
    D: "http_raw_header",
    M: "http_method",
    C: "http_cookie",
    P: "http_client_body",
    Q: "file_data",
    Y: "http_stat_msg",
    S: "http_stat_code",
  });
});

test("pcre: captured variables", () => {
  const stored = (value: string) =>
    compilePcre(parsePcre(value)).stored.map(
      ({ scope, name, group, valueGroup }) => `${scope}:${name}=${group}${valueGroup ? `,${valueGroup}` : ""}`,
    );
  assert.equal(stored('"/(a)(b)/", flow:one, pkt:two'), ["flow:one=1", "pkt:two=2"]);
  assert.equal(stored('"/(a)(b)/, flow:one,alert:two"'), ["flow:one=1", "alert:two=2"]);
  assert.equal(stored('"/(a)(b)(c)/, pkt:key,pkt:value"'), ["pkt:=1,2"]);
  assert.equal(stored('"/x(?P<flow_user>a)(b)(?P<pkt_long_name>c)/"'), ["flow:user=1", "pkt:long_name=2"]);
  assert.equal(stored('"/(?P<other>a)(?P<my_name>a)/"'), []);
});

test("pcre: parentheses capture only where that shows", () => {
  const groups = (value: string) => compilePcre(parsePcre(value)).captures;
  assert.is(groups('"/(a)(b)/"'), 0);
  assert.is(groups('"/(a)(b)\\1/"'), 2);
  assert.is(groups('"/(a)(?P<n>b)/"'), 1);
  assert.is(groups('"/(a)(b)/, flow:x"'), 2);
});

test("pcre: what is refused", () => {
  const refused: [value: string, reason: string][] = [
    ['"abc"', "between slashes"],
    ['"/abc"', "between slashes"],
    ['"/abc/k"', 'unknown modifier "k"'],
    ['"/abc/UH"', "only one modifier"],
    ['"/abc/UB"', 'modifier "B" contradicts'],
    ['"/abc/BU"', 'modifier "U" contradicts'],
    ['"/aBc/W"', "lower case"],
    ['"/(abc/"', "missing closing parenthesis (at byte 4"],
    ['"/(a)/, flow:x, flow:y"', "more captured variables"],
    ['"/(a)(b)/, flow:x, host:y"', "not a captured variable"],
    ['"/(a)(b)/, pkt:value"', "not a captured variable"],
  ];
  for (const [value, reason] of refused) {
    assert.throws(
      () => compilePcre(parsePcre(value)),
      (error: unknown) => error instanceof RuleError && error.message.includes(reason),
      value,
    );
  }
  assert.is(parsePcre('"/\\Wa\\x4A/W"').buffer, "http_host");
  assert.is(parsePcre('"/A/Wi"').warnings.length, 1);
});

test.run();
