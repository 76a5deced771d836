/** What all signatures of a database share: settings, side files, and tables that grow while rules are read. */
import type { Classifications } from "../config/classification.ts";
import type { References } from "../config/reference.ts";
import { fnv1a } from "../hash.ts";
import { RuleError } from "../rule/problem.ts";
import type { Variables } from "../variables.ts";

/** A dataset some rule names. Values are those of its `load` file, in the form the core compares. */
export interface Dataset {
  readonly name: string;
  readonly type: "string" | "md5" | "sha256" | "ipv4" | "ip";
  readonly values: Uint8Array[];
  readonly hashSize: number;
}

export interface SharedTables {
  readonly addresses: Variables;
  readonly ports: Variables;
  readonly classifications: Classifications;
  readonly references: References;
  /** Reads a file a rule names (`dataset: ... load x`), or undefined when there is none. */
  readonly readFile: (name: string) => Uint8Array | undefined;
  readonly datasets: Dataset[];
  readonly names: NameTable;
  /** Warnings of the rule at hand. */
  readonly warn: (keyword: string, reason: string) => void;
}

/** Names that become hashes, kept to refuse the rare two that would be one. */
export class NameTable {
  readonly #names = new Map<string, string>();

  /** @throws RuleError on a collision within one kind of names */
  hash(kind: string, name: string): number {
    const hash = fnv1a(name);
    const key = `${kind}/${hash}`;
    const known = this.#names.get(key);
    if (known === undefined) this.#names.set(key, name);
    else if (known !== name) {
      throw new RuleError(`the ${kind} names "${name}" and "${known}" have the same hash`, { advice: "rename one" });
    }
    return hash;
  }

  /** Every name with its hash, kind by kind, for hosts that show them. */
  entries(): Record<string, Record<string, string>> {
    const out: Record<string, Record<string, string>> = {};
    for (const [key, name] of this.#names) {
      const [kind, hash] = key.split("/") as [string, string];
      out[kind] ??= {};
      out[kind]![hash] = name;
    }
    return out;
  }
}
