/** The agent's status as Prometheus metrics (https://prometheus.io/docs/instrumenting/exposition_formats/). */
import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { statsTree } from "../eve/stats.ts";
import type { AgentStatus } from "./status.ts";

/** A registry whose metrics are taken from the agent when they are asked for. */
export class AgentMetrics {
  readonly #registry = new Registry();
  readonly #status: () => AgentStatus;
  readonly #counters: () => BigUint64Array | undefined;

  constructor(status: () => AgentStatus, counters: () => BigUint64Array | undefined) {
    this.#status = status;
    this.#counters = counters;
    collectDefaultMetrics({ register: this.#registry, prefix: "vpatch_", gcDurationBuckets: [0.001, 0.01, 0.1, 1] });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  async text(): Promise<string> {
    const status = this.#status();
    const gauge = (name: string, help: string, value: number, labels: Record<string, string> = {}): void =>
      this.#gauge(name, help).set(labels, value);
    const counter = (name: string, help: string, value: number, labels: Record<string, string> = {}): void => {
      this.#counter(name, help, Object.keys(labels)).inc(labels, value);
    };
    this.#clear();
    const { traffic, rules, selfTest, scan } = status;
    gauge("vpatch_protected", "1: attacks are blocked or, in detection, reported. 0: they are not.", protects(status));
    gauge("vpatch_prevention", "1: the mode is prevent. 0: detect.", Number(status.mode === "prevent"));
    gauge("vpatch_rules", "Rules in force.", rules.rules);
    gauge("vpatch_rules_assigned", "Rules in force that the scan assigned.", rules.assigned);
    gauge("vpatch_rules_refused", "Rules that cannot be honoured exactly.", rules.refused);
    gauge("vpatch_crash_loop", "1: a worker dies again and again.", Number(status.workers.crashLoop));
    counter("vpatch_reloads_total", "Rule sets put in force.", rules.reloads.done, { result: "done" });
    counter("vpatch_reloads_total", "Rule sets put in force.", rules.reloads.failed, { result: "refused" });
    counter("vpatch_worker_restarts_total", "Data-path workers that were started again.", status.workers.restarts);
    counter("vpatch_alerts_total", "Alerts.", status.alerts.all - status.alerts.blocked, { action: "allowed" });
    counter("vpatch_alerts_total", "Alerts.", status.alerts.blocked, { action: "blocked" });
    for (const [type, count] of Object.entries(status.events))
      counter("vpatch_events_total", "EVE events, by type.", count, { event_type: type });
    for (const { name, lines, dropped } of status.outputs) {
      counter("vpatch_output_lines_total", "EVE lines written.", lines, { output: name });
      counter("vpatch_output_dropped_total", "EVE lines given up.", dropped, { output: name });
    }
    if (status.evidence) {
      const lost = status.evidence.omitted + (traffic?.evidenceLost ?? 0);
      counter("vpatch_evidence_total", "Evidence of alerts and drops.", status.evidence.written, { result: "kept" });
      counter("vpatch_evidence_total", "Evidence of alerts and drops.", lost, { result: "omitted" });
    }
    if (traffic) {
      for (const verdict of ["passed", "dropped", "rejected", "modified"] as const)
        counter("vpatch_frames_total", "Frames, by verdict.", traffic[verdict], { verdict });
      counter("vpatch_bytes_total", "Bytes of frames.", traffic.bytes);
      counter("vpatch_uninspected_total", "Frames that were not inspected.", traffic.bypassed, { reason: "bypassed" });
      counter("vpatch_uninspected_total", "Frames that were not inspected.", traffic.lost, { reason: "lost" });
      counter("vpatch_uninspected_total", "Frames that were not inspected.", traffic.oversized, {
        reason: "oversized",
      });
      counter("vpatch_driver_errors_total", "Frames that could not be sent on.", traffic.errors);
      counter("vpatch_events_lost_total", "Events lost between worker and agent.", traffic.eventsLost);
      gauge("vpatch_worker_quiet_seconds", "Since the slowest worker's last sign of life.", traffic.quiet / 1000);
      gauge("vpatch_longest_batch_seconds", "Longest batch since the last status.", traffic.longestBatch / 1e6);
    }
    if (selfTest) {
      gauge("vpatch_self_test_passed", "1: the last self-test passed.", Number(selfTest.result === "passed"));
      gauge("vpatch_self_test_time_seconds", "When the last self-test was.", selfTest.time / 1000);
      counter("vpatch_self_tests_total", "Self-tests.", selfTest.failures, { result: "failed" });
      counter("vpatch_self_tests_total", "Self-tests.", selfTest.runs - selfTest.failures, { result: "passed" });
    }
    if (scan?.summary) {
      for (const [state, count] of Object.entries(scan.summary.rules))
        gauge("vpatch_assignments", "Assignments of the scan, by state.", count, { state });
      gauge("vpatch_open_cves", "Vulnerabilities found that are not fixed.", scan.summary.openCves);
    }
    this.#coreCounters(counter);
    return await this.#registry.metrics();
  }

  #coreCounters(counter: (name: string, help: string, value: number, labels: Record<string, string>) => void): void {
    const counters = this.#counters();
    if (!counters) return;
    const visit = (tree: object, path: string): void => {
      for (const [name, value] of Object.entries(tree)) {
        const at = path ? `${path}.${name}` : name;
        if (typeof value === "object") visit(value, at);
        else
          counter("vpatch_core_total", "Counters of the core, by the names of the stats event.", Number(value), {
            name: at,
          });
      }
    };
    visit(statsTree(counters), "");
  }

  readonly #own = new Set<string>();

  /** What was told before is told anew: counters here are the agent's, not prom-client's. */
  #clear(): void {
    for (const name of this.#own) this.#registry.removeSingleMetric(name);
    this.#own.clear();
  }

  #gauge(name: string, help: string): Gauge {
    const known = this.#registry.getSingleMetric(name) as Gauge | undefined;
    if (known) return known;
    this.#own.add(name);
    const labelNames = name === "vpatch_assignments" ? ["state"] : [];
    return new Gauge({ name, help, labelNames, registers: [this.#registry] });
  }

  #counter(name: string, help: string, labelNames: string[]): Counter {
    const known = this.#registry.getSingleMetric(name) as Counter | undefined;
    if (known) return known;
    this.#own.add(name);
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }
}

function protects({ protection }: AgentStatus): number {
  return Number(protection === "protected" || protection === "watching");
}
