/**
 * The agent: rules, traffic, events, control and scan of one machine, from start to stop. Each part is a file of its own; here they are put
 * together, and what happens to one of them becomes an event, a status and, where it matters, an action of another.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import type { Configuration } from "../config/schema/root.ts";
import type { Request } from "../control/protocol.ts";
import { ControlServer, type Peer } from "../control/server.ts";
import { CrashLoopDetector } from "../engine/crash-loop.ts";
import type { Mode } from "../engine/settings.ts";
import { fileError, type VpatchError } from "../errors.ts";
import type { NamedEvidence } from "../evidence/crash.ts";
import type { EveOutputs } from "../output/eve-outputs.ts";
import { openOutputs } from "../output/open-outputs.ts";
import { readPolicy } from "../policy/document.ts";
import { AgentEvidence } from "./agent-evidence.ts";
import { AgentScan } from "./agent-scan.ts";
import { EventLog } from "./event-log.ts";
import { HealthServer } from "./health-server.ts";
import { agentIdentity, type Identity } from "./identity.ts";
import { storedMode, storeMode } from "./mode-store.ts";
import type { Platform } from "./platform.ts";
import { RuleSet } from "./rule-set.ts";
import { SelfTestSchedule } from "./self-test-schedule.ts";
import { ServiceManager } from "./service-manager.ts";
import { identityFile } from "./state-files.ts";
import { type AgentStatus, type Circumstances, isAlive, judgeProtection } from "./status.ts";
import { cleanUp, Traffic } from "./traffic.ts";

export interface AgentOptions {
  config: Configuration;
  /** The configuration's file: read again at every reload. */
  configFile?: string;
  /** Stands for the mode of configuration and policy. */
  mode?: Mode;
  platform: Platform;
  version: string;
  environment?: Readonly<Record<string, string | undefined>>;
  /** Told of what an operator should know. */
  log: (message: string) => void;
}

/** The mode of the policy file, before its rules are compiled. What is wrong with it the compiler tells. */
function policyMode({ vpatch: { policy } }: Configuration): Mode | undefined {
  try {
    return policy === undefined ? undefined : readPolicy(policy).mode;
  } catch {
    return undefined;
  }
}

/** Milliseconds that outputs may take to write what waits when the agent stops. */
const LAST_WORDS = 300;
const STATUS_INTERVAL = 5000;
/** Failures of workers that make the machine count as unprotected. */
const WORKER_CRASH_LOOP = { crashes: 5, seconds: 60 };

export class Agent {
  /** Settled when the agent has stopped. */
  readonly stopped: Promise<void>;
  readonly #options: AgentOptions;
  readonly #state: string;
  readonly #rules: RuleSet;
  readonly #traffic: Traffic;
  readonly #failures = new CrashLoopDetector(WORKER_CRASH_LOOP);
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #started = Date.now();
  readonly #selfTest: SelfTestSchedule;
  readonly #scan: AgentScan | undefined;
  #phase: "starting" | "running" | "stopping" = "starting";
  #identity: Identity | undefined;
  #outputs!: EveOutputs;
  #events!: EventLog;
  #control: ControlServer | undefined;
  #health: HealthServer | undefined;
  #manager: ServiceManager | undefined;
  #evidence: AgentEvidence | undefined;
  #settled!: () => void;
  #protection = "";

  constructor(options: AgentOptions) {
    this.#options = options;
    const { config, configFile, platform } = options;
    const { vpatch } = config;
    this.#state = vpatch["state-dir"];
    this.stopped = new Promise((resolve) => {
      this.#settled = resolve;
    });
    this.#traffic = new Traffic({
      config,
      onEvents: (batch) => this.#events.batch(batch),
      onFailure: (...failure) => this.#workerFailed(...failure),
    });
    this.#rules = new RuleSet({
      ...(configFile === undefined ? {} : { config: configFile }),
      state: this.#state,
      strict: vpatch["strict-rules"],
      adopt: async (rules, descriptions) => {
        this.#events.remember(rules.generation, descriptions);
        await this.#traffic.adopt(rules);
      },
    });
    this.#selfTest = new SelfTestSchedule({
      settings: vpatch["self-test"],
      interfaces: vpatch.interfaces,
      mode: () => this.#traffic.mode,
      send: platform.sendSelfTest,
      report: (result) => {
        if (result.result === "failed") options.log(`self-test failed: ${result.detail}`);
        this.#event("self-test", { result: result.result, mode: result.mode, detail: result.detail });
      },
    });
    if (vpatch.scan.enabled) {
      this.#scan = new AgentScan({
        config,
        reload: () => this.#reload("scan"),
        report: (type, body) => this.#event(type, body),
        onError: (message) => options.log(`scan: ${message}`),
      });
    }
  }

  /** Starts everything; when it is done, traffic is inspected. @throws VpatchError when it cannot; nothing is left behind then */
  async start(): Promise<void> {
    const { config, platform, environment = process.env } = this.#options;
    try {
      this.#manager = new ServiceManager({
        environment,
        sender: (path) => platform.unixSender(path),
        healthy: () => isAlive(this.#circumstances()),
      });
      this.#makeFolders();
      await this.#open();
      // As soon as no other agent is known to run: what is to be shut is shut while rules are compiled. Their policy may yet ask for another mode.
      for (const removed of await cleanUp(config)) this.#options.log(`removed what an earlier agent left: ${removed}`);
      await this.#traffic.prepare(
        storedMode(this.#state, this.#options.mode ?? policyMode(config) ?? config.vpatch.mode),
      );
      this.#identify();
      await this.#rules.start();
      const mode = storedMode(this.#state, this.#configuredMode);
      await this.#traffic.start(mode, this.#rules.inForce);
    } catch (error) {
      await this.stop();
      throw error;
    }
    this.#phase = "running";
    const { driver, inline } = this.#traffic;
    const { rules, problem } = this.#rules.status;
    this.#event("started", { mode: this.#traffic.mode, driver, inline, rules, agent: this.#identity?.id });
    if (problem !== undefined) this.#options.log(`the rules of the last run are in force: ${problem}`);
    this.#schedule();
    this.#manager?.ready(this.#statusLine());
    await this.#testAndScan();
  }

  /** Ends everything; in under a second. */
  async stop(): Promise<void> {
    if (this.#phase === "stopping") return await this.stopped;
    const running = this.#phase === "running";
    this.#phase = "stopping";
    this.#manager?.stopping();
    for (const timer of this.#timers) clearInterval(timer);
    this.#selfTest.stop();
    void this.#scan?.stop();
    await this.#traffic.stop();
    if (running) this.#event("stopped", {});
    await Promise.all([
      this.#outputs?.close(LAST_WORDS),
      this.#control?.close(),
      this.#health?.close(),
      this.#evidence?.close(),
    ]);
    this.#manager?.close();
    const pidFile = this.#options.config["pid-file"];
    if (pidFile !== undefined) rmSync(pidFile, { force: true });
    this.#settled();
  }

  /** What SIGHUP asks for: outputs are opened anew, rules are compiled again. */
  async hangUp(): Promise<void> {
    this.#outputs.reopen();
    await this.#reload("signal").catch(() => {});
  }

  status(): AgentStatus {
    const { config, version } = this.#options;
    const traffic = this.#traffic.stats();
    const { driver } = this.#traffic;
    const { selfTest } = this.#selfTest;
    const evidence = this.#evidence?.counts;
    return {
      ...this.#judge(),
      version,
      agent: { id: this.#identity?.id ?? "", clonedFrom: this.#identity?.clonedFrom ?? [] },
      pid: process.pid,
      since: new Date(this.#started).toISOString(),
      mode: this.#traffic.mode,
      ...(driver === undefined ? {} : { driver }),
      inline: this.#traffic.inline,
      interfaces: config.vpatch.interfaces,
      workers: {
        count: Math.max(1, config.vpatch.workers),
        restarts: traffic?.restarts ?? 0,
        crashLoop: this.#failures.isLoop(Date.now()),
      },
      rules: this.#rules.status,
      ...(traffic ? { traffic } : {}),
      alerts: { all: this.#events?.alerts ?? 0, blocked: this.#events?.blocked ?? 0 },
      events: Object.fromEntries(this.#outputs?.events ?? []),
      outputs: (this.#outputs?.counts ?? []).map(({ name, counts: { lines, dropped, problem } }) => ({
        name,
        lines,
        dropped,
        ...(problem === undefined ? {} : { problem }),
      })),
      ...(evidence ? { evidence } : {}),
      ...(selfTest ? { selfTest } : {}),
      ...(this.#scan ? { scan: this.#scan.status } : {}),
      memory: process.memoryUsage.rss(),
    };
  }

  get #configuredMode(): Mode {
    return this.#options.mode ?? this.#rules.policyMode ?? this.#options.config.vpatch.mode;
  }

  #judge() {
    return judgeProtection(this.#circumstances());
  }

  #circumstances(): Circumstances {
    return {
      phase: this.#phase,
      mode: this.#traffic.mode,
      inline: this.#traffic.inline,
      quiet: this.#traffic.quiet,
      crashLoop: this.#failures.isLoop(Date.now()),
      rules: this.#rules.status,
      scanned: this.#scan?.status.summary !== undefined,
      selfTest: this.#selfTest.selfTest,
    };
  }

  #makeFolders(): void {
    const { config } = this.#options;
    for (const folder of [this.#state, config.vpatch["run-dir"], config["default-log-dir"]]) {
      try {
        mkdirSync(folder, { recursive: true, mode: 0o750 });
      } catch (cause) {
        throw fileError(cause, folder);
      }
    }
  }

  /** Events, control and health: there before the traffic, so that a start that takes long can be watched. */
  async #open(): Promise<void> {
    const { config, platform, log } = this.#options;
    const { metrics, control } = config.vpatch;
    const sender = (path: string) => platform.unixSender(path);
    this.#outputs = await openOutputs(config.outputs.destinations, config["default-log-dir"], sender);
    const evidence = new AgentEvidence(config, log);
    this.#evidence = evidence;
    this.#events = new EventLog(config, this.#outputs, {
      sighted: (sighting) => this.#selfTest.sighted(sighting),
      keep: (found) => evidence.keep(found),
    });
    if (config["unix-command"].enabled !== "no") {
      const server = new ControlServer({
        path: config["unix-command"].filename,
        ...(control.group === undefined ? {} : { group: platform.groupId(control.group) }),
        peer: (socket) => platform.peer(socket),
        answer: (request, peer) => this.#answer(request, peer),
        follow: (follower) => this.#outputs.follow(follower),
        onProblem: log,
      });
      await server.listen();
      this.#control = server;
    }
    if (metrics.enabled) {
      this.#health = new HealthServer(
        () => this.status(),
        () => this.#traffic.counters(),
      );
      await this.#health.listen(metrics.address, metrics.port);
    }
    const pidFile = config["pid-file"];
    if (pidFile !== undefined) writeFileSync(pidFile, `${process.pid}\n`);
  }

  #identify(): void {
    const { identity, event } = agentIdentity(identityFile(this.#state), this.#options.platform.machineMarks());
    this.#identity = identity;
    if (event === "known") return;
    if (event === "cloned")
      this.#options.log(`this is a copy of another machine: the agent's new identity is ${identity.id}`);
    this.#event("identity", { change: event, id: identity.id, cloned_from: identity.clonedFrom[0] });
  }

  #schedule(): void {
    const { stats } = this.#options.config;
    const every = (milliseconds: number, work: () => void): void => {
      this.#timers.push(setInterval(work, milliseconds));
    };
    if (stats.enabled) {
      every(Math.max(1, stats.interval) * 1000, () => {
        const counters = this.#traffic.counters();
        if (counters) this.#events.stats(counters, Math.floor((Date.now() - this.#started) / 1000));
      });
    }
    every(STATUS_INTERVAL, () => this.#noteProtection());
  }

  async #testAndScan(): Promise<void> {
    if (this.#traffic.driver !== "replay" && this.#traffic.driver !== "bridge") await this.#selfTest.start();
    this.#noteProtection();
    void this.#scan?.start();
  }

  /** A change of protection is an event. */
  #noteProtection(): void {
    const { protection, reasons } = this.#judge();
    this.#manager?.status(this.#statusLine());
    if (protection === this.#protection) return;
    this.#protection = protection;
    this.#event("protection", { protection, reasons });
    if (protection === "unprotected") this.#options.log(`unprotected: ${reasons.join("; ")}`);
  }

  #statusLine(): string {
    const { protection, reasons } = this.#judge();
    const { rules } = this.#rules.status;
    const why = reasons.length > 0 ? ` (${reasons.join("; ")})` : "";
    return `${protection}${why}, ${rules} rules, ${this.#traffic.driver ?? "no driver"}`;
  }

  async #answer(request: Request, peer: Peer): Promise<unknown> {
    switch (request.command) {
      case "mode":
        await this.#setMode(request.mode, peer);
        return { mode: this.#traffic.mode, driver: this.#traffic.driver };
      case "reload":
        return await this.#reload("command");
      case "self-test":
        return await this.#selfTest.run();
      case "scan":
        await this.#scan?.scanNow();
        return this.#scan?.status ?? { problems: ["vpatch.scan.enabled is off"] };
      case "stop":
        // After the answer.
        setTimeout(() => void this.stop(), 10);
        return {};
      default:
        return this.status();
    }
  }

  async #setMode(mode: Mode, peer: Peer): Promise<void> {
    await this.#changeMode(mode, { user: peer.uid });
    storeMode(this.#state, mode, this.#configuredMode);
  }

  /** @param cause told in the event */
  async #changeMode(mode: Mode, cause: object): Promise<void> {
    const before = this.#traffic.mode;
    await this.#traffic.setMode(mode, this.#rules.inForce);
    if (mode !== before) this.#event("mode", { mode, before, ...cause });
    if (this.#selfTest.selfTest) await this.#selfTest.run();
    this.#noteProtection();
  }

  async #reload(cause: "command" | "signal" | "scan") {
    this.#manager?.reloading();
    const configured = this.#configuredMode;
    try {
      const status = await this.#rules.reload();
      if (this.#configuredMode !== configured) await this.#changeMode(this.#configuredMode, { policy: true });
      this.#event("reload", { cause, rules: status.rules, refused: status.refused, generation: status.generation });
      return status;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#options.log(`the rules in force stay: ${reason}`);
      this.#event("reload-refused", { cause, reason });
      throw error;
    } finally {
      this.#manager?.ready(this.#statusLine());
      this.#noteProtection();
    }
  }

  #workerFailed(error: VpatchError, worker: number, evidence?: NamedEvidence): void {
    this.#failures.stopped(Date.now());
    this.#options.log(`worker ${worker} failed and is started again: ${error.message}`);
    const file = evidence && this.#evidence?.keep(evidence);
    this.#event("worker-failed", { worker, reason: error.message, restarts: this.#failures.count, evidence: file });
    this.#noteProtection();
  }

  #event(type: string, body: object): void {
    this.#outputs?.event("vpatch", { type, ...body });
  }
}
