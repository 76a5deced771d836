/**
 * The Debian security tracker: its lists `data/DSA/list`, `data/DLA/list` (also the extended-LTS ones) and `data/CVE/list`
 * (security-team.debian.org/security_tracker.html), and the JSON it publishes (security-tracker.debian.org/tracker/data/json).
 */
import { compareDpkg } from "../../versions/dpkg.ts";
import type { BundleBuilder } from "../builder.ts";
import type { Row } from "../types.ts";

const cvePattern = /CVE-\d{4}-\d{4,}/g;

/** `\t[suite] - package version-or-<status>`; without a suite the line is about unstable. */
const packageLine = /^\s+(?:\[(\w+)\] )?- (\S+) (<[\w-]+>|\S+)/;

type Status = NonNullable<Row["status"]>;

/** `no-dsa`, `postponed` and `ignored` all mean: affected, and no security update is coming soon or ever. */
const statuses: Record<string, Status> = {
  "<unfixed>": "unfixed",
  "<not-affected>": "not_affected",
  "<end-of-life>": "end_of_life",
  "<undetermined>": "undetermined",
  "<no-dsa>": "wont_fix",
  "<ignored>": "wont_fix",
  "<postponed>": "wont_fix",
};

/** Adds an advisory list. A later advisory about the same CVE and package (a regression update) does not move the fix. */
export function addDebianAdvisories(builder: BundleBuilder, text: string): number {
  let advisory = "";
  let cves: string[] = [];
  let count = 0;
  const fixes = new Map<string, { suite: string; name: string; cve: string; version: string; advisory: string }>();
  for (const line of text.split("\n")) {
    const head = /^\[[^\]]+\] (\S+)/.exec(line);
    if (head) {
      advisory = head[1]!;
      cves = [];
      count++;
      continue;
    }
    if (/^\s+\{/.test(line)) {
      cves.push(...(line.match(cvePattern) ?? []));
      continue;
    }
    const match = packageLine.exec(line);
    if (!match?.[1]) continue;
    const [, suite, name, version] = match;
    const status = statuses[version!];
    if (version!.startsWith("<")) {
      if (status) builder.row(`debian:${suite}`, name!, { cves, status, advisory });
      continue;
    }
    for (const cve of cves) {
      const key = `${suite} ${name} ${cve}`;
      const known = fixes.get(key);
      if (known && compareDpkg(known.version, version!) <= 0) continue;
      fixes.set(key, { suite: suite!, name: name!, cve, version: version!, advisory });
    }
  }
  addFixes(builder, fixes.values());
  return count;
}

/** One row for all CVEs that one advisory fixes with one version. */
function addFixes(
  builder: BundleBuilder,
  fixes: Iterable<{ suite: string; name: string; cve: string; version: string; advisory: string }>,
): void {
  const rows = new Map<string, { suite: string; name: string; row: Row }>();
  for (const { suite, name, cve, version, advisory } of fixes) {
    const key = `${suite} ${name} ${version} ${advisory}`;
    const known = rows.get(key);
    if (known) known.row.cves.push(cve);
    else {
      const ranges = [{ introduced: "0", fixed: version }];
      rows.set(key, { suite, name, row: { cves: [cve], ranges, advisory } });
    }
  }
  for (const { suite, name, row } of rows.values()) builder.row(`debian:${suite}`, name, row);
}

/**
 * Adds `data/CVE/list`. A line about unstable holds for every suite in `suites` that has no line of its own, as in the
 * tracker: the fix is in all later versions, and a suite's package below it is affected.
 */
export function addDebianCves(builder: BundleBuilder, text: string, suites: readonly string[]): void {
  let cve = "";
  let named = new Map<string, Map<string, string>>();
  const flush = (): void => {
    if (cve !== "" && builder.wants(cve)) {
      for (const [name, bySuite] of named) {
        for (const suite of suites) {
          const value = bySuite.get(suite) ?? bySuite.get("");
          if (value === undefined || value === "<removed>" || value === "<itp>") continue;
          const status = statuses[value];
          if (status) builder.row(`debian:${suite}`, name, { cves: [cve], status });
          else if (!value.startsWith("<")) {
            builder.row(`debian:${suite}`, name, { cves: [cve], ranges: [{ introduced: "0", fixed: value }] });
          }
        }
      }
    }
    named = new Map();
  };
  for (const line of text.split("\n")) {
    const head = /^(CVE-\d{4}-(?:\d{4,}|XXXX))/.exec(line);
    if (head) {
      flush();
      cve = head[1]!;
      continue;
    }
    const match = packageLine.exec(line);
    if (!match) continue;
    const bySuite = named.get(match[2]!) ?? new Map<string, string>();
    bySuite.set(match[1] ?? "", match[3]!);
    named.set(match[2]!, bySuite);
  }
  flush();
}

interface TrackerRelease {
  status?: string;
  fixed_version?: string;
  nodsa?: string;
}

/** Adds the tracker's JSON: package -> CVE -> releases. A fixed version of "0" means that the release was never affected. */
export function addDebianJson(builder: BundleBuilder, document: unknown): void {
  const packages = document as Record<string, Record<string, { releases?: Record<string, TrackerRelease> }>>;
  for (const [name, cves] of Object.entries(packages)) {
    for (const [cve, { releases = {} }] of Object.entries(cves)) {
      if (!cve.startsWith("CVE-") || !builder.wants(cve)) continue;
      for (const [suite, release] of Object.entries(releases))
        builder.row(`debian:${suite}`, name, rowOf(cve, release));
    }
  }
}

function rowOf(cve: string, { status, fixed_version: fixed, nodsa }: TrackerRelease): Row {
  if (fixed === "0") return { cves: [cve], status: "not_affected" };
  if (fixed !== undefined) return { cves: [cve], ranges: [{ introduced: "0", fixed }] };
  if (status === "undetermined") return { cves: [cve], status: "undetermined" };
  return { cves: [cve], status: nodsa === undefined ? "unfixed" : "wont_fix" };
}
