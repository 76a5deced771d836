/** `failure.start: closed`: nothing passes before the first rules are in force, from before they are compiled, nor when there are none. */
import { writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SETUPS } from "./agent.ts";
import { INLINE } from "./drivers.ts";
import { Lab, sleep, until } from "./lab.ts";
import { Peers } from "./peers.ts";
import { FOLDER, hook } from "./setting.ts";
import { RULE } from "./talking.ts";
import { Vpatch } from "./vpatch.ts";

const CLOSED = { crash: "closed", freeze: "closed", overload: "open", start: "closed", stop: "open" };
/** They take a while to compile. */
const MANY = Array.from(
  { length: 12000 },
  (_, index) => `drop http any any -> any any (http.uri; content:"/path-${index}"; sid:${2_000_000 + index};)\n`,
).join("");

for (const driver of INLINE.filter((each) => each !== "bridge")) {
  const test = suite(`start with ${driver}`);
  let lab: Lab;
  let peers: Peers;
  let agent: Vpatch;
  test.before(
    hook(async () => {
      lab = new Lab(FOLDER);
      peers = await Peers.start(lab);
      agent = new Vpatch(lab, SETUPS[driver]);
    }),
  );
  test.after(
    hook(async () => {
      await agent?.stop();
      lab?.close();
    }),
  );

  test("closed: shut while rules are compiled, open when they are in force", async () => {
    writeFileSync(agent.rules, RULE + MANY);
    let starting = 0;
    const { times } = await peers.probe(4, async () => {
      await sleep(500);
      const ready = agent.start({ failure: CLOSED });
      await until(
        "it is starting",
        async () => (await agent.status().catch(() => undefined))?.protection === "starting",
      );
      starting = Date.now();
      await ready;
      await sleep(500);
    });
    await until("its start is told", () => agent.own("started").length > 0);
    const started = Date.parse(agent.events().find(({ vpatch }) => vpatch?.type === "started").timestamp);
    assert.ok(started - starting > 1000, `${started - starting} ms to compile`);
    const within = (from: number, to: number): number => times.filter((time) => time > from && time < to).length;
    assert.ok(within(0, starting - 200) > 0, "traffic before");
    assert.is(within(starting + 500, started - 200), 0, "answers while rules were compiled");
    assert.ok(within(started, Number.POSITIVE_INFINITY) > 0, "traffic afterwards");
    await agent.stop();
  });

  test("closed, and no rule can be used: shut until an agent has rules", async () => {
    writeFileSync(agent.rules, "drop tcp any any -> any any (nonsense:1; sid:5;)\n");
    const state = { "state-dir": `${agent.folder}/empty` };
    const { times } = await peers.probe(4, async () => {
      await agent.start({ failure: CLOSED, ...state }).then(
        () => assert.unreachable("it started"),
        (error: Error) => assert.match(error.message, /every rule is refused/),
      );
      const ended = Date.now();
      await sleep(1000);
      writeFileSync(agent.rules, RULE);
      await agent.start({ failure: CLOSED, ...state });
      assert.ok(Date.now() - ended > 1000);
      shut = [ended, ended + 1000];
      await sleep(500);
    });
    assert.is(times.filter((time) => time > shut[0]! && time < shut[1]!).length, 0, "answers without rules");
    assert.ok(
      times.some((time) => time > shut[1]!),
      "traffic afterwards",
    );
  });
  let shut: number[] = [];

  test.run();
}
