/** The part of a literal table for literals that are a whole buffer or its end (assembly/match/exact.ts). */
import { LiteralExact, LiteralExactEntry, LiteralFormat } from "../../assembly/abi/literals.ts";
import type { MaskedLiteral } from "./literal.ts";

export interface ExactIndex {
  /** 1 + first entry of each list, 0: none. */
  heads: Uint32Array;
  headBits: number;
  entries: { literal: MaskedLiteral; followed: boolean }[];
}

/** Undefined if there is no such literal. */
export function buildExact(literals: MaskedLiteral[]): ExactIndex | undefined {
  if (literals.length === 0) return undefined;
  const headBits = Math.min(18, Math.ceil(Math.log2(literals.length)) + 2);
  const lists = new Map<number, MaskedLiteral[]>();
  for (const literal of literals) {
    const head = hashFromEnd(literal.bytes) >>> (32 - headBits);
    const list = lists.get(head);
    if (list) list.push(literal);
    else lists.set(head, [literal]);
  }
  const heads = new Uint32Array(1 << headBits);
  const entries: ExactIndex["entries"] = [];
  for (const [head, list] of lists) {
    heads[head] = entries.length + 1;
    list.forEach((literal, i) => {
      entries.push({ literal, followed: i < list.length - 1 });
    });
  }
  return { heads, headBits, entries };
}

/** The hash the core computes, from the last byte to the first, whatever the case. */
function hashFromEnd(bytes: Uint8Array): number {
  let hash = 0;
  for (let i = bytes.length - 1; i >= 0; i--) {
    hash = Math.imul(hash ^ (bytes[i]! & LiteralFormat.NOCASE_MASK), LiteralFormat.GRAM_MULTIPLIER);
  }
  return hash >>> 0;
}

/** Writes the index at the places reserved for it; `texts`: where the vectors of each literal are. */
export function writeExact(
  view: DataView,
  { heads, headBits, entries }: ExactIndex,
  at: { index: number; heads: number; entries: number },
  texts: ReadonlyMap<number, number>,
): void {
  view.setUint32(at.index + LiteralExact.HEADS, at.heads, true);
  view.setUint32(at.index + LiteralExact.HEAD_BITS, headBits, true);
  view.setUint32(at.index + LiteralExact.ENTRIES, at.entries, true);
  view.setUint32(at.index + LiteralExact.ENTRY_COUNT, entries.length, true);
  view.setUint32(at.index + LiteralExact.LONGEST, Math.max(...entries.map(({ literal }) => literal.length)), true);
  heads.forEach((head, slot) => {
    view.setUint32(at.heads + slot * 4, head, true);
  });
  entries.forEach(({ literal, followed }, slot) => {
    const record = at.entries + slot * LiteralExactEntry.SIZE;
    const lengths = at.index + LiteralExact.LENGTHS + (literal.length >> 3);
    view.setUint8(lengths, view.getUint8(lengths) | (1 << (literal.length & 7)));
    view.setUint32(record + LiteralExactEntry.TEXT, texts.get(literal.index)!, true);
    view.setUint32(record + LiteralExactEntry.LITERAL, literal.index, true);
    view.setUint8(record + LiteralExactEntry.LENGTH, literal.length);
    view.setUint8(record + LiteralExactEntry.WHOLE, literal.place === "whole" ? 1 : 0);
    view.setUint8(record + LiteralExactEntry.FOLLOWED, followed ? 1 : 0);
  });
}
