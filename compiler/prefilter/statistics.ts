/**
 * How often bytes follow one another in traffic: the chance of a gram, estimated from pairs of bytes (a first-order Markov chain).
 * Case is folded: a filter that matters folds it too. The tables that come with the project hold rounded logarithms of pair counts, a kind
 * of text each (bench/train.ts writes them).
 */
import { inflateRawSync } from "node:zlib";
import { TABLES } from "./tables.ts";

/** Kinds of text with statistics of their own. */
export type TextKind = "payload" | "uri" | "header" | "host" | "body";

/** Statistics of one kind of text. */
export class GramStatistics {
  /** Chance of a byte, folded: 256 values. */
  readonly #bytes = new Float64Array(256);
  /** Chance of a pair (first | second << 8), folded. */
  readonly #pairs = new Float64Array(65536);

  /** `counts`: occurrences of each pair of folded bytes (first | second << 8). */
  constructor(counts: ArrayLike<number>) {
    let total = 0;
    for (let i = 0; i < 65536; i++) total += (counts[i] ?? 0) + UNSEEN;
    for (let i = 0; i < 65536; i++) {
      const chance = ((counts[i] ?? 0) + UNSEEN) / total;
      this.#pairs[i] = chance;
      this.#bytes[i & 255]! += chance;
    }
  }

  /** Chance of a byte in either case; a little of it for every byte, seen or not. */
  byteChance(byte: number): number {
    return 0.8 * this.#bytes[FOLDED[byte]!]! * (FOLDED[byte] === byte ? 1 : 0.25) + 0.2 / 256;
  }

  /** Chance that the `length` bytes from `start` stand at a given place of such text, whatever their case. */
  chance(bytes: Uint8Array, start: number, length: number): number {
    let previous = FOLDED[bytes[start]!]!;
    let chance = this.#bytes[previous]!;
    for (let i = start + 1; i < start + length; i++) {
      const next = FOLDED[bytes[i]!]!;
      chance *= this.#pairs[previous | (next << 8)]! / this.#bytes[previous]!;
      previous = next;
    }
    return chance;
  }
}

/** What a pair never seen counts for. */
const UNSEEN = 0.02;

/** Upper case to lower case, ASCII. */
export const FOLDED: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 65 && byte <= 90 ? byte | 32 : byte,
);

const known = new Map<TextKind, GramStatistics>();

/** The statistics that come with the project. Text of a kind is seen through that of payloads, too: the training is small. */
export function statisticsOf(kind: TextKind): GramStatistics {
  const found = known.get(kind);
  if (found) return found;
  const counts = normalized(TABLES[kind]);
  if (kind !== "payload") {
    const payload = normalized(TABLES.payload);
    for (let i = 0; i < counts.length; i++) counts[i]! += PAYLOAD_SHARE * payload[i]!;
  }
  const statistics = new GramStatistics(counts);
  known.set(kind, statistics);
  return statistics;
}

/** How much of the statistics of a kind is that of payloads in general. */
const PAYLOAD_SHARE = 0.05;
/** What the counts of a table are scaled to. */
const SAMPLE = 1e6;

function normalized(table: string): Float64Array {
  const counts = unpack(inflateRawSync(Buffer.from(table, "base64")));
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => (count * SAMPLE) / total);
}

/** Steps of a packed logarithm in one doubling. */
const STEPS = 2;

/** Pair counts as one byte each: 0 for none, else 1 + the logarithm, in half doublings; only pairs of folded bytes. */
export function pack(counts: ArrayLike<number>): Uint8Array {
  return Uint8Array.from({ length: 65536 }, (_, i) => (counts[i] ? 1 + Math.round(STEPS * Math.log2(counts[i]!)) : 0));
}

function unpack(levels: Uint8Array): Float64Array {
  return Float64Array.from(levels, (level) => (level ? 2 ** ((level - 1) / STEPS) : 0));
}
