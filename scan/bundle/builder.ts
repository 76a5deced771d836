/**
 * Collects what the sources say into a bundle, keeping only the CVEs for which there is a rule, and of the rules only those
 * for a CVE that some source knows how to find.
 */
import type { RuleSummary } from "../rules/summary.ts";
import { windowsProductKey } from "./ecosystems.ts";
import { type Bundle, type CveFacts, emptyBundle, type Manifest, type Row } from "./types.ts";

export class BundleBuilder {
  readonly #bundle: Bundle = emptyBundle();
  readonly #rules: readonly RuleSummary[];
  readonly #wanted: ReadonlySet<string> | undefined;
  readonly #sources: Manifest["sources"] = [];
  readonly #seen = new Set<string>();
  /** CVEs that a row speaks of. */
  readonly #found = new Set<string>();

  /** `rules`: the rules in use. Without them the bundle keeps every CVE (to compare with other scanners). */
  constructor(rules?: readonly RuleSummary[]) {
    this.#rules = rules ?? [];
    if (rules !== undefined) this.#wanted = new Set(rules.flatMap((rule) => rule.cves));
  }

  wants(cve: string): boolean {
    return this.#wanted?.has(cve) ?? true;
  }

  source(name: string, version: string, licence: string): void {
    this.#sources.push({ name, version, licence });
  }

  facts(cve: string, facts: CveFacts): void {
    if (this.wants(cve)) this.#bundle.cves[cve] = { ...this.#bundle.cves[cve], ...facts };
  }

  row(ecosystem: string, name: string, row: Row): void {
    const cves = [...new Set(row.cves)].filter((cve) => this.wants(cve)).sort();
    if (cves.length === 0) return;
    const kept = { ...row, cves };
    const key = `${ecosystem}\n${name}\n${JSON.stringify(kept)}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    own(own(this.#bundle.packages, ecosystem, {}), name, []).push(kept);
    for (const cve of cves) this.#found.add(cve);
  }

  /** Only the system itself is kept: programs on it are judged by their own versions. */
  windowsFix(name: string, cve: string, update: string): void {
    const product = windowsProductKey(name);
    if (!this.wants(cve) || !/^(?:microsoft )?windows (?:\d|xp|server|vista|rt)/.test(product)) return;
    const updates = own(own(this.#bundle.windows.products, product, {}), cve, []);
    if (!updates.includes(update)) updates.push(update);
    this.#found.add(cve);
  }

  /** Keeps of the graph `newer -> older` what leads from any update to one that fixes a wanted CVE. */
  windowsSupersedes(graph: ReadonlyMap<string, ReadonlySet<string>>): void {
    const newer = new Map<string, Set<string>>();
    for (const [from, olds] of graph) {
      for (const old of olds) newer.set(old, (newer.get(old) ?? new Set()).add(from));
    }
    const fixes = Object.values(this.#bundle.windows.products).flatMap((cves) => Object.values(cves).flat());
    const todo = [...new Set(fixes)];
    const reached = new Set(todo);
    for (let update = todo.pop(); update !== undefined; update = todo.pop()) {
      for (const next of newer.get(update) ?? []) {
        const olds = own(this.#bundle.windows.supersedes, next, []);
        if (!olds.includes(update)) olds.push(update);
        if (reached.has(next)) continue;
        reached.add(next);
        todo.push(next);
      }
    }
  }

  finish(): { bundle: Bundle; sources: Manifest["sources"] } {
    const { cves } = this.#bundle;
    this.#bundle.cves = Object.fromEntries([...this.#found].map((cve) => [cve, own(cves, cve, {})]));
    this.#bundle.rules = withCompanions(this.#rules, this.#found);
    return { bundle: sorted(this.#bundle) as Bundle, sources: this.#sources };
  }
}

/** The field of that name, made if absent. "constructor" is a package's name too: inherited fields do not count. */
function own<T>(record: Record<string, T>, name: string, fresh: T): T {
  if (!Object.hasOwn(record, name)) record[name] = fresh;
  return record[name]!;
}

/** Rules that name one of the CVEs, and transitively every rule that sets a bit they need. */
export function withCompanions(rules: readonly RuleSummary[], cves: ReadonlySet<string>): RuleSummary[] {
  const setters = new Map<string, RuleSummary[]>();
  for (const rule of rules) for (const bit of rule.sets) setters.set(bit, [...(setters.get(bit) ?? []), rule]);
  const kept = new Set(rules.filter((rule) => rule.cves.some((cve) => cves.has(cve))));
  for (const rule of kept) {
    for (const bit of rule.needs.flat()) for (const setter of setters.get(bit) ?? []) kept.add(setter);
  }
  return [...kept].sort((a, b) => a.sid - b.sid || a.gid - b.gid);
}

/** Same content, same bytes: keys in order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, each]) => [key, sorted(each)]));
}
