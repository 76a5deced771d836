/** Builds the table the core's literal matcher scans with (layout: assembly/abi/literals.ts, method: assembly/match/README.md). */
import {
  LiteralEntry,
  LiteralExact,
  LiteralExactEntry,
  LiteralFilter,
  LiteralFormat,
  LiteralHeader,
  LiteralSection,
} from "../../assembly/abi/literals.ts";
import { buildExact, type ExactIndex, writeExact } from "./exact_index.ts";
import { type Literal, type MaskedLiteral, masked } from "./literal.ts";
import { planSections } from "./literal_plan.ts";
import { type BuiltSection, buildSection, writeEntry, writeNothing } from "./literal_section.ts";
import { type GramStatistics, statisticsOf } from "./statistics.ts";

export type { Literal } from "./literal.ts";

/** How a table is built. */
export interface LiteralTableOptions {
  /** Statistics of the text to be scanned; default: those of payloads. */
  training?: GramStatistics;
}

/**
 * A position-independent table of `literals`; literal i keeps index i. Throws a RangeError for a literal that is not 1 to 255 bytes long
 * and for more than 65,535 of them.
 */
export function buildLiteralTable(literals: readonly Literal[], options: LiteralTableOptions = {}): Uint8Array {
  if (literals.length > LiteralFormat.MAX_LITERALS) {
    throw new RangeError(`${literals.length} literals: a table holds at most ${LiteralFormat.MAX_LITERALS}`);
  }
  literals.forEach(({ bytes }, i) => {
    if (bytes.length < 1 || bytes.length > LiteralFormat.MAX_LITERAL_BYTES) {
      throw new RangeError(
        `literal ${i} has ${bytes.length} bytes: 1 to ${LiteralFormat.MAX_LITERAL_BYTES} can be looked for`,
      );
    }
  });
  const statistics = options.training ?? statisticsOf("payload");
  const all = literals.map(masked);
  const anywhere = all.filter(({ place }) => place === "anywhere");
  const sections = planSections(anywhere, statistics).map((section) => buildSection(section, statistics));
  const exact = buildExact(all.filter(({ place }) => place !== "anywhere"));
  return layOut(all, sections, exact, statistics);
}

function layOut(
  literals: MaskedLiteral[],
  sections: BuiltSection[],
  exact: ExactIndex | undefined,
  statistics: GramStatistics,
): Uint8Array {
  let end = align(LiteralHeader.SIZE + sections.length * LiteralSection.SIZE);
  const reserve = (bytes: number) => {
    const at = end;
    end = align(end + bytes);
    return at;
  };
  const places = sections.map((section) => ({
    table: reserve(section.table.length),
    heads: reserve(section.heads.length * 4),
    entries: reserve((section.entries.length + 1) * LiteralEntry.SIZE),
  }));
  const texts = new Map<number, number>();
  let textBytes = 0;
  for (const { index, length, place } of literals) {
    if (length <= 8 && place === "anywhere") continue;
    texts.set(index, textBytes);
    textBytes += Math.ceil(length / 16) * 32;
  }
  const text = reserve(textBytes);
  const exactAt = exact ? reserve(LiteralExact.SIZE) : 0;
  const exactHeads = exact ? reserve(exact.heads.length * 4) : 0;
  const exactEntries = exact ? reserve(exact.entries.length * LiteralExactEntry.SIZE) : 0;
  const bytes = new Uint8Array(end);
  const view = new DataView(bytes.buffer);
  view.setUint32(LiteralHeader.MAGIC, LiteralFormat.MAGIC, true);
  view.setUint32(LiteralHeader.VERSION, LiteralFormat.VERSION, true);
  view.setUint32(LiteralHeader.BYTES, end, true);
  view.setUint32(LiteralHeader.COUNT, literals.length, true);
  view.setUint32(LiteralHeader.SECTIONS, sections.length, true);
  view.setUint32(LiteralHeader.TEXT, text, true);
  view.setUint32(LiteralHeader.TEXT_BYTES, textBytes, true);
  sections.forEach((section, i) => {
    const { plan, gramMask, table, tableLimit, heads, headBits, entries } = section;
    const at = LiteralHeader.SIZE + i * LiteralSection.SIZE;
    view.setUint32(at + LiteralSection.FILTER, plan.filter, true);
    view.setUint32(at + LiteralSection.STRIDE, plan.stride, true);
    view.setUint32(at + LiteralSection.GRAM_MASK, gramMask, true);
    view.setUint32(at + LiteralSection.TABLE, places[i]!.table, true);
    view.setUint32(at + LiteralSection.TABLE_LIMIT, tableLimit, true);
    view.setUint32(at + LiteralSection.HEADS, places[i]!.heads, true);
    view.setUint32(at + LiteralSection.HEAD_BITS, headBits, true);
    view.setUint32(at + LiteralSection.ENTRIES, places[i]!.entries, true);
    view.setUint32(at + LiteralSection.ENTRY_COUNT, entries.length + 1, true);
    view.setUint32(at + LiteralSection.FIRST_BUCKET, plan.firstBucket, true);
    view.setUint32(at + LiteralSection.JOINED, plan.joined ? 1 : 0, true);
    view.setUint32(at + LiteralSection.GROUPS, plan.filter === LiteralFilter.NIBBLES ? plan.groups : 0, true);
    for (const { bucket, all } of entries) {
      if (bucket === LiteralFormat.NO_BUCKET || all) continue;
      bytes[LiteralHeader.BUCKETS + (bucket >> 3)]! |= 1 << (bucket & 7);
      bytes[LiteralHeader.BUCKET_LITERALS + bucket]!++;
    }
    bytes.set(table, places[i]!.table);
    heads.forEach((head, slot) => {
      view.setUint32(places[i]!.heads + slot * 4, head * LiteralEntry.SIZE, true);
    });
    writeNothing(view, places[i]!.entries);
    entries.forEach((entry, slot) => {
      const record = places[i]!.entries + (slot + 1) * LiteralEntry.SIZE;
      writeEntry(view, record, entry, plan.gramBytes, texts.get(entry.literal.index) ?? 0, statistics);
    });
  });
  if (exact) {
    view.setUint32(LiteralHeader.EXACT, exactAt, true);
    writeExact(view, exact, { index: exactAt, heads: exactHeads, entries: exactEntries }, texts);
  }
  for (const { index, length, value, mask } of literals) {
    const start = texts.get(index);
    if (start === undefined) continue;
    for (let i = 0; i < length; i++) {
      const vector = text + start + (i >> 4) * 32 + (i & 15);
      bytes[vector] = value[i]!;
      bytes[vector + 16] = mask[i]!;
    }
  }
  return bytes;
}

function align(offset: number): number {
  return (offset + 7) & ~7;
}
