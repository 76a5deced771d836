/**
 * The vulnerability bundle: everything the scan knows about CVEs for which there is a rule. Small enough for plain JSON: a
 * payload (`vpdb-<serial>.json.gz`), a manifest that carries its digest, and an Ed25519 signature of the manifest.
 */
import type { RuleSummary } from "../rules/summary.ts";

export const bundleFormat = "vpatch-bundle/1";

export interface Bundle {
  format: typeof bundleFormat;
  cves: Record<string, CveFacts>;
  /** Ecosystem key (`debian:bullseye`, `almalinux:8`, `alpine:v3.18`, `maven`, `generic`) -> package -> rows. */
  packages: Record<string, Record<string, Row[]>>;
  windows: WindowsRows;
  /** Rules that name a CVE, with those that set the bits they test. */
  rules: RuleSummary[];
}

export interface CveFacts {
  title?: string;
  /** Day on which it entered the list of known exploited vulnerabilities (YYYY-MM-DD). */
  exploited?: string;
  ransomware?: boolean;
  /** Probability of exploitation within 30 days, 0 to 1. */
  epss?: number;
  /** CVSS base score, 0 to 10. */
  severity?: number;
}

/** What a source says about one package and a set of CVEs. */
export interface Row {
  cves: string[];
  /** Absent: affected in `ranges`. Otherwise the source says so without a version. */
  status?: "unfixed" | "wont_fix" | "not_affected" | "end_of_life" | "undetermined";
  ranges?: Range[];
  /** Module stream that the fix was built for, `nodejs:14`. */
  module?: string;
  /** Advisory, for the report. */
  advisory?: string;
}

/** Affected from `introduced` (included, "0" for all) up to `fixed` (excluded) or `last` (included). */
export interface Range {
  introduced: string;
  fixed?: string;
  last?: string;
}

export interface WindowsRows {
  /** Product name -> CVE -> numbers of the updates that fix it, any of which suffices. */
  products: Record<string, Record<string, string[]>>;
  /** Update -> updates that it replaces, restricted to what leads to a fix. */
  supersedes: Record<string, string[]>;
}

export interface Manifest {
  format: typeof bundleFormat;
  /** Grows with every bundle of a publisher; a lower one is refused. */
  serial: number;
  created: string;
  /** A bundle past this time is refused; absent for the one that comes with the package. */
  expires?: string;
  payload: string;
  sha256: string;
  bytes: number;
  sources: { name: string; version: string; licence: string }[];
  counts: { cves: number; rows: number; rules: number };
}

export function emptyBundle(): Bundle {
  return { format: bundleFormat, cves: {}, packages: {}, windows: { products: {}, supersedes: {} }, rules: [] };
}
