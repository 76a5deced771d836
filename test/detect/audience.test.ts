/**
 * Payload rules for certain protocols or ports have their literals in a table of their own. Which table a flow is searched with decides nothing
 * about what matches: all rules together find what each finds by itself.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EventType } from "../../assembly/abi/frames.ts";
import { Audience } from "../../assembly/abi/prefilters.ts";
import { type Addressee, splitByAudience } from "../../compiler/database/audience.ts";
import { parseConversation } from "../../corpus/conversation.ts";
import { conversationFrames } from "../../corpus/frames.ts";
import { makeConfiguration } from "../../hosts/node/config/configuration.ts";
import { Engine } from "../../hosts/node/engine/engine.ts";
import { compileRules } from "../../hosts/node/rules/compile.ts";

/** Twenty words of rules for one port, so that a table without them is worth it. */
const WORDS = Array.from({ length: 20 }, (_, i) => `word${String.fromCharCode(97 + i)}x`);
const PORT_RULES = WORDS.map((word) => `alert tcp any any -> any 2121 (content:"${word}";`);

const RULES = [
  ...PORT_RULES,
  ...PORT_RULES.map((rule) => rule.replace("tcp", "udp")),
  'alert tcp any any -> any any (content:"anywhere";',
  'alert tcp any any -> any 80 (content:"wordax";',
  'alert tcp any any -> any !2121 (content:"wordbx";',
  'alert tcp any 2121 -> any any (content:"answer";',
  'alert tcp any any <> any 2121 (content:"wordcx";',
  'alert tcp any any -> any [2000:2200] (content:"worddx";',
  'alert tcp any any -> any [1024:65535] (content:"wordex";',
  'alert ftp any any -> any any (content:"wordfx";',
  'alert http any any -> any any (content:"wordgx";',
  'alert http any any -> any 2121 (content:"wordhx";',
  'alert tcp-pkt any any -> any 2121 (content:"wordix";',
  'alert ip any any -> any 2121 (content:"wordjx";',
  'alert udp any any -> any 2121 (content:"wordkx"; content:"anywhere";',
  'alert udp any any -> any !2121 (content:"wordlx";',
].map((rule, i) => `${rule} sid:${i + 1};)`);

const HTTP = [
  `> GET /${WORDS.join("-")} HTTP/1.1`,
  "> Host: anywhere",
  ">",
  "< HTTP/1.1 200 OK",
  "< Content-Length: 6",
  "<",
  "< answer\\",
];
const TRAFFIC: { what: string; head: string; lines: string[] }[] = [
  {
    what: "FTP on the port that is named",
    head: "tcp 192.0.2.1:40000 > 198.51.100.1:2121",
    lines: ["< 220 ready", "> USER wordax wordbx wordfx anywhere", "< 331 answer wordcx", `> PASS ${WORDS.join(" ")}`],
  },
  { what: "HTTP on the port that is named", head: "tcp 192.0.2.1:40001 > 198.51.100.1:2121", lines: HTTP },
  { what: "HTTP on its port", head: "tcp 192.0.2.1:40002 > 198.51.100.1:80", lines: HTTP },
  { what: "HTTP on any port", head: "tcp 192.0.2.1:2121 > 198.51.100.1:9000", lines: HTTP },
  {
    what: "FTP on another port",
    head: "tcp 192.0.2.1:40003 > 198.51.100.1:21",
    lines: ["< 220 ready", `> USER ${WORDS.join(" ")} anywhere`, "< 331 answer wordcx"],
  },
  {
    what: "the middle of a connection",
    head: "tcp 192.0.2.1:40004 > 198.51.100.1:2121 midstream",
    lines: [`> ${WORDS.join(" ")} anywhere`, "< answer wordcx"],
  },
  {
    what: "datagrams",
    head: "udp 192.0.2.1:40005 > 198.51.100.1:2121",
    lines: [`> ${WORDS.join(" ")} anywhere`, "< answer wordcx"],
  },
  {
    what: "datagrams to another port",
    head: "udp 192.0.2.1:40006 > 198.51.100.1:53",
    lines: [`> ${WORDS.join(" ")} anywhere`],
  },
];

const config = await makeConfiguration({ "packet-alert-max": 255, stream: { midstream: true } });

/** Of each conversation the sids that alert, each as often as it does. */
function alerts(rules: readonly string[], mode: "detect" | "prevent"): number[][] {
  let found: number[] = [];
  const engine: Engine = new Engine({
    config,
    mode,
    onEvent: (event) => {
      if (event.type === EventType.Alert && event.rule !== undefined) found.push(engine.rules[event.rule]!.sid);
    },
  });
  engine.load(compileRules([{ file: "audience.rules", text: rules.join("\n") }], config).database);
  return TRAFFIC.map(({ head, lines }) => {
    found = [];
    for (const { data, linkType, seconds, nanoseconds } of conversationFrames(parseConversation(head, lines)))
      engine.write({ data, linkType, timestamp: seconds * 1e6 + nanoseconds / 1000 });
    engine.inspect();
    return found.sort((a, b) => a - b);
  });
}

const test = suite("audience of payload rules");

for (const mode of ["detect", "prevent"] as const) {
  const together = alerts(RULES, mode);
  const apart = RULES.map((rule) => alerts([rule], mode));
  TRAFFIC.forEach(({ what }, i) => {
    test(`${what}, ${mode}: all rules find what each finds by itself`, () => {
      const expected = apart.flatMap((of) => of[i]!);
      assert.ok(expected.length > 0);
      assert.equal(together[i], expected);
    });
  });
}

const split = suite("splitting a table");
const FTP: Addressee = { apps: [7], ports: [] };
const MAIL: Addressee = { apps: [], ports: [[25, 25]] };
const entries = (count: number, rule: (i: number) => number[]): { literal: string; rules: number[] }[] =>
  Array.from({ length: count }, (_, i) => ({ literal: `literal ${i}`, rules: rule(i) }));

split("a rule of its own literal goes, one that shares it with a rule for all stays behind", () => {
  const [named, others, ...rest] = splitByAudience(
    entries(40, (i) => (i < 30 ? [i] : [i, 100 + i])),
    new Map(Array.from({ length: 40 }, (_, i) => [i, i % 2 ? FTP : MAIL])),
  );
  assert.equal(rest, []);
  assert.equal([named!.audience, named!.entries.length, others!.audience], [Audience.Named, 40, Audience.Others]);
  assert.equal(
    others!.entries.map(({ rules }) => rules),
    Array.from({ length: 10 }, (_, i) => [130 + i]),
  );
  for (const part of [named!, others!]) assert.equal([part.apps, part.ports], [[7], [[25, 25]]]);
});

split("a few literals are not worth a second table", () => {
  const parts = splitByAudience(
    entries(40, (i) => [i]),
    new Map(Array.from({ length: 5 }, (_, i) => [i, FTP])),
  );
  assert.equal(
    parts.map(({ audience, entries: all }) => [audience, all.length]),
    [[Audience.All, 40]],
  );
});

split("when all are for somebody nothing is left for the others", () => {
  const parts = splitByAudience(
    entries(20, (i) => [i]),
    new Map(Array.from({ length: 20 }, (_, i) => [i, FTP])),
  );
  assert.equal(
    parts.map(({ audience }) => audience),
    [Audience.Named],
  );
});

test.run();
split.run();
