/**
 * What a database says about its rules. Tens of thousands of descriptions are megabytes, and a machine sees alerts of a few rules: they stay
 * compressed, part by part, until one of them is wanted.
 */
import { gunzipSync } from "node:zlib";
import { DescriptionsHeader } from "../../../assembly/abi/database.ts";
import { RuleRecord } from "../../../assembly/abi/rules.ts";
import type { RuleDescription } from "../eve/rules.ts";

/** Most bytes one part has: a bomb in its place is no description. */
const MAX_PART = 16 * 1024 * 1024;
const EMPTY: RuleDescription = { sid: 0, gid: 1, rev: 0, msg: "", category: "", priority: 3 };

/** Reads one description at a time; the parts read last are kept. */
export class DescriptionReader {
  /** Rules there are. */
  readonly count: number;
  /** sid and gid of each. */
  private readonly numbers: Uint32Array;
  private readonly parts: readonly Uint8Array[];
  private readonly rulesAPart: number;
  private readonly known = new Map<number, RuleDescription>();
  private last: { part: number; rules: readonly object[] } = { part: -1, rules: [] };

  private constructor(parts: readonly Uint8Array[], rulesAPart: number, rules: Uint8Array) {
    const view = new DataView(rules.buffer, rules.byteOffset, rules.byteLength);
    this.parts = parts;
    this.rulesAPart = rulesAPart;
    this.count = Math.floor(rules.length / RuleRecord.size);
    this.numbers = new Uint32Array(2 * this.count);
    for (let i = 0; i < this.count; i++) {
      this.numbers[2 * i] = view.getUint32(i * RuleRecord.size + RuleRecord.sid, true);
      this.numbers[2 * i + 1] = view.getUint32(i * RuleRecord.size + RuleRecord.gid, true);
    }
  }

  /** From the sections of descriptions and of rules, which are copied as far as needed. @returns undefined when their frame is damaged */
  static open(section: Uint8Array, rules: Uint8Array): DescriptionReader | undefined {
    const view = new DataView(section.buffer, section.byteOffset, section.byteLength);
    if (section.length < DescriptionsHeader.size) return undefined;
    const rulesAPart = view.getUint32(DescriptionsHeader.rulesAPart, true);
    const count = view.getUint32(DescriptionsHeader.parts, true);
    if (rulesAPart === 0 || DescriptionsHeader.size + 4 * (count + 1) > section.length) return undefined;
    const parts: Uint8Array[] = [];
    for (let i = 0; i < count; i++) {
      const from = view.getUint32(DescriptionsHeader.size + 4 * i, true);
      const to = view.getUint32(DescriptionsHeader.size + 4 * i + 4, true);
      if (from > to || to > section.length) return undefined;
      parts.push(section.slice(from, to));
    }
    return new DescriptionReader(parts, rulesAPart, rules);
  }

  /** The description of a rule; what its part does not say, or cannot, is left at its default. */
  read(index: number): RuleDescription {
    const known = this.known.get(index);
    if (known) return known;
    const part = Math.floor(index / this.rulesAPart);
    if (this.last.part !== part) this.last = { part, rules: this.unpack(part) };
    const numbers = { sid: this.numbers[2 * index]!, gid: this.numbers[2 * index + 1]! };
    const description = { ...EMPTY, ...numbers, ...this.last.rules[index % this.rulesAPart] };
    this.known.set(index, description);
    return description;
  }

  private unpack(part: number): readonly object[] {
    try {
      const rules: unknown = JSON.parse(gunzipSync(this.parts[part]!, { maxOutputLength: MAX_PART }).toString("utf8"));
      return Array.isArray(rules) ? (rules as object[]) : [];
    } catch {
      return [];
    }
  }
}

/** An array of `length` whose elements are made when they are read. */
export function lazyArray<T>(length: number, make: (index: number) => T): readonly T[] {
  return new Proxy<T[]>(new Array<T>(length), {
    get(target, name, receiver) {
      const index = typeof name === "string" ? Number(name) : Number.NaN;
      return Number.isInteger(index) && index >= 0 && index < length
        ? make(index)
        : Reflect.get(target, name, receiver);
    },
    has: (target, name) => (typeof name === "string" && Number(name) < length) || Reflect.has(target, name),
  });
}
