/** One section of a literal table: which gram of each literal the filter looks for, and the lists that verify a candidate. */
import { LiteralEntry, LiteralFilter, LiteralFormat } from "../../assembly/abi/literals.ts";
import type { MaskedLiteral } from "./literal.ts";
import type { SectionPlan } from "./literal_plan.ts";
import { NIBBLE_BYTES, nibbleFilter, windowAllowed } from "./nibbles.ts";
import type { GramStatistics } from "./statistics.ts";

/** A section ready to be laid out. */
export interface BuiltSection {
  plan: SectionPlan;
  gramMask: number;
  table: Uint8Array;
  /** Mask of byte numbers in the table, or the bytes a nibble filter looks at. */
  tableLimit: number;
  /** Index of the first entry of each list, 0: none. */
  heads: Uint32Array;
  headBits: number;
  entries: Entry[];
}

/** A literal and the place of one of its grams. */
export interface Entry {
  literal: MaskedLiteral;
  gramAt: number;
  followed: boolean;
  /** The first of a list of several stands for all of them: what they have in common. */
  all?: readonly Entry[];
  /** Nibble bucket of the table, or {@link LiteralFormat.NO_BUCKET}. */
  bucket: number;
}

/** Chooses the grams and builds the filter and the lists. */
export function buildSection(plan: SectionPlan, statistics: GramStatistics): BuiltSection {
  const gramMask = maskOf(plan);
  const headBits = clamp(
    Math.ceil(Math.log2(plan.literals.length * plan.stride + wildGrams(plan, gramMask))) + 2,
    4,
    18,
  );
  const { lists, grams } = chooseGrams(plan, gramMask, headBits, statistics);
  const { heads, entries } = joinLists(lists, headBits);
  const section = { plan, gramMask, heads, headBits, entries };
  if (plan.filter === LiteralFilter.NIBBLES) {
    const windows = new Map(entries.map((entry) => [entry.literal.index, entry]));
    const { table, buckets } = nibbleFilter([...windows.values()], plan.groups, statistics);
    for (const entry of entries) entry.bucket = plan.firstBucket + buckets.get(entry.literal.index)!;
    const single = plan.literals.every(({ length }) => length === 1);
    return { ...section, table, tableLimit: single ? 1 : NIBBLE_BYTES };
  }
  const bits = plan.filter === LiteralFilter.BIT_TABLE;
  const size = Math.ceil(Math.log2(grams.length)) + (bits ? BITS_A_GRAM - 3 : BYTES_A_GRAM);
  const bytes = 1 << clamp(size, SMALLEST_TABLE, 32 - LiteralFormat.TABLE_SHIFT);
  const table = new Uint8Array(bytes + (bits ? 8 : 0));
  for (const hash of grams) {
    const at = (hash >>> LiteralFormat.TABLE_SHIFT) & (bytes - 1);
    if (bits) for (const bit of [hash & 31, (hash >>> 5) & 31]) table[at + (bit >> 3)]! |= 1 << (bit & 7);
    else table[at] = 4;
  }
  return { ...section, table, tableLimit: bytes - 1 };
}

/** Lays the lists one after the other; lists of the same entries are one. */
function joinLists(lists: Map<number, Entry[]>, headBits: number): { heads: Uint32Array; entries: Entry[] } {
  const heads = new Uint32Array(1 << headBits);
  const entries: Entry[] = [];
  const starts = new Map<string, number>();
  for (const [head, list] of lists) {
    const content = list.map(({ literal, gramAt }) => `${literal.index} ${gramAt}`).join();
    let start = starts.get(content);
    if (start === undefined) {
      start = entries.length + 1;
      starts.set(content, start);
      if (list.length > 1) entries.push({ ...list[0]!, followed: true, all: list });
      list.forEach((entry, i) => {
        entries.push({ ...entry, followed: i < list.length - 1 });
      });
    }
    heads[head] = start;
  }
  return { heads, entries };
}

/** log2 of the bits of a bit table, and of the bytes of a byte table, a gram. */
const BITS_A_GRAM = 5;
const BYTES_A_GRAM = 5;
const SMALLEST_TABLE = 8;

/** Case is folded for the whole section as soon as one literal needs it. */
function maskOf(plan: SectionPlan): number {
  const byte = plan.literals.some((literal) => literal.nocase) ? LiteralFormat.NOCASE_MASK : 0xff;
  let mask = 0;
  for (let i = 0; i < plan.gramBytes; i++) mask |= byte << (8 * i);
  return mask >>> 0;
}

/** The hash of the gram at `at`, as the core computes it; `wild` stands for the byte after the literal's end. */
function gramHash(bytes: Uint8Array, at: number, mask: number, wild = 0): number {
  const byte = (i: number) => (i < bytes.length ? bytes[i]! : i === bytes.length ? wild : 0);
  const gram = byte(at) | (byte(at + 1) << 8) | (byte(at + 2) << 16) | (byte(at + 3) << 24);
  return Math.imul(gram & mask, LiteralFormat.GRAM_MULTIPLIER) >>> 0;
}

/** Every value the byte after a literal's end can have in the hash. */
function wildBytes(mask: number): number[] {
  return [...new Set(Array.from({ length: 256 }, (_, byte) => byte & mask & 0xff))];
}

/** Grams of the section that reach one byte beyond their literal, each in as many variants as that byte has. */
function wildGrams(plan: SectionPlan, mask: number): number {
  const short = plan.literals.filter(({ length }) => length < plan.gramBytes + plan.stride - 1).length;
  return short * wildBytes(mask).length;
}

/**
 * For each literal and each phase (its start modulo the stride) the gram that costs least: rare in traffic, and not shared with many
 * other literals. A literal one byte too short for a phase gets a gram for every value of the byte after it. The lists by head, and the
 * hashes of all grams.
 */
function chooseGrams(
  plan: SectionPlan,
  mask: number,
  headBits: number,
  statistics: GramStatistics,
): { lists: Map<number, Entry[]>; grams: number[] } {
  const lists = new Map<number, Entry[]>();
  const grams: number[] = [];
  const add = (literal: MaskedLiteral, gramAt: number, hash: number) => {
    const head = hash >>> (32 - headBits);
    const list = lists.get(head) ?? [];
    lists.set(head, list);
    grams.push(hash);
    if (!list.some((entry) => entry.literal === literal && entry.gramAt === gramAt)) {
      list.push({ literal, gramAt, followed: true, bucket: LiteralFormat.NO_BUCKET });
    }
  };
  const nibbles = plan.filter === LiteralFilter.NIBBLES;
  const order = [...plan.literals].sort((a, b) => a.length - b.length || a.index - b.index);
  for (const literal of order) {
    const { bytes, length } = literal;
    for (let phase = 0; phase < plan.stride; phase++) {
      if (length < phase + plan.gramBytes) {
        for (const wild of wildBytes(mask)) add(literal, phase, gramHash(bytes, phase, mask, wild));
        continue;
      }
      const looked = nibbles ? Math.min(NIBBLE_BYTES, length) : plan.gramBytes;
      let [best, bestHash, least] = [0, 0, Number.POSITIVE_INFINITY];
      for (let at = phase; at + Math.max(looked, plan.gramBytes) <= length; at += plan.stride) {
        if (nibbles && !windowAllowed(literal, at)) continue;
        const hash = gramHash(bytes, at, mask);
        const shared = lists.get(hash >>> (32 - headBits))?.length ?? 0;
        const chance = statistics.chance(bytes, at, looked);
        const cost =
          shared === 0 ? chance + NEW_GRAM : chance * (1 + LIST_STEP * shared) + NEW_GRAM * LIST_STEP * shared;
        if (cost < least) [best, bestHash, least] = [at, hash, cost];
      }
      if (least === Number.POSITIVE_INFINITY) throw new Error(`literal ${literal.index} has no place for a gram`);
      add(literal, best, bestHash);
    }
  }
  return { lists, grams };
}

/** What one more gram costs at every position, by chance of a collision in the filter. */
const NEW_GRAM = 1e-6;
/** What one more entry of a list costs, measured against a candidate. */
const LIST_STEP = 0.5;

/** Writes an entry: the eight bytes to compare first are the rarest outside its gram. */
export function writeEntry(
  view: DataView,
  at: number,
  entry: Entry,
  gramBytes: number,
  text: number,
  statistics: GramStatistics,
): void {
  if (entry.all) {
    writeCommon(view, at, entry.all, gramBytes);
    return;
  }
  const { literal, gramAt } = entry;
  const valueAt = valueWindow(literal, gramAt, gramBytes, statistics);
  for (let i = 0; i < 8; i++) {
    view.setUint8(at + LiteralEntry.VALUE + i, literal.value[valueAt + i] ?? 0);
    view.setUint8(at + LiteralEntry.MASK + i, literal.mask[valueAt + i] ?? 0);
  }
  const more = literal.length > 8;
  view.setUint32(at + LiteralEntry.LITERAL, literal.index, true);
  view.setInt16(at + LiteralEntry.VALUE_FROM_GRAM, valueAt - gramAt, true);
  view.setUint8(at + LiteralEntry.GRAM_AT, gramAt);
  view.setUint8(at + LiteralEntry.LENGTH, literal.length);
  view.setUint32(at + LiteralEntry.TEXT, more ? text : 0, true);
  view.setUint8(at + LiteralEntry.FOLLOWED, entry.followed ? 1 : 0);
  view.setUint8(at + LiteralEntry.MORE, more ? 1 : 0);
  view.setUint8(at + LiteralEntry.BUCKET, entry.bucket);
}

/** Writes the entry before several: the bits that all of them have, in the eight bytes around their gram that tell the most. */
function writeCommon(view: DataView, at: number, all: readonly Entry[], gramBytes: number): void {
  const before = Math.max(...all.map(({ gramAt }) => gramAt));
  let [best, most] = [0, -1];
  for (let from = -Math.min(before, 8); from <= LiteralFormat.MAX_VALUE_FROM_GRAM; from++) {
    let bits = 0;
    for (let i = from; i < from + 8; i++) bits += bitCount(common(all, i).mask) * (i >= 0 && i < gramBytes ? 1 : 16);
    if (bits > most) [best, most] = [from, bits];
  }
  for (let i = 0; i < 8; i++) {
    const { value, mask } = common(all, best + i);
    view.setUint8(at + LiteralEntry.VALUE + i, value);
    view.setUint8(at + LiteralEntry.MASK + i, mask);
  }
  view.setUint32(at + LiteralEntry.LITERAL, all[0]!.literal.index, true);
  view.setInt16(at + LiteralEntry.VALUE_FROM_GRAM, best, true);
  view.setUint8(at + LiteralEntry.GRAM_AT, before);
  view.setUint8(at + LiteralEntry.LENGTH, before + 1);
  view.setUint8(at + LiteralEntry.FOLLOWED, 1);
  view.setUint8(at + LiteralEntry.BUCKET, LiteralFormat.NO_BUCKET);
}

/** What all literals have `offset` bytes behind their gram: the bits of the mask. */
function common(all: readonly Entry[], offset: number): { value: number; mask: number } {
  let mask = 0xff;
  const value = all[0]!.literal.value[all[0]!.gramAt + offset] ?? 0;
  for (const { literal, gramAt } of all) {
    const i = gramAt + offset;
    mask &= (literal.mask[i] ?? 0) & ~((literal.value[i] ?? 0) ^ value);
  }
  return { value: value & mask, mask };
}

function bitCount(byte: number): number {
  let count = 0;
  for (let bits = byte; bits !== 0; bits &= bits - 1) count++;
  return count;
}

/** The entry that matches nothing: no text of mask 0 equals 1. */
export function writeNothing(view: DataView, at: number): void {
  view.setUint8(at + LiteralEntry.VALUE, 1);
  view.setUint8(at + LiteralEntry.LENGTH, 1);
  view.setUint8(at + LiteralEntry.BUCKET, LiteralFormat.NO_BUCKET);
}

function valueWindow(literal: MaskedLiteral, gramAt: number, gramBytes: number, statistics: GramStatistics): number {
  let [best, least] = [0, Number.POSITIVE_INFINITY];
  const last = Math.min(literal.length - 8, gramAt + LiteralFormat.MAX_VALUE_FROM_GRAM);
  for (let at = 0; at <= last; at++) {
    const overlap = Math.max(0, Math.min(at + 8, gramAt + gramBytes) - Math.max(at, gramAt));
    const chance = statistics.chance(literal.bytes, at, 8) * 30 ** overlap;
    if (chance < least) [best, least] = [at, chance];
  }
  return best;
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}
