/** The system's side of `nfqueue`: firewall rules, the pinned heartbeat filter, the state file. */
import { existsSync, readFileSync } from "node:fs";
import type { Capture, CaptureOptions, CaptureStats, QueuePlan } from "../../node/driver/driver.ts";
import { type Pin, removePin } from "./bpf-pins.ts";
import {
  applyRules,
  type FirewallPlan,
  type FirewallState,
  firewallCommands,
  removeRules,
  ruleCounters,
} from "./firewall.ts";
import { createDeadlines, pinFilter } from "./heartbeat.ts";
import { close } from "./libc.ts";
import { MessageWriter, openNetlink } from "./netlink.ts";
import { planQueues, Wakes } from "./queues.ts";
import { type CaptureState, ownState, removeState, STATE_FOLDER, stateFile, writeState } from "./state.ts";

/** Number of the first queue when none is given: far from the low ones that others like. */
const FIRST_QUEUE = 0x7670;
const QUEUE_TABLE = "/proc/net/netfilter/nfnetlink_queue";
/** Milliseconds for which counters of the rules, which cost a process each, are kept. */
const COUNTERS_KEPT = 5000;

export function missingForNfqueue(options: CaptureOptions): string[] {
  const missing: string[] = [];
  if (!existsSync(QUEUE_TABLE)) missing.push("a kernel with netfilter queues (CONFIG_NETFILTER_NETLINK_QUEUE)");
  if (firewallCommands().length === 0) missing.push("the program iptables");
  if (missing.length === 0) missing.push(...missingRights());
  if (options.failure.freeze === "open" && options.failure.crash === "closed")
    missing.push("failure.crash: open where failure.freeze is open");
  return missing;
}

function missingRights(): string[] {
  try {
    close(openNetlink());
    new MessageWriter(128);
    return [];
  } catch (error) {
    return [(error as Error).message];
  }
}

export class NfqueueCapture implements Capture {
  readonly driver = "nfqueue";
  readonly inline = true;
  readonly queues: readonly QueuePlan[];
  private readonly options: CaptureOptions;
  private readonly wakes: Wakes;
  private readonly file: string;
  private readonly state: CaptureState & { firewall: FirewallState };
  private readonly deadlines: number | undefined;
  private readonly filter: Pin | undefined;
  private readonly rules: FirewallPlan;
  private engaged = false;
  private closed = false;
  private counters: CaptureStats = { bypassed: 0, lost: 0 };
  private counted = 0;

  constructor(options: CaptureOptions) {
    this.options = options;
    const { workers, failure, interfaces } = options;
    const queue = options.queue ?? FIRST_QUEUE;
    const folder = options.stateFolder ?? STATE_FOLDER;
    this.wakes = new Wakes(workers);
    this.file = stateFile(folder, `nfqueue-${queue}`);
    this.state = { ...ownState("nfqueue"), firewall: { chain: `vpatch-${queue}`, commands: firewallCommands() } };
    if (failure.freeze === "open") {
      this.deadlines = createDeadlines(workers);
      this.filter = pinFilter(this.deadlines, workers, `vpatch-${queue}`, folder);
      this.state.pins = [this.filter];
    }
    const fds: Record<string, number> = this.deadlines === undefined ? {} : { deadlines: this.deadlines };
    this.queues = planQueues("nfqueue", true, options, this.wakes, (index) => ({
      fds,
      numbers: { queue: queue + index },
    }));
    this.rules = {
      interfaces,
      queue,
      queues: workers,
      bypass: failure.crash === "open",
      ...(this.filter === undefined ? {} : { alive: this.filter.path }),
    };
    writeState(this.file, this.state);
    if (failure.start === "closed") applyRules(this.state.firewall, { ...this.rules, block: true });
    // What a crash left under our name goes now: until `engage` traffic passes.
    else removeRules(this.state.firewall);
  }

  engage(): void {
    applyRules(this.state.firewall, this.rules);
    this.engaged = true;
  }

  disengage(): void {
    if (!this.engaged && this.options.failure.stop === "open") return;
    this.refreshCounters();
    this.engaged = false;
    if (this.options.failure.stop === "closed") applyRules(this.state.firewall, { ...this.rules, block: true });
    else removeRules(this.state.firewall);
  }

  wake(index: number): void {
    this.wakes.wake(index);
  }

  stats(): CaptureStats {
    if (this.engaged && Date.now() - this.counted > COUNTERS_KEPT) this.refreshCounters();
    return this.counters;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.disengage();
    this.wakes.close();
    if (this.deadlines !== undefined) close(this.deadlines);
    if (this.options.failure.stop === "closed") {
      writeState(this.file, { ...this.state, blocked: true });
      return;
    }
    removeRules(this.state.firewall);
    if (this.filter !== undefined) removePin(this.filter);
    removeState(this.file);
  }

  /** What our rules sent to the queues and the queues never had, passed; what the queues dropped, was lost. */
  private refreshCounters(): void {
    if (!this.engaged) return;
    this.counted = Date.now();
    const { queued, uninspected } = ruleCounters(this.state.firewall);
    let taken = 0;
    let lost = 0;
    for (const line of queueTable()) {
      const [number, , , , , full, refused, sequence] = line;
      if (!this.queues.some(({ numbers }) => numbers.queue === number)) continue;
      taken += sequence ?? 0;
      lost += (full ?? 0) + (refused ?? 0);
    }
    const failedOpen = this.options.failure.crash === "open" ? Math.max(0, queued - taken - lost) : 0;
    this.counters = { bypassed: uninspected + failedOpen, lost };
  }
}

/** Lines of the kernel's table: queue, port, waiting, mode, range, dropped full, dropped by the socket, last id. */
function queueTable(): number[][] {
  try {
    return readFileSync(QUEUE_TABLE, "utf8")
      .trim()
      .split("\n")
      .map((line) => line.trim().split(/\s+/).map(Number));
  } catch {
    return [];
  }
}
