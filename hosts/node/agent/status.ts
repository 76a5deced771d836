/** How an agent is: what `vpatch status` shows, what metrics and health are made of. */
import type { DataPathStats } from "../datapath/datapath.ts";
import type { Mode } from "../engine/settings.ts";
import type { StoreCounts } from "../evidence/store.ts";
import type { RuleStatus } from "./rule-set.ts";
import type { ScanOutcome } from "./scan-task.ts";
import type { SelfTestResult } from "./self-test.ts";

/**
 * `protected`: attacks are blocked. `watching`: they are reported, as the mode detect says. `unprotected`: they are not, and `reasons` say why.
 * `starting`, `stopping`: not yet, no more.
 */
export type Protection = "protected" | "watching" | "unprotected" | "starting" | "stopping";

export interface ScanStatus {
  last?: string;
  running: boolean;
  summary?: ScanOutcome["summary"];
  problems: string[];
}

export interface AgentStatus {
  protection: Protection;
  /** Why the machine is not protected, or less than it should be. */
  reasons: string[];
  version: string;
  agent: { id: string; clonedFrom: readonly string[] };
  pid: number;
  since: string;
  mode: Mode;
  driver?: string;
  inline: boolean;
  interfaces: readonly string[];
  workers: { count: number; restarts: number; crashLoop: boolean };
  rules: RuleStatus;
  traffic?: DataPathStats;
  alerts: { all: number; blocked: number };
  events: Record<string, number>;
  outputs: { name: string; lines: number; dropped: number; problem?: string }[];
  /** Of this run; absent before there was a folder for it. */
  evidence?: StoreCounts;
  selfTest?: SelfTestResult & { runs: number; failures: number };
  scan?: ScanStatus;
  /** Resident memory, in bytes. */
  memory: number;
}

export interface Circumstances {
  phase: "starting" | "running" | "stopping";
  mode: Mode;
  inline: boolean;
  /** Milliseconds since the slowest worker gave a sign of life. */
  quiet: number | undefined;
  crashLoop: boolean;
  rules: RuleStatus;
  /** The scan has found out what is needed: no rule may be enough. */
  scanned: boolean;
  selfTest: SelfTestResult | undefined;
}

/** Milliseconds without a sign of life after which a worker counts as frozen. */
const FROZEN = 2000;

/** Whether every part that must run gives signs of life: what the watchdog is told. A start may take its time. */
export function isAlive({ phase, quiet, crashLoop }: Circumstances): boolean {
  if (phase === "starting") return true;
  return phase === "running" && !crashLoop && quiet !== undefined && quiet <= FROZEN;
}

/** What the circumstances mean for the machine. */
export function judgeProtection(now: Circumstances): { protection: Protection; reasons: string[] } {
  if (now.phase !== "running") return { protection: now.phase, reasons: [] };
  const reasons: string[] = [];
  if (now.crashLoop) reasons.push("a data-path worker dies again and again");
  if (now.quiet === undefined) reasons.push("no data path runs");
  else if (now.quiet > FROZEN) reasons.push(`a data-path worker gave no sign of life for ${Math.round(now.quiet)} ms`);
  if (now.mode === "prevent" && !now.inline) reasons.push("the driver cannot block");
  if (now.rules.rules <= 1 && !now.scanned) reasons.push("no rule is in force");
  if (now.selfTest?.result === "failed") reasons.push(`self-test: ${now.selfTest.detail}`);
  const protection = reasons.length > 0 ? "unprotected" : now.mode === "prevent" ? "protected" : "watching";
  if (now.rules.problem !== undefined) reasons.push(`the last rules are not in force: ${now.rules.problem}`);
  return { protection, reasons };
}
