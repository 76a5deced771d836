/** Matches an inventory against a vulnerability bundle. Pure: the same input gives the same findings, in the same order. */

import { ecosystemsOf } from "../bundle/ecosystems.ts";
import type { Bundle, Row } from "../bundle/types.ts";
import { type Component, evidenceConfidence, type Inventory } from "../inventory/types.ts";
import { versionComparer } from "../versions/index.ts";
import { ExposureMap } from "./exposure.ts";
import type { Finding, Verdict } from "./finding.ts";
import { originOf, type PackageView } from "./origin.ts";
import { matchWindows } from "./windows.ts";

export function matchInventory(inventory: Inventory, bundle: Bundle): Finding[] {
  const exposures = new ExposureMap(inventory);
  const findings: Finding[] = [];
  for (const component of inventory.components) {
    // The distribution's data alone judge a file that its package owns.
    if (component.ownedBy !== undefined) continue;
    const judged = component.type === "windows" ? matchWindows(inventory, component, bundle) : [];
    const seen = new Set(judged.map(({ cve }) => cve));
    for (const each of judgeComponent(component, bundle)) if (!seen.has(each.cve)) judged.push(each);
    if (judged.length === 0) continue;
    const exposure = exposures.of(component);
    for (const each of judged) findings.push({ ...each, component: component.id, exposure });
  }
  return findings.sort((a, b) => (a.cve === b.cve ? compare(a.component, b.component) : compare(a.cve, b.cve)));
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** A finding without what the rest of the inventory says about it. */
export type Judgement = Omit<Finding, "component" | "exposure">;

function judgeComponent(component: Component, bundle: Bundle): Judgement[] {
  for (const view of viewsOf(component)) {
    const packages = ownField(bundle.packages, view.ecosystem);
    const rows = view.names.map((name) => (packages ? ownField(packages, name) : undefined)).find(Boolean);
    if (!rows) continue;
    const byCve = new Map<string, Row[]>();
    for (const row of rows) {
      if (!appliesToModule(row, component)) continue;
      for (const cve of row.cves) byCve.set(cve, [...(byCve.get(cve) ?? []), row]);
    }
    return [...byCve].map(([cve, about]) => judge(cve, about, component, view));
  }
  return [];
}

/** Own fields only: a package may be named "constructor". */
function ownField<T>(record: Record<string, T>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function viewsOf(component: Component): PackageView[] {
  return ecosystemsOf(component).flatMap(({ key, borrowed }) => originOf(component, key, borrowed));
}

/** Fixes of one module stream say nothing about another, nor about the package outside any module. */
function appliesToModule(row: Row, component: Component): boolean {
  if (component.type !== "rpm") return true;
  const modular = row.ranges?.some((range) => range.fixed?.includes(".module")) ?? row.module !== undefined;
  const installed = component.module ?? (component.version.includes(".module") ? "" : undefined);
  if (!modular) return installed === undefined || row.ranges === undefined;
  if (installed === undefined) return false;
  const stream = installed.split(":").slice(0, 2).join(":");
  return row.module === undefined || stream === "" || stream === row.module;
}

const distributions = new Set(["deb", "rpm", "apk"]);

function judge(cve: string, rows: readonly Row[], component: Component, view: PackageView): Judgement {
  const sure = evidenceConfidence[component.evidence.kind] * view.confidence;
  const verdict = judgeVersion(rows, component.type, view.version);
  const judgement: Judgement = {
    cve,
    verdict: verdict.verdict,
    confidence: round(sure),
    evidence: `${view.title} ${verdict.why(view.version)}`,
    ...(verdict.fixedIn ? { fixedIn: verdict.fixedIn } : {}),
    ...(verdict.advisory ? { advisory: verdict.advisory } : {}),
  };
  const { usage } = component;
  if (usage.restartPending && verdict.verdict === "fixed") return restartPending(judgement, rows, component);
  const mitigation = component.mitigations?.find((each) => each.cves.includes(cve));
  if (mitigation && verdict.verdict !== "fixed") {
    return { ...judgement, verdict: "not_affected", mitigation: mitigation.reason, evidence: mitigation.reason };
  }
  return judgement;
}

/** Repaired on disk, but the process that serves was started before. */
function restartPending(judgement: Judgement, rows: readonly Row[], component: Component): Judgement {
  const running = component.usage.runningVersion;
  if (running === undefined) {
    const evidence = `${judgement.evidence}, but a process still runs the files that were replaced`;
    return {
      ...judgement,
      verdict: "vulnerable",
      restartPending: true,
      confidence: Math.min(judgement.confidence, 0.6),
      evidence,
    };
  }
  const then = judgeVersion(rows, component.type, running);
  if (then.verdict === "fixed" || then.verdict === "not_affected") return judgement;
  const evidence = `${component.name} is repaired on disk (${component.version}), but a process still runs ${running}`;
  return { ...judgement, verdict: then.verdict, restartPending: true, evidence };
}

interface VersionVerdict {
  verdict: Verdict;
  why: (version: string) => string;
  fixedIn?: string;
  advisory?: string;
}

const statusVerdicts: Record<NonNullable<Row["status"]>, [Verdict, string]> = {
  unfixed: ["unfixed", "is affected, and there is no fix yet"],
  wont_fix: ["wont_fix", "is affected, and the vendor makes no update for it"],
  end_of_life: ["wont_fix", "is past the end of its support"],
  not_affected: ["not_affected", "is not affected, says the vendor"],
  undetermined: ["unknown", "is not yet judged by the vendor"],
};

/**
 * In a distribution the first update that repairs a CVE settles it: one fixed row is enough. Elsewhere rows are branches of
 * a product: the version is affected if any of them says so.
 */
function judgeVersion(rows: readonly Row[], type: Component["type"], version: string): VersionVerdict {
  const comparer = versionComparer(type);
  let affected: VersionVerdict | undefined;
  let fixed: VersionVerdict | undefined;
  let stated: VersionVerdict | undefined;
  for (const row of rows) {
    const advisory = row.advisory ? { advisory: row.advisory } : {};
    if (row.status) {
      const [verdict, text] = statusVerdicts[row.status];
      stated ??= { verdict, why: () => text, ...advisory };
      continue;
    }
    const hit = row.ranges?.find(
      ({ introduced, fixed: end, last }) =>
        (introduced === "0" || comparer(version, introduced) >= 0) &&
        (end === undefined || comparer(version, end) < 0) &&
        (last === undefined || comparer(version, last) <= 0),
    );
    if (hit) {
      const open = hit.fixed === undefined && hit.last === undefined;
      affected ??= {
        verdict: open ? "unfixed" : "vulnerable",
        why: (text) =>
          hit.fixed
            ? `${text} is older than ${hit.fixed}`
            : hit.last
              ? `${text} is not newer than ${hit.last}`
              : `${text} is affected`,
        ...(hit.fixed ? { fixedIn: hit.fixed } : {}),
        ...advisory,
      };
    } else {
      const end = row.ranges?.map((range) => range.fixed).findLast((each) => each && comparer(version, each) >= 0);
      fixed ??= end
        ? { verdict: "fixed", why: (text) => `${text} is not older than ${end}`, fixedIn: end, ...advisory }
        : { verdict: "fixed", why: (text) => `${text} is outside the affected versions`, ...advisory };
    }
  }
  const decided = distributions.has(type) ? (fixed ?? affected) : (affected ?? fixed);
  return decided ?? stated ?? { verdict: "unknown", why: () => "is not judged by any row" };
}

const round = (value: number): number => Math.round(value * 1000) / 1000;
