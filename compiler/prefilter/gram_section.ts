/** One section of a literal table: which gram of each literal the filter looks for, and the lists that verify a candidate. */
import { LiteralEntry, LiteralFilter, LiteralFlag, LiteralFormat } from "../../assembly/abi/literals.ts";
import type { MaskedLiteral } from "./literal.ts";
import { nibbleTables } from "./nibbles.ts";
import type { GramStatistics } from "./statistics.ts";

/** What a section is to be. */
export interface SectionPlan {
  filter: LiteralFilter;
  /** Every 1, 2 or 4 bytes; the shortest literal has `gramBytes + stride - 1` bytes. */
  stride: 1 | 2 | 4;
  gramBytes: 1 | 2 | 3 | 4;
  literals: MaskedLiteral[];
}

/** A section ready to be laid out. */
export interface BuiltSection {
  plan: SectionPlan;
  gramMask: number;
  table: Uint8Array;
  tableBits: number;
  heads: Uint32Array;
  headBits: number;
  entries: Entry[];
}

/** A literal and the place of one of its grams. */
export interface Entry {
  literal: MaskedLiteral;
  gramAt: number;
  last: boolean;
}

/** Chooses the grams and builds the filter and the lists. */
export function buildSection(plan: SectionPlan, statistics: GramStatistics): BuiltSection {
  const gramMask = maskOf(plan);
  const headBits = clamp(Math.ceil(Math.log2(plan.literals.length * plan.stride)) + 2, 4, 18);
  const lists = chooseGrams(plan, gramMask, headBits, statistics);
  const heads = new Uint32Array(1 << headBits);
  const entries: Entry[] = [];
  for (const [head, list] of lists) {
    heads[head] = entries.length + 1;
    for (const entry of list) entries.push(entry);
    entries.at(-1)!.last = true;
  }
  if (plan.filter === LiteralFilter.NIBBLES) {
    const depth = Math.min(3, Math.min(...plan.literals.map((literal) => literal.length)));
    return { plan, gramMask, table: nibbleTables(plan.literals, depth), tableBits: depth, heads, headBits, entries };
  }
  const bits = plan.filter === LiteralFilter.BIT_TABLE;
  const tableBits = bits
    ? clamp(Math.ceil(Math.log2(entries.length)) + 6, 14, 21)
    : clamp(Math.ceil(Math.log2(entries.length)) + 6, 10, 16);
  const table = new Uint8Array(1 << (bits ? tableBits - 3 : tableBits));
  for (const { literal, gramAt } of entries) {
    const hash = gramHash(literal.bytes, gramAt, gramMask);
    if (bits) table[hash >>> (35 - tableBits)]! |= 1 << (hash & 7);
    else table[hash >>> (32 - tableBits)] = 1;
  }
  return { plan, gramMask, table, tableBits, heads, headBits, entries };
}

/** Case is folded for the whole section as soon as one literal needs it. */
function maskOf(plan: SectionPlan): number {
  const byte = plan.literals.some((literal) => literal.nocase) ? 0xdf : 0xff;
  let mask = 0;
  for (let i = 0; i < plan.gramBytes; i++) mask |= byte << (8 * i);
  return mask >>> 0;
}

/** The hash of the gram at `at`, as the core computes it. */
export function gramHash(bytes: Uint8Array, at: number, mask: number): number {
  const gram =
    (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
  return Math.imul(gram & mask, LiteralFormat.GRAM_MULTIPLIER) >>> 0;
}

/**
 * For each literal and each phase (its start modulo the stride) the gram that costs least: rare in traffic, and not shared with many
 * other literals. A nibble filter sees the literal's start, so its gram is there.
 */
function chooseGrams(
  plan: SectionPlan,
  mask: number,
  headBits: number,
  statistics: GramStatistics,
): Map<number, Entry[]> {
  const lists = new Map<number, Entry[]>();
  const fromStart = plan.filter === LiteralFilter.NIBBLES;
  const order = [...plan.literals].sort((a, b) => a.length - b.length || a.index - b.index);
  for (const literal of order) {
    const last = fromStart ? 0 : literal.length - plan.gramBytes;
    for (let phase = 0; phase < plan.stride; phase++) {
      let best = phase;
      let bestHead = 0;
      let least = Number.POSITIVE_INFINITY;
      for (let at = phase; at <= last; at += plan.stride) {
        const head = gramHash(literal.bytes, at, mask) >>> (32 - headBits);
        const shared = lists.get(head)?.length ?? 0;
        const chance = statistics.chance(literal.bytes, at, plan.gramBytes);
        const cost =
          shared === 0 ? chance + NEW_GRAM : chance * (1 + LIST_STEP * shared) + NEW_GRAM * LIST_STEP * shared;
        if (cost < least) {
          least = cost;
          best = at;
          bestHead = head;
        }
      }
      if (least === Number.POSITIVE_INFINITY) bestHead = gramHash(literal.bytes, best, mask) >>> (32 - headBits);
      const list = lists.get(bestHead);
      const entry = { literal, gramAt: best, last: false };
      if (list) list.push(entry);
      else lists.set(bestHead, [entry]);
    }
  }
  return lists;
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
  const { literal, gramAt } = entry;
  const valueAt = valueWindow(literal, gramAt, gramBytes, statistics);
  for (let i = 0; i < 8; i++) {
    view.setUint8(at + LiteralEntry.VALUE + i, literal.value[valueAt + i] ?? 0);
    view.setUint8(at + LiteralEntry.MASK + i, literal.mask[valueAt + i] ?? 0);
  }
  view.setUint32(at + LiteralEntry.LITERAL, literal.index, true);
  view.setUint8(at + LiteralEntry.GRAM_AT, gramAt);
  view.setUint8(at + LiteralEntry.VALUE_AT, valueAt);
  view.setUint8(at + LiteralEntry.LENGTH, literal.length);
  const more = literal.length > 8;
  view.setUint8(at + LiteralEntry.FLAGS, (more ? LiteralFlag.MORE : 0) | (entry.last ? LiteralFlag.LAST : 0));
  view.setUint32(at + LiteralEntry.TEXT, more ? text : 0, true);
}

function valueWindow(literal: MaskedLiteral, gramAt: number, gramBytes: number, statistics: GramStatistics): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let at = 0; at + 8 <= literal.length; at++) {
    const overlap = Math.max(0, Math.min(at + 8, gramAt + gramBytes) - Math.max(at, gramAt));
    const chance = statistics.chance(literal.bytes, at, 8) * 30 ** overlap;
    if (chance < least) {
      least = chance;
      best = at;
    }
  }
  return best;
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}
