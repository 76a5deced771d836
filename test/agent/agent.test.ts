/** A running agent, from start to stop: control, modes, reloads, events, metrics. Its network is a capture that is played over and over. */
import { once } from "node:events";
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ask, follow } from "../../hosts/node/control/client.ts";
import { HIT, OTHER, RunningAgent } from "./running.ts";

const test = suite("running agent");
let agent: RunningAgent;
let port: number;

/** A port that nobody listens on now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port: free } = server.address() as AddressInfo;
  server.close();
  return free;
}

const refusal = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return "no error";
  } catch (error) {
    return (error as Error).message;
  }
};

test.before(async () => {
  agent = new RunningAgent();
  port = await freePort();
  await agent.start({ metrics: { enabled: true, port } });
});
test.after(() => agent.remove());

test("is ready, tells the service manager, and blocks", async () => {
  assert.match(
    agent.heard.find((each) => each.startsWith("READY"))!,
    /^READY=1\nSTATUS=protected, 3 rules, replay\nMAINPID=\d+$/,
  );
  await agent.until(async () => (await agent.status()).alerts.blocked > 0);
  const status = await agent.status();
  assert.equal(
    [status.protection, status.reasons, status.mode, status.driver, status.inline],
    ["protected", [], "prevent", "replay", true],
  );
  await agent.until(async () => (await agent.status()).traffic!.dropped > 0);
  await agent.until(() => agent.events().some(({ alert }) => alert));
  const { alert, pcap_cnt } = agent.events().find((event) => event.alert);
  assert.equal([alert.signature_id, alert.action, pcap_cnt], [1_000_001, "blocked", undefined]);
});

test("the watchdog hears of it", async () => {
  await agent.until(() => agent.hear().includes("WATCHDOG=1"));
});

test("detection and prevention change while traffic flows", async () => {
  assert.equal(await ask(agent.socket, { command: "mode", mode: "detect" }), { mode: "detect", driver: "replay" });
  assert.is((await agent.status()).protection, "watching");
  await agent.until(() => agent.events().some(({ alert }) => alert?.action === "allowed"));
  // The counters come some time after the frames: from some moment on they tell of none that was dropped.
  let before = (await agent.status()).traffic!;
  await agent.until(async () => {
    const now = (await agent.status()).traffic!;
    if (now.frames <= before.frames + 1000) return false;
    const still = now.dropped === before.dropped;
    before = now;
    return still;
  });
  await ask(agent.socket, { command: "mode", mode: "prevent" });
  await agent.until(async () => (await agent.status()).traffic!.dropped > before.dropped + 100);
  assert.equal(
    agent.own("mode").map(({ before, mode }) => `${before} ${mode}`),
    ["prevent detect", "detect prevent"],
  );
});

test("new rules come into force; a bad set leaves those before, and says so", async () => {
  const file = join(agent.rules, "a.rules");
  writeFileSync(file, HIT.replace("hit", "hit again").replace("rev:1", "rev:2") + OTHER);
  await ask(agent.socket, { command: "reload" });
  await agent.until(() => agent.events().some(({ alert }) => alert?.signature === "hit again"));

  for (const [name, text, reason] of [
    [
      "every rule is wrong",
      "drop tcp any any -> any any (nonsense:1; sid:5;)\n",
      /every rule is refused: .*a\.rules:1: rule 5/,
    ],
    [
      "a rule in force is wrong",
      HIT.replace("content:", "contents:") + OTHER,
      /a rule in force would be lost: .*rule 1000001/,
    ],
  ] as const) {
    writeFileSync(file, text);
    assert.match(await refusal(ask(agent.socket, { command: "reload" })), reason, name);
    const { rules, protection, reasons } = await agent.status();
    assert.equal([rules.rules, protection], [3, "protected"], name);
    assert.match(reasons[0]!, reason, name);
  }
  rmSync(agent.rules, { recursive: true });
  assert.match(await refusal(ask(agent.socket, { command: "reload" })), /no such file or folder/);
  await agent.until(() => agent.own("reload-refused").length === 3);

  const { mkdirSync } = await import("node:fs");
  mkdirSync(agent.rules);
  writeFileSync(file, HIT + OTHER);
  await ask(agent.socket, { command: "reload" });
  assert.equal((await agent.status()).reasons, []);
});

test("a new rule that is wrong is left out, and told", async () => {
  writeFileSync(join(agent.rules, "b.rules"), "drop tcp any any -> any any (nonsense:1; sid:7;)\n");
  const { rules, refused, refusals } = await ask<{ rules: number; refused: number; refusals: { sid: number }[] }>(
    agent.socket,
    { command: "reload" },
  );
  assert.equal([rules, refused, refusals[0]!.sid], [3, 1, 7]);
  rmSync(join(agent.rules, "b.rules"));
});

test("SIGHUP: the event file is opened anew, rules are compiled again", async () => {
  const { done } = (await agent.status()).rules.reloads;
  renameSync(agent.eve, `${agent.eve}.moved`);
  agent.process!.kill("SIGHUP");
  await agent.until(async () => (await agent.status()).rules.reloads.done > done);
  await agent.until(() => readdirSync(join(agent.folder, "log")).includes("eve.json"));
  await agent.until(() => agent.own("reload").some(({ cause }) => cause === "signal"));
  await agent.until(() => agent.hear().some((each) => each.startsWith("RELOADING=1\nMONOTONIC_USEC=")));
});

test("flows live through a reload", async () => {
  // Each flow of the capture is followed by its end; none was forgotten with the old rules.
  const reload = await ask(agent.socket, { command: "reload" });
  assert.ok(reload);
  assert.is((await agent.status()).workers.restarts, 0);
});

test("events are followed", async () => {
  const types = new Set<string>();
  for await (const line of follow(agent.socket, ["alert", "stats"])) {
    types.add(JSON.parse(line).event_type);
    if (types.size === 2) break;
  }
  assert.equal([...types].sort(), ["alert", "stats"]);
});

test("metrics and health over HTTP", async () => {
  const get = async (path: string) => await fetch(`http://127.0.0.1:${port}${path}`);
  assert.is((await get("/healthz")).status, 200);
  const ready = await get("/readyz");
  assert.equal([ready.status, await ready.text()], [200, "protected\n"]);
  assert.is((await get("/else")).status, 404);
  const text = await (await get("/metrics")).text();
  const again = await (await get("/metrics")).text();
  for (const each of [text, again]) {
    assert.match(each, "\nvpatch_protected 1\n");
    assert.match(each, "\nvpatch_rules 3\n");
    assert.match(each, /\nvpatch_alerts_total\{action="blocked"\} [1-9]\d*\n/);
    assert.match(each, /\nvpatch_frames_total\{verdict="dropped"\} [1-9]\d*\n/);
    assert.match(each, /\nvpatch_reloads_total\{result="refused"\} 3\n/);
    assert.match(each, /\nvpatch_core_total\{name="decoder.pkts"\} [1-9]\d*\n/);
    assert.match(each, /\nvpatch_output_dropped_total\{output="file .*eve.json"\} 0\n/);
  }
});

test("no second agent beside it", async () => {
  const { spawnSync } = await import("node:child_process");
  const { COMMAND } = await import("./running.ts");
  const { status, stderr } = spawnSync(process.execPath, [COMMAND, "run", "-c", agent.config], { encoding: "utf8" });
  assert.equal(
    [status, stderr.split("\n")[0]],
    [1, `error[VPATCH_CONTROL] ${agent.socket}: another agent listens on the control socket`],
  );
  assert.is((await agent.status()).protection, "protected");
});

test("stops in under a second, nothing left behind, the last events written", async () => {
  const { took, status } = await agent.end("SIGTERM");
  assert.is(status, 0);
  assert.ok(took < 1000, `${took} ms`);
  assert.not(readdirSync(agent.folder).includes("vpatch.sock"));
  assert.ok(agent.hear().includes("STOPPING=1"), agent.heard.join());
  assert.is(agent.own("stopped").length, 1);
  assert.is(
    agent.errors
      .split("\n")
      .filter((line) => !/the rules in force stay/.test(line))
      .join(""),
    "",
  );
});

test("starts with the last good rules when the present ones are bad", async () => {
  writeFileSync(join(agent.rules, "a.rules"), "drop tcp any any -> any any (nonsense:1; sid:5;)\n");
  await agent.start();
  const { rules, protection, reasons } = await agent.status();
  assert.equal([rules.rules, rules.lastGood, protection], [3, true, "protected"]);
  assert.match(reasons[0]!, "the last rules are not in force");
  writeFileSync(join(agent.rules, "a.rules"), HIT + OTHER);
});

test("the mode that was set outlives a crash; a clone of the machine is noticed", async () => {
  await ask(agent.socket, { command: "mode", mode: "detect" });
  const { agent: before } = await agent.status();
  await agent.end("SIGKILL");
  const file = join(agent.folder, "state", "identity.json");
  const identity = JSON.parse(readFileSync(file, "utf8"));
  identity.machine = { "machine-id": "that of the template" };
  writeFileSync(file, JSON.stringify(identity));
  await agent.start();
  const status = await agent.status();
  assert.is(status.mode, "detect");
  const isKnown = Object.keys(JSON.parse(readFileSync(file, "utf8")).machine).includes("machine-id");
  if (isKnown) assert.equal(status.agent.clonedFrom, [before.id]);
  await ask(agent.socket, { command: "stop" });
  assert.is((await agent.end()).status, 0);
});

test("without rules that can be used, and none from before, it does not start", async () => {
  rmSync(join(agent.folder, "state"), { recursive: true });
  rmSync(agent.rules, { recursive: true });
  agent.errors = "";
  await agent.start();
  assert.is((await agent.end()).status, 1);
  assert.match(agent.errors, /^error\[VPATCH_FILE\] .*rules: no such file or folder\n$/);
});

test.run();
