/** What a scan tells its operator: which CVEs are open on this host, what protects against them, and what really repairs them. */
import { urgencyOf } from "../assign/select.ts";
import { type Assignment, type AssignmentFile, isActive } from "../assign/types.ts";
import type { Bundle, CveFacts, Manifest } from "../bundle/types.ts";
import type { Component, Inventory } from "../inventory/types.ts";
import { isComplete } from "../inventory/types.ts";
import { type Finding, isOpen } from "../match/finding.ts";

export const reportSchema = "vpatch-scan-report/1";

export interface ScanReport {
  schema: typeof reportSchema;
  created: string;
  host: Inventory["host"];
  bundle: Pick<Manifest, "serial" | "created" | "expires">;
  inventory: { complete: boolean; components: number; listeners: number; collectors: Inventory["collectors"] };
  summary: ReportSummary;
  /** Every open CVE, most urgent first. */
  open: OpenCve[];
  assignments: Assignment[];
  skipped: AssignmentFile["skipped"];
  /** What the operator should know before trusting this report. */
  problems: string[];
}

export interface ReportSummary {
  openCves: number;
  knownExploited: { open: number; applied: number; recommended: number; none: number };
  rules: { applied: number; retiring: number; recommended: number; retired: number; suppressed: number };
}

export interface OpenCve extends CveFacts {
  cve: string;
  /** The state of the best virtual patch against it. */
  patch: "applied" | "recommended" | "none";
  rules: number[];
  /** Why there is none, or why it is only recommended. */
  reason?: string;
  affected: AffectedComponent[];
  urgency: number;
}

export interface AffectedComponent {
  purl: string;
  verdict: Finding["verdict"];
  exposure: Finding["exposure"]["state"];
  ports: number[];
  confidence: number;
  evidence: string;
  /** The real fix. */
  remedy: string;
}

interface ReportInput {
  inventory: Inventory;
  bundle: Bundle;
  manifest: Manifest;
  findings: readonly Finding[];
  assignments: AssignmentFile;
  now: Date;
  problems: readonly string[];
}

export function reportOf(input: ReportInput): ScanReport {
  const { inventory, manifest, assignments, now } = input;
  const open = openCves(input);
  const exploited = open.filter((each) => each.exploited !== undefined);
  const count = (patch: OpenCve["patch"]): number => exploited.filter((each) => each.patch === patch).length;
  const state = (name: Assignment["state"]): number =>
    assignments.assignments.filter((each) => each.state === name).length;
  return {
    schema: reportSchema,
    created: now.toISOString(),
    host: inventory.host,
    bundle: {
      serial: manifest.serial,
      created: manifest.created,
      ...(manifest.expires ? { expires: manifest.expires } : {}),
    },
    inventory: {
      complete: isComplete(inventory),
      components: inventory.components.length,
      listeners: inventory.listeners.length,
      collectors: inventory.collectors,
    },
    summary: {
      openCves: open.length,
      knownExploited: {
        open: exploited.length,
        applied: count("applied"),
        recommended: count("recommended"),
        none: count("none"),
      },
      rules: {
        applied: state("applied"),
        retiring: state("retiring"),
        recommended: state("recommended"),
        retired: state("retired"),
        suppressed: state("suppressed"),
      },
    },
    open,
    assignments: assignments.assignments,
    skipped: assignments.skipped,
    problems: [...input.problems, ...collectorProblems(inventory)],
  };
}

function collectorProblems({ collectors }: Inventory): string[] {
  return collectors
    .filter(({ state }) => state === "partial" || state === "failed")
    .map(({ name, root, state, detail }) => `${name} of ${root} is ${state}${detail ? `: ${detail}` : ""}`);
}

function openCves({ inventory, bundle, findings, assignments }: ReportInput): OpenCve[] {
  const components = new Map(inventory.components.map((each) => [each.id, each]));
  const byCve = new Map<string, Finding[]>();
  for (const finding of findings) {
    if (isOpen(finding.verdict)) byCve.set(finding.cve, [...(byCve.get(finding.cve) ?? []), finding]);
  }
  const open = [...byCve].map(([cve, about]): OpenCve => {
    const for_ = assignments.assignments.filter(
      (each) => !each.companionOf?.length && each.proofs.some((proof) => proof.cve === cve),
    );
    const active = for_.filter(isActive);
    const recommended = for_.filter(({ state }) => state === "recommended");
    const patch = active.length > 0 ? "applied" : recommended.length > 0 ? "recommended" : "none";
    const reason =
      patch === "applied" ? undefined : (recommended[0]?.reason ?? reasonForNone(cve, bundle, assignments));
    return {
      cve,
      ...(Object.hasOwn(bundle.cves, cve) ? bundle.cves[cve] : {}),
      patch,
      rules: (active.length > 0 ? active : recommended).map(({ sid }) => sid),
      ...(reason ? { reason } : {}),
      affected: about.map((finding) => affectedComponent(finding, components.get(finding.component)!)),
      urgency: Math.max(...about.map((finding) => urgencyOf(finding, bundle))),
    };
  });
  return open.sort((a, b) => b.urgency - a.urgency || (a.cve < b.cve ? -1 : 1));
}

function reasonForNone(cve: string, bundle: Bundle, assignments: AssignmentFile): string {
  const skips = assignments.skipped.filter((each) => each.cves.includes(cve));
  const suppressed = assignments.assignments.find(
    (each) => each.state === "suppressed" && each.proofs.some((proof) => proof.cve === cve),
  );
  if (suppressed) return `suppressed by the operator: ${suppressed.reason}`;
  if (skips.length > 0) return [...new Set(skips.map(({ reason }) => reason))].join("; ");
  return bundle.rules.some((rule) => rule.cves.includes(cve)) ? "no rule could be chosen" : "there is no rule for it";
}

function affectedComponent(finding: Finding, component: Component): AffectedComponent {
  return {
    purl: component.purl,
    verdict: finding.verdict,
    exposure: finding.exposure.state,
    ports: [...new Set(finding.exposure.ports.map(({ port }) => port))],
    confidence: finding.confidence,
    evidence: finding.evidence,
    remedy: remedyFor(finding, component),
  };
}

/** The vendor's patch stays the real fix; a virtual patch only bridges the time until it is installed. */
export function remedyFor(finding: Finding, component: Component): string {
  if (finding.restartPending)
    return `restart what runs ${component.name}: the update is installed, the old version still runs`;
  if (component.type === "windows") return `install ${finding.fixedIn} or a later cumulative update`;
  if (finding.verdict === "wont_fix")
    return `the vendor makes no update for ${component.name}: upgrade the release, or remove it`;
  if (finding.fixedIn === undefined) return `no fixed version of ${component.name} is known yet: restrict access to it`;
  const what = component.source && component.source.name !== component.name ? ` (source ${component.source.name})` : "";
  return `upgrade ${component.name}${what} to ${finding.fixedIn} or later`;
}
