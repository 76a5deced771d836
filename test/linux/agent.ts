/** The agent under test: the runner of this folder, in a namespace of a lab. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { DataPathStats } from "../../hosts/node/datapath/datapath.ts";
import {
  type CaptureOptions,
  type DriverName,
  type FailurePolicy,
  uniformPolicy,
} from "../../hosts/node/driver/driver.ts";
import type { Mode } from "../../hosts/node/engine/settings.ts";
import type { Lab } from "./lab.ts";
import { LineProcess } from "./lines.ts";
import type { RunnerOptions } from "./runner.ts";

const RUNNER = fileURLToPath(new URL("../../build/test/linux/runner.js", import.meta.url));

/** How a driver is put between client and server. */
export interface Setup {
  driver: DriverName;
  place: "server" | "gateway";
  interfaces: readonly string[];
}

export const SETUPS: Readonly<Record<Exclude<DriverName, "replay">, Setup>> = {
  "af-packet": { driver: "af-packet", place: "server", interfaces: ["eth0"] },
  nfqueue: { driver: "nfqueue", place: "server", interfaces: ["eth0"] },
  tcx: { driver: "tcx", place: "server", interfaces: ["eth0"] },
  bridge: { driver: "bridge", place: "gateway", interfaces: ["west", "east"] },
};

export interface AgentOptions {
  mode?: Mode;
  rules?: string;
  failure?: Partial<FailurePolicy> | "open" | "closed";
  workers?: number;
  /** Milliseconds; left out: long enough for a machine that is busy with other things. */
  heartbeat?: number;
  config?: Record<string, unknown>;
}

export interface EveEvent {
  event_type: string;
  alert?: { signature_id: number; action: string };
  [name: string]: unknown;
}

export class Agent {
  readonly process: LineProcess;
  readonly pid: number;
  private readonly eventFile: string;
  private readonly ruleFile: string;

  private constructor(process: LineProcess, pid: number, eventFile: string, ruleFile: string) {
    this.process = process;
    this.pid = pid;
    this.eventFile = eventFile;
    this.ruleFile = ruleFile;
  }

  static async start(lab: Lab, setup: Setup, options: AgentOptions = {}): Promise<Agent> {
    // Nothing else joins the interfaces of a bridge: it is closed whatever one wishes.
    const failure = setup.driver === "bridge" ? "closed" : (options.failure ?? "open");
    const ruleFile = join(lab.folder, "test.rules");
    const eventFile = join(lab.folder, "eve.json");
    writeFileSync(ruleFile, options.rules ?? "");
    writeFileSync(eventFile, "");
    const capture: CaptureOptions = {
      interfaces: setup.interfaces,
      workers: options.workers ?? 1,
      failure: typeof failure === "string" ? uniformPolicy(failure) : { ...uniformPolicy("open"), ...failure },
      heartbeat: options.heartbeat ?? 3000,
      stateFolder: join(lab.folder, "state"),
    };
    const runner: RunnerOptions = {
      driver: setup.driver,
      mode: options.mode ?? "prevent",
      capture,
      rules: ruleFile,
      events: eventFile,
      // Connections that are there already when the agent starts go on, as with `vpatch run`.
      config: options.config ?? { stream: { midstream: true } },
    };
    const process = new LineProcess(lab.spawn(setup.place, "node", [RUNNER, JSON.stringify(runner)]));
    const ready = await process.next("ready");
    const agent = new Agent(process, ready.pid as number, eventFile, ruleFile);
    Agent.running.add(agent);
    void process.exit().then(() => Agent.running.delete(agent));
    return agent;
  }

  private static readonly running = new Set<Agent>();

  /** Stops those that a failed test left running. */
  static async endAll(): Promise<void> {
    for (const agent of Agent.running) {
      agent.signal("SIGCONT");
      await agent.stop();
    }
  }

  /** Events written so far. */
  events(): EveEvent[] {
    const lines = readFileSync(this.eventFile, "utf8").split("\n");
    return lines.filter((line) => line.endsWith("}")).map((line) => JSON.parse(line) as EveEvent);
  }

  /** sids of the alerts so far. */
  alerts(): Set<number> {
    return new Set(
      this.events().flatMap(({ alert, event_type: type }) => (alert && type === "alert" ? [alert.signature_id] : [])),
    );
  }

  async stats(): Promise<DataPathStats & { memory: number }> {
    const answer = this.process.next("stats");
    this.process.send("stats");
    const { stats, memory } = await answer;
    return { ...(stats as DataPathStats), memory: (memory as { rss: number }).rss };
  }

  /** Writes other rules, if given, and has them adopted. */
  async reload(rules?: string): Promise<void> {
    if (rules !== undefined) writeFileSync(this.ruleFile, rules);
    const answer = this.process.wait((line) => "generation" in line || "error" in line, "generation");
    this.process.send("reload");
    const line = await answer;
    if (line.error) throw new Error(String(line.error));
  }

  /** Has a damaged database adopted, which must be refused. */
  async damage(): Promise<void> {
    const answer = this.process.wait((line) => "error" in line || "damaged" in line, "error");
    this.process.send("damage");
    if ("damaged" in (await answer)) throw new Error("a damaged database was adopted");
  }

  /** The numbers it told at its end. */
  lastStats(): DataPathStats | undefined {
    return this.process.lines.find((line) => "last" in line)?.last as DataPathStats | undefined;
  }

  /** Descriptors it has open. */
  openFiles(): number {
    return readdirSync(`/proc/${this.pid}/fd`).length;
  }

  async setMode(mode: Mode): Promise<void> {
    const answer = this.process.next("mode");
    this.process.send(mode);
    await answer;
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  /** An orderly stop. Milliseconds it took. */
  async stop(): Promise<number> {
    const begin = Date.now();
    if (!this.process.exited) this.signal("SIGTERM");
    await this.process.exit();
    return Date.now() - begin;
  }

  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.process.exit();
  }
}
