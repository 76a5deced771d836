/** IP-only rules are found by address: each packet alerts for the rules whose lists hold its ends, as a search one by one would say. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EventType } from "../../assembly/abi/frames.ts";
import { conversationFrames } from "../../corpus/frames.ts";
import { makeConfiguration } from "../../hosts/node/config/configuration.ts";
import { Engine } from "../../hosts/node/engine/engine.ts";
import { compileRules } from "../../hosts/node/rules/compile.ts";
import { random } from "../match/matcher.ts";

/** Addresses as numbers, both ends included. */
type Range = readonly [low: number, high: number];

interface ListRule {
  side: "source" | "destination";
  text: string;
  ranges: Range[];
}

const TOP = 0xffff_ffff;
const dotted = (n: number): string => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255].join(".");
const holds = ({ ranges }: ListRule, address: number): boolean =>
  ranges.some(([low, high]) => low <= address && address <= high);

/** What a list leaves free. */
function others(ranges: readonly Range[]): Range[] {
  const free: Range[] = [];
  let from = 0;
  for (const [low, high] of [...ranges].sort((a, b) => a[0] - b[0])) {
    if (low > from) free.push([from, low - 1]);
    from = Math.max(from, high + 1);
  }
  return from <= TOP ? [...free, [from, TOP]] : free;
}

const of = (side: ListRule["side"], ...ranges: Range[]): ListRule => ({
  side,
  ranges,
  text: `[${ranges.map(([low, high]) => (low === high ? dotted(low) : `${dotted(low)}-${dotted(high)}`)).join(",")}]`,
});
const not = (rule: ListRule): ListRule => ({ ...rule, text: `!${rule.text}`, ranges: others(rule.ranges) });

/** Sids (place + 1) that each pair of addresses alerts for. */
async function alerts(rules: readonly ListRule[], pairs: readonly (readonly [number, number])[]): Promise<number[][]> {
  const text = rules.map(({ side, text }, i) => {
    const [source, destination] = side === "source" ? [text, "any"] : ["any", text];
    return `alert ip ${source} any -> ${destination} any (sid:${i + 1};)`;
  });
  const config = await makeConfiguration({ "packet-alert-max": 255 });
  let found: number[] = [];
  const engine: Engine = new Engine({
    config,
    onEvent: (event) => {
      if (event.type === EventType.Alert && event.rule !== undefined) found.push(engine.rules[event.rule]!.sid);
    },
  });
  engine.load(compileRules([{ file: "lists.rules", text: text.join("\n") }], config).database);
  assert.is(engine.rules.length, rules.length);
  return pairs.map(([source, destination], i) => {
    found = [];
    for (const { data, linkType, seconds, nanoseconds } of conversationFrames({
      transport: "udp",
      client: { address: dotted(source), port: 20000 + i },
      server: { address: dotted(destination), port: 9000 },
      messages: [{ from: "client", data: Buffer.from("hello") }],
      segment: 1400,
      handshake: false,
      close: false,
    }))
      engine.write({ data, linkType, timestamp: seconds * 1e6 + nanoseconds / 1000 });
    engine.inspect();
    return found.sort((a, b) => a - b);
  });
}

async function check(rules: readonly ListRule[], pairs: readonly (readonly [number, number])[]): Promise<number> {
  const found = await alerts(rules, pairs);
  let total = 0;
  pairs.forEach(([source, destination], i) => {
    const expected = rules.flatMap((rule, at) =>
      holds(rule, rule.side === "source" ? source : destination) ? [at + 1] : [],
    );
    total += expected.length;
    assert.equal(found[i], expected, `${dotted(source)} > ${dotted(destination)}`);
  });
  return total;
}

const test = suite("address index");
const A = 0x0a00_0000;
const AWAY = 0xc0a8_0101;

const LISTS: { what: string; rules: ListRule[]; addresses: number[] }[] = [
  { what: "a single address, and those beside it", rules: [of("source", [A, A])], addresses: [A - 1, A, A + 1] },
  {
    what: "ranges that touch and ranges that overlap",
    rules: [of("source", [A, A + 9]), of("source", [A + 10, A + 19]), of("source", [A + 5, A + 14])],
    addresses: [A - 1, A, A + 4, A + 5, A + 9, A + 10, A + 14, A + 15, A + 19, A + 20],
  },
  {
    what: "one list within another",
    rules: [of("destination", [A, A + 255]), of("destination", [A + 100, A + 100])],
    addresses: [A, A + 99, A + 100, A + 101, A + 255, A + 256],
  },
  {
    what: "the last addresses there are",
    rules: [of("source", [0xdfff_ff00, TOP]), of("source", [0x0100_0000, 0x01ff_ffff])],
    addresses: [0x0100_0000, 0x01ff_ffff, 0x0200_0000, 0xdfff_feff, 0xdfff_ff00, 0xdfff_ffff],
  },
  { what: "what a list leaves out", rules: [not(of("source", [A, A + 9]))], addresses: [A - 1, A, A + 9, A + 10] },
];

for (const { what, rules, addresses } of LISTS) {
  test(what, async () => {
    const pairs = addresses.map((address) =>
      rules[0]!.side === "source" ? ([address, AWAY] as const) : ([AWAY, address] as const),
    );
    assert.ok((await check(rules, pairs)) > 0);
  });
}

test("any lists on both sides", async () => {
  const next = random(11);
  const address = (): number => A + next(4000);
  const range = (): Range => {
    const low = address();
    return [low, low + (next(2) ? 0 : next(300))];
  };
  const rules = Array.from({ length: 60 }, () => {
    const rule = of(next(2) ? "source" : "destination", ...Array.from({ length: 1 + next(6) }, range));
    return next(8) === 0 ? not(rule) : rule;
  });
  const limits = rules.flatMap(({ ranges }) => ranges.flatMap(([low, high]) => [low, high, high + 1]));
  const limit = (): number => Math.min(Math.max(limits[next(limits.length)]!, A), A + 5000);
  const pairs = Array.from({ length: 250 }, () => [limit(), next(2) ? limit() : AWAY] as const);
  assert.ok((await check(rules, pairs)) > 1000);
});

test.run();
