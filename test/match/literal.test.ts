/** The literal matcher finds what a naive search finds: SIMD and scalar build, every kind of section, hostile text. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { LiteralFilter, LiteralHeader, LiteralSection } from "../../assembly/abi/literals.ts";
import type { LiteralPlace } from "../../compiler/prefilter/literal.ts";
import { buildLiteralTable, type Literal } from "../../compiler/prefilter/literal_table.ts";
import { Matcher, naive, random } from "./matcher.ts";

const latin1 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));
const literal = (text: string, nocase = false): Literal => ({ bytes: latin1(text), nocase });

const TABLES: { what: string; literals: Literal[]; texts: [text: string, found: number[]][] }[] = [
  {
    what: "a single byte",
    literals: [literal("x")],
    texts: [
      ["x", [0]],
      ["X", []],
      ["", []],
      ["................x", [0]],
    ],
  },
  {
    what: "ASCII letters alone are folded",
    literals: [literal("@[`{", true), literal("a\xe9z", true), literal("Key", false), literal("kEY", true)],
    texts: [
      ["@[`{", [0]],
      ["`{@[", []],
      ["A\xe9Z", [1]],
      ["A\xc9Z", []],
      ["Key", [2, 3]],
      ["KEY", [3]],
    ],
  },
  {
    what: "zero bytes are not spaces",
    literals: [literal("\0\0\0\0\0\0\0\0", true), literal("        ", true), literal("\0", true)],
    texts: [
      ["\0".repeat(8), [0, 2]],
      [" ".repeat(8), [1]],
      [`${" ".repeat(7)}\0`, [2]],
    ],
  },
  {
    what: "edges and overlaps",
    literals: [
      literal("abcdefgh"),
      literal("bcdefg"),
      literal("h"),
      literal("gh"),
      literal("habcdefgh"),
      literal("efghabcdefghabcdefgh"),
    ],
    texts: [
      ["abcdefgh", [0, 1, 2, 3]],
      ["abcdefg", [1]],
      ["abcdefghabcdefgh", [0, 1, 2, 3, 4]],
      ["abcdefghabcdefghabcdefgh", [0, 1, 2, 3, 4, 5]],
    ],
  },
  {
    what: "255 bytes",
    literals: [literal(`${"ab".repeat(127)}c`), literal(`${"ab".repeat(127)}C`, true)],
    texts: [
      [`${"ab".repeat(127)}c`, [0, 1]],
      [`${"ab".repeat(200)}C`, [1]],
      [`${"ab".repeat(126)}c`, []],
    ],
  },
];

const ENDS: Literal[] = [
  { ...literal("evil.example", true), place: "suffix" },
  { ...literal(".example"), place: "suffix" },
  { ...literal("www.evil.example"), place: "whole" },
  { ...literal("e"), place: "suffix" },
  { ...literal("x"), place: "whole" },
  literal("evil"),
];
TABLES.push({
  what: "whole buffers and their ends",
  literals: ENDS,
  texts: [
    ["www.evil.example", [0, 1, 2, 3, 5]],
    ["WWW.EVIL.EXAMPLE", [0]],
    ["a.www.evil.example", [0, 1, 3, 5]],
    ["evil.example.org", [5]],
    ["evil.example", [0, 1, 3, 5]],
    [".example", [1, 3]],
    ["example", [3]],
    ["x", [4]],
    ["xx", []],
  ],
});
TABLES.push({
  what: "runs of zeros",
  literals: [
    literal("\0\0\0Y"),
    literal("\0\0"),
    literal("\x08\0\0\0"),
    literal("\0\0\0\0\0"),
    literal("\0\0\0\0\0\0\x01\0"),
  ],
  texts: [
    ["\0", []],
    ["a\0\0\0\0Y", [0, 1]],
    ["\0".repeat(40), [1, 3]],
    [`${"\0".repeat(39)}Y`, [0, 1, 3]],
    [`\x08${"\0".repeat(33)}\x01\0`, [1, 2, 3, 4]],
    [`abc${"\0".repeat(2200)}\x01\0\0Y`, [1, 3, 4]],
  ],
});

/** Sets that reach each plan: how many literals of which lengths, over which alphabet. */
const SETS = [
  { what: "one byte each", count: 40, low: 1, high: 1, alphabet: 256 },
  { what: "a few short ones", count: 8, low: 1, high: 4, alphabet: 4 },
  { what: "a few of every length", count: 20, low: 1, high: 20, alphabet: 3 },
  { what: "many short ones", count: 300, low: 1, high: 4, alphabet: 6 },
  { what: "many of every length", count: 600, low: 1, high: 30, alphabet: 3 },
  { what: "long ones", count: 900, low: 7, high: 60, alphabet: 2 },
  { what: "four bytes and more", count: 400, low: 4, high: 12, alphabet: 5 },
  { what: "thousands of any bytes", count: 5000, low: 3, high: 24, alphabet: 256 },
  { what: "dozens of short ones, the others long", count: 140, low: 2, high: 12, alphabet: 256 },
  { what: "dozens of short ones, hundreds of long ones", count: 900, low: 4, high: 40, alphabet: 256 },
  { what: "half of them short", count: 270, low: 2, high: 12, alphabet: 10 },
  { what: "a hundred short ones, hundreds of long ones", count: 900, low: 3, high: 30, alphabet: 256 },
  { what: "nothing but short ones", count: 90, low: 2, high: 6, alphabet: 256 },
];

const PLACES: LiteralPlace[] = ["anywhere", "anywhere", "anywhere", "anywhere", "suffix", "whole"];

for (const simd of [true, false]) {
  const test = suite(`literal matcher, ${simd ? "SIMD" : "scalar"}`);
  let matcher: Matcher;
  test.before(async () => {
    matcher = await Matcher.create({ simd });
  });

  for (const { what, literals, texts } of TABLES) {
    test(what, () => {
      assert.ok(matcher.load(buildLiteralTable(literals)));
      for (const [text, found] of texts) assert.equal(matcher.scan(latin1(text)), found, JSON.stringify(text));
    });
  }

  for (const [number, { what, count, low, high, alphabet }] of SETS.entries()) {
    test(`as a naive search: ${what}`, () => {
      const next = random(number + 1);
      // Letters in both cases, bytes that differ by 0x20 alone, runs of zero.
      const symbols = [0x61, 0x41, 0x00, 0x20, 0x62, 0x42, 0x40, 0x60, 0xff, 0xdf];
      const byte = () => (alphabet === 256 ? next(256) : symbols[next(alphabet)]!);
      const bytes = (length: number) => Uint8Array.from({ length }, byte);
      const unique = new Map<string, Literal>();
      for (let i = 0; i < count; i++) {
        const place = PLACES[next(PLACES.length)]!;
        const made: Literal = { bytes: bytes(low + next(high - low + 1)), nocase: next(2) === 0, place };
        unique.set(`${Buffer.from(made.bytes).toString("hex")}${made.nocase}${place}`, made);
      }
      const literals = [...unique.values()];
      const search = naive(literals);
      assert.ok(matcher.load(buildLiteralTable(literals)));
      for (let round = 0; round < 60; round++) {
        const text = bytes(round < 30 ? round : next(9000));
        for (let planted = next(4); planted > 0; planted--) {
          const chosen = literals[next(literals.length)]!.bytes;
          if (chosen.length <= text.length)
            text.set(chosen, next(3) === 0 ? text.length - chosen.length : next(text.length - chosen.length + 1));
        }
        const expected = search(text);
        assert.equal(matcher.scan(text, { shift: round & 7, around: byte() }), expected, `round ${round}`);
      }
    });
  }

  test("nothing beyond either end is seen", () => {
    const literals = [
      literal("needle"),
      literal("needles"),
      literal("n"),
      literal("need"),
      literal("a long needle in hay"),
    ];
    assert.ok(matcher.load(buildLiteralTable(literals)));
    const text = latin1("a long needle in hay");
    for (let start = 0; start <= text.length; start++) {
      for (let stop = start; stop <= text.length; stop++) {
        const part = text.slice(start, stop);
        assert.equal(matcher.scan(part, { around: text[stop] ?? 0 }), naive(literals)(part));
      }
    }
  });

  test("no more than 64 bytes beyond the end are read", () => {
    const next = random(7);
    const text = Uint8Array.from({ length: 700 }, () => [0, 0x61, 0x41, 0x62][next(4)]!);
    const literals = Array.from({ length: 400 }, (_, i): Literal => {
      const start = next(400);
      return {
        bytes: text.slice(start, start + 1 + (i % 255)),
        nocase: i % 3 === 0,
        place: PLACES[i % PLACES.length]!,
      };
    });
    assert.ok(matcher.load(buildLiteralTable(literals)));
    const search = naive(literals);
    for (let length = 1; length <= text.length; length += 1 + (length >> 4)) {
      const part = text.slice(0, length);
      assert.equal(matcher.scan(part, { atEnd: true, around: 0x61 }), search(part), `length ${length}`);
    }
  });

  test("never more than asked for", () => {
    const literals = ["a", "b", "c", "d"].map((text) => literal(text));
    assert.ok(matcher.load(buildLiteralTable(literals)));
    assert.is(matcher.scan(latin1("abcd"), { max: 2 }).length, 2);
    assert.is(matcher.scan(latin1("abcd"), { max: 0 }).length, 0);
    assert.equal(matcher.scan(latin1("abcd")), [0, 1, 2, 3]);
  });

  test("a damaged table is refused or harmless", () => {
    const literals = Array.from({ length: 60 }, (_, i): Literal => {
      const made = literal(`literal ${i}`.slice(0, 1 + (i % 10)), i % 2 === 0);
      return { ...made, place: PLACES[i % PLACES.length]! };
    });
    const table = buildLiteralTable(literals);
    const next = random(99);
    const text = latin1("literal 1 LITERAL 22 lit".repeat(20));
    for (let round = 0; round < 800; round++) {
      const damaged = table.slice();
      for (let flips = 1 + next(3); flips > 0; flips--) damaged[next(next(2) ? 200 : damaged.length)] = next(256);
      if (matcher.load(damaged)) matcher.scan(text);
    }
    assert.not(matcher.load(table.slice(0, -8)));
  });

  test.run();
}

const builder = suite("literal table builder");

/** Literals by length, and the sections they are scanned in. */
const PLANS: { what: string; lengths: Record<number, number>; sections: string[] }[] = [
  {
    what: "few short ones: every fourth position",
    lengths: { 3: 20, 12: 100 },
    sections: ["nibbles of 8 buckets", "bytes, stride 4"],
  },
  {
    what: "dozens of short ones: still every fourth, with twice the buckets",
    lengths: { 3: 30, 6: 40, 12: 400 },
    sections: ["nibbles of 16 buckets", "bits, stride 4"],
  },
  {
    what: "more of them: every second",
    lengths: { 3: 20, 6: 60, 12: 100 },
    sections: ["nibbles of 8 buckets", "bytes, stride 2"],
  },
  {
    what: "single bytes by themselves",
    lengths: { 1: 3, 3: 60 },
    sections: ["nibbles of 16 buckets", "nibbles of 8 buckets"],
  },
];

for (const { what, lengths, sections } of PLANS) {
  builder(what, () => {
    const next = random(5);
    const literals = Object.entries(lengths).flatMap(([length, count]) =>
      Array.from({ length: count }, () => ({
        bytes: Uint8Array.from({ length: Number(length) }, () => next(256)),
        nocase: false,
      })),
    );
    const table = buildLiteralTable(literals);
    const view = new DataView(table.buffer, table.byteOffset);
    const found = Array.from({ length: view.getUint32(LiteralHeader.SECTIONS, true) }, (_, i) => {
      const at = LiteralHeader.SIZE + i * LiteralSection.SIZE;
      const filter: LiteralFilter = view.getUint32(at + LiteralSection.FILTER, true);
      if (filter === LiteralFilter.NIBBLES)
        return `nibbles of ${8 * view.getUint32(at + LiteralSection.GROUPS, true)} buckets`;
      const kind = filter === LiteralFilter.BIT_TABLE ? "bits" : "bytes";
      return `${kind}, stride ${view.getUint32(at + LiteralSection.STRIDE, true)}`;
    });
    assert.equal(found, sections);
  });
}

builder("says which literal cannot be looked for", () => {
  assert.throws(() => buildLiteralTable([literal("a"), literal("")]), /literal 1 has 0 bytes: 1 to 255/);
  assert.throws(() => buildLiteralTable([literal("a".repeat(256))]), /literal 0 has 256 bytes: 1 to 255/);
});

builder.run();
