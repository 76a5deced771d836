/** An agent as users run it: the built command in a process of its own, over captures instead of a network. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import { readCases } from "../../corpus/case.ts";
import { conversationFrames } from "../../corpus/frames.ts";
import { UnixDatagramReceiver } from "../../hosts/linux/system/unix-datagram.ts";
import type { AgentStatus } from "../../hosts/node/agent/status.ts";
import { CaptureWriter } from "../../hosts/node/capture/writer.ts";
import { ask } from "../../hosts/node/control/client.ts";

export const COMMAND = fileURLToPath(new URL("../../build/hosts/node/cli.js", import.meta.url));
const ATTACKS = fileURLToPath(new URL("../../corpus/attacks", import.meta.url));

/** A rule that the attack of the capture matches, and one that nothing does. */
export const HIT =
  'drop http any any -> any any (msg:"hit"; http.uri; content:"getRuntime"; nocase; sid:1000001; rev:1;)\n';
export const OTHER = 'drop tcp any any -> any 1 (msg:"other"; sid:1000002; rev:1;)\n';

export class RunningAgent {
  readonly folder: string;
  readonly socket: string;
  readonly rules: string;
  readonly eve: string;
  process: ChildProcess | undefined;
  /** What it said on its standard error. */
  errors = "";
  /** What the service manager heard. */
  readonly heard: string[] = [];
  readonly #receiver: UnixDatagramReceiver;
  readonly #listening: NodeJS.Timeout;
  #settings: Record<string, unknown> = {};

  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), "vpatch-agent-"));
    this.socket = join(this.folder, "vpatch.sock");
    this.rules = join(this.folder, "rules");
    this.eve = join(this.folder, "log", "eve.json");
    mkdirSync(this.rules);
    writeFileSync(join(this.rules, "a.rules"), HIT + OTHER);
    writeAttack(join(this.folder, "attack.pcap"));
    this.#receiver = new UnixDatagramReceiver(join(this.folder, "notify"));
    this.#listening = setInterval(() => this.hear(), 50);
  }

  get config(): string {
    return join(this.folder, "vpatch.yaml");
  }

  /** Starts, and waits until it is ready or has ended. @param settings below `vpatch` @param more at the top */
  async start(settings: Record<string, unknown> = {}, more: Record<string, unknown> = {}): Promise<void> {
    this.#settings = {
      "default-log-dir": join(this.folder, "log"),
      "rule-files": [this.rules],
      "unix-command": { filename: this.socket },
      stats: { interval: 1 },
      ...more,
      vpatch: {
        mode: "prevent",
        driver: "replay",
        interfaces: [join(this.folder, "attack.pcap")],
        "state-dir": join(this.folder, "state"),
        "run-dir": join(this.folder, "run"),
        metrics: { enabled: false },
        ...settings,
      },
    };
    writeFileSync(this.config, stringify(this.#settings));
    this.hear();
    this.heard.length = 0;
    const env = { ...process.env, NOTIFY_SOCKET: join(this.folder, "notify"), WATCHDOG_USEC: "300000" };
    this.process = spawn(process.execPath, [COMMAND, "run", "--config", this.config], {
      env,
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.process.stderr!.on("data", (data) => {
      this.errors += data;
    });
    await this.until(() => this.process!.exitCode !== null || this.hear().some((each) => each.startsWith("READY=1")));
  }

  /** What the service manager heard so far. */
  hear(): string[] {
    for (let data = this.#receiver.receive(); data; data = this.#receiver.receive()) this.heard.push(data.toString());
    return this.heard;
  }

  status(): Promise<AgentStatus> {
    return ask<AgentStatus>(this.socket, { command: "status" });
  }

  /** EVE events so far. */
  // biome-ignore lint/suspicious/noExplicitAny: events have many shapes
  events(file = this.eve): any[] {
    return readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => line.endsWith("}"))
      .map((line) => JSON.parse(line));
  }

  /** The agent's own events of a type. */
  // biome-ignore lint/suspicious/noExplicitAny: events have many shapes
  own(type: string): any[] {
    return this.events().flatMap(({ vpatch }) => (vpatch?.type === type ? [vpatch] : []));
  }

  async until(condition: () => boolean | Promise<boolean>, patience = 20_000): Promise<void> {
    for (const end = Date.now() + patience; !(await condition()); ) {
      if (Date.now() > end) throw new Error(`it did not come to pass; the agent said: ${this.errors}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Sends a signal (or none), waits for the end. Status and milliseconds. */
  async end(signal?: NodeJS.Signals): Promise<{ status: number | null; took: number }> {
    const child = this.process;
    const start = Date.now();
    if (child && child.exitCode === null && child.signalCode === null) {
      const exited = new Promise((resolve) => child.once("exit", resolve));
      if (signal) child.kill(signal);
      await exited;
    }
    return { status: child?.exitCode ?? null, took: Date.now() - start };
  }

  async remove(): Promise<void> {
    await this.end("SIGKILL");
    clearInterval(this.#listening);
    this.#receiver.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The capture of an attack that is known by its `getRuntime` in the URI. */
function writeAttack(file: string): void {
  const attack = readCases(ATTACKS).find(({ name }) => name === "confluence-ognl")!;
  const writer = new CaptureWriter(file);
  for (const conversation of attack.conversations) {
    for (const { data, seconds, nanoseconds } of conversationFrames(conversation))
      writer.write({ data, seconds, nanoseconds, linkType: 1, originalLength: data.length });
  }
  writer.close();
}
