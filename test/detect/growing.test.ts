/** A buffer that grows brings the rules that each of its windows brings, whatever the pieces it comes in. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultConfiguration } from "../../hosts/node/config/configuration.ts";
import { compileCore } from "../../hosts/node/engine/core.ts";
import { Engine } from "../../hosts/node/engine/engine.ts";
import { compileRules } from "../../hosts/node/rules/compile.ts";
import { buildRoomBytes } from "../core-room.ts";
import { random } from "../match/matcher.ts";

interface Room {
  memory: WebAssembly.Memory;
  textAddress(): number;
  grown(direction: number, from: number, length: number, end: boolean): bigint;
  whole(direction: number, from: number, length: number): bigint;
  forget(): number;
}

const TO_CLIENT = 1;
/** More literals than are remembered, of all lengths, over letters that make them frequent. */
const LITERALS = [
  "a",
  "ab",
  "ba",
  "abc",
  "cab",
  "bbb",
  "aXa",
  "Xab",
  "abXab",
  "needle",
  "aabbaabb",
  "cccc",
  "bcbc",
  "Xb",
];
const LONG = "a needle in a stack of hay that is longer than the window moves";

async function room(): Promise<Room> {
  const { instantiate, ...binary } = compileCore(await buildRoomBytes("test/detect/growing.core.ts"), "growing");
  let exports: unknown;
  const engine = new Engine({
    core: {
      ...binary,
      instantiate: (abort) => {
        const core = instantiate(abort);
        exports = core;
        return core;
      },
    },
  });
  const rules = [...LITERALS, LONG].map(
    (text, i) => `alert http any any -> any any (flow:to_client; file.data; content:"${text}"; sid:${i + 1};)`,
  );
  engine.load(compileRules([{ file: "growing.rules", text: rules.join("\n") }], defaultConfiguration()).database);
  return exports as Room;
}

const test = suite("prefilter of a growing buffer");
let core: Room;
test.before(async () => {
  core = await room();
});

function write(text: string): void {
  new Uint8Array(core.memory.buffer).set(Buffer.from(text, "latin1"), core.textAddress());
}

/** Windows by their ends: each begins at most `back` bytes before the one before ended. */
const WALKS: { what: string; text: string; windows: [from: number, to: number][] }[] = [
  {
    what: "from the beginning, ever longer",
    text: "xxabcxxneedle",
    windows: [
      [0, 2],
      [0, 4],
      [0, 5],
      [0, 9],
      [0, 13],
    ],
  },
  {
    what: "a literal across two pieces",
    text: "xxneedlexx",
    windows: [
      [0, 5],
      [2, 10],
    ],
  },
  {
    what: "what left the window is forgotten",
    text: "needlexxxxxxabcxx",
    windows: [
      [0, 8],
      [3, 12],
      [8, 17],
    ],
  },
  {
    what: "found again behind the place that left",
    text: "abcxxxxabcxxxx",
    windows: [
      [0, 7],
      [0, 11],
      [2, 12],
      [8, 14],
    ],
  },
  {
    what: "a piece without anything",
    text: "needle",
    windows: [
      [0, 6],
      [0, 6],
      [2, 6],
    ],
  },
  {
    what: "a window that goes back",
    text: "xxneedlexx",
    windows: [
      [4, 8],
      [0, 10],
    ],
  },
  {
    what: "a gap between windows",
    text: "needlexxxxxxxxneedle",
    windows: [
      [0, 6],
      [12, 20],
    ],
  },
  { what: "one byte at a time", text: LONG, windows: Array.from(LONG, (_, i) => [0, i + 1]) },
];

for (const { what, text, windows } of WALKS) {
  test(what, () => {
    write(text);
    for (const [i, [from, to]] of windows.entries()) {
      const end = i === windows.length - 1;
      assert.is(core.grown(TO_CLIENT, from, to - from, end), core.whole(TO_CLIENT, from, to - from), `${from}..${to}`);
    }
    assert.is(core.forget(), 0, "nothing is held");
  });
}

test("any text in any windows", () => {
  const next = random(3);
  let brought = 0n;
  for (let round = 0; round < 300; round++) {
    const alphabet = round % 3 === 0 ? "abcX" : "abcXdefghijklmnopqrstuvwxyz";
    let text = "";
    const length = 1 + next(900);
    while (text.length < length)
      text += next(12) === 0 ? [...LITERALS, LONG][next(LITERALS.length + 1)]! : alphabet[next(alphabet.length)]!;
    write(text);
    let [from, to] = [0, 0];
    while (to < text.length) {
      to = Math.min(text.length, to + next(120));
      from = Math.max(from, to - 60 - next(200));
      const named = `round ${round}: ${from}..${to} of ${JSON.stringify(text)}`;
      const end = to === text.length;
      const expected = core.whole(TO_CLIENT, from, to - from);
      assert.is(core.grown(TO_CLIENT, from, to - from, end), expected, named);
      brought |= expected;
    }
    assert.is(core.forget(), 0, "nothing is held");
  }
  assert.is(brought, (1n << BigInt(LITERALS.length + 1)) - 1n, "every rule was brought");
});

test.run();
