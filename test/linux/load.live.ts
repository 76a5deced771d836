/** Under load, through every inline driver: reloads, changes of mode, restarts, overload. No connection is lost, no attack passes. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseConversation } from "../../corpus/conversation.ts";
import { Agent, SETUPS } from "./agent.ts";
import { INLINE } from "./drivers.ts";
import { Lab, SERVER4, sleep, until } from "./lab.ts";
import { type Outcome, Peers } from "./peers.ts";
import { Services } from "./services.ts";
import { FOLDER, FULL, hook } from "./setting.ts";
import { SIGNATURES } from "./signatures.ts";

const MEGABYTE = 1 << 20;
/** Seconds of reloads. */
const RELOADS = FULL ? 30 : 5;
const ATTACK =
  'drop tcp any any -> any any (msg:"attack"; flow:established,to_server; content:"attack!"; sid:9000001;)\n';

const attack = parseConversation("tcp 192.0.2.1:1 > 192.0.2.2:7777", ["> attack!\\"]);
const greeting = parseConversation("tcp 192.0.2.1:1 > 192.0.2.2:7778", [
  "> hello\\",
  "< hello yourself\\",
  "> good bye\\",
  "< bye\\",
]);

/** Plays a conversation again and again while `work` runs. */
async function meanwhile(peers: Peers, what: typeof attack, work: () => Promise<void>): Promise<Outcome[]> {
  let over = false;
  const outcomes: Promise<Outcome>[] = [];
  const playing = (async () => {
    while (!over) {
      outcomes.push(peers.play(what, outcomes.length % 2 === 0 ? 4 : 6, 700));
      await sleep(40);
    }
  })();
  await work();
  over = true;
  await playing;
  return Promise.all(outcomes);
}

const passed = ({ sent, reached }: Outcome): boolean => reached.equals(sent);

for (const driver of INLINE) {
  const test = suite(`load over ${driver}`);
  const setup = SETUPS[driver];
  let lab: Lab;
  let peers: Peers;
  let services: Services;
  test.before(
    hook(async () => {
      lab = new Lab(FOLDER, driver === "bridge");
      services = await Services.start(lab, 64 * MEGABYTE);
      peers = await Peers.start(lab);
    }),
  );
  test.after.each(() => Agent.endAll());
  test.after(hook(() => lab?.close()));

  test("a reload every second: no connection lost, no attack passes, flows go on", async () => {
    const agent = await Agent.start(lab, setup, { rules: SIGNATURES + ATTACK });
    const slow = lab.shell(
      "client",
      `curl -s --limit-rate ${Math.floor((64 * MEGABYTE) / RELOADS)} http://${SERVER4}/big | sha256sum; sha256sum < ${services.folder}/www/big`,
    );
    const load = lab.run(
      "client",
      "ab",
      "-q",
      "-t",
      String(RELOADS),
      "-n",
      "1000000",
      "-c",
      "4",
      `http://${SERVER4}/small`,
    );
    const greetings = meanwhile(peers, greeting, () => sleep(RELOADS * 1000));
    const attacks = await meanwhile(peers, attack, async () => {
      for (let round = 0; round < RELOADS; round++) {
        await Promise.all([agent.reload(`${SIGNATURES}${ATTACK}# ${round}\n`), sleep(1000)]);
      }
    });
    assert.is(attacks.filter(passed).length, 0, "attacks that passed");
    const lost = (await greetings).filter(({ complete }) => !complete);
    assert.is(lost.length, 0, "conversations that were cut");
    assert.match((await load).stdout, /Failed requests: +0\n/);
    const [got, sent] = (await slow).stdout.split("\n");
    assert.is(got, sent, "a download that lasted over all reloads");
    const { dropped, bypassed, lost: missed } = await agent.stats();
    assert.ok(dropped > 0);
    assert.equal({ bypassed, missed }, { bypassed: 0, missed: 0 });
  });

  test("a bad rule set leaves the old one in force", async () => {
    const agent = await Agent.start(lab, setup, { rules: ATTACK });
    await agent.damage();
    assert.not.ok(passed(await peers.play(attack, 4, 500)));
  });

  test("the mode changes under load: connections go on, detection lets by, prevention blocks", async () => {
    const agent = await Agent.start(lab, setup, { rules: ATTACK, mode: "detect" });
    const load = lab.run("client", "ab", "-q", "-t", "3", "-n", "1000000", "-c", "4", `http://${SERVER4}/small`);
    const slow = lab.shell(
      "client",
      `curl -s --limit-rate 16m http://${SERVER4}/big | sha256sum; sha256sum < ${services.folder}/www/big`,
    );
    for (const mode of ["prevent", "detect", "prevent", "detect"] as const) {
      await agent.setMode(mode);
      const outcome = await peers.play(attack, 6, 500);
      assert.is(passed(outcome), mode === "detect", mode);
    }
    assert.match((await load).stdout, /Failed requests: +0\n/);
    const [got, sent] = (await slow).stdout.split("\n");
    assert.is(got, sent);
    await until("the alert is told", () => agent.alerts().has(9_000_001));
  });

  test("a restart: a live download goes on", async () => {
    const first = await Agent.start(lab, setup, { rules: ATTACK });
    const slow = lab.shell(
      "client",
      `curl -s --limit-rate 12m http://${SERVER4}/big | sha256sum; sha256sum < ${services.folder}/www/big`,
    );
    await sleep(1500);
    await first.stop();
    const next = await Agent.start(lab, setup, { rules: ATTACK });
    const [got, sent] = (await slow).stdout.split("\n");
    assert.is(got, sent);
    assert.not.ok(passed(await peers.play(attack, 4, 500)));
    await next.stop();
  });

  test("overload is counted, by policy", async () => {
    if (driver === "bridge") return;
    // Frozen without a heartbeat, the agent takes nothing: its queue fills.
    for (const overload of ["open", "closed"] as const) {
      const agent = await Agent.start(lab, setup, { failure: { freeze: "closed", overload } });
      agent.signal("SIGSTOP");
      const flood = `import socket\ns=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)\nfor i in range(30000): s.sendto(b"flood",("${SERVER4}",7))`;
      await lab.run("client", "python3", "-c", flood);
      agent.signal("SIGCONT");
      await sleep(1500);
      await agent.stop();
      const { bypassed, lost } = agent.lastStats()!;
      assert.ok((overload === "open" ? bypassed : lost) > 10_000, `${overload}: bypassed ${bypassed}, lost ${lost}`);
    }
  });
  test.run();
}
