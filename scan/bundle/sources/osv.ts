/** Advisories in the Open Source Vulnerability format (ossf.github.io/osv-schema), one JSON document each. */
import type { BundleBuilder } from "../builder.ts";
import { ecosystemKey } from "../ecosystems.ts";
import type { Range, Row } from "../types.ts";

interface OsvEvent {
  introduced?: string;
  fixed?: string;
  last_affected?: string;
  limit?: string;
}

interface OsvDocument {
  id?: string;
  summary?: string;
  aliases?: string[];
  related?: string[];
  upstream?: string[];
  withdrawn?: string;
  affected?: {
    package?: { ecosystem?: string; name?: string };
    ranges?: { type?: string; events?: OsvEvent[] }[];
    versions?: string[];
  }[];
}

const cvePattern = /^(?:[A-Z]+-)?(CVE-\d{4}-\d{4,})$/;

/** Adds one document. Returns false if it is no advisory. */
export function addOsv(builder: BundleBuilder, document: unknown): boolean {
  const osv = document as OsvDocument;
  if (typeof osv?.id !== "string" || typeof osv.affected !== "object") return false;
  if (osv.withdrawn) return true;
  const named = [osv.id, ...listOf(osv.aliases), ...listOf(osv.upstream), ...listOf(osv.related)];
  const cves = named.flatMap((id) => cvePattern.exec(id)?.[1] ?? []).filter((cve) => builder.wants(cve));
  if (cves.length === 0) return true;
  // Red Hat's relatives name the module stream in the summary: "Moderate: nodejs:14 security update".
  const module = /(?:^|\s)([\w.-]+:[\w.-]+) (?:security|bug)/.exec(osv.summary ?? "")?.[1];
  for (const affected of listOf(osv.affected)) {
    const ecosystem = ecosystemKey(affected.package?.ecosystem ?? "");
    const name = affected.package?.name;
    if (ecosystem === undefined || !name) continue;
    const ranges = listOf(affected.ranges)
      .filter((range) => range.type !== "GIT")
      .flatMap((range) => rangesOf(listOf(range.events)));
    const listed: Range[] =
      ranges.length > 0 ? [] : (affected.versions ?? []).map((version) => ({ introduced: version, last: version }));
    const all = [...ranges, ...listed];
    if (all.length === 0) continue;
    const row: Row = { cves, advisory: osv.id };
    if (all.length === 1 && all[0]!.introduced === "0" && all[0]!.fixed === undefined && all[0]!.last === undefined) {
      row.status = "unfixed";
    } else row.ranges = all;
    if (module && all.some((range) => range.fixed?.includes(".module"))) row.module = module;
    builder.row(ecosystem, packageName(ecosystem, name), row);
  }
  return true;
}

/** Some publishers write a list of one without the list. */
function listOf<T>(value: T | T[] | undefined): T[] {
  return Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
}

function packageName(ecosystem: string, name: string): string {
  return ecosystem === "pypi" ? name.toLowerCase().replace(/[-_.]+/g, "-") : name;
}

/** Events come in order: each `introduced` opens a range, `fixed` or `last_affected` closes it. */
function rangesOf(events: readonly OsvEvent[]): Range[] {
  const ranges: Range[] = [];
  let open: Range | undefined;
  for (const event of events) {
    if (event.introduced !== undefined) {
      open = { introduced: event.introduced };
      ranges.push(open);
    } else if (open && event.fixed !== undefined) {
      open.fixed = event.fixed;
      open = undefined;
    } else if (open && event.last_affected !== undefined) {
      open.last = event.last_affected;
      open = undefined;
    }
  }
  return ranges;
}
