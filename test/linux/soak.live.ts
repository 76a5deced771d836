/**
 * The agent under mixed load for a while: long-lived connections, attacks, bulk, reloads, changes of mode. Memory stays flat and small, nothing
 * leaks, and no packet is lost or goes by without being accounted for. Ten minutes a driver with --full, else half a minute with nfqueue.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SETUPS } from "./agent.ts";
import { Lab, SERVER4, SERVER6, sleep } from "./lab.ts";
import { has } from "./peers.ts";
import { FOLDER, FULL } from "./setting.ts";
import { listen, RULE, Talk, unharmed } from "./talking.ts";
import { Vpatch } from "./vpatch.ts";

const SECONDS = FULL ? 600 : 30;
const DRIVERS = FULL ? (["nfqueue", "tcx"] as const) : (["nfqueue"] as const);
const MOST_MEMORY = 150e6;
/** Growth from the second quarter to the last that counts as flat. */
const FLAT = 10e6;
const CHANGE_EVERY = 10;
/**
 * 40 flows a second are dropped and stay in the table until their time is over: with the usual 600 s it fills for as long as the test lasts, and
 * what grows is memory that is the flows' by configuration. Senders give up sooner than that: no retransmission outlives its flow.
 */
const SETTINGS = { stream: { midstream: true }, "flow-timeouts": { tcp: { established: 100 } } };
const GIVE_UP = "echo 6 >/proc/sys/net/ipv4/tcp_retries2; echo 4 >/proc/sys/net/ipv4/tcp_orphan_retries";

interface Sample {
  memory: number;
  descriptors: number;
  threads: number;
}

/** As many rules as a machine is assigned, none of which the load matches. */
function assignedRules(count: number): string {
  return Array.from(
    { length: count },
    (_, index) =>
      `drop http any any -> any any (msg:"rule ${index}"; http.uri; content:"/exploit-${index}.php"; pcre:"/id=\\d+${index}/"; sid:${2_000_000 + index};)\n`,
  ).join("");
}

function sample(pid: number): Sample {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const number = (name: string): number => Number(new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(status)?.[1] ?? 0);
  return {
    memory: number("VmRSS") * 1024,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    threads: number("Threads"),
  };
}

const mean = (values: readonly number[]): number => values.reduce((sum, each) => sum + each, 0) / values.length;

const test = suite("soak");

for (const driver of DRIVERS)
  test(`${SECONDS} s of mixed load through ${driver}: memory flat, no leak, no unexplained drop`, async () => {
    const lab = new Lab(FOLDER);
    const rules = RULE + assignedRules(300);
    const agent = new Vpatch(lab, SETUPS[driver], rules);
    try {
      for (const host of ["client", "server"] as const) await lab.shell(host, GIVE_UP);
      await listen(lab);
      const { pid } = await agent.start({}, SETTINGS);
      const talks = [await Talk.start(lab, SERVER4), await Talk.start(lab, SERVER6)];
      for (const talk of talks) talk.attacks(true);
      if (has("iperf3")) {
        lab.spawn("server", "iperf3", ["-s"], "ignore");
        await sleep(500);
        lab.spawn("client", "iperf3", ["-c", SERVER4, "-t", `${SECONDS}`, "-b", "100M"], "ignore");
      }
      const samples: Sample[] = [];
      let changed = Date.now();
      for (const end = Date.now() + SECONDS * 1000; Date.now() < end; ) {
        await sleep(1000);
        samples.push(sample(pid));
        if (Date.now() - changed > CHANGE_EVERY * 1000) {
          changed = Date.now();
          writeFileSync(agent.rules, `${rules}alert tcp any any -> any 1 (sid:${samples.length + 2};)\n`);
          await agent.ask({ command: "reload" });
          await agent.ask({ command: "mode", mode: "detect" });
          await agent.ask({ command: "mode", mode: "prevent" });
        }
      }
      for (const talk of talks) unharmed(await talk.report(), 5000);
      const { traffic, workers, outputs, protection } = await agent.status();
      const memory = samples.map((each) => each.memory);
      const quarter = Math.floor(samples.length / 4);
      const growth = mean(memory.slice(-quarter)) - mean(memory.slice(quarter, 2 * quarter));
      const text = `${(Math.max(...memory) / 1e6).toFixed(0)} MB at most, ${(growth / 1e6).toFixed(1)} MB growth, ${traffic!.frames} frames`;
      console.log(`  soak: ${text}`);
      assert.ok(Math.max(...memory) <= MOST_MEMORY, text);
      if (FULL) assert.ok(growth <= FLAT, text);
      const settled = samples.slice(Math.min(5, quarter));
      for (const name of ["descriptors", "threads"] as const) {
        const counts = settled.map((each) => each[name]);
        const difference = mean(counts.slice(-quarter)) - mean(counts.slice(0, quarter));
        assert.ok(difference <= 2, `${difference} ${name} more than at the start`);
      }
      assert.equal([traffic!.bypassed, traffic!.lost, traffic!.errors, traffic!.eventsLost], [0, 0, 0, 0]);
      assert.equal([workers.restarts, outputs[0]!.dropped, protection], [0, 0, "protected"]);
      // What was dropped was dropped by a rule.
      const reasons = new Set(agent.events().flatMap(({ drop }) => (drop ? [drop.reason] : [])));
      assert.equal(
        [...reasons].filter((reason) => reason !== "rules" && reason !== "flow drop"),
        [],
      );
      for (const talk of talks) talk.end();
    } finally {
      await agent.stop();
      lab.close();
    }
  });

test.run();
