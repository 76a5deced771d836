/**
 * What happens to traffic when the agent fails, by policy, through every inline driver: killed, frozen, stopped, started again.
 * Traffic is seen through UDP echoes every few milliseconds.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Agent, SETUPS } from "./agent.ts";
import { INLINE } from "./drivers.ts";
import { Lab, sleep, until } from "./lab.ts";
import { longestGap, Peers } from "./peers.ts";
import { FOLDER, hook } from "./setting.ts";

/** Milliseconds until traffic must flow again after a kill, and after a freeze. */
const AFTER_KILL = 300;
const AFTER_FREEZE = 500;
/** How long a frozen agent stays frozen. */
const FROZEN = 3000;
const HEARTBEAT = 300;

for (const driver of INLINE) {
  const test = suite(`failure of ${driver}`);
  const setup = SETUPS[driver];
  /** A bridge that dies takes the wire with it: nothing can hold it open. */
  const opens = driver !== "bridge";
  let lab: Lab;
  let peers: Peers;
  test.before(
    hook(async () => {
      lab = new Lab(FOLDER, driver === "bridge");
      peers = await Peers.start(lab);
    }),
  );
  test.after.each(() => Agent.endAll());
  test.after(hook(() => lab?.close()));

  test("kill -9, open: traffic resumes by itself", async () => {
    if (!opens) return;
    const agent = await Agent.start(lab, setup, { failure: "open", heartbeat: HEARTBEAT });
    let killed = 0;
    const { times } = await peers.probe(4, async () => {
      await sleep(1500);
      killed = Date.now();
      await agent.kill();
      await sleep(1000);
    });
    const gap = longestGap(times, killed - 20, killed + 900);
    assert.ok(gap <= AFTER_KILL, `${gap} ms without traffic`);
  });

  test("kill -9, closed: traffic stays shut, until an agent is back", async () => {
    const agent = await Agent.start(lab, setup, { failure: "closed" });
    let killed = 0;
    let back: Agent | undefined;
    let returned = 0;
    const { times } = await peers.probe(6, async () => {
      // A neighbour solicitation that got lost is sent again after a second.
      await sleep(1500);
      killed = Date.now();
      await agent.kill();
      await sleep(1500);
      back = await Agent.start(lab, setup, { failure: { crash: "closed", freeze: "closed", start: "closed" } });
      returned = Date.now();
      await sleep(1500);
    });
    assert.ok(
      times.some((time) => time < killed),
      "traffic before",
    );
    assert.equal(
      times.filter((time) => time > killed + 50 && time < killed + 1500),
      [],
      "traffic after the kill",
    );
    assert.ok(
      times.some((time) => time > returned),
      "traffic with the next agent",
    );
    await back!.stop();
  });

  test("SIGSTOP, open: traffic goes by after the heartbeat, and is inspected again afterwards", async () => {
    if (!opens) return;
    const rules = 'drop tcp any any -> any any (msg:"attack"; flow:to_server; content:"attack!"; sid:1;)';
    const agent = await Agent.start(lab, setup, { failure: "open", heartbeat: HEARTBEAT, rules });
    let frozen = 0;
    const { times } = await peers.probe(4, async () => {
      await sleep(500);
      frozen = Date.now();
      agent.signal("SIGSTOP");
      await sleep(FROZEN);
      agent.signal("SIGCONT");
      await sleep(500);
    });
    const gap = longestGap(times, frozen - 20, frozen + FROZEN);
    assert.ok(gap <= AFTER_FREEZE, `${gap} ms without traffic`);
    const { reached, sent } = await peers.play(conversation("attack!"), 4, 500);
    assert.not.ok(reached.equals(sent), "an attack after SIGCONT passes");
    await agent.stop();
  });

  test("SIGSTOP, closed: traffic stays shut while it lasts", async () => {
    const agent = await Agent.start(lab, setup, { failure: { freeze: "closed", crash: "closed" } });
    let frozen = 0;
    const { times } = await peers.probe(4, async () => {
      await sleep(500);
      frozen = Date.now();
      agent.signal("SIGSTOP");
      await sleep(FROZEN / 2);
      agent.signal("SIGCONT");
      await sleep(500);
    });
    assert.equal(
      times.filter((time) => time > frozen + 50 && time < frozen + FROZEN / 2 - 50),
      [],
    );
    assert.ok(
      times.some((time) => time > frozen + FROZEN / 2),
      "traffic afterwards",
    );
    await agent.stop();
  });

  test("a worker that hangs: traffic by the policy, then another worker", async () => {
    const rules = 'drop tcp any any -> any any (msg:"attack"; flow:to_server; content:"attack!"; sid:1;)';
    const config = { stream: { midstream: true }, vpatch: { simulate: { "core-hang": 1200 } } };
    const agent = await Agent.start(lab, setup, { failure: "open", heartbeat: HEARTBEAT, rules, config });
    const files = agent.openFiles();
    let replaced = 0;
    const { times } = await peers.probe(4, async () => {
      const { failed } = await agent.process.next("failed");
      assert.match(String(failed), /gave no sign of life for 3 s/);
      await until("another worker is there", async () => (await agent.stats()).quiet < 200);
      replaced = Date.now();
      await sleep(1000);
    });
    const gap = longestGap(times, replaced - 5000, replaced);
    if (opens) assert.ok(gap <= AFTER_FREEZE, `${gap} ms without traffic`);
    else assert.ok(gap > 2000, `a bridge that hangs passes nothing; ${gap} ms`);
    assert.ok(
      times.some((time) => time > replaced),
      "traffic with the next worker",
    );
    assert.is((await agent.stats()).restarts, 1);
    assert.ok(agent.openFiles() <= files, "what the first worker had open is closed");
    const { reached, sent } = await peers.play(conversation("attack!"), 4, 500);
    assert.not.ok(reached.equals(sent), "an attack passes");
    await agent.stop();
  });

  test("an orderly stop takes less than a second and leaves nothing behind", async () => {
    const agent = await Agent.start(lab, setup, { failure: "open" });
    const took = await agent.stop();
    assert.ok(took < 1000, `${took} ms`);
    assert.equal(await leftovers(lab, setup.place), "");
  });

  test("stop, closed: traffic stays shut; the next start takes it over", async () => {
    const failure = { stop: "closed", start: "closed" } as const;
    const agent = await Agent.start(lab, setup, { failure });
    let stopped = 0;
    const { times } = await peers.probe(4, async () => {
      await sleep(300);
      await agent.stop();
      stopped = Date.now();
      await sleep(1500);
    });
    if (driver === "nfqueue")
      assert.equal(
        times.filter((time) => time > stopped + 20),
        [],
      );
    const next = await Agent.start(lab, setup, { failure: { start: "closed" } });
    await next.stop();
    assert.equal(await leftovers(lab, setup.place), "");
  });

  test("what a killed agent left is removed by the next one", async () => {
    const agent = await Agent.start(lab, setup, { failure: "open" });
    await agent.kill();
    const next = await Agent.start(lab, setup, { failure: "open" });
    await next.stop();
    assert.equal(await leftovers(lab, setup.place), "");
  });

  test("rules and chains of others stay as they are", async () => {
    const others =
      "iptables -t raw -N theirs; iptables -t raw -A PREROUTING -j theirs; iptables -t mangle -A POSTROUTING -o eth0 -j MARK --set-mark 7";
    await lab.shell(setup.place, others);
    const before = await firewall(lab, setup.place);
    const agent = await Agent.start(lab, setup, { failure: "open" });
    await agent.stop();
    assert.equal(await firewall(lab, setup.place), before);
    await lab.shell(setup.place, "iptables -t raw -F; iptables -t raw -X theirs; iptables -t mangle -F");
  });
  test.run();
}

function conversation(text: string) {
  return {
    transport: "tcp" as const,
    client: { address: "", port: 0 },
    server: { address: "", port: 7777 },
    messages: [{ from: "client" as const, data: Buffer.from(text) }],
    segment: 1400,
    handshake: true,
    close: true,
  };
}

async function firewall(lab: Lab, place: "server" | "gateway"): Promise<string> {
  const { stdout } = await lab.shell(
    place,
    "for t in raw mangle; do iptables-nft-save -t $t; ip6tables-nft-save -t $t; done",
  );
  return stdout.replaceAll(/^#.*\n|\[\d+:\d+\]/gm, "");
}

/** Rules, state files, devices and programs of ours that are still there. */
async function leftovers(lab: Lab, place: "server" | "gateway"): Promise<string> {
  const rules = (await firewall(lab, place)).split("\n").filter((line) => line.includes("vpatch"));
  const files = await lab.shell(place, `ls ${lab.folder}/state/*.json ${lab.folder}/state/bpf/vpatch* 2>/dev/null`);
  const devices = await lab.shell(place, "ip -br link | grep -i vpatch");
  return [...rules, files.stdout, devices.stdout].join("\n").trim();
}
