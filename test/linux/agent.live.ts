/**
 * The whole agent over real traffic, with long-lived connections through it: protected by its own test, changed, reloaded, stopped and started
 * again while they talk; and honest when somebody takes its traffic away.
 */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { maskOf } from "../../hosts/linux/system/capabilities.ts";
import { AGENT_CAPABILITIES } from "../../hosts/linux/system/platform.ts";
import { SETUPS } from "./agent.ts";
import { INLINE } from "./drivers.ts";
import { CLIENT4, Lab, SERVER4, SERVER6, sleep, until } from "./lab.ts";
import { FOLDER, FULL } from "./setting.ts";
import { listen, RULE, Talk, unharmed } from "./talking.ts";
import { Vpatch } from "./vpatch.ts";

/** Connections older than the agent are picked up. */
const MIDSTREAM = { stream: { midstream: true } };
/** How long rules are reloaded every second. */
const RELOADING = FULL ? 30_000 : 8_000;

/** The nice value of a process or thread (proc_pid_stat(5)). */
function priorityOf(path: string): number {
  const stat = readFileSync(`${path}/stat`, "utf8");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[16]);
}

for (const driver of INLINE.filter((each) => each !== "bridge")) {
  const test = suite(`agent with ${driver}`);
  let lab: Lab;
  let agent: Vpatch;
  test.before(async () => {
    lab = new Lab(FOLDER);
    agent = new Vpatch(lab, SETUPS[driver], RULE);
    await listen(lab);
  });
  test.after(async () => {
    await agent?.stop();
    lab?.close();
  });

  test("is protected, as its own datagram shows; no thread and no child may do more than it needs", async () => {
    const status = await agent.start({}, MIDSTREAM);
    assert.equal([status.protection, status.reasons, status.driver], ["protected", [], driver]);
    assert.is(status.selfTest!.detail, "seen and blocked on eth0");
    await until("the result is told", () => agent.own("self-test").length > 0);
    assert.equal(agent.own("self-test")[0].result, "passed");
    assert.equal(
      agent.events().filter(({ event_type: type }) => type === "alert" || type === "drop"),
      [],
      "the test's own datagram is no alert",
    );
    const allowed = maskOf(AGENT_CAPABILITIES);
    const tasks = readdirSync(`/proc/${status.pid}/task`);
    assert.ok(tasks.length > 4);
    const priorities = tasks.map((task) => priorityOf(`/proc/${status.pid}/task/${task}`));
    assert.is(priorities.filter((priority) => priority === -10).length, 1, "the worker goes ahead");
    assert.is(priorityOf(`/proc/${status.pid}`), 5, "the main thread comes after others");
    for (const task of tasks) {
      const text = readFileSync(`/proc/${status.pid}/task/${task}/status`, "utf8");
      for (const set of ["CapEff", "CapPrm", "CapBnd", "CapInh", "CapAmb"]) {
        const bits = BigInt(`0x${new RegExp(`^${set}:\\s*(\\w+)`, "m").exec(text)![1]}`);
        assert.is(bits & ~allowed, 0n, `${set} of thread ${task}`);
      }
      assert.match(text, /^NoNewPrivs:\s*1$/m);
    }
  });

  for (const [family, host] of [
    [4, SERVER4],
    [6, SERVER6],
  ] as const) {
    test(`IPv${family}: rules reloaded every second: no connection lost, every attack blocked`, async () => {
      const talk = await Talk.start(lab, host);
      talk.attacks(true);
      let reloads = 0;
      for (const end = Date.now() + RELOADING; Date.now() < end; reloads++) {
        const before = Date.now();
        writeFileSync(agent.rules, `${RULE}alert tcp any any -> any 1 (sid:${reloads + 2};)\n`);
        await agent.ask({ command: "reload" });
        await sleep(Math.max(0, 1000 - (Date.now() - before)));
      }
      talk.attacks(false);
      await sleep(1000);
      const report = await talk.report();
      unharmed(report);
      assert.ok(reloads > 2, `${reloads} reloads`);
      assert.ok(report.attacks > 20, `${report.attacks} attacks`);
      assert.is(report.answered, 0, "attacks that were answered");
      const { traffic, rules, protection } = await agent.status();
      assert.equal([traffic!.bypassed, traffic!.lost, traffic!.errors, traffic!.restarts], [0, 0, 0, 0]);
      assert.is(rules.reloads.failed, 0);
      assert.is(protection, "protected");
      talk.end();
    });
  }

  test("detection and prevention change under load: no connection lost, attacks pass and stop", async () => {
    const talk = await Talk.start(lab, SERVER4);
    talk.attacks(true);
    for (const mode of ["detect", "prevent", "detect", "prevent"] as const) {
      await agent.ask({ command: "mode", mode });
      // Attacks of the other mode may still be under way.
      await sleep(1000);
      unharmed(await talk.report());
      await sleep(1000);
      const report = await talk.report();
      unharmed(report);
      assert.ok(report.attacks > 5);
      if (mode === "prevent") assert.is(report.answered, 0, "answered in prevention");
      else assert.ok(report.answered > 0, "none passed in detection");
      assert.is((await agent.status()).protection, mode === "prevent" ? "protected" : "watching");
    }
    talk.end();
  });

  test("stopped in under a second, started again: connections live, and are inspected again", async () => {
    const talk = await Talk.start(lab, SERVER4);
    const took = await agent.stop();
    assert.ok(took < 1000, `${took} ms`);
    await sleep(500);
    unharmed(await talk.report());
    await agent.start(undefined, MIDSTREAM);
    await sleep(500);
    unharmed(await talk.report());
    talk.attacks(true);
    await sleep(2000);
    talk.attacks(false);
    await sleep(800);
    const report = await talk.report();
    unharmed(report);
    assert.is(report.answered, 0);
    talk.end();
  });

  test("killed and started again: what the first one set up is gone, connections live", async () => {
    const talk = await Talk.start(lab, SERVER4);
    await agent.stop("SIGKILL");
    await sleep(300);
    const status = await agent.start(undefined, MIDSTREAM);
    assert.is(status.protection, "protected");
    await sleep(500);
    unharmed(await talk.report(), 5000);
    talk.end();
  });

  if (driver === "nfqueue") {
    test("traffic taken away behind its back: the self-test notices", async () => {
      for (const table of ["raw", "mangle"])
        for (const program of ["iptables", "ip6tables"]) await lab.shell("server", `${program} -t ${table} -F`);
      const { result, detail } = await agent.ask<{ result: string; detail: string }>({ command: "self-test" });
      assert.equal([result, detail], ["failed", "eth0: the test datagram was not seen"]);
      const { protection, reasons } = await agent.status();
      assert.equal([protection, reasons], ["unprotected", ["self-test: eth0: the test datagram was not seen"]]);
      await agent.stop();
      assert.is((await agent.start(undefined, MIDSTREAM)).protection, "protected");
    });
  }

  test("leaves nothing behind", async () => {
    await agent.stop();
    const { stdout } = await lab.shell(
      "server",
      "iptables-save; ip6tables-save; tc qdisc show dev eth0; ip -br link; ls /sys/fs/bpf 2>/dev/null",
    );
    assert.not.match(stdout, /NFQUEUE|vpatch|clsact|tap/i);
    const ping = await lab.run("server", "ping", "-c", "1", "-W", "2", CLIENT4);
    if (spawnSync("sh", ["-c", "command -v ping"]).status === 0) assert.is(ping.status, 0);
    assert.is(
      agent.errors
        .split("\n")
        .filter((line) => /Error|error\[/.test(line))
        .join("\n"),
      "",
    );
  });

  test.run();
}

const passive = suite("agent with af-packet");

passive("begins in detection; prevention brings a driver that blocks, under load, and back", async () => {
  const lab = new Lab(FOLDER);
  const agent = new Vpatch(lab, { driver: "af-packet", place: "server", interfaces: ["eth0"] }, RULE);
  try {
    await listen(lab);
    const status = await agent.start({ mode: "detect", driver: "auto", workers: 2 }, MIDSTREAM);
    assert.equal(
      [status.driver, status.protection, status.selfTest!.detail],
      ["af-packet", "watching", "seen on eth0"],
    );
    const talk = await Talk.start(lab, SERVER4);
    talk.attacks(true);
    for (const mode of ["prevent", "detect", "prevent"] as const) {
      await agent.ask({ command: "mode", mode });
      const { protection, driver, inline } = await agent.status();
      assert.equal([protection, driver, inline], [mode === "prevent" ? "protected" : "watching", "nfqueue", true]);
      // Attacks of the other mode may still be under way.
      await sleep(1000);
      unharmed(await talk.report());
      await sleep(1500);
      const report = await talk.report();
      unharmed(report);
      assert.ok(report.attacks > 5);
      if (mode === "prevent") assert.is(report.answered, 0, "answered in prevention");
      else assert.ok(report.answered > 0, "none passed in detection");
    }
    await until("alerts are told", () => agent.events().some(({ alert }) => alert?.signature_id === 1_000_001));
    const { traffic } = await agent.status();
    assert.equal([traffic!.lost, traffic!.errors, traffic!.restarts, traffic!.perWorker.length], [0, 0, 0, 2]);
    talk.end();
  } finally {
    await agent.stop();
    lab.close();
  }
});

passive.run();
