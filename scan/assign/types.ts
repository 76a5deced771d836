/** Assignments: which rule is a virtual patch on this host, why, and in what state. Stored; drives the engine's policy. */
import type { Exposure, Verdict } from "../match/finding.ts";

export const assignmentSchema = "vpatch-assignments/1";

export type Mode = "detect" | "prevent";

/**
 * `recommended` -> `applied` -> `retiring` (fixed in one complete scan, still in force) -> `retired`. `suppressed`: the
 * operator does not want it.
 */
export type AssignmentState = "recommended" | "applied" | "retiring" | "retired" | "suppressed";

export interface Assignment {
  gid: number;
  sid: number;
  rev: number;
  msg: string;
  state: AssignmentState;
  mode: Mode;
  /** `pin`: the operator applied it; the scan never retires it. */
  origin: "scan" | "pin";
  /** Every CVE and component that speaks for it, most urgent first. */
  proofs: Proof[];
  /** For a companion: the sids of the rules that need the bits it sets. */
  companionOf?: number[];
  /** Variables of the rule's server side, narrowed to the ports of the listeners it protects. */
  ports?: Record<string, number[]>;
  /** Why it is in this state. */
  reason: string;
  /** Complete scans in a row in which everything it protects was fixed. */
  cleanScans: number;
  /** Higher comes first. */
  urgency: number;
  since: string;
  changed: string;
}

/** Package and version -> CVE -> rule. */
export interface Proof {
  cve: string;
  purl: string;
  /** Identity across versions: type, name and root. */
  subject: string;
  verdict: Verdict;
  confidence: number;
  evidence: string;
  fixedIn?: string;
  exposure: Exposure["state"];
  restartPending?: boolean;
}

/** A rule that names a CVE found on this host, and was not assigned. */
export interface Skip {
  gid: number;
  sid: number;
  msg: string;
  cves: string[];
  reason: string;
}

export interface AssignmentFile {
  schema: typeof assignmentSchema;
  updated: string;
  /** Serial of the bundle that the last scan used. */
  bundleSerial: number;
  /** Rules the operator pinned or suppressed, by `gid:sid`. */
  pins: Record<string, { mode: Mode; note: string }>;
  suppressions: Record<string, string>;
  assignments: Assignment[];
  skipped: Skip[];
}

export function emptyAssignments(now: Date): AssignmentFile {
  return {
    schema: assignmentSchema,
    updated: now.toISOString(),
    bundleSerial: 0,
    pins: {},
    suppressions: {},
    assignments: [],
    skipped: [],
  };
}

export const ruleKey = ({ gid, sid }: { gid: number; sid: number }): string => `${gid}:${sid}`;

/** In force: the engine must hold it. */
export function isActive(assignment: Assignment): boolean {
  return assignment.state === "applied" || assignment.state === "retiring";
}
