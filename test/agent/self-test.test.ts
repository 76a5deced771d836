/** The self-test: what counts as seen, as blocked, as missed; and that the bundled signature matches its datagram. */
import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Probe, SELF_TEST_PAYLOAD, SelfTest, type SelfTestOptions } from "../../hosts/node/agent/self-test.ts";
import { SelfTestSchedule } from "../../hosts/node/agent/self-test-schedule.ts";
import { isAlive, judgeProtection } from "../../hosts/node/agent/status.ts";

interface Happening {
  seen?: boolean;
  blocked?: boolean;
  left?: boolean;
  noSocket?: boolean;
}

/** A self-test whose datagrams meet with what is told. */
function selfTest(mode: "detect" | "prevent", happening: Happening, more: Partial<SelfTestOptions> = {}) {
  const { seen = true, blocked = false, left = !blocked, noSocket = false } = happening;
  let open = 0;
  const test: SelfTest = new SelfTest({
    interfaces: ["eth0"],
    timeout: 20,
    mode: () => mode,
    async send(): Promise<Probe> {
      if (noSocket) throw new Error("the interface is down, or has no address");
      open++;
      if (seen) setImmediate(() => test.sighted({ sourcePort: 5000, blocked }));
      setImmediate(() => test.sighted({ sourcePort: 5001, blocked: true }));
      return { sourcePort: 5000, left: () => left, close: () => open-- };
    },
    ...more,
  });
  return { run: () => test.run(), open: () => open };
}

for (const [name, mode, happening, result, detail] of [
  ["detection: seen", "detect", {}, "passed", "seen on eth0"],
  ["prevention: seen and blocked", "prevent", { blocked: true }, "passed", "seen and blocked on eth0"],
  ["not seen", "detect", { seen: false }, "failed", "eth0: the test datagram was not seen"],
  ["prevention: seen, let by", "prevent", {}, "failed", "eth0: the test datagram was seen, but not blocked"],
  [
    "prevention: a verdict that nobody carried out",
    "prevent",
    { blocked: true, left: true },
    "failed",
    "eth0: the test datagram was to be blocked, but left the machine",
  ],
  [
    "no way to send",
    "detect",
    { noSocket: true },
    "failed",
    "eth0: the test datagram could not be sent (the interface is down, or has no address)",
  ],
] as const) {
  test(name, async () => {
    const { run, open } = selfTest(mode, happening);
    const found = await run();
    assert.equal([found.result, found.detail, open()], [result, detail, 0]);
  });
}

test("every interface must pass", async () => {
  let sent = 0;
  const test: SelfTest = new SelfTest({
    interfaces: ["eth0", "eth1"],
    timeout: 20,
    mode: () => "detect",
    async send(name) {
      sent++;
      if (name === "eth0") setImmediate(() => test.sighted({ sourcePort: sent, blocked: false }));
      return { sourcePort: sent, left: () => undefined, close() {} };
    },
  });
  assert.is((await test.run()).detail, "eth1: the test datagram was not seen");
});

test("one lost datagram is no failure; the schedule goes on", async () => {
  let sent = 0;
  const results: string[] = [];
  const schedule: SelfTestSchedule = new SelfTestSchedule({
    settings: { enabled: true, interval: 1, timeout: 10 },
    interfaces: ["eth0"],
    mode: () => "detect",
    report: ({ result }) => results.push(result),
    async send() {
      sent++;
      if (sent % 2 === 0) setImmediate(() => schedule.sighted({ sourcePort: 1, blocked: false }));
      return { sourcePort: 1, left: () => undefined, close() {} };
    },
  });
  await schedule.start();
  for (const end = Date.now() + 5000; results.length < 2 && Date.now() < end; )
    await new Promise((resolve) => setTimeout(resolve, 20));
  schedule.stop();
  assert.equal([results.slice(0, 2), schedule.selfTest!.failures], [["passed", "passed"], 0]);
});

test("a failed test means unprotected", () => {
  const rules = {
    ...{ generation: 1, rules: 5, assigned: 0, refused: 0, refusals: [], warnings: [], since: "" },
    ...{ reloads: { done: 1, failed: 0 }, lastGood: false },
  };
  const plain = {
    phase: "running",
    mode: "prevent",
    inline: true,
    quiet: 1,
    crashLoop: false,
    rules,
    scanned: false,
  } as const;
  const result = (value: "passed" | "failed") => ({ result: value, mode: "prevent", detail: "why", time: 0 }) as const;
  for (const [circumstances, protection, reasons] of [
    [{ selfTest: result("passed") }, "protected", []],
    [{ selfTest: undefined, mode: "detect" }, "watching", []],
    [{ selfTest: result("failed") }, "unprotected", ["self-test: why"]],
    [{ selfTest: undefined, inline: false }, "unprotected", ["the driver cannot block"]],
    [{ selfTest: undefined, quiet: undefined }, "unprotected", ["no data path runs"]],
    [{ selfTest: undefined, quiet: 5000 }, "unprotected", ["a data-path worker gave no sign of life for 5000 ms"]],
    [{ selfTest: undefined, crashLoop: true }, "unprotected", ["a data-path worker dies again and again"]],
    [{ selfTest: undefined, rules: { ...rules, rules: 1 } }, "unprotected", ["no rule is in force"]],
    [{ selfTest: undefined, rules: { ...rules, rules: 1 }, scanned: true }, "protected", []],
    [{ selfTest: undefined, phase: "stopping" }, "stopping", []],
  ] as const) {
    assert.equal(judgeProtection({ ...plain, ...circumstances } as Parameters<typeof judgeProtection>[0]), {
      protection,
      reasons,
    });
    const alive = protection !== "stopping" && !/worker|data path/.test(reasons.join());
    assert.is(isAlive({ ...plain, ...circumstances } as Parameters<typeof isAlive>[0]), alive, reasons.join());
  }
});

test("the bundled signature begins as the datagram does", () => {
  const rule = readFileSync(new URL("../../signatures/self-test.rules", import.meta.url), "utf8");
  const content = /content:"([^"]+)"/.exec(rule)![1]!;
  assert.ok(SELF_TEST_PAYLOAD.startsWith(content));
  assert.match(rule, `depth:${content.length};`);
});

test.run();
