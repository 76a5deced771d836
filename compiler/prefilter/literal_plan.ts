/** Which sections a set of literals is scanned in. */
import { LiteralFilter } from "../../assembly/abi/literals.ts";
import type { MaskedLiteral } from "./literal.ts";
import type { GramStatistics } from "./statistics.ts";

/** What a section is to be. */
export interface SectionPlan {
  filter: LiteralFilter;
  /** Every 1, 2 or 4 bytes; a literal has `gramBytes + stride - 1` bytes or more, few may have one less. */
  stride: Stride;
  gramBytes: GramBytes;
  literals: MaskedLiteral[];
  /**
   * Of a nibble section: number of its first bucket, its groups of eight buckets, and whether it is scanned together with the gram section
   * that follows.
   */
  firstBucket: 0 | 16;
  groups: 1 | 2;
  joined: boolean;
}

export type Stride = 1 | 2 | 4;
export type GramBytes = 1 | 2 | 3 | 4;

/** Literals that one group of nibble buckets still tells apart, and two, and how many more they take because they would do worse elsewhere. */
const NIBBLE_LITERALS = 40;
const WIDE_LITERALS = 72;
const MISFITS = 16;
/**
 * Grams up to which a section has a table of bytes, which is faster to look up; more go to a table of bits, which stays in the first-level
 * cache when much text passes by. With fewer look-ups, at every fourth position, that is worth it sooner.
 */
const BYTE_TABLE_GRAMS: Readonly<Record<Stride, number>> = { 1: 4096, 2: 4096, 4: 1024 };
/** Literals that may be a byte too short for their section: a gram with any byte at its end takes up to 256 places in the filter. */
const SHORT_LITERALS = 100;
/** A gram this common at a position makes its literal a misfit: it is better off in the nibble filter. */
const COMMON_GRAM = 5e-4;

/**
 * By length, since a literal of seven bytes has a gram of four at every fourth position wherever it stands, one of five at every second.
 * What is too short for that, or has only grams that are everywhere, goes through the nibble filter if it is little, else through grams of
 * its own length. Single bytes have a nibble filter of their own: they are soon found, and then it ends.
 */
export function planSections(literals: MaskedLiteral[], statistics: GramStatistics): SectionPlan[] {
  const between = (low: number, high: number) => literals.filter(({ length }) => length >= low && length <= high);
  const sections: SectionPlan[] = [];
  const add = (filter: LiteralFilter, stride: Stride, gramBytes: GramBytes, members: MaskedLiteral[]) => {
    if (members.length > 0)
      sections.push({ filter, stride, gramBytes, literals: members, firstBucket: 0, groups: 1, joined: false });
  };
  const addGrams = (stride: Stride, gramBytes: GramBytes, members: MaskedLiteral[]) => {
    const filter =
      members.length * stride <= BYTE_TABLE_GRAMS[stride] ? LiteralFilter.BYTE_TABLE : LiteralFilter.BIT_TABLE;
    add(filter, stride, gramBytes, members);
  };
  const short = between(2, 6).length;
  const wide = short > NIBBLE_LITERALS && short <= WIDE_LITERALS;
  const room = wide ? WIDE_LITERALS : NIBBLE_LITERALS;
  /** The longest of `low` to 6 bytes that fit the nibble filter. */
  let longest = 6;
  while (longest > 1 && between(2, longest).length > room) longest--;
  const nibbles = between(2, longest);
  const fitting = (members: MaskedLiteral[], stride: Stride, gramBytes: GramBytes) =>
    withoutMisfits(members, nibbles, room + MISFITS, stride, gramBytes, statistics);
  const tiny = fitting(between(longest + 1, 3), 1, 2);
  const stride = longest === 6 ? 4 : 2;
  const four = longest >= 4 ? [] : fitting(between(4, 4), 2, 3);
  const withFour = four.length <= SHORT_LITERALS;
  const long = fitting(between(Math.max(longest + 1, 5), 255), stride, 4);
  add(LiteralFilter.NIBBLES, 1, Math.min(3, ...nibbles.map(({ length }) => length)) as GramBytes, nibbles);
  for (const section of sections) {
    section.groups = wide ? 2 : 1;
    section.joined = long.length + (withFour ? four.length : 0) > 0;
  }
  addGrams(stride, 4, withFour ? [...four, ...long] : long);
  if (!withFour) addGrams(2, 3, four);
  addGrams(1, 2, tiny);
  add(between(1, 1).length <= NIBBLE_LITERALS ? LiteralFilter.NIBBLES : LiteralFilter.BYTE_TABLE, 1, 1, between(1, 1));
  if (sections.length > 1) sections.at(-1)!.firstBucket = 16;
  return sections;
}

/** The literals that fit grams; the others go to the nibble filter while it has room, those with the most common grams first. */
function withoutMisfits(
  literals: MaskedLiteral[],
  nibbles: MaskedLiteral[],
  room: number,
  stride: Stride,
  gramBytes: GramBytes,
  statistics: GramStatistics,
): MaskedLiteral[] {
  const common = literals
    .map((literal) => ({ literal, chance: commonest(literal, stride, gramBytes, statistics) }))
    .filter(({ chance }) => chance > COMMON_GRAM)
    .sort((a, b) => b.chance - a.chance)
    .slice(0, Math.max(0, room - nibbles.length))
    .map(({ literal }) => literal);
  nibbles.push(...common);
  const moved = new Set(common);
  return literals.filter((literal) => !moved.has(literal));
}

/** The chance of the gram a literal has to be found by in its worst phase. */
function commonest(literal: MaskedLiteral, stride: Stride, gramBytes: GramBytes, statistics: GramStatistics): number {
  let worst = 0;
  for (let phase = 0; phase < stride; phase++) {
    let rarest = 1;
    for (let at = phase; at + gramBytes <= literal.length; at += stride) {
      rarest = Math.min(rarest, statistics.chance(literal.bytes, at, gramBytes));
    }
    worst = Math.max(worst, rarest);
  }
  return worst;
}
