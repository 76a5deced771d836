/**
 * The data path on Linux, over nfqueue with GSO: 300 rules against the same driver with an empty verdict, and against no agent at all.
 * Needs root; works in network namespaces of its own. Rounds are interleaved; ratios and differences are taken within a round.
 */
import { availableParallelism, loadavg } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { uniformPolicy } from "../../hosts/node/driver/driver.ts";
import { Agent, SETUPS } from "../../test/linux/agent.ts";
import { Lab, SERVER4, sweep, until, watchOver } from "../../test/linux/lab.ts";
import { LineProcess } from "../../test/linux/lines.ts";
import { Services } from "../../test/linux/services.ts";
import { FOLDER } from "../../test/linux/setting.ts";
import { SIGNATURES } from "../../test/linux/signatures.ts";
import { median, type Report, type Row, type Suite } from "../suite.ts";

const RULES = 300;
const RATE = 1000;
/** What the ratio and the added latency (microseconds) must be. */
const LEAST_RATIO = 0.8;
const MOST_ADDED = 200;
const TSX = fileURLToPath(import.meta.resolve("tsx"));
const PACE = fileURLToPath(new URL("../pace.ts", import.meta.url));
const EMPTY = fileURLToPath(new URL("../../build/test/linux/empty.js", import.meta.url));
const WAYS = ["no agent", "empty verdict", "300 rules", "300 rules, stream.bypass"] as const;
type Way = (typeof WAYS)[number];

interface Figures {
  download: number;
  p50: number;
  p99: number;
}

/** The bundled signatures, and rules of the same make to make up the number: half look at requests, half at any TCP payload. */
function ruleText(): string {
  const bundled = SIGNATURES.split("\n").filter((line) => /^(alert|drop|reject) /.test(line));
  const more = Array.from({ length: Math.max(0, RULES - bundled.length) }, (_, index) => {
    const word = `exploit-${(index * 7919).toString(36)}-path`;
    const sid = 9_500_000 + index;
    return index % 2 === 0
      ? `drop http any any -> any any (msg:"made ${index}"; flow:established,to_server; http.uri; content:"/${word}"; nocase; pcre:"/${word}[0-9]{2,8}/i"; sid:${sid};)`
      : `drop tcp any any -> any any (msg:"made ${index}"; flow:established; content:"${word}"; content:"|00 01|"; distance:2; within:40; sid:${sid};)`;
  });
  return [...bundled, ...more].slice(0, RULES).join("\n");
}

async function measure(lab: Lab, seconds: number): Promise<Figures> {
  const { stdout } = await lab.run("client", "iperf3", "-c", SERVER4, "-t", String(seconds), "-f", "m");
  const download = Number(/([\d.]+) Mbits\/sec +receiver/.exec(stdout)?.[1] ?? 0);
  const paced = await lab.run("client", "node", "--import", TSX, PACE, SERVER4, String(RATE), String(seconds));
  const { p50, p99 } = JSON.parse(paced.stdout) as { p50: number; p99: number };
  return { download, p50, p99 };
}

async function underWay(lab: Lab, way: Way, seconds: number): Promise<Figures> {
  if (way === "no agent") return await measure(lab, seconds);
  const setup = SETUPS.nfqueue;
  if (way !== "empty verdict") {
    const config = { stream: { midstream: true, bypass: way !== "300 rules" } };
    const agent = await Agent.start(lab, setup, { rules: ruleText(), config });
    try {
      return await measure(lab, seconds);
    } finally {
      await agent.stop();
    }
  }
  const stateFolder = join(lab.folder, "state");
  const capture = {
    interfaces: setup.interfaces,
    workers: 1,
    failure: uniformPolicy("open"),
    heartbeat: 3000,
    stateFolder,
  };
  const child = new LineProcess(lab.spawn("server", "node", [EMPTY, JSON.stringify({ driver: "nfqueue", capture })]));
  await child.next("ready");
  try {
    return await measure(lab, seconds);
  } finally {
    child.child.kill("SIGKILL");
    await child.exit();
  }
}

async function run(short: boolean): Promise<Report> {
  const before = loadavg()[0]!;
  sweep();
  watchOver(FOLDER);
  const lab = new Lab(FOLDER);
  const rounds: Record<Way, Figures>[] = [];
  try {
    await Services.start(lab, 1 << 20);
    lab.spawn("server", "iperf3", ["-s"], "ignore");
    await until(
      "iperf3 listens",
      async () => (await lab.shell("server", "ss -lnt 'sport = :5201' | grep -c LISTEN")).stdout.trim() !== "0",
    );
    for (let round = 0; round < (short ? 3 : 7); round++) {
      const order = round % 2 === 0 ? WAYS : [...WAYS].reverse();
      const figures: Partial<Record<Way, Figures>> = {};
      for (const way of order) figures[way] = await underWay(lab, way, short ? 2 : 4);
      rounds.push(figures as Record<Way, Figures>);
    }
  } finally {
    lab.close();
  }
  const of = (way: Way, name: keyof Figures): number => median(rounds.map((round) => round[way][name]));
  const rows: Row[] = WAYS.map((way) => ({
    case: way,
    figures: { "TCP Mbit/s": of(way, "download"), "p50 us": of(way, "p50"), "p99 us": of(way, "p99") },
  }));
  const ratio = median(rounds.map((round) => round["300 rules"].download / round["empty verdict"].download));
  const bypassed = median(
    rounds.map((round) => round["300 rules, stream.bypass"].download / round["empty verdict"].download),
  );
  const added = (name: "p50" | "p99", than: Way): number =>
    median(rounds.map((round) => round["300 rules"][name] - round[than][name]));
  const summary = {
    "throughput, 300 rules / empty verdict": ratio,
    "throughput, 300 rules with stream.bypass / empty verdict": bypassed,
    "added p50 us, 300 rules - empty verdict": added("p50", "empty verdict"),
    "added p99 us, 300 rules - empty verdict": added("p99", "empty verdict"),
    "added p50 us, 300 rules - no agent": added("p50", "no agent"),
    "added p99 us, 300 rules - no agent": added("p99", "no agent"),
  };
  const failures: string[] = [];
  if (ratio < LEAST_RATIO)
    failures.push(`throughput is ${ratio.toFixed(2)} of the empty verdict's, ${LEAST_RATIO} is wanted`);
  if (summary["added p99 us, 300 rules - empty verdict"] > MOST_ADDED)
    failures.push(`inspection adds more than ${MOST_ADDED} us at p99`);
  return {
    suite: "linux",
    notes: [
      `nfqueue with GSO between two namespaces; medians of ${rounds.length} interleaved rounds; HTTP at ${RATE} requests/s over 8 connections.`,
      `Load average of the machine: ${before.toFixed(1)} before, ${loadavg()[0]!.toFixed(1)} after, on ${availableParallelism()} processors; above that, latencies are those of the queue for a processor.`,
    ],
    rows,
    summary,
    failures,
  };
}

export const suite: Suite = {
  description: "300 rules over nfqueue, against the same driver with an empty verdict and against no agent",
  run: ({ short }) => run(short),
};
