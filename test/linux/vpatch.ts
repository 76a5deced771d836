/** `vpatch run` as users have it, in a namespace of a lab. */
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import type { AgentStatus } from "../../hosts/node/agent/status.ts";
import { ask } from "../../hosts/node/control/client.ts";
import type { Request } from "../../hosts/node/control/protocol.ts";
import type { Setup } from "./agent.ts";
import { type Lab, until } from "./lab.ts";

export const COMMAND = fileURLToPath(new URL("../../build/hosts/node/cli.js", import.meta.url));

type Settings = Record<string, unknown>;

export class Vpatch {
  readonly lab: Lab;
  readonly setup: Setup;
  readonly folder: string;
  readonly rules: string;
  readonly socket: string;
  /** What runs the command: a program that enters other namespaces. */
  readonly prefix: readonly string[];
  child: ChildProcess | undefined;
  errors = "";
  private settings: Settings = {};

  constructor(lab: Lab, setup: Setup, rules = "", prefix: readonly string[] = []) {
    this.lab = lab;
    this.prefix = prefix;
    this.setup = setup;
    this.folder = join(lab.folder, "vpatch");
    this.rules = join(this.folder, "test.rules");
    this.socket = join(this.folder, "control.sock");
    mkdirSync(this.folder, { recursive: true });
    writeFileSync(this.rules, rules);
  }

  /** Starts and waits until traffic is inspected and the first self-test is done. @param settings below `vpatch` @param more at the top */
  async start(settings: Settings = this.settings, more: Settings = {}): Promise<AgentStatus> {
    this.settings = settings;
    const config = join(this.folder, "vpatch.yaml");
    const failure = this.setup.driver === "bridge" ? "closed" : "open";
    writeFileSync(
      config,
      stringify({
        "default-log-dir": join(this.folder, "log"),
        "rule-files": [this.rules],
        "unix-command": { filename: this.socket },
        ...more,
        vpatch: {
          mode: "prevent",
          driver: this.setup.driver,
          interfaces: this.setup.interfaces,
          failure: Object.fromEntries(["crash", "freeze", "overload", "start", "stop"].map((each) => [each, failure])),
          // Long enough for a machine that is busy with other things.
          heartbeat: 3000,
          "state-dir": join(this.folder, "state"),
          "run-dir": join(this.lab.folder, "state"),
          metrics: { enabled: false },
          ...settings,
        },
      }),
    );
    const [program, ...words] = [...this.prefix, process.execPath, COMMAND, "run", "--config", config];
    const child = this.lab.spawn(this.setup.place, program!, words);
    this.child = child;
    child.stderr!.on("data", (bytes: Buffer) => {
      this.errors += bytes.toString();
    });
    await until(
      `the agent is ready (${this.errors})`,
      async () => {
        if (child.exitCode !== null) throw new Error(`the agent ended: ${this.errors}`);
        const status = await this.status().catch(() => undefined);
        return (
          status !== undefined &&
          status.protection !== "starting" &&
          (this.setup.driver === "bridge" || status.selfTest !== undefined)
        );
      },
      30_000,
    );
    return await this.status();
  }

  ask<T>(request: Request): Promise<T> {
    return ask<T>(this.socket, request);
  }

  status(): Promise<AgentStatus> {
    return this.ask<AgentStatus>({ command: "status" });
  }

  get pid(): number {
    return this.child!.pid!;
  }

  // biome-ignore lint/suspicious/noExplicitAny: events have many shapes
  events(): any[] {
    const file = join(this.folder, "log", "eve.json");
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, "utf8").split("\n");
    return lines.filter((line) => line.endsWith("}")).map((line) => JSON.parse(line));
  }

  // biome-ignore lint/suspicious/noExplicitAny: events have many shapes
  own(type: string): any[] {
    return this.events().flatMap(({ vpatch }) => (vpatch?.type === type ? [vpatch] : []));
  }

  /** Ends it, by a signal or over the control socket; milliseconds it took. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number> {
    const child = this.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return 0;
    const start = Date.now();
    const exited = new Promise((resolve) => child.once("exit", resolve));
    // What enters another process namespace hands no signals on.
    if (this.prefix.length > 0) await this.ask({ command: "stop" });
    else child.kill(signal);
    await exited;
    return Date.now() - start;
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
