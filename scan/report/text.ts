/** The report as text for a terminal: a short summary, one table of open CVEs, one of rules, and the real fixes. */
import type { ScanReport } from "./report.ts";

export type FormatTable = (head: readonly string[], rows: readonly (readonly (string | number)[])[]) => string;

export function reportText(report: ScanReport, formatTable: FormatTable): string {
  const { summary, inventory, host, bundle } = report;
  const { knownExploited: known, rules } = summary;
  const system = host.windows?.product ?? (host.distro ? `${host.distro.id} ${host.distro.version}` : host.os);
  const lines = [
    `${host.name} (${system}): ${inventory.components} components, ${inventory.listeners} listeners; bundle ${bundle.serial} of ${bundle.created.slice(0, 10)}`,
    `open CVEs with data: ${summary.openCves}; known exploited: ${known.open} (${known.applied} patched virtually, ${known.recommended} recommended, ${known.none} without)`,
    `rules: ${rules.applied} applied, ${rules.retiring} retiring, ${rules.recommended} recommended, ${rules.retired} retired, ${rules.suppressed} suppressed`,
  ];
  for (const problem of report.problems) lines.push(`note: ${problem}`);
  if (report.open.length > 0) {
    const rows = report.open.map(({ cve, exploited, epss, severity, patch, rules: sids, affected }) => [
      cve,
      exploited ? `since ${exploited}` : "",
      epss === undefined ? "" : `${Math.round(epss * 100)} %`,
      severity === undefined ? "" : `${severity}`,
      affected
        .map(
          ({ purl, exposure, ports }) => `${shortPurl(purl)} ${exposure}${ports.length ? ` ${ports.join(",")}` : ""}`,
        )
        .join("\n"),
      patch === "none"
        ? "none"
        : `${patch}: ${sids.slice(0, 4).join(", ")}${sids.length > 4 ? ` and ${sids.length - 4} more` : ""}`,
    ]);
    lines.push("", formatTable(["CVE", "exploited", "EPSS", "CVSS", "component", "virtual patch"], rows));
  }
  const remedies = new Set(report.open.flatMap(({ affected }) => affected.map(({ remedy }) => remedy)));
  if (remedies.size > 0) {
    lines.push("", "The vendor's patch is the real fix; a virtual patch bridges the time until it is installed:");
    for (const remedy of remedies) lines.push(`  ${remedy}`);
  }
  const reasons = report.open.filter(({ patch, reason }) => patch !== "applied" && reason);
  if (reasons.length > 0) {
    lines.push("", "Not patched virtually, and why:");
    for (const { cve, reason } of reasons) lines.push(`  ${cve}: ${reason}`);
  }
  return lines.join("\n");
}

function shortPurl(purl: string): string {
  return decodeURIComponent(purl.replace(/^pkg:/, "").replace(/\?.*$/, ""));
}

/** The stored assignments as a table. */
export function assignmentsText(assignments: ScanReport["assignments"], formatTable: FormatTable): string {
  if (assignments.length === 0) return "nothing is assigned: run `vpatch recommend apply`";
  const rows = assignments.map(({ sid, state, mode, ports, proofs, companionOf, msg, reason }) => [
    `${sid}`,
    state,
    mode,
    ports ? [...new Set(Object.values(ports).flat())].join(",") : "",
    companionOf ? `for ${companionOf.join(", ")}` : [...new Set(proofs.map(({ cve }) => cve))].join("\n"),
    `${msg}\n  ${reason}`,
  ]);
  return formatTable(["sid", "state", "mode", "ports", "CVE", "rule"], rows);
}
