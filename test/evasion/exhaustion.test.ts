/**
 * Floods that fill the core's tables so that an attack is forgotten, or ordinary traffic taken for one: in prevention what finds no room gets
 * its exception policy, and what is there stays. Verdicts by letter: p passes, d dropped.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { LinkType } from "../../assembly/abi/codes.ts";
import { compileRules } from "../../compiler/index.ts";
import { parseConversation } from "../../corpus/conversation.ts";
import { makeConfiguration } from "../../hosts/node/config/configuration.ts";
import { Engine } from "../../hosts/node/engine/engine.ts";
import { ethernet, fragments, ipPacket, pieces, type Segment, segmentsOf, type WireFrame } from "./segment.ts";

const exhaustion = suite("exhaustion");

/** An engine in prevention, with a clock of its own. */
class Inline {
  private readonly engine: Engine;
  private time = 1_700_000_000_000_000;

  private constructor(engine: Engine) {
    this.engine = engine;
  }

  static async open(rules: string, settings: object): Promise<Inline> {
    const engine = new Engine({
      mode: "prevent",
      config: await makeConfiguration(settings as Record<string, unknown>),
    });
    engine.load(compileRules([{ file: "exhaustion.rules", text: rules }]).database);
    return new Inline(engine);
  }

  send(frames: readonly WireFrame[]): string {
    let verdicts = "";
    for (const { data } of frames) {
      this.engine.write({ data, linkType: LinkType.Ethernet, timestamp: this.time++ });
      verdicts += "pdrm"[this.engine.inspect()[0]!];
    }
    return verdicts;
  }

  wait(seconds: number): void {
    this.time += seconds * 1_000_000;
  }
}

const whole = (segments: readonly Segment[]): WireFrame[] => segments.map((segment) => ethernet(ipPacket(segment)));
const datagram = (source: string, words: string) =>
  segmentsOf(parseConversation(`udp ${source}:1234 > 10.0.0.2:99`, [`> ${words}\\`]))[0]!;
const cut = (segment: Segment): WireFrame[] => {
  const packet = ipPacket(segment);
  return fragments(packet, pieces(packet, 16)).map((piece) => ethernet(piece));
};
const source = (index: number): string => `10.1.${index >> 8}.${index & 255}`;

exhaustion("fragments of others do not make a datagram's first ones forgotten", async () => {
  const inline = await Inline.open('drop udp any any -> any any (content:"an attack in fragments"; sid:1;)', {
    defrag: { trackers: 64 },
  });
  const [first, ...rest] = cut(datagram("10.0.0.1", "an attack in fragments"));
  assert.is(inline.send([first!]), "p");
  const flood = Array.from({ length: 200 }, (_, index) => cut(datagram(source(index), "x".repeat(40)))[0]!);
  assert.is(inline.send(flood), "p".repeat(63) + "d".repeat(137));
  assert.match(inline.send(rest), /d$/);
});

exhaustion(
  "a rule that finds no room for its flowbit does not let the packet by: the rule that tests it would be blind",
  async () => {
    const rules = `alert tcp any any -> any any (content:"first"; flowbits:set,seen; noalert; sid:1;)
drop tcp any any -> any any (content:"second"; flowbits:isset,seen; sid:2;)`;
    const inline = await Inline.open(rules, { vpatch: { capacity: { "rule-state": 8 } } });
    const attack = (index: number): WireFrame[] =>
      whole(
        segmentsOf(parseConversation(`tcp ${source(index)}:1234 > 10.0.0.2:99 open`, ["> first", "--", "> second"])),
      );
    const outcomes = Array.from({ length: 20 }, (_, index) => inline.send(attack(index)));
    for (const [index, verdicts] of outcomes.entries())
      assert.match(verdicts, index < 8 ? /^pppppd/ : /^pppd/, `${index}`);
  },
);

exhaustion("thresholds of sources long gone make room: a first attempt is not taken for a second", async () => {
  const rules =
    'drop udp any any -> any any (content:"login"; detection_filter:track by_src,count 1,seconds 60; sid:1;)';
  const inline = await Inline.open(rules, { vpatch: { capacity: { "rule-state": 64 } } });
  const attempts = (from: number, count: number): string =>
    Array.from({ length: count }, (_, index) => inline.send(whole([datagram(source(from + index), "login")]))).join("");
  assert.is(attempts(0, 500), "p".repeat(500), "all at once");
  inline.wait(3600);
  assert.is(attempts(1000, 64), "p".repeat(64), "an hour later");
  assert.is(attempts(1000, 64), "d".repeat(64), "and each again");
});

exhaustion("flow.memcap bounds the flows", async () => {
  const inline = await Inline.open('drop udp any any -> any any (content:"attack"; sid:1;)', {
    flow: { memcap: "4kb" },
  });
  const flood = Array.from({ length: 100 }, (_, index) => datagram(source(index), "x"));
  const verdicts = inline.send(whole(flood));
  assert.match(verdicts, /^p{5,30}d+$/);
});

exhaustion("when flows are short, a connection's middle does not pass without one", async () => {
  const inline = await Inline.open('drop tcp any any -> any any (flow:established; content:"attack"; sid:1;)', {
    stream: { midstream: true },
    vpatch: { capacity: { flows: 16 } },
  });
  const middle = (index: number, words: string) =>
    segmentsOf(parseConversation(`tcp ${source(index)}:1234 > 10.0.0.2:99 open`, [`> ${words}`])).slice(3, 4);
  inline.send(Array.from({ length: 40 }, (_, index) => whole(middle(index, "x"))).flat());
  inline.wait(10);
  assert.is(inline.send(whole(middle(100, "attack"))), "d");
});

exhaustion.run();
