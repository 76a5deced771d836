/**
 * Advisories about server products that no ecosystem covers, written by us from the vendors' own statements: YAML files below
 * `scan/advisories/`, one a product, with the versions in the order of `compareProduct`.
 */
import { parse } from "yaml";
import type { BundleBuilder } from "../builder.ts";
import type { Range, Row } from "../types.ts";

interface AdvisoryFile {
  product?: string;
  ecosystem?: string;
  advisories?: {
    cves?: string[];
    title?: string;
    severity?: number;
    affected?: string[];
    reference?: string;
  }[];
}

/** Adds one file. Errors name the file and the entry. Returns the number of CVEs it speaks of. */
export function addAdvisories(builder: BundleBuilder, text: string, file: string): number {
  const data = parse(text) as AdvisoryFile;
  if (typeof data?.product !== "string") throw new Error(`${file}: product: a text is needed`);
  if (!Array.isArray(data.advisories)) throw new Error(`${file}: advisories: a list is needed`);
  const all = new Set<string>();
  for (const { cves, title, severity, affected, reference } of data.advisories) {
    if (!Array.isArray(cves) || !cves.every((cve) => /^CVE-\d{4}-\d{4,}$/.test(cve))) {
      throw new Error(`${file}: cves: a list of CVE ids is needed`);
    }
    const where = `${file}: ${cves.join(", ")}`;
    if (!Array.isArray(affected) || affected.length === 0) throw new Error(`${where}: affected: a list is needed`);
    const row: Row = { cves, ranges: affected.map((each) => rangeOf(`${each}`, where)) };
    if (reference) row.advisory = reference;
    builder.row(data.ecosystem ?? "generic", data.product, row);
    for (const cve of cves) {
      all.add(cve);
      builder.facts(cve, { ...(title ? { title } : {}), ...(severity === undefined ? {} : { severity }) });
    }
  }
  return all.size;
}

/** `>= 1.3.0 < 7.4.17`, `< 2.0`, `>= 1.0 <= 1.5`, `>= 1.0`, or `*` for every version. */
function rangeOf(text: string, where: string): Range {
  const match = /^(?:\*|(?:>= (\S+))?\s*(?:(<=?) (\S+))?)$/.exec(text.trim());
  if (!match || text.trim() === "")
    throw new Error(`${where}: ${JSON.stringify(text)} is no range like ">= 1.0 < 2.0"`);
  const [, from, sign, to] = match;
  return {
    introduced: from ?? "0",
    ...(sign === "<" && to ? { fixed: to } : {}),
    ...(sign === "<=" && to ? { last: to } : {}),
  };
}
