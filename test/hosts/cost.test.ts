/** Cost: counted the same everywhere; what is beyond a budget gets its policy, and a rule that overruns is left out for a while. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Verdict } from "../../assembly/abi/codes.ts";
import { Counter } from "../../assembly/abi/counters.ts";
import { parseConversation } from "../../corpus/conversation.ts";
import { conversationFrames } from "../../corpus/frames.ts";
import { makeConfiguration, type RawConfiguration } from "../../hosts/node/config/configuration.ts";
import { type CoreBuild, coreBinary } from "../../hosts/node/engine/core.ts";
import { Engine } from "../../hosts/node/engine/engine.ts";
import { formatEvent } from "../../hosts/node/eve/format.ts";
import { Profile } from "../../hosts/node/replay/profile.ts";
import { compileRules } from "../../hosts/node/rules/compile.ts";

const cost = suite("cost");

interface Run {
  engine: Engine;
  verdicts: string;
  events: Record<string, unknown>[];
}

/** Datagrams of one flow, each a number of milliseconds after the one before. */
async function run(
  rules: string,
  datagrams: readonly [after: number, text: string][],
  budget: Record<string, unknown> = {},
  build: CoreBuild = "simd",
): Promise<Run> {
  const config = await makeConfiguration({ vpatch: { budget } } as RawConfiguration);
  const events: Record<string, unknown>[] = [];
  const engine: Engine = new Engine({
    mode: "prevent",
    config,
    core: coreBinary(build),
    onEvent: (event) => events.push(JSON.parse(formatEvent(event, engine.eve)) as Record<string, unknown>),
  });
  const { database, report } = compileRules([{ file: "test.rules", text: rules }], config);
  assert.equal(report.refused, []);
  engine.load(database);
  let time = 1_700_000_000_000;
  const verdicts: string[] = [];
  for (const [after, text] of datagrams) {
    time += after;
    const [frame] = conversationFrames(parseConversation("udp 192.0.2.1:4000 > 192.0.2.2:5000", [`> ${text}\\`]));
    engine.write({ data: frame!.data, linkType: 1, timestamp: time * 1000 });
    verdicts.push(...[...engine.inspect()].map((verdict) => Verdict[verdict]!));
  }
  return { engine, verdicts: verdicts.join(" "), events };
}

/** A rule whose cost grows with the square of the payload. */
const QUADRATIC =
  'alert udp any any -> any any (content:"a"; content:"b"; distance:0; content:"c"; distance:0; within:1; sid:1;)';
const EVIL = 'drop udp any any -> any any (content:"evil"; sid:2;)';
const HEAVY = "ab".repeat(300);

cost("the units are the same with and without SIMD, and run after run", async () => {
  const talk: [number, string][] = [
    [0, HEAVY],
    [5, "evil"],
  ];
  const [first, again, scalar] = [
    await run(`${QUADRATIC}\n${EVIL}`, talk),
    await run(`${QUADRATIC}\n${EVIL}`, talk),
    await run(`${QUADRATIC}\n${EVIL}`, talk, {}, "scalar"),
  ];
  assert.equal(first.engine.ruleCosts(), again.engine.ruleCosts());
  assert.equal(first.engine.ruleCosts(), scalar.engine.ruleCosts());
  assert.equal(first.engine.protocolCosts(), scalar.engine.protocolCosts());
  const profile = new Profile();
  profile.add(first.engine);
  assert.equal(
    profile.rules.map(({ sid, checks, matches }) => [sid, checks, matches]),
    [
      [1, 1, 0],
      [2, 1, 1],
    ],
  );
  assert.ok(profile.rules[0]!.units > 10_000);
});

cost("a packet beyond its budget gets vpatch.budget.policy, an event and a reason", async () => {
  const beyond = await run(
    `${QUADRATIC}\n${EVIL}`,
    [
      [0, HEAVY],
      [5, "fine"],
    ],
    { packet: 5000, policy: "drop-packet" },
  );
  assert.is(beyond.verdicts, "Drop Pass");
  const names = beyond.events.map(({ event_type, engine, drop }) =>
    [event_type, (engine as { event?: string })?.event, (drop as { reason?: string })?.reason]
      .filter(Boolean)
      .join(" "),
  );
  assert.equal(names, ["engine packet_budget_exceeded", "drop budget"]);
  assert.is(beyond.engine.counters()[Counter.detect__budget_exceeded], 1n);
  assert.is(beyond.engine.counters()[Counter.ips__drop_reason__budget], 1n);
  const ignored = await run(`${QUADRATIC}\n${EVIL}`, [[0, HEAVY]], { packet: 5000, policy: "ignore" });
  assert.is(ignored.verdicts, "Pass");
});

cost("the work stops at the budget", async () => {
  const bounded = await run(QUADRATIC, [[0, HEAVY]], { packet: 5000, policy: "ignore" });
  const [{ units } = { units: 0 }] = bounded.engine.ruleCosts();
  assert.ok(units > 4000 && units < 6000, `${units} units`);
});

cost("a flow has a budget for each second of traffic", async () => {
  const talk: [number, string][] = [
    [0, HEAVY],
    [1100, HEAVY],
    [10, HEAVY],
    [2000, "fine"],
  ];
  const one = (await run(QUADRATIC, [[0, HEAVY]])).engine.protocolCosts()[0]!.units;
  const slow = await run(QUADRATIC, talk.slice(0, 2), { flow: Math.round(one * 1.5), policy: "drop-flow" });
  assert.is(slow.verdicts, "Pass Pass");
  const fast = await run(QUADRATIC, talk, { flow: Math.round(one * 1.5), policy: "drop-flow" });
  assert.is(fast.verdicts, "Pass Pass Drop Drop");
});

cost("a rule beyond its budget is suspended, with an event; the others go on", async () => {
  const talk: [number, string][] = [
    [0, HEAVY],
    [10, `${HEAVY}abc`],
    [10, "evil"],
    [4000, "abc"],
  ];
  const { engine, events } = await run(`${QUADRATIC}\n${EVIL.replace("drop", "alert")}`, talk, {
    rule: 5000,
    suspend: 3,
  });
  const told = events.find(({ event_type }) => event_type === "engine")?.engine as Record<string, unknown>;
  assert.is(told.event, "rule_suspended");
  assert.is(told.signature_id, 1);
  const alerts = events.filter(({ event_type }) => event_type === "alert");
  const sids = alerts.map(({ alert }) => (alert as { signature_id: number }).signature_id);
  assert.equal(sids, [2, 1], "the second datagram came while rule 1 was left out");
  assert.is(engine.counters()[Counter.detect__rules_suspended], 1n);
  assert.is(engine.ruleCosts()[0]?.checks, 2);
});

cost.run();
