/** Postures for protocol violations: what is blocked in normal and strict, and only recorded in monitor; benign traffic passes. */
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { LinkType, Verdict } from "../../assembly/abi/codes.ts";
import { Counter } from "../../assembly/abi/counters.ts";
import { readCases } from "../../corpus/case.ts";
import { parseConversation } from "../../corpus/conversation.ts";
import { conversationFrames } from "../../corpus/frames.ts";
import { defaultConfiguration } from "../../hosts/node/config/configuration.ts";
import { Engine } from "../../hosts/node/engine/engine.ts";
import { applyPolicy } from "../../hosts/node/policy/effective.ts";
import { EMPTY_POLICY, type Posture } from "../../hosts/node/policy/policy.ts";
import { compileEffective } from "../../hosts/node/rules/compile.ts";
import { type Bytes, ethernet, hex, ipv4, ipv6, tcp } from "../wire/build.ts";

const config = defaultConfiguration();
const postures = suite("postures");
const POSTURES: readonly Posture[] = ["monitor", "normal", "strict"];

const sets = new Map(POSTURES.map((posture) => [posture, applyPolicy([], { ...EMPTY_POLICY, posture })]));
const databases = new Map(POSTURES.map((posture) => [posture, compileEffective(sets.get(posture)!, config)]));

postures("every rule compiles, and says its posture", () => {
  assert.equal(databases.get("normal")!.report.refused, []);
  assert.equal(databases.get("normal")!.report.warnings, []);
  for (const { sid, reasons } of sets.get("normal")!.rules) assert.is(reasons[0], "posture normal", `sid ${sid}`);
});

const conversation = (head: string, ...lines: string[]): Bytes[] =>
  conversationFrames(parseConversation(head, lines)).map(({ data }) => data as Bytes);

const WEB = "tcp 192.0.2.1:40000 > 198.51.100.1:80";

/** Name, frames, and in which postures one of them is dropped. */
const CASES: readonly [name: string, frames: Bytes[], dropped: readonly Posture[]][] = [
  ["an ordinary request", conversation(WEB, "> GET / HTTP/1.1", "> Host: a", ">"), []],
  [
    "two lengths in a request (smuggling)",
    conversation(WEB, "> POST / HTTP/1.1", "> Host: a", "> Content-Length: 3", "> Content-Length: 5", ">", "> abc\\"),
    ["normal", "strict"],
  ],
  ["a request without Host", conversation(WEB, "> GET / HTTP/1.1", ">"), ["strict"]],
  [
    "an IPv6 routing header of type 0",
    [
      ethernet(
        0x86dd,
        ipv6(
          43,
          hex("06 02 00 01 00000000 20010db8000000000000000000000009 9c400050 00000001 00000000 5002 2000 0000 0000"),
        ),
      ),
    ],
    ["normal", "strict"],
  ],
  [
    "a UDP length below that of its header",
    [ethernet(0x800, ipv4(17, hex("9c40 0035 0004 0000 41414141")))],
    ["normal", "strict"],
  ],
  [
    "a TCP header shorter than a TCP header",
    [ethernet(0x800, ipv4(6, hex("9c400050 00000001 00000000 1002 2000 0000 0000")))],
    ["normal", "strict"],
  ],
  ["SYN and FIN at once", [ethernet(0x800, ipv4(6, tcp(new Uint8Array(0), { flags: 0x03 })))], ["normal", "strict"]],
];

function dropped(frames: readonly Bytes[], posture: Posture): { dropped: boolean; recorded: boolean } {
  const engine = new Engine({ mode: "prevent", config });
  engine.load(databases.get(posture)!.database);
  let any = false;
  for (const [index, data] of frames.entries()) {
    engine.write({ data, linkType: LinkType.Ethernet, timestamp: 1_700_000_000_000_000 + index });
    any = [...engine.inspect()].some((verdict) => verdict !== Verdict.Pass) || any;
  }
  engine.finish();
  return { dropped: any, recorded: engine.counters()[Counter.ips__would_drop]! > 0n };
}

for (const [name, frames, wanted] of CASES) {
  postures(name, () => {
    for (const posture of POSTURES) {
      const { dropped: found, recorded } = dropped(frames, posture);
      assert.is(found, wanted.includes(posture), posture);
      if (posture === "monitor") assert.is(recorded, wanted.includes("normal"), "recorded");
    }
  });
}

postures("benign conversations of the corpus pass in normal", () => {
  for (const { title, conversations } of readCases(fileURLToPath(new URL("../../corpus/benign", import.meta.url)))) {
    const frames = conversations.flatMap((each) => conversationFrames(each).map(({ data }) => data as Bytes));
    assert.is(dropped(frames, "normal").dropped, false, title);
  }
});

postures.run();
