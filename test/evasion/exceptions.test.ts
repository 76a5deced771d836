/**
 * Exception policies: every pool with every policy that it can have, each fault simulated at one frame. What becomes of the frames, what is
 * counted, what the flow's event says.
 *
 * Frames of the conversation: 1 SYN, 2 SYN/ACK, 3 ACK, 4 request, 5 its ACK, 6 the same again on the connection ("later"), 7 its ACK.
 * Verdicts by letter: p passes, d dropped, r rejected.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { LinkType } from "../../assembly/abi/codes.ts";
import { Counter } from "../../assembly/abi/counters.ts";
import { EventType } from "../../assembly/abi/frames.ts";
import { compileRules } from "../../compiler/index.ts";
import { parseConversation } from "../../corpus/conversation.ts";
import { makeConfiguration } from "../../hosts/node/config/configuration.ts";
import { Engine } from "../../hosts/node/engine/engine.ts";
import { formatEvent } from "../../hosts/node/eve/format.ts";
import { statsTree } from "../../hosts/node/eve/stats.ts";
import { ethernet, fragments, ipPacket, pieces, segmentsOf, type WireFrame } from "./segment.ts";

const exceptions = suite("exception policies");

const RULES = `alert http any any -> any any (msg:"request"; http.uri; content:"/page"; sid:1;)
alert tcp any any -> any any (msg:"later"; content:"later"; sid:2;)`;
const { database } = compileRules([{ file: "exceptions.rules", text: RULES }]);

const conversation = parseConversation("tcp 10.0.0.1:1234 > 10.0.0.2:80 open", [
  "> GET /page HTTP/1.1",
  "> Host: a",
  ">",
  "--",
  "> later",
]);
const whole = segmentsOf(conversation).map((segment) => ethernet(ipPacket(segment)));
/** The request in two fragments: frames 4 and 5. */
const cut = segmentsOf(conversation).flatMap((segment, index) => {
  const packet = ipPacket(segment);
  return index === 3 ? fragments(packet, pieces(packet, 32)).map((f) => ethernet(f)) : [ethernet(packet)];
});

interface Outcome {
  verdicts: string;
  alerts: number[];
  counters: Record<string, unknown>;
  /** `exception_policy` of the flow's event. */
  flow: { target: string; policy: string }[] | undefined;
  action: string | undefined;
  drops: string[];
  /** Packets that only prevention would drop. */
  wouldDrop: number;
}

type Settings = Record<string, unknown>;

async function run(settings: Settings, frames: readonly WireFrame[], mode: "prevent" | "detect"): Promise<Outcome> {
  const config = await makeConfiguration({
    ...settings,
    outputs: [{ "eve-log": { types: ["alert", "flow", "drop"] } }],
  });
  const events: { event_type: string; flow?: Record<string, unknown>; drop?: { reason: string } }[] = [];
  const alerts: number[] = [];
  const engine: Engine = new Engine({
    mode,
    config,
    onEvent(event) {
      if (event.type === EventType.Alert) alerts.push(engine.rules[event.rule ?? -1]?.sid ?? 0);
      events.push(JSON.parse(formatEvent(event, engine.eve)));
    },
  });
  engine.load(database);
  let verdicts = "";
  for (const [index, { data }] of frames.entries()) {
    engine.write({ data, linkType: LinkType.Ethernet, timestamp: 1_700_000_000_000_000 + index });
    verdicts += "pdrm"[engine.inspect()[0]!];
  }
  engine.finish();
  const counted = (statsTree(engine.counters()) as { exception_policy?: object }).exception_policy;
  const flow = events.find(({ event_type: type }) => type === "flow")?.flow;
  return {
    verdicts,
    alerts,
    counters: nonZero(counted ?? {}),
    flow: flow?.exception_policy as Outcome["flow"],
    action: flow?.action as string | undefined,
    wouldDrop: Number(engine.counters()[Counter.ips__would_drop]),
    drops: [...new Set(events.flatMap(({ drop }) => (drop ? [drop.reason] : [])))],
  };
}

/** Leaves of a tree of counters that are not 0, by dotted path. */
function nonZero(tree: object, path = ""): Record<string, number> {
  return Object.assign(
    {},
    ...Object.entries(tree).map(([name, value]) => {
      if (typeof value === "bigint") return value === 0n ? {} : { [path + name]: Number(value) };
      return nonZero(value as object, `${path}${name}.`);
    }),
  );
}

interface Pool {
  /** Where its policy is set. */
  path: readonly string[];
  /** Its name in counters, and in flow events where it is told there. */
  counter: string;
  target?: string;
  reason: string;
  simulate: Settings;
  frames: readonly WireFrame[];
}

/** What follows in prevention: verdicts, alerts, whether the flow's event has an action. */
type Expected = readonly [verdicts: string, alerts: readonly number[], action?: "drop" | "pass"];
type Outcomes = Readonly<Record<string, Expected>>;

/** Of a pool whose policy cannot decide about a flow. */
const ofPacket = (before: number, after: number): Outcomes => {
  const all = (letter: string): Expected => ["p".repeat(before) + letter + "p".repeat(after), [2]];
  return {
    "drop-packet": all("d"),
    "drop-flow": all("d"),
    reject: all("r"),
    "reject-both": all("r"),
    "pass-packet": all("p"),
    "pass-flow": all("p"),
    bypass: all("p"),
    ignore: all("p"),
  };
};

/** Of a pool whose policy decides about the flow. */
const ofFlow = (before: number, after: number, without: readonly string[] = []): Outcomes => {
  const passed = "p".repeat(before);
  const rest = (letter: string) => letter.repeat(after);
  const outcomes: Record<string, Expected> = {
    "drop-packet": [`${passed}d${rest("p")}`, [2]],
    "drop-flow": [`${passed}d${rest("d")}`, [], "drop"],
    reject: [`${passed}r${rest("d")}`, [], "drop"],
    "reject-both": [`${passed}r${rest("d")}`, [], "drop"],
    "pass-packet": [`${passed}p${rest("p")}`, [2]],
    "pass-flow": [`${passed}p${rest("p")}`, [], "pass"],
    bypass: [`${passed}p${rest("p")}`, [], "pass"],
    ignore: [`${passed}p${rest("p")}`, [2]],
  };
  for (const policy of without) delete outcomes[policy];
  return outcomes;
};

const POOLS: Readonly<Record<string, [Pool, Outcomes]>> = {
  "session memcap at the SYN": [
    {
      path: ["stream", "memcap-policy"],
      counter: "tcp.ssn_memcap",
      target: "stream_memcap",
      reason: "stream memcap",
      simulate: { "packet-tcp-ssn-memcap": 1 },
      frames: whole,
    },
    // Without a session the SYN is a packet that fits nowhere: stream.drop-invalid.
    { ...ofFlow(0, 6), ignore: ["dpppppp", [2]] },
  ],
  "reassembly memcap at the request": [
    {
      path: ["stream", "reassembly", "memcap-policy"],
      counter: "tcp.reassembly",
      target: "stream_reassembly_memcap",
      reason: "stream reassembly",
      simulate: { "packet-tcp-reassembly-memcap": 4 },
      frames: whole,
    },
    ofFlow(3, 3),
  ],
  "flow memcap at the SYN": [
    {
      path: ["flow", "memcap-policy"],
      counter: "flow.memcap",
      reason: "flow memcap",
      simulate: { "packet-flow-memcap": 1 },
      frames: whole,
    },
    ofPacket(0, 6),
  ],
  "defrag memcap at the request's first fragment": [
    {
      path: ["defrag", "memcap-policy"],
      counter: "defrag.memcap",
      reason: "defrag memcap",
      simulate: { "packet-defrag-memcap": 4 },
      frames: cut,
    },
    ofPacket(3, 4),
  ],
  "midstream, from the handshake's ACK on": [
    {
      path: ["stream", "midstream-policy"],
      counter: "tcp.midstream",
      target: "stream_midstream",
      reason: "stream midstream",
      simulate: {},
      frames: whole.slice(2),
    },
    ofFlow(0, 4, ["drop-packet", "pass-packet"]),
  ],
  "parser error at the request": [
    {
      path: ["app-layer", "error-policy"],
      counter: "app_layer.error",
      target: "app_layer_error",
      reason: "applayer error",
      simulate: { "applayer-error-at-offset-ts": 10 },
      frames: whole,
    },
    ofFlow(3, 3),
  ],
};

/** Where the flow cannot be decided about, the packet is. */
const PACKET_FORM: Readonly<Record<string, string>> = {
  "drop-flow": "drop-packet",
  "pass-flow": "pass-packet",
  bypass: "ignore",
};

function settingsOf({ path, simulate }: Pool, policy: string): Settings {
  const [group = "", ...rest] = path;
  const value = rest.reduceRight<unknown>((inner, key) => ({ [key]: inner }), policy);
  return { vpatch: { simulate }, "exception-policy": "ignore", [group]: value };
}

for (const [name, [pool, outcomes]] of Object.entries(POOLS)) {
  for (const [policy, [verdicts, alerts, action]] of Object.entries(outcomes)) {
    const applied = pool.target === undefined ? (PACKET_FORM[policy] ?? policy) : policy;
    const word = applied.replace("-", "_");

    exceptions(`prevention, ${name}: ${policy}`, async () => {
      const outcome = await run(settingsOf(pool, policy), pool.frames, "prevent");
      assert.is(outcome.verdicts, verdicts, "verdicts");
      assert.equal(outcome.alerts, alerts, "alerts");
      assert.equal(outcome.counters, applied === "ignore" ? {} : { [`${pool.counter}.${word}`]: 1 }, "counters");
      assert.is(outcome.action, action, "action of the flow");
      const told = outcome.flow?.find(({ target }) => target === pool.target);
      assert.equal(told?.policy, pool.target === undefined ? undefined : word, "flow event");
      if (/^(drop|reject)/.test(policy)) assert.is(outcome.drops[0], pool.reason, "reason of the drop");
    });

    if (name.startsWith("midstream") && policy === "drop-flow") continue;
    exceptions(`detection lets everything by, ${name}: ${policy}`, async () => {
      const outcome = await run(settingsOf(pool, policy), pool.frames, "detect");
      assert.is(outcome.verdicts, "p".repeat(pool.frames.length));
      assert.equal(outcome.drops, []);
      // In detection a parser reads what is acknowledged: its error comes a packet later.
      const dropped = [...verdicts].filter((verdict) => verdict === "d").length;
      if (policy.startsWith("drop"))
        assert.ok([dropped, dropped - 1].includes(outcome.wouldDrop), "drops are recorded");
    });
  }
}

exceptions("a packet that was lost leaves a gap; behind it the stream goes on", async () => {
  const settings = { vpatch: { simulate: { "packet-loss": 4 } } };
  const { verdicts, alerts } = await run(settings, whole, "detect");
  assert.equal([verdicts, alerts], ["ppppppp", [2]]);
});

exceptions("a queue of alerts that does not grow loses those that come last", async () => {
  const text = ["a", "b", "c"].map((word, i) => `alert tcp any any -> any any (content:"${word}"; sid:${i + 1};)`);
  const sids = async (simulate: Settings): Promise<number[]> => {
    const config = await makeConfiguration({ "packet-alert-max": 1, vpatch: { simulate } });
    const found: number[] = [];
    const engine: Engine = new Engine({
      mode: "detect",
      config,
      onEvent: (event) => {
        if (event.type === EventType.Alert) found.push(engine.rules[event.rule ?? -1]?.sid ?? 0);
      },
    });
    engine.load(compileRules([{ file: "queue.rules", text: text.join("\n") }]).database);
    const frames = segmentsOf(parseConversation("tcp 10.0.0.1:1 > 10.0.0.2:2 open", ["> abc\\"])).slice(0, 4);
    for (const [index, segment] of frames.entries()) {
      const { data } = ethernet(ipPacket(segment));
      engine.write({ data, linkType: LinkType.Ethernet, timestamp: 1_700_000_000_000_000 + index });
      engine.inspect();
    }
    engine.finish();
    return found;
  };
  assert.equal(await sids({}), [1]);
  assert.is((await sids({ "alert-queue-realloc-failure": true })).length, 1);
});

exceptions.run();
