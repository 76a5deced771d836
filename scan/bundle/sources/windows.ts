/** Windows bulletins in the CSV that wesng publishes: which update fixes which CVE in which product, and what replaces what. */
import type { BundleBuilder } from "../builder.ts";

/** Adds the lines of one CSV file as they stream in; `finish` once all files are read. */
export class WindowsBulletins {
  readonly #builder: BundleBuilder;
  readonly #supersedes = new Map<string, Set<string>>();
  #columns: Map<string, number> | undefined;

  constructor(builder: BundleBuilder) {
    this.#builder = builder;
  }

  startFile(): void {
    this.#columns = undefined;
  }

  line(text: string): void {
    if (text === "" || text.startsWith("#")) return;
    const fields = splitCsv(text);
    if (this.#columns === undefined) {
      this.#columns = new Map(fields.map((name, index) => [name, index]));
      for (const name of ["CVE", "BulletinKB", "AffectedProduct", "Supersedes"]) {
        if (!this.#columns.has(name)) throw new Error(`the Windows bulletins have no column ${name}`);
      }
      return;
    }
    const field = (name: string): string => fields[this.#columns?.get(name) ?? -1] ?? "";
    const update = field("BulletinKB");
    if (update === "") return;
    for (const old of field("Supersedes").split(/[;,\s]+/)) {
      if (old === "" || old === update) continue;
      const olds = this.#supersedes.get(update) ?? new Set();
      olds.add(old);
      this.#supersedes.set(update, olds);
    }
    const cve = field("CVE");
    if (/^CVE-\d{4}-\d{4,}$/.test(cve)) this.#builder.windowsFix(field("AffectedProduct"), cve, update);
  }

  finish(): void {
    this.#builder.windowsSupersedes(this.#supersedes);
  }
}

function splitCsv(line: string): string[] {
  const fields: string[] = [];
  const pattern = /(?:"((?:[^"]|"")*)"|([^,]*))(,|$)/y;
  while (pattern.lastIndex <= line.length) {
    const match = pattern.exec(line);
    if (!match) break;
    fields.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? "");
    if (match[3] === "") break;
  }
  return fields;
}
