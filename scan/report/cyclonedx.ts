/** CycloneDX documents (ECMA-424): the inventory as a bill of materials, the findings as a VEX. */
import { Enums, Models, Serialize, Spec } from "@cyclonedx/cyclonedx-library";
import type { AssignmentFile } from "../assign/types.ts";
import { isActive } from "../assign/types.ts";
import type { Bundle } from "../bundle/types.ts";
import type { Component, Inventory } from "../inventory/types.ts";
import type { Finding, Verdict } from "../match/finding.ts";

const { AnalysisState, AnalysisResponse, AnalysisJustification, Severity, RatingMethod } = Enums.Vulnerability;

/** Properties carry what the standard has no field for, so that an inventory survives the way out and back. */
export const propertyPrefix = "vpatch:";

export function inventoryBom(inventory: Inventory): string {
  return serialize(bomOf(inventory).bom);
}

export interface VexInput {
  inventory: Inventory;
  findings: readonly Finding[];
  assignments: AssignmentFile;
  bundle: Bundle;
}

/** One vulnerability entry a CVE and component; what a virtual patch covers is said in its detail. */
export function findingsVex(input: VexInput): string {
  const { bom, refs } = bomOf(input.inventory);
  for (const finding of input.findings) {
    const ref = refs.get(finding.component);
    if (ref === undefined) continue;
    const facts = Object.hasOwn(input.bundle.cves, finding.cve) ? input.bundle.cves[finding.cve]! : {};
    const vulnerability = new Models.Vulnerability.Vulnerability({
      bomRef: `${finding.cve}/${finding.component}`,
      id: finding.cve,
      source: new Models.Vulnerability.Source({ name: "vpatch" }),
      ...(facts.title ? { description: facts.title } : {}),
      detail: finding.evidence,
      analysis: analysisOf(finding, input.assignments),
      affects: new Models.Vulnerability.AffectRepository([new Models.Vulnerability.Affect(ref)]),
      ...(facts.severity === undefined
        ? {}
        : {
            ratings: new Models.Vulnerability.RatingRepository([
              new Models.Vulnerability.Rating({
                score: facts.severity,
                severity: severityOf(facts.severity),
                method: RatingMethod.CVSSv3,
              }),
            ]),
          }),
      ...(finding.fixedIn ? { recommendation: `upgrade to ${finding.fixedIn}` } : {}),
    });
    bom.vulnerabilities.add(vulnerability);
  }
  return serialize(bom);
}

function bomOf(inventory: Inventory): { bom: Models.Bom; refs: Map<string, Models.BomRef> } {
  const host = new Models.Component(Enums.ComponentType.OperatingSystem, inventory.host.name, {
    bomRef: "host",
    ...(inventory.host.distro?.version ? { version: inventory.host.distro.version } : {}),
  });
  const bom = new Models.Bom({
    metadata: new Models.Metadata({ component: host, timestamp: new Date(inventory.collectedAt) }),
  });
  const refs = new Map<string, Models.BomRef>();
  for (const each of inventory.components) {
    const component = new Models.Component(typeOf(each), each.name, {
      bomRef: each.id,
      version: each.version,
      purl: each.purl,
      properties: new Models.PropertyRepository(propertiesOf(each)),
    });
    refs.set(each.id, component.bomRef);
    bom.components.add(component);
  }
  return { bom, refs };
}

function typeOf({ type }: Component): Enums.ComponentType {
  if (type === "windows") return Enums.ComponentType.OperatingSystem;
  return type === "generic" ? Enums.ComponentType.Application : Enums.ComponentType.Library;
}

function propertiesOf(component: Component): Models.Property[] {
  const values: [string, string | undefined][] = [
    ["source", component.source && `${component.source.name} ${component.source.version}`],
    ["module", component.module],
    ["root", component.root],
    ["evidence", component.evidence.kind],
    ["usage", component.usage.state],
    ["path", component.paths[0]],
    ["ownedBy", component.ownedBy],
  ];
  return values.flatMap(([name, value]) => (value ? [new Models.Property(propertyPrefix + name, value)] : []));
}

const states: Record<Verdict, Enums.Vulnerability.AnalysisState> = {
  vulnerable: AnalysisState.Exploitable,
  unfixed: AnalysisState.Exploitable,
  wont_fix: AnalysisState.Exploitable,
  fixed: AnalysisState.Resolved,
  not_affected: AnalysisState.NotAffected,
  unknown: AnalysisState.InTriage,
};

function analysisOf(finding: Finding, { assignments }: AssignmentFile): Models.Vulnerability.Analysis {
  const { verdict, exposure } = finding;
  const covering = assignments.filter(
    (each) => isActive(each) && !each.companionOf?.length && each.proofs.some(({ cve }) => cve === finding.cve),
  );
  const response = new Enums.Vulnerability.AnalysisResponseRepository();
  if (verdict === "vulnerable") response.add(AnalysisResponse.Update);
  if (verdict === "wont_fix") response.add(AnalysisResponse.WillNotFix);
  if (states[verdict] === AnalysisState.Exploitable && covering.length > 0) {
    response.add(AnalysisResponse.WorkaroundAvailable);
  }
  const patches = covering.map(({ sid, mode }) => `${sid} (${mode})`).join(", ");
  const detail = [
    finding.evidence,
    `exposure: ${exposure.state}${exposure.ports.length ? ` on ${exposure.ports.map(({ port }) => port).join(", ")}` : ""}`,
    ...(patches ? [`virtual patches in force: ${patches}`] : []),
  ];
  return new Models.Vulnerability.Analysis({
    state: states[verdict],
    ...(finding.mitigation ? { justification: AnalysisJustification.ProtectedByMitigatingControl } : {}),
    response,
    detail: detail.join("; "),
  });
}

function severityOf(score: number): Enums.Vulnerability.Severity {
  if (score >= 9) return Severity.Critical;
  if (score >= 7) return Severity.High;
  return score >= 4 ? Severity.Medium : score > 0 ? Severity.Low : Severity.None;
}

function serialize(bom: Models.Bom): string {
  const normalizer = new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6);
  return new Serialize.JsonSerializer(normalizer).serialize(bom, { sortLists: false, space: 2 });
}
